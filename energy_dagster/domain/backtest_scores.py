"""How good a backtest was: overall and by area, lead, hour, kind of day and month, and whether one is better than another."""

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
import pandas as pd

from energy_dagster.domain.bootstrap import DRAWS, Interval, block_weights, blocks_of, percentile_interval, resampled
from energy_dagster.domain.judged_forecasts import FORECAST_KEY, TERMS, Floats, Ints, UnscorableForecasts, day_sums, measures

Breakdown = Literal["overall", "area", "lead_bucket", "local_hour", "day_type", "day_length", "local_month"]
Cell = str | int | float | None

WITH_INTERVAL = ("mae_mwh", "mape_pct", "skill", "pinball_mwh", "pinball_deciles_mwh", "coverage_80", "coverage_90")
"""Scores that carry a bootstrap interval."""

ALWAYS_DEFINED = (
    *("mae_mwh", "rmse_mwh", "bias_mwh", "pinball_mwh", "pinball_deciles_mwh"),
    *("coverage_80", "width_80_mwh", "coverage_90", "width_90_mwh"),
)

ALL = "all"
"""The one group of the breakdown `overall`."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Scores of one group of a breakdown; None where undefined (no actual but zero, no naive), an interval also for too few days.

    With y the actual, f the median (`q50`), e = f - y; means are over the n scored forecasts. Sources: Hyndman and Koehler (2006)
    for MAE, RMSE and MAPE; Kolassa and Schuetz (2007) for WAPE; Murphy (1988) for skill; Gneiting and Raftery (2007) for the rest.

    Attributes:
        breakdown: What the forecasts are grouped by; `overall` holds all of them.
        group: Which group: `all`, an area, a lead bucket, a local hour (`00` to `23`; 02 holds both of autumn's night), a day type,
            the length of the local day in hours (`23` and `25` where the clocks change), or a local month (`2026-03`).
        n: Scored forecasts.
        hours: Distinct hours among them.
        days: Distinct local days among them.
        mae_mwh: mean |e|, which the median minimises (Gneiting 2011).
        wape_pct: 100 * sum |e| / sum |y|.
        mape_pct: mean of 100 * |e| / |y| where y is not zero.
        rmse_mwh: root of mean e squared; of the median, though the mean would minimise it.
        bias_mwh: mean e, above zero when forecasts are too high; of the median, so a skewed error has some by nature.
        skill: 1 - sum |e| / sum |naive - y| over the forecasts that have a naive beside them.
        pinball_mwh: mean pinball loss over the 11 levels.
        pinball_deciles_mwh: mean pinball loss over the levels 0.1 to 0.9.
        coverage_80: share of actuals from P10 to P90, ends included; 0.8 is right.
        width_80_mwh: mean of P90 - P10.
        coverage_90: share of actuals from P5 to P95, ends included; 0.9 is right.
        width_90_mwh: mean of P95 - P5.
        intervals: 95 % bootstrap intervals by name of the score.
    """

    breakdown: Breakdown
    group: str
    n: int
    hours: int
    days: int
    mae_mwh: float
    wape_pct: float | None
    mape_pct: float | None
    rmse_mwh: float
    bias_mwh: float
    skill: float | None
    pinball_mwh: float
    pinball_deciles_mwh: float
    coverage_80: float
    width_80_mwh: float
    coverage_90: float
    width_90_mwh: float
    intervals: dict[str, Interval | None]


def score_table(judged: pd.DataFrame, *, seed: int = 0, draws: int = DRAWS) -> tuple[Score, ...]:
    """Score judged forecasts overall and in every breakdown.

    Intervals are of local days resampled in blocks of a week, all groups and areas of a day together.

    Args:
        judged: rows of `judge_forecasts`, in any order.
        seed: the same seed gives the same intervals.
        draws: bootstrap draws.

    Returns:
        `overall` first, then each breakdown with its groups in order; groups without a forecast are left out.

    Raises:
        UnscorableForecasts: there is no row.

    >>> from energy_dagster.domain.judged_forecasts import judge_forecasts
    >>> from energy_dagster.domain.tables import QUANTILE_COLUMNS
    >>> hours = pd.to_datetime(["2026-06-01T10:00", "2026-06-01T11:00"]).as_unit("us")
    >>> forecasts = pd.DataFrame({"area": "DK1", "consumer_group": "total", "hour_utc": hours, "lead_hours": [1, 2]})
    >>> truth = forecasts[["area", "hour_utc"]].assign(consumption_mwh=[100.0, 200.0])
    >>> forecasts = forecasts.assign(**dict.fromkeys(QUANTILE_COLUMNS, 110.0), naive_mwh=[120.0, 200.0])
    >>> overall = score_table(judge_forecasts(forecasts, truth))[0]
    >>> overall.mae_mwh, overall.bias_mwh, overall.mape_pct, overall.skill  # errors 10 and -90, the naive's 20 and 0
    (50.0, -40.0, 27.5, -4.0)
    """
    if not len(judged):
        raise UnscorableForecasts("expected judged forecasts, found none")
    weights = block_weights(judged["local_day"].nunique(), seed=seed, draws=draws)
    return tuple(score for breakdown in get_args(Breakdown) for score in _scores_of(judged, breakdown, weights))


def _scores_of(judged: pd.DataFrame, breakdown: Breakdown, weights: Floats) -> list[Score]:
    names, group = _groups(judged, breakdown)
    hours = np.bincount(pd.DataFrame({"group": group, "hour": judged["hour_utc"].to_numpy()}).drop_duplicates()["group"])
    sums = day_sums(judged, group)
    present = sums[..., TERMS.index("n")] > 0
    blocks, days = blocks_of(present), present.sum(axis=0)
    found, drawn = measures(sums.sum(axis=0)), measures(resampled(weights, sums))
    return [
        Score(
            breakdown=breakdown,
            group=name,
            n=int(sums[:, i, TERMS.index("n")].sum()),
            hours=int(hours[i]),
            days=int(days[i]),
            intervals={m: percentile_interval(drawn[m][:, i], found[m][i], blocks=int(blocks[i])) for m in WITH_INTERVAL},
            wape_pct=_defined(found["wape_pct"][i]),
            mape_pct=_defined(found["mape_pct"][i]),
            skill=_defined(found["skill"][i]),
            **{measure: float(found[measure][i]) for measure in ALWAYS_DEFINED},
        )
        for i, name in enumerate(names)
    ]


def _groups(judged: pd.DataFrame, breakdown: Breakdown) -> tuple[list[str], Ints]:
    """Names of the groups that have a forecast, and the number of each row's."""
    if breakdown == "overall":
        return [ALL], np.zeros(len(judged), dtype=np.int64)
    labels = judged[breakdown].cat.remove_unused_categories().cat
    return list(labels.categories), np.asarray(labels.codes, dtype=np.int64)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def as_rows(scores: tuple[Score, ...]) -> list[dict[str, Cell]]:
    """The scores as plain rows for printing and JSON: the fields of `Score`, and each interval as `..._low` and `..._high`.

    >>> as_rows(())
    []
    """
    return [_row(score) for score in scores]


def _row(score: Score) -> dict[str, Cell]:
    row: dict[str, Cell] = {}
    for field in fields(score):
        if field.name == "intervals":
            continue
        row[field.name] = getattr(score, field.name)
        if field.name in WITH_INTERVAL:
            interval = score.intervals[field.name]
            row[f"{field.name}_low"] = interval.low if interval else None
            row[f"{field.name}_high"] = interval.high if interval else None
    return row


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Score of a minus score of b, None where undefined, with its 95 % interval, None also for fewer than four weeks of days."""

    estimate: float | None
    interval: Interval | None

    @property
    def better(self) -> Literal["a", "b"] | None:
        """Whose errors are smaller beyond chance; None where it cannot be told.

        >>> Difference(estimate=-2.0, interval=Interval(-3.0, -1.0)).better
        'a'
        """
        if self.estimate is None or self.interval is None or self.interval.holds(0):
            return None
        return "a" if self.estimate < 0 else "b"


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Two sets of forecasts compared where both forecast; `only_a` and `only_b` count the forecasts left out for want of a pair."""

    n: int
    days: int
    only_a: int
    only_b: int
    mae_mwh: Difference
    mape_pct: Difference
    pinball_mwh: Difference


def paired_difference(judged_a: pd.DataFrame, judged_b: pd.DataFrame, *, seed: int = 0, draws: int = DRAWS) -> PairedDifference:
    """Whether one set of forecasts is better than another, judged on the same areas, hours and leads.

    Both are resampled by the same days, so that hard days, which both find hard, do not blur the difference.

    Args:
        judged_a: rows of `judge_forecasts`.
        judged_b: rows of `judge_forecasts`, against the same truth.
        seed: the same seed gives the same intervals.
        draws: bootstrap draws.

    Raises:
        UnscorableForecasts: the two share no forecast, or an actual differs.
    """
    a, b = _paired(judged_a, judged_b)
    sums = [day_sums(judged, np.zeros(len(judged), dtype=np.int64)) for judged in (a, b)]
    days = len(sums[0])
    weights = block_weights(days, seed=seed, draws=draws)
    found_a, found_b = (measures(of.sum(axis=0)) for of in sums)
    drawn_a, drawn_b = (measures(resampled(weights, of)) for of in sums)
    blocks = int(blocks_of(np.full((days, 1), fill_value=True))[0])

    def difference(measure: str) -> Difference:
        estimate = float((found_a[measure] - found_b[measure])[0])
        drawn = (drawn_a[measure] - drawn_b[measure])[:, 0]
        return Difference(estimate=_defined(estimate), interval=percentile_interval(drawn, estimate, blocks=blocks))

    return PairedDifference(
        n=len(a),
        days=days,
        only_a=len(judged_a) - len(a),
        only_b=len(judged_b) - len(b),
        mae_mwh=difference("mae_mwh"),
        mape_pct=difference("mape_pct"),
        pinball_mwh=difference("pinball_mwh"),
    )


def _paired(judged_a: pd.DataFrame, judged_b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of both whose forecasts the other has too, in the same order."""
    key = list(FORECAST_KEY)
    rows = [judged[key].assign(area=judged["area"].astype(str), row=np.arange(len(judged))) for judged in (judged_a, judged_b)]
    pairs = rows[0].merge(rows[1], on=key, suffixes=("_a", "_b"))
    if not len(pairs):
        raise UnscorableForecasts("expected forecasts of the same areas, hours and leads, found none")
    a, b = judged_a.iloc[pairs["row_a"]], judged_b.iloc[pairs["row_b"]]
    differing = a["actual_mwh"].to_numpy() != b["actual_mwh"].to_numpy()
    if differing.any():
        raise UnscorableForecasts(f"expected the same truth for both, found {int(differing.sum())} actuals that differ")
    return a, b
