"""The backtest of whole months, and its scores."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from energy_dagster.domain.backtest import CannotBacktest, recipe_version
from energy_dagster.domain.backtest_scores import as_rows, score_table
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.judged_forecasts import judge_forecasts
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.monthly_backtest import MonthsBacktested, backtest_months, score_months
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import BACKTEST_FORECASTS, BACKTEST_SCORES, TOTAL
from energy_dagster_tests.recorded_loads import history_of, load_of, quick_recipe

FIRST, LAST = date(2026, 2, 1), date(2026, 3, 31)


def recipe_at(_moment: datetime) -> Recipe:
    return quick_recipe()


@pytest.fixture(scope="module")
def histories() -> dict[str, SeriesHistory]:
    return {
        "DK1": history_of(load_of("2025-07-20", "2026-03-31")),
        "DK2": history_of(load_of("2025-07-20", "2026-03-31", level=1200.0, seed=1), "DK2"),
    }


@pytest.fixture(scope="module")
def made(histories: Mapping[str, SeriesHistory]) -> MonthsBacktested:
    return backtest_months(histories, first=FIRST, last=LAST, recipe_at=recipe_at)


def consumption_of(*loads: "pd.Series[float]", vintage: str = "preliminary") -> pd.DataFrame:
    """Rows of `consumption` of DK1, DK2."""
    parts = [
        pd.DataFrame({"hour_utc": load.index, "area": area, "consumer_group": TOTAL, "consumption_mwh": load.to_numpy()})
        for area, load in zip(("DK1", "DK2"), loads, strict=False)
    ]
    return pd.concat(parts, ignore_index=True).assign(vintage=vintage, quality="ok")


@pytest.fixture(scope="module")
def consumption() -> pd.DataFrame:
    loads = load_of("2025-07-20", "2026-03-31"), load_of("2025-07-20", "2026-03-31", level=1200.0, seed=1)
    return consumption_of(*loads)


def overall(scores: pd.DataFrame, area: str, month: int) -> dict[str, Any]:
    """The overall scores of an area and month."""
    rows = scores[(scores["area"] == area) & (scores["month"].dt.month == month) & (scores["breakdown"] == "overall")]
    assert len(rows) == 1
    return {str(name): value for name, value in rows.iloc[0].items()}


def test_both_areas_are_forecast_for_every_hour_of_the_local_days(made: MonthsBacktested) -> None:
    rows = conform(BACKTEST_FORECASTS, made.rows)
    assert rows.groupby("area").size().to_dict() == {"DK1": 59 * 24 - 1, "DK2": 59 * 24 - 1}
    hours = rows.groupby(["area", "delivery_day"])["hour_utc"].nunique()
    assert hours.value_counts().to_dict() == {24: 116, 23: 2}
    assert rows["delivery_day"].min() == pd.Timestamp("2026-02-01")
    assert rows["hour_utc"].min() == pd.Timestamp("2026-01-31T23:00")
    assert not made.left_out


def test_an_engine_is_taught_once_a_month_and_in_two_months_before(made: MonthsBacktested) -> None:
    assert made.fits == 2 * 4
    version = recipe_version(quick_recipe())
    assert set(made.rows["model_version"]) == {f"2026-02-{version}", f"2026-03-{version}"}


@pytest.mark.parametrize("month", [2, 3])
def test_a_month_is_the_same_whichever_months_are_made_with_it(
    histories: Mapping[str, SeriesHistory], made: MonthsBacktested, month: int
) -> None:
    first = date(2026, month, 1)
    last = (pd.Timestamp(first) + pd.offsets.MonthEnd()).date()
    alone = backtest_months(histories, first=first, last=last, recipe_at=recipe_at)
    of_month = made.rows[made.rows["delivery_day"].dt.month == month].reset_index(drop=True)
    assert_frame_equal(alone.rows, of_month, check_exact=True)


def test_an_engine_is_made_by_the_recipe_known_when_it_was_taught(histories: Mapping[str, SeriesHistory]) -> None:
    asked: list[datetime] = []

    def changing(moment: datetime) -> Recipe:
        asked.append(moment)
        return quick_recipe(moment.month)

    history = {"DK1": histories["DK1"]}
    rows = backtest_months(history, first=date(2026, 3, 1), last=date(2026, 3, 5), recipe_at=changing).rows
    assert asked == [datetime(2025, 12, 31, 9), datetime(2026, 1, 31, 9), datetime(2026, 2, 28, 9)]  # noqa: DTZ001 - naive UTC
    assert set(rows["model_version"]) == {f"2026-03-{recipe_version(quick_recipe(2))}"}


def test_an_area_that_cannot_be_backtested_is_left_out_with_the_reason(histories: Mapping[str, SeriesHistory]) -> None:
    few = history_of(load_of("2025-12-01", "2026-03-31"), "DK2")
    made = backtest_months(
        {"DK1": histories["DK1"], "DK2": few}, first=date(2026, 3, 1), last=date(2026, 3, 3), recipe_at=recipe_at
    )
    assert set(made.rows["area"]) == {"DK1"}
    assert "at least 100 known days of DK2" in made.left_out["DK2"]


def test_months_that_no_area_has_are_refused(histories: Mapping[str, SeriesHistory]) -> None:
    with pytest.raises(CannotBacktest, match=r"within the data of DK1, .*; expected hours of DK2 with consumption, found none"):
        backtest_months({"DK1": histories["DK1"]}, first=date(2027, 3, 1), last=date(2027, 3, 31), recipe_at=recipe_at)


def test_scores_are_those_of_the_command_by_month_and_area(made: MonthsBacktested, consumption: pd.DataFrame) -> None:
    scores = conform(BACKTEST_SCORES, score_months(made.rows, consumption, seed=7))
    part = made.rows[(made.rows["delivery_day"].dt.month == 3) & (made.rows["area"] == "DK2")]
    expected = {row["breakdown"]: row for row in as_rows(score_table(judge_forecasts(part, consumption), seed=7))}["overall"]
    found = overall(scores, "DK2", 3)
    names = ("n", "days", "mae_mwh", "skill", "mae_mwh_low")
    assert {name: found[name] for name in names} == {name: expected[name] for name in names}
    assert set(scores["breakdown"]) == {"overall", "lead_bucket", "local_hour", "day_type", "day_length"}
    assert scores.groupby(["month", "area"]).ngroups == 4


def test_the_table_of_scores_has_every_score_there_is(made: MonthsBacktested, consumption: pd.DataFrame) -> None:
    row = as_rows(score_table(judge_forecasts(made.rows, consumption), draws=5))[0]
    assert {"month", "area", "group_name"} | set(row) - {"group"} == set(BACKTEST_SCORES.names)


def test_settled_hours_are_judged_by_what_was_settled_and_hours_that_are_not_ok_are_not_judged(
    made: MonthsBacktested, consumption: pd.DataFrame
) -> None:
    march = consumption["hour_utc"] >= "2026-03-01"
    settled = consumption[march & (consumption["area"] == "DK1")].assign(vintage="settled")
    settled["consumption_mwh"] *= 2
    bad = consumption.assign(quality=np.where(consumption["hour_utc"].dt.hour == 3, "zero", "ok"))
    plain, both = (score_months(made.rows, known, seed=1) for known in (consumption, pd.concat([settled, bad])))
    assert overall(both, "DK1", 3)["mae_mwh"] > 1000
    assert overall(both, "DK1", 2)["n"] == overall(plain, "DK1", 2)["n"] - 28
    assert overall(both, "DK2", 3)["n"] == overall(plain, "DK2", 3)["n"] - 31


def test_a_month_of_which_nothing_is_known_has_no_scores(made: MonthsBacktested, consumption: pd.DataFrame) -> None:
    known = consumption[consumption["hour_utc"] < "2026-02-15"]
    assert set(score_months(made.rows, known, seed=1)["month"]) == {pd.Timestamp("2026-02-01")}
    nothing = score_months(made.rows, known[known["hour_utc"] < "2026-01-01"], seed=1)
    assert len(conform(BACKTEST_SCORES, nothing)) == 0
