"""Forecasts beside their truth, and the sums that every score of theirs is made of.

Every score is a ratio of sums over forecasts, or its root. So the terms of the sums are computed once per forecast, and adding them
up per local day is all that a group, a breakdown or a bootstrap draw needs.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calendar import day_kind, delivery_day_hours
from energy_dagster.domain.calibration import lead_bucket_number
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.metrics import absolute_percentage_error, decile_pinball_loss, inside, interval_width, pinball_loss
from energy_dagster.domain.tables import HORIZON_HOURS, LEAD_BUCKET_NAMES, QUANTILE_COLUMNS, TOTAL

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FORECAST_KEY = ("area", "consumer_group", "hour_utc", "lead_hours")
"""What identifies a forecast, whoever made it; `issued_at` is the hour minus the lead."""

DAY_TYPES = ("workday", "weekend", "weekend", "holiday", "bridge", "christmas")
"""Name of each kind of day, in the order of `calendar.day_kind`."""

TERMS = (
    *("n", "error", "abs_error", "square_error", "abs_actual", "percentage_error", "percentage_n"),
    *("paired_abs_error", "naive_abs_error", "pinball", "pinball_deciles", "inside_80", "width_80", "inside_90", "width_90"),
)
"""Columns of judged forecasts whose sums make the scores."""


class UnscorableForecasts(ValueError):
    """Forecasts or truth that cannot be scored fairly; the message says what was expected and what was found."""


def judge_forecasts(forecasts: pd.DataFrame, truth: "pd.DataFrame | pd.Series[float]") -> pd.DataFrame:
    """Put every forecast of an hour whose truth is known beside it.

    Args:
        forecasts: `area`, `consumer_group`, `hour_utc` (naive UTC), `lead_hours`, the columns of `tables.QUANTILE_COLUMNS` and
            `naive_mwh`, which may be null, in MWh; further columns, such as `issued_at`, do not matter.
        truth: `area`, `hour_utc`, `consumption_mwh` and, where it is not all total, `consumer_group`; or a series of
            `consumption_mwh` indexed by them. Null and absent hours are unknown.

    Returns:
        One row per scored forecast: its key, `actual_mwh`, the groups it falls in (categories `area`, `lead_bucket`, `local_hour`,
        `day_type`, `day_length`, `local_month`, and `local_day`) and the `TERMS`. Any selection of rows can be scored.

    Raises:
        UnscorableForecasts: no forecast has a truth, a forecast is null or there twice, its lead is not 1 to 48 hours, or an
            hour has two truths.
    """
    key = ["area", "consumer_group", "hour_utc"]
    needed = forecasts[[*FORECAST_KEY, *QUANTILE_COLUMNS, "naive_mwh"]]
    rows = _fit_to_score(needed.merge(_known(truth), on=key))
    hour_number, hours = pd.factorize(rows["hour_utc"])
    groups = _local_groups(pd.Series(hours)).take(hour_number)
    bucket_names = np.array(LEAD_BUCKET_NAMES)[lead_bucket_number(rows["lead_hours"].to_numpy())]
    buckets = pd.Categorical(bucket_names, list(LEAD_BUCKET_NAMES), ordered=True)
    identity = rows[list(FORECAST_KEY)].assign(area=rows["area"].astype("category"), actual_mwh=rows["consumption_mwh"])
    return pd.concat([identity.assign(lead_bucket=buckets), groups.set_axis(rows.index), _terms(rows)], axis="columns")


def _known(truth: "pd.DataFrame | pd.Series[float]") -> pd.DataFrame:
    frame = truth.rename("consumption_mwh").reset_index() if isinstance(truth, pd.Series) else truth
    if "consumer_group" not in frame.columns:
        frame = frame.assign(consumer_group=TOTAL)
    known = frame.loc[frame["consumption_mwh"].notna(), ["area", "consumer_group", "hour_utc", "consumption_mwh"]]
    repeated = known.duplicated(["area", "consumer_group", "hour_utc"])
    if repeated.any():
        raise UnscorableForecasts(f"expected one truth per hour, found {int(repeated.sum())} more, first {_first(known, repeated)}")
    return known


def _fit_to_score(rows: pd.DataFrame) -> pd.DataFrame:
    if not len(rows):
        raise UnscorableForecasts("expected forecasts of hours whose truth is known, found none")
    null = rows[list(QUANTILE_COLUMNS)].isna().any(axis="columns")
    if null.any():
        raise UnscorableForecasts(
            f"expected all quantiles of each forecast, found {int(null.sum())} null, first {_first(rows, null)}"
        )
    late = ~rows["lead_hours"].between(1, HORIZON_HOURS)
    if late.any():
        raise UnscorableForecasts(f"expected leads of 1 to {HORIZON_HOURS} hours, found {rows.loc[late, 'lead_hours'].iloc[0]}")
    repeated = rows.duplicated(list(FORECAST_KEY))
    if repeated.any():
        raise UnscorableForecasts(f"expected each forecast once, found {int(repeated.sum())} more, first {_first(rows, repeated)}")
    return rows


def _first(rows: pd.DataFrame, which: "pd.Series[bool]") -> str:
    first = rows.loc[which].iloc[0]
    return f"{first['area']} {first['consumer_group']} {first['hour_utc']:%Y-%m-%d %H:%M} UTC"


def _local_groups(hours: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """The groups of hours by the local calendar, in their order."""
    local = to_danish(hours)
    day_number, days = pd.factorize(local.dt.normalize())
    dates = [day.date() for day in pd.DatetimeIndex(days)]
    types = np.array([DAY_TYPES[day_kind(day)] for day in dates])[day_number]
    lengths = np.array([str(len(delivery_day_hours(day))) for day in dates])[day_number]
    return pd.DataFrame(
        {
            "local_day": local.dt.normalize(),
            "local_hour": local.dt.strftime("%H").astype("category"),
            "day_type": pd.Categorical(types, list(dict.fromkeys(DAY_TYPES)), ordered=True),
            "day_length": pd.Categorical(lengths),
            "local_month": local.dt.strftime("%Y-%m").astype("category"),
        }
    )


def _terms(rows: pd.DataFrame) -> pd.DataFrame:
    actual, median = rows["consumption_mwh"].to_numpy(np.float64), rows["q50"].to_numpy(np.float64)
    quantiles, naive = rows[list(QUANTILE_COLUMNS)].to_numpy(np.float64), rows["naive_mwh"].to_numpy(np.float64, na_value=np.nan)
    error, percentage, has_naive = median - actual, absolute_percentage_error(actual, median), ~np.isnan(naive)
    terms = {
        "n": np.ones(len(rows)),
        "error": error,
        "abs_error": np.abs(error),
        "square_error": error**2,
        "abs_actual": np.abs(actual),
        "percentage_error": np.nan_to_num(percentage),
        "percentage_n": ~np.isnan(percentage),
        "paired_abs_error": np.where(has_naive, np.abs(error), 0),
        "naive_abs_error": np.where(has_naive, np.abs(naive - actual), 0),
        "pinball": pinball_loss(actual, quantiles),
        "pinball_deciles": decile_pinball_loss(actual, quantiles),
        "inside_80": inside(actual, quantiles, 0.1, 0.9),
        "width_80": interval_width(quantiles, 0.1, 0.9),
        "inside_90": inside(actual, quantiles, 0.05, 0.95),
        "width_90": interval_width(quantiles, 0.05, 0.95),
    }
    return pd.DataFrame(terms, index=rows.index, columns=list(TERMS), dtype=np.float64)


def day_sums(judged: pd.DataFrame, group: Ints) -> Floats:
    """Sums of the terms by local day and group.

    Args:
        judged: rows of `judge_forecasts`.
        group: number of each row's group, from 0.

    Returns:
        Array (days that have a row, in order of time; groups; `TERMS`).
    """
    day, days = pd.factorize(judged["local_day"], sort=True)
    shape = len(days), int(group.max()) + 1
    cell = day * shape[1] + group
    sums = [np.bincount(cell, weights=judged[term].to_numpy(), minlength=shape[0] * shape[1]) for term in TERMS]
    return np.stack(sums, axis=-1, dtype=np.float64).reshape(*shape, len(TERMS))


def measures(sums: Floats) -> dict[str, Floats]:
    """Scores from sums of terms; `backtest_scores.Score` defines them.

    Args:
        sums: array (..., `TERMS`): of groups, or of draws and groups.

    Returns:
        By name of the score an array (...); NaN where it is undefined.
    """
    of = dict(zip(TERMS, np.moveaxis(sums, -1, 0), strict=True))
    n = of["n"]
    return {
        "mae_mwh": _ratio(of["abs_error"], n),
        "wape_pct": 100 * _ratio(of["abs_error"], of["abs_actual"]),
        "mape_pct": _ratio(of["percentage_error"], of["percentage_n"]),
        "rmse_mwh": np.sqrt(_ratio(of["square_error"], n)),
        "bias_mwh": _ratio(of["error"], n),
        "skill": 1 - _ratio(of["paired_abs_error"], of["naive_abs_error"]),
        "pinball_mwh": _ratio(of["pinball"], n),
        "pinball_deciles_mwh": _ratio(of["pinball_deciles"], n),
        "coverage_80": _ratio(of["inside_80"], n),
        "width_80_mwh": _ratio(of["width_80"], n),
        "coverage_90": _ratio(of["inside_90"], n),
        "width_90_mwh": _ratio(of["width_90"], n),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    undefined = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))
