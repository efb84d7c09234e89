"""The backtest of whole months, area by area: what `energy backtest` makes of a span, kept as tables.

What is said of a month does not depend on the months that are made with it: each has an engine of its own, and the two months
before the first only tell how wide its bands have to be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from energy_dagster.domain.backtest import (
    CannotBacktest,
    Said,
    Span,
    recipe_version,
    say,
    teach,
    windows_of,
    with_bands,
    with_naive,
)
from energy_dagster.domain.backtest_scores import as_rows, score_table
from energy_dagster.domain.calendar import day_ahead_issue
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.judged_forecasts import judge_forecasts
from energy_dagster.domain.model import HALVES, Recipe
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import BACKTEST_FORECASTS, BACKTEST_SCORES

WARM_UP_MONTHS = 2
"""Months before the first whose forecasts only tell how wide its bands have to be; eight weeks are less."""

AREA_BREAKDOWN = "area"
"""The breakdown that says nothing of a single area."""

RecipeAt = Callable[[datetime], Recipe]
"""How models were made at a moment, naive UTC."""


@dataclass(frozen=True)
class MonthsBacktested:
    """Rows of `backtest_forecasts`; why an area is not among them; and how many engines were taught."""

    rows: pd.DataFrame
    left_out: Mapping[str, str]
    fits: int


def newest_delivery_day(last: date, now: datetime) -> date:
    """The newest day up to `last` whose day-ahead product stands at a moment, aware UTC.

    >>> from datetime import UTC
    >>> [newest_delivery_day(date(2026, 7, 31), datetime(2026, 7, 1, hour, tzinfo=UTC)).day for hour in (7, 8)]
    [1, 2]
    """
    ahead = now.date() + timedelta(days=2)
    return min(last, next(day for day in (ahead - timedelta(days=n) for n in range(4)) if day_ahead_issue(day) <= now))


def backtest_months(histories: Mapping[str, SeriesHistory], *, first: date, last: date, recipe_at: RecipeAt) -> MonthsBacktested:
    """The day-ahead product of each local day as it would have been made, DK1 and DK2.

    Args:
        histories: hourly features by area.
        first: the first day of a month.
        last: the last day.
        recipe_at: how models were made when an engine was taught.

    Raises:
        CannotBacktest: no area can be backtested; the message says why.
    """
    made, left_out, fits = [], {}, 0
    for area in HALVES:
        try:
            rows, count = _backtest_area(histories, area, Span(first, last), recipe_at)
        except CannotBacktest as reason:
            left_out[area] = str(reason)
        else:
            made.append(rows)
            fits += count
    if not made:
        raise CannotBacktest("; ".join(left_out.values()))
    return MonthsBacktested(pd.concat(made, ignore_index=True), left_out, fits)


def _backtest_area(histories: Mapping[str, SeriesHistory], area: str, span: Span, recipe_at: RecipeAt) -> tuple[pd.DataFrame, int]:
    """Rows of an area, and how many engines were taught."""
    history = histories.get(area)
    if history is None:
        raise CannotBacktest(f"expected hours of {area} with consumption, found none")
    begin = (pd.Timestamp(span.first) - pd.DateOffset(months=WARM_UP_MONTHS)).date()
    said: list[Said] = []
    versions: dict[str, str] = {}
    for window in windows_of(ClockGrid(history), span, warm_up_from=begin):
        recipe = recipe_at((history.start + timedelta(hours=window.cut)).to_pydatetime())
        versions[window.name] = recipe_version(recipe)
        said.append(say(history, teach(history, window, span, recipe), span))
    rows = with_naive(with_bands(history, said, versions=versions), history)
    days = to_danish(rows["hour_utc"]).dt.normalize().astype("datetime64[us]")
    return rows.assign(delivery_day=days, rung=rows["inputs"])[list(BACKTEST_FORECASTS.names)], len(said)


def score_months(forecasts: pd.DataFrame, consumption: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Scores of each month and area, as `energy backtest` gives them.

    Args:
        forecasts: rows of `backtest_forecasts`.
        consumption: rows of `consumption` of their hours; settled hours are judged by that, others by the fast value, and only
            `ok` ones at all.
        seed: of the intervals.

    Returns:
        Rows of `backtest_scores`; none of a month and area of which nothing is known yet.
    """
    truth = consumption[consumption["quality"] == "ok"].sort_values("vintage")
    truth = truth.drop_duplicates(["area", "consumer_group", "hour_utc"], keep="last")  # settled comes after preliminary
    known = forecasts[forecasts.set_index(["area", "hour_utc"]).index.isin(truth.set_index(["area", "hour_utc"]).index)]
    month = known["delivery_day"].dt.to_period("M").dt.to_timestamp()
    rows = [
        {"month": start, "area": area, **row}
        for (start, area), part in known.groupby([month, known["area"]])
        for row in as_rows(score_table(judge_forecasts(part, truth), seed=seed))
        if row["breakdown"] not in (AREA_BREAKDOWN, "local_month")
    ]
    if not rows:
        return empty(BACKTEST_SCORES)
    frame = pd.DataFrame(rows).rename(columns={"group": "group_name"})
    floats = [column.name for column in BACKTEST_SCORES.columns if column.dtype == "double"]
    return frame.astype(dict.fromkeys(floats, "float64")).astype({"month": "datetime64[us]"})[list(BACKTEST_SCORES.names)]
