"""What must be true of a backtest before it is scored, and what deserves a warning."""

import numpy as np
import pandas as pd

from energy_dagster.domain.calendar import delivery_day_hours
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.tables import QUANTILE_COLUMNS

NEEDED_DAYS = 7
"""Scored days below which nothing is said of a month."""


def backtest_days_are_whole(forecasts: pd.DataFrame) -> Finding:
    """Every delivery day has all of its hours once, issued at one time, with quantiles that are finite, positive and in order."""
    if not len(forecasts):
        return Finding(passed=False, description="no day could be forecast")
    quantiles = forecasts[list(QUANTILE_COLUMNS)].to_numpy()
    days = forecasts.groupby(["area", "consumer_group", "delivery_day"])
    found = days.agg(rows=("hour_utc", "size"), hours=("hour_utc", "nunique"), issues=("issued_at", "nunique"))
    expected = np.array([len(delivery_day_hours(day.date())) for day in found.index.get_level_values("delivery_day")])
    faults = {
        "a day without all of its hours": bool((found["hours"] != expected).any()),
        "an hour that is there twice": bool((found["rows"] != found["hours"]).any()),
        "an hour of another day": bool((to_danish(forecasts["hour_utc"]).dt.normalize() != forecasts["delivery_day"]).any()),
        "a day of several issues": bool((found["issues"] != 1).any()),
        "a quantile that is not finite": not np.isfinite(quantiles).all(),
        "a quantile that is not positive": bool((quantiles <= 0).any()),
        "quantiles out of order": bool((np.diff(quantiles, axis=1) < 0).any()),
    }
    wrong = [fault for fault, there in faults.items() if there]
    numbers: dict[str, float | int | str] = {"days": len(found), "rows": len(forecasts)}
    return Finding(passed=not wrong, description=f"found {', '.join(wrong)}" if wrong else "every day is whole", numbers=numbers)


def backtest_beats_weekly_naive(scores: pd.DataFrame) -> Finding:
    """In every month and area the forecasts' MAE is below the weekly naive's on the same hours."""
    overall = scores[(scores["breakdown"] == "overall") & (scores["days"] >= NEEDED_DAYS) & scores["skill"].notna()]
    if not len(overall):
        return Finding(passed=True, description=f"no month has {NEEDED_DAYS} days that can be compared yet")
    worst = overall.loc[overall["skill"].idxmin()]
    beaten = overall[~(overall["skill"] > 0)]
    told = f"skill {worst['skill']:.2f} in {worst['area']}, {worst['month']:%Y-%m}"
    described = (
        f"the least is {told}" if not len(beaten) else f"{len(beaten)} of {len(overall)} do not beat it, the worst with {told}"
    )
    return Finding(
        passed=not len(beaten), description=described, numbers={"least skill": float(worst["skill"]), "months": len(overall)}
    )
