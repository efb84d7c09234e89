"""Rows made by hand, for charts and pieces of HTML that need no store."""

from datetime import datetime, timedelta

from energy_dagster.domain.tables import QUANTILES, Quality, quantile_column
from energy_dagster.store.rows import ActualHour, ForecastHour, JudgedPeriod

HOUR = timedelta(hours=1)


def forecast_hour(
    hour_utc: datetime, *, issued_at: datetime, middle: float = 2950, naive: float | None = 2900, area: str = "DK"
) -> ForecastHour:
    return ForecastHour(
        issued_at=issued_at,
        area=area,
        consumer_group="total",
        hour_utc=hour_utc,
        lead_hours=int((hour_utc - issued_at) / HOUR),
        **{quantile_column(level): middle + (level - 0.5) * 275 for level in QUANTILES},
        naive_mwh=naive,
        level_mwh=middle - 100,
        recent_mwh=20,
        calendar_mwh=90,
        holiday_mwh=0,
        weather_mwh=-15,
        other_mwh=5,
        rung="full",
        origin="live",
        revision=1,
        model_version="model-a",
        consumption_cutoff=issued_at - 3 * HOUR,
        weather_cutoff=issued_at - 6 * HOUR,
        created_at=issued_at,
    )


def issue(issued_at: datetime, *, hours: int = 48, middle: float = 2950) -> list[ForecastHour]:
    return [forecast_hour(issued_at + n * HOUR, issued_at=issued_at, middle=middle + n) for n in range(1, hours + 1)]


def actual_hour(hour_utc: datetime, consumption_mwh: float | None = 3000) -> ActualHour:
    quality: Quality = "missing" if consumption_mwh is None else "ok"
    return ActualHour("DK", "total", hour_utc, "preliminary", True, consumption_mwh, quality, consumption_mwh)


def error_hour(hour_utc: datetime, *, error: float = 30, naive_error: float | None = 80) -> JudgedPeriod:
    return JudgedPeriod(
        area="DK",
        consumer_group="total",
        period_start=hour_utc,
        period_end=hour_utc + HOUR,
        lead_bucket="13-24",
        vintage="preliminary",
        hours=1,
        actual_mwh=3000,
        forecast_mwh=3000 + error,
        naive_mwh=None if naive_error is None else 3000 + naive_error,
        issues=12,
        error_mwh=error,
        abs_error_mwh=abs(error),
        rmse_mwh=abs(error),
        naive_abs_error_mwh=naive_error,
        pinball_mwh=10,
        inside_80=0.75,
        inside_90=1,
        live_issues=0,
    )
