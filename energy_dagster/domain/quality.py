"""What must be true of a table before anything is built on it, and what deserves a warning. Each returns a `Finding`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from energy_dagster.domain.metrics import skill
from energy_dagster.domain.tables import HORIZON_HOURS, QUALITIES, QUANTILE_COLUMNS, TOTAL, series_id

COVERAGE_BAND = (0.65, 0.93)
"""Shares inside P10 to P90 beyond which the intervals are no longer believed, over a day or more."""

COVERAGE_NEEDS_HOURS = 24
LATE_AFTER_HOURS = 6
FLAGGED_SHARE = 0.01
"""Share of flagged hours above which a source deserves a look; in the recorded years it is 0.3 %."""

SUM_TOLERANCE_MWH = 1e-6


@dataclass(frozen=True)
class Finding:
    """Whether something holds, in a sentence, with the numbers behind it."""

    passed: bool
    description: str
    numbers: dict[str, float | int | str] = field(default_factory=dict)


def hours_are_complete(consumption: pd.DataFrame) -> Finding:
    """Each series and vintage has every distinct hour between its first and its last of a month."""
    if not len(consumption):
        return Finding(passed=True, description="no hour of this window is published yet")
    month = consumption["hour_utc"].dt.to_period("M")
    spans = consumption.groupby(["area", "consumer_group", "vintage", month])["hour_utc"].agg(["min", "max", "nunique", "size"])
    expected = (spans["max"] - spans["min"]).dt.total_seconds() // 3600 + 1
    wrong = spans[(spans["nunique"] != expected) | (spans["size"] != expected)]
    if len(wrong):
        name = ", ".join(map(str, wrong.index[0]))
        return Finding(
            passed=False, description=f"{name}: expected {expected[wrong.index[0]]:.0f} hours, found {wrong.iloc[0]['size']}"
        )
    return Finding(passed=True, description="every hour is there once", numbers={"series-months": len(spans)})


def consumption_is_fresh(consumption: pd.DataFrame, due: datetime, *, start: datetime, until: datetime) -> Finding:
    """The newest usable preliminary hour of a total is not far behind the newest that is due.

    Args:
        consumption: rows of the window.
        due: newest hour that should be published, naive UTC.
        start: first hour of the window; while nothing in it can be late yet, a window without any usable hour passes.
        until: end of the window; a window that ended before `due` is judged by its own end.
    """
    total = (consumption["consumer_group"] == TOTAL) & (consumption["vintage"] == "preliminary")
    usable = consumption[total & (consumption["quality"] == "ok")]
    expected = min(pd.Timestamp(due), pd.Timestamp(until) - pd.Timedelta(hours=1))
    if not len(usable):
        return _nothing_yet(expected, too_early=expected - timedelta(hours=LATE_AFTER_HOURS) < pd.Timestamp(start))
    newest = usable["hour_utc"].max()
    late = int((expected - newest) / pd.Timedelta(hours=1))
    told = f"the newest usable hour is {newest:%Y-%m-%d %H:%M} UTC, {late} h behind the newest due"
    return Finding(passed=late <= LATE_AFTER_HOURS, description=told, numbers={"hours late": late})


def feed_is_fresh(rows: pd.DataFrame, due: datetime, *, late_after: timedelta, start: datetime, until: datetime) -> Finding:
    """No series of a feed is far behind the newest hour that is due. The series that lags most is named.

    Args:
        rows: of a raw consumption table, of one window; a series without any row in it is not seen.
        due: newest hour that should be published, naive UTC.
        late_after: how far behind it the newest hour with a value may be.
        start: first hour of the window; while nothing in it can be late yet, a feed without any value passes.
        until: end of the window; a window that ended before `due` is judged by its own end.
    """
    expected = min(pd.Timestamp(due), pd.Timestamp(until) - pd.Timedelta(hours=1))
    valued = rows[rows["consumption_mwh"].notna()]
    if not len(valued):
        return _nothing_yet(expected, too_early=expected - late_after < pd.Timestamp(start))
    newest = valued.groupby(["area", "consumer_group"], as_index=False)["hour_utc"].max()
    last = newest.loc[newest["hour_utc"].idxmin()]
    behind = expected - last["hour_utc"]
    late = int(behind / pd.Timedelta(hours=1))
    laggard = series_id(last["area"], last["consumer_group"])
    told = f"{laggard} lags most: {last['hour_utc']:%Y-%m-%d %H:%M} UTC, {late} h behind what is due"
    return Finding(
        passed=bool(behind <= late_after),
        description=told,
        numbers={"hours late": late, "series": len(newest)},
    )


def _nothing_yet(expected: pd.Timestamp, *, too_early: bool) -> Finding:
    told = "and none has to be there yet" if too_early else f"{expected:%Y-%m-%d %H:%M} UTC is due"
    return Finding(passed=too_early, description=f"no usable hour; {told}")


def services_answered(failures: Sequence[str]) -> Finding:
    """Each service that a reading asked has answered; those that failed are told in their own sentences."""
    return Finding(
        passed=not failures, description="; ".join(failures) or "every service answered", numbers={"failures": len(failures)}
    )


def few_hours_are_flagged(consumption: pd.DataFrame, *, most: float = FLAGGED_SHARE) -> Finding:
    """At most a small share of the hours is not `ok`; DK, which repeats the flags of its halves, does not count.

    Args:
        consumption: rows of the window.
        most: the largest share that passes.
    """
    counts = consumption.loc[consumption["area"] != "DK", "quality"].value_counts()
    flagged: dict[str, int] = {flag: int(counts.get(flag, 0)) for flag in QUALITIES if flag != "ok"}
    hours = int(counts.sum())
    share = sum(flagged.values()) / hours if hours else 0.0
    told = ", ".join(f"{count} {flag}" for flag, count in flagged.items() if count)
    return Finding(
        passed=share <= most,
        description=f"{share:.2%} of {hours} hours are flagged" + (f": {told}" if told else ""),
        numbers={"hours": hours, "flagged share": share, **flagged},
    )


def features_are_from_the_past(features: pd.DataFrame, newest_published: datetime) -> Finding:
    """No feature row claims to know consumption that is not published yet."""
    known = features.loc[features[["preliminary_mwh", "settled_mwh"]].notna().any(axis=1), "hour_utc"]
    if len(known) and known.max() > pd.Timestamp(newest_published):
        return Finding(
            passed=False, description=f"consumption of {known.max()} is there, but {newest_published} is the newest published"
        )
    return Finding(passed=True, description="no consumption is younger than what is published", numbers={"known rows": len(known)})


def predictions_are_whole(predictions: pd.DataFrame) -> Finding:
    """Every issue has 48 hours of each of its series, finite, not negative, quantiles ordered, and DK = DK1 + DK2."""
    if not len(predictions):
        return Finding(passed=False, description="no series could be forecast")
    counts = predictions.groupby(["issued_at", "area", "consumer_group"])["hour_utc"].nunique()
    quantiles = predictions[list(QUANTILE_COLUMNS)].to_numpy()
    faults = {
        f"an issue without {HORIZON_HOURS} distinct hours": bool((counts != HORIZON_HOURS).any()),
        "a quantile that is not finite": not np.isfinite(quantiles).all(),
        "a negative quantile": bool((quantiles < 0).any()),
        "quantiles out of order": bool((np.diff(quantiles, axis=1) < 0).any()),
        "DK that is not DK1 + DK2": not _adds_up(predictions),
    }
    found = [fault for fault, there in faults.items() if there]
    numbers: dict[str, float | int | str] = {"issues": predictions["issued_at"].nunique(), "rows": len(predictions)}
    return Finding(passed=not found, description=f"found {', '.join(found)}" if found else "every issue is whole", numbers=numbers)


def _adds_up(predictions: pd.DataFrame) -> bool:
    lines = predictions.pivot_table(index=["issued_at", "hour_utc"], columns="area", values="q50")
    if not {"DK", "DK1", "DK2"} <= set(lines.columns):
        return True
    apart = (lines["DK"] - lines["DK1"] - lines["DK2"]).abs().dropna()
    return bool((apart <= SUM_TOLERANCE_MWH).all())


def forecasts_stand_on_all_inputs(predictions: pd.DataFrame) -> Finding:
    """Every row stands on the first rung of the ladder."""
    rungs = predictions["rung"].value_counts() if len(predictions) else pd.Series(dtype="int64")
    lower = {str(rung): int(count) for rung, count in rungs.items() if rung != "full"}
    described = "weather and consumption were there" if not lower else f"rows on lower rungs: {lower}"
    return Finding(passed=not lower, description=described, numbers={str(rung): int(count) for rung, count in rungs.items()})


def coverage_is_in_band(errors: pd.DataFrame) -> Finding:
    """P10 to P90 held about 80 % of the hours."""
    if errors["hour_utc"].nunique() < COVERAGE_NEEDS_HOURS:
        return Finding(passed=True, description="fewer than 24 hours are judged yet")
    share = float(np.average(errors["inside_80"], weights=errors["issues"]))
    return Finding(
        passed=COVERAGE_BAND[0] <= share <= COVERAGE_BAND[1],
        description=f"P10 to P90 held {share:.0%} of the judged hours; 80 % is nominal",
        numbers={"coverage": share},
    )


def forecast_beats_weekly_naive(errors: pd.DataFrame) -> Finding:
    """The forecast's MAE is below the weekly naive's on the same hours."""
    paired = errors.dropna(subset=["naive_abs_error_mwh"])
    if paired["hour_utc"].nunique() < COVERAGE_NEEDS_HOURS:
        return Finding(passed=True, description="fewer than 24 hours are judged yet")
    mae = float(np.average(paired["abs_error_mwh"], weights=paired["issues"]))
    naive = float(np.average(paired["naive_abs_error_mwh"], weights=paired["issues"]))
    if not naive > 0:
        return Finding(passed=False, description="the weekly naive made no error at all: does the source repeat itself?")
    value = skill(mae, naive)
    return Finding(
        passed=value > 0,
        description=f"MAE {mae:.1f} MWh against the weekly naive's {naive:.1f}: skill {value:.2f}",
        numbers={"skill": value, "MAE": mae, "naive MAE": naive},
    )
