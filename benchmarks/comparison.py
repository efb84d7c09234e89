"""Forecasters compared on the same hours: what each scored, and by how much one of them is better than each other."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_dagster.domain.backtest_scores import ALL, Cell, Difference, as_rows, paired_difference, score_table
from energy_dagster.domain.bootstrap import Interval
from energy_dagster.domain.judged_forecasts import FORECAST_KEY, judge_forecasts
from energy_dagster.domain.tables import QUANTILE_COLUMNS, quantile_column

LEVEL_AS_NAME = re.compile(r"q(0\.\d+)")
"""A quantile column named by its level, `q0.05`."""

NEEDS_QUANTILES = ("pinball", "coverage", "width")
"""How the names of scores begin that a line alone does not have."""

WEEK_HOURS = 168


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Forecasts to compare.

    Attributes:
        key: Its name in results.
        title: Its name in tables.
        every_days: It forecasts every n-th day only.
        has_quantiles: Whether it says more than the line.
        forecasts: Rows as from `standard_forecasts`.
    """

    key: str
    title: str
    every_days: int = 1
    has_quantiles: bool = True
    forecasts: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Score of the reference less that of another on the same hours, below zero where the reference is better; its interval."""

    estimate: float | None
    low: float | None
    high: float | None

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves out zero.

        >>> Gap(estimate=-0.4, low=-0.7, high=-0.1).is_told_apart, Gap(estimate=-0.4, low=-0.9, high=0.1).is_told_apart
        (True, False)
        """
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One entrant in a comparison.

    Attributes:
        key: Its name in results.
        title: Its name in tables.
        every_days: It forecasts every n-th day only.
        hours: Scored hours.
        days: Local days among them.
        lacking_hours: Hours of the year it has no forecast of; None where it forecasts every n-th day.
        scores: Overall scores as `backtest_scores.as_rows` names them; None where it has none.
        gaps: The reference less this one, by score; None for the reference itself, or without a reference.
    """

    key: str
    title: str
    every_days: int
    hours: int
    days: int
    lacking_hours: int | None
    scores: Mapping[str, Cell]
    gaps: Mapping[str, Gap] | None


@dataclass(frozen=True, kw_only=True)
class LeadScore:
    """Mean absolute error of a group of leads, with its interval, and the weekly naive's on the same forecasts."""

    leads: str
    forecasts: int
    mae_mwh: float
    interval: Interval | None
    naive_mae_mwh: float


def standard_forecasts(rows: pd.DataFrame, *, has_quantiles: bool = True) -> pd.DataFrame:
    """Forecasts in the columns that are scored, whoever wrote them.

    Args:
        rows: `area`, `consumer_group`, `hour_utc` (naive UTC), `lead_hours` and quantiles, named `q05` or `q0.05`, in MWh.
        has_quantiles: False for a line alone, which is then every quantile.

    Returns:
        `FORECAST_KEY` and `QUANTILE_COLUMNS`; a forecast that lacks its line or a quantile is left out.

    >>> rows = pd.DataFrame({"area": "DK1", "consumer_group": "total", "hour_utc": [pd.Timestamp("2022-01-01")], "lead_hours": 15})
    >>> standard_forecasts(rows.assign(q50=2.0), has_quantiles=False)[["q05", "q50", "q95"]].to_numpy().tolist()
    [[2.0, 2.0, 2.0]]
    """
    names = {name: quantile_column(float(level[1])) for name in rows.columns if (level := LEVEL_AS_NAME.fullmatch(str(name)))}
    named = rows.rename(columns=names)
    if not has_quantiles:
        named = named.assign(**dict.fromkeys(QUANTILE_COLUMNS, named["q50"]))
    typed = named.assign(hour_utc=named["hour_utc"].astype("datetime64[us]"), area=named["area"].astype(str))
    return typed[[*FORECAST_KEY, *QUANTILE_COLUMNS]].dropna().reset_index(drop=True)


def mean_of(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """The plain mean, quantile by quantile, of the forecasts that both have."""
    both = [forecasts.set_index(list(FORECAST_KEY))[list(QUANTILE_COLUMNS)] for forecasts in (first, second)]
    return ((both[0] + both[1]) / 2).dropna().reset_index()


def published_beside(published: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """A published line for the hours that others forecast, with their leads, as `standard_forecasts`.

    Args:
        published: `hour_utc` and `q50`.
        forecasts: rows as from `standard_forecasts`, one per hour.
    """
    return standard_forecasts(forecasts[list(FORECAST_KEY)].merge(published, on="hour_utc"), has_quantiles=False)


def hours_of_all(entrants: Sequence[Entrant]) -> pd.DatetimeIndex:
    """The hours that everyone who forecasts every day has; those that anyone has where nobody does."""
    daily = [entrant.forecasts["hour_utc"] for entrant in entrants if entrant.every_days == 1]
    shared = set.intersection(*map(set, daily)) if daily else {hour for one in entrants for hour in one.forecasts["hour_utc"]}
    return pd.DatetimeIndex(sorted(shared))


def compared(
    entrants: Sequence[Entrant], truth: pd.DataFrame, *, naive: pd.DataFrame | None, reference: str, year: pd.DatetimeIndex
) -> tuple[Standing, ...]:
    """Everyone scored on the hours that all who forecast every day have, and the reference beside each.

    Args:
        entrants: who is compared; one forecast per hour each.
        truth: `area`, `hour_utc`, `consumption_mwh`.
        naive: forecasts of the weekly naive, for the skill; None where there are none.
        reference: key of the entrant that the others are compared with; it need not be there.
        year: every hour to forecast.

    Returns:
        Who forecasts every day first, by their MAPE; then the others, by theirs, each on its own days.
    """
    shared = hours_of_all(entrants)
    judged = {entrant.key: _judged(entrant, truth, naive, shared) for entrant in entrants}
    beside = next((entrant for entrant in entrants if entrant.key == reference), None)
    standings = [
        Standing(
            key=entrant.key,
            title=entrant.title,
            every_days=entrant.every_days,
            hours=len(judged[entrant.key]),
            days=int(judged[entrant.key]["local_day"].nunique()),
            lacking_hours=int((~year.isin(entrant.forecasts["hour_utc"])).sum()) if entrant.every_days == 1 else None,
            scores=_scores(entrant, judged[entrant.key]),
            gaps=_gaps(beside, entrant, judged) if beside and beside is not entrant else None,
        )
        for entrant in entrants
    ]
    return tuple(sorted(standings, key=lambda standing: (standing.every_days > 1, standing.scores["mape_pct"])))


def _judged(entrant: Entrant, truth: pd.DataFrame, naive: pd.DataFrame | None, shared: pd.DatetimeIndex) -> pd.DataFrame:
    forecasts = entrant.forecasts[entrant.forecasts["hour_utc"].isin(shared)]
    line = pd.Series(dtype=float) if naive is None else naive.set_index("hour_utc")["q50"]
    return judge_forecasts(forecasts.assign(naive_mwh=forecasts["hour_utc"].map(line)), truth)


def _scores(entrant: Entrant, judged: pd.DataFrame) -> dict[str, Cell]:
    overall = as_rows(score_table(judged)[:1])[0]
    return {name: None if not entrant.has_quantiles and name.startswith(NEEDS_QUANTILES) else overall[name] for name in overall}


def _gaps(reference: Entrant, other: Entrant, judged: Mapping[str, pd.DataFrame]) -> dict[str, Gap]:
    """By score, the pinball loss over the nine deciles as in the scores; on the forecasts that both have."""
    deciles = [judged[entrant.key].assign(pinball=judged[entrant.key]["pinball_deciles"]) for entrant in (reference, other)]
    found = paired_difference(*deciles)
    gaps = {"mape_pct": _gap(found.mape_pct), "mae_mwh": _gap(found.mae_mwh)}
    if reference.has_quantiles and other.has_quantiles:
        gaps["pinball_deciles_mwh"] = _gap(found.pinball_mwh)
    return gaps


def _gap(difference: Difference) -> Gap:
    interval = difference.interval
    return Gap(estimate=difference.estimate, low=interval.low if interval else None, high=interval.high if interval else None)


def scores_by_lead(forecasts: pd.DataFrame, truth: pd.DataFrame) -> tuple[LeadScore, ...]:
    """Errors of forecasts of many leads: all first, then by group of leads. The naive is the true load of the week before.

    Args:
        forecasts: rows as from `standard_forecasts`.
        truth: `area`, `hour_utc`, `consumption_mwh`.
    """
    judged = judge_forecasts(forecasts.assign(naive_mwh=np.nan), truth)
    load = truth.set_index("hour_utc")["consumption_mwh"]
    naive_error = (judged["hour_utc"].sub(pd.Timedelta(hours=WEEK_HOURS)).map(load) - judged["actual_mwh"]).abs()
    naive = {ALL: naive_error.mean(), **naive_error.groupby(judged["lead_bucket"], observed=True).mean()}
    return tuple(
        LeadScore(
            leads=score.group,
            forecasts=score.n,
            mae_mwh=score.mae_mwh,
            interval=score.intervals["mae_mwh"],
            naive_mae_mwh=float(naive[score.group]),
        )
        for score in score_table(judged)
        if score.breakdown in {"overall", "lead_bucket"}
    )
