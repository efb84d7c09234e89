"""Rows of the scorecard made by hand."""

from datetime import date

from energy_dagster.store.rows import Forecaster, Scored


def scored(
    forecaster: Forecaster = "forecast",
    *,
    day: date | None = None,
    lead_bucket: str = "all",
    day_type: str | None = None,
    weekday: int | None = None,
    local_hour: int | None = None,
    n: int = 24,
    mae: float = 60,
    skill: float | None = 0.4,
    bias: float = -5,
) -> Scored:
    return Scored(
        area="DK",
        consumer_group="total",
        forecaster=forecaster,
        lead_bucket=lead_bucket,
        day=day,
        month=None,
        day_type=day_type,
        weekday=weekday,
        local_hour=local_hour,
        hours=24,
        n=n,
        mae_mwh=mae,
        wape=0.02,
        mape=0.02,
        rmse_mwh=mae,
        bias_mwh=bias,
        skill=skill,
        pinball_mwh=mae / 4,
        coverage_80=0.78 if forecaster == "forecast" else None,
        coverage_90=0.91 if forecaster == "forecast" else None,
    )
