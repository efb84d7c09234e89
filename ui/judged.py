"""Scores of days summed up: what a handful of days says together."""

from collections.abc import Iterable
from dataclasses import dataclass

from energy_dagster.store.rows import Forecaster, Scored


@dataclass(frozen=True)
class Judged:
    """A forecaster over some days: `n` issue-hours, means over them; skill and the naive's error where the naive is known."""

    days: int
    n: int
    mae_mwh: float
    bias_mwh: float
    naive_mae_mwh: float | None
    skill: float | None


def judged(rows: Iterable[Scored], forecaster: Forecaster = "forecast") -> Judged | None:
    """Sum up rows by day of one series and lead; None where the forecaster has none.

    The skill compares what each row's skill compares, so it is that of the scorecard over all the days at once.
    """
    told = list(rows)
    ours = [row for row in told if row.forecaster == forecaster]
    n = sum(row.n for row in ours)
    if not n:
        return None
    naive = {row.day: row for row in told if row.forecaster == "weekly_naive"}
    paired = [(row, naive[row.day]) for row in ours if row.skill is not None and row.day in naive]
    known = sum(other.n for _, other in paired)
    missed = sum(other.n * other.mae_mwh for _, other in paired)
    compared = sum((1 - (row.skill or 0)) * other.n * other.mae_mwh for row, other in paired)
    return Judged(
        days=len({row.day for row in ours}),
        n=n,
        mae_mwh=sum(row.n * row.mae_mwh for row in ours) / n,
        bias_mwh=sum(row.n * row.bias_mwh for row in ours) / n,
        naive_mae_mwh=missed / known if known else None,
        skill=1 - compared / missed if missed else None,
    )
