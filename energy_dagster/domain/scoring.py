"""`error_metrics`: issues against the truth, hour by hour, by lead bucket and vintage."""

import numpy as np
import pandas as pd

from energy_dagster.domain.calibration import lead_bucket_number
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.metrics import inside, pinball_loss
from energy_dagster.domain.tables import ERROR_METRICS, LEAD_BUCKET_NAMES, QUANTILE_COLUMNS

_SERIES_HOUR = ["area", "consumer_group", "hour_utc"]


def score_hours(predictions: pd.DataFrame, consumption: pd.DataFrame) -> pd.DataFrame:
    """Judge every forecast of the hours whose truth is known.

    Args:
        predictions: rows of `predictions`; one per issue, series and hour.
        consumption: rows of `consumption` of the hours to judge; those without a value are not judged.

    Returns:
        Rows of `error_metrics`: means over the issues of a lead bucket; empty where nothing can be judged yet.
    """
    truth = consumption.loc[consumption["quality"] == "ok", [*_SERIES_HOUR, "vintage", "consumption_mwh"]]
    rows = predictions.merge(truth, on=_SERIES_HOUR)
    if not len(rows):
        return empty(ERROR_METRICS)
    actual, quantiles = rows["consumption_mwh"].to_numpy(), rows[list(QUANTILE_COLUMNS)].to_numpy()
    error = rows["q50"].to_numpy() - actual
    judged = rows.assign(
        lead_bucket=np.array(LEAD_BUCKET_NAMES)[lead_bucket_number(rows["lead_hours"].to_numpy())],
        error=error,
        abs_error=np.abs(error),
        squared_error=error**2,
        pinball=pinball_loss(actual, quantiles),
        in_80=inside(actual, quantiles, 0.1, 0.9).astype(float),
        in_90=inside(actual, quantiles, 0.05, 0.95).astype(float),
        live=(rows["origin"] == "live").astype(int),
    ).sort_values("issued_at")
    grouped = judged.groupby([*_SERIES_HOUR, "lead_bucket", "vintage"], as_index=False)
    scored = grouped.agg(
        actual_mwh=("consumption_mwh", "first"),
        forecast_mwh=("q50", "mean"),
        naive_mwh=("naive_mwh", "last"),
        issues=("issued_at", "size"),
        error_mwh=("error", "mean"),
        abs_error_mwh=("abs_error", "mean"),
        squared_error_mwh2=("squared_error", "mean"),
        pinball_mwh=("pinball", "mean"),
        inside_80=("in_80", "mean"),
        inside_90=("in_90", "mean"),
        live_issues=("live", "sum"),
    )
    return scored.assign(naive_abs_error_mwh=(scored["naive_mwh"] - scored["actual_mwh"]).abs())[list(ERROR_METRICS.names)]
