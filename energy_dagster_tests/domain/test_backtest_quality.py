"""What must be true of a backtest, and what deserves a warning."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.backtest_quality import backtest_beats_weekly_naive, backtest_days_are_whole
from energy_dagster.domain.tables import BACKTEST_FORECASTS, BACKTEST_SCORES
from energy_dagster_tests.warehouse_fixture import SPRING, sample_frames


@pytest.fixture(scope="module")
def forecasts() -> pd.DataFrame:
    """Days over the change to summer time."""
    return sample_frames(SPRING, days=6)[BACKTEST_FORECASTS.name].reset_index(drop=True)


def test_days_of_23_and_24_hours_are_whole(forecasts: pd.DataFrame) -> None:
    found = backtest_days_are_whole(forecasts)
    assert found.passed, found.description
    assert set(forecasts.groupby(["area", "delivery_day"]).size()) == {23, 24}
    assert found.numbers["rows"] == len(forecasts)


def moved(rows: pd.DataFrame, column: str, value: float | pd.Timestamp) -> pd.DataFrame:
    """The rows with another value in the sixth."""
    return rows.assign(**{column: rows[column].where(rows.index != 5, value)})


FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a day without all of its hours": lambda rows: rows.drop(index=5),
    "an hour that is there twice": lambda rows: pd.concat([rows, rows.iloc[[5]]]),
    "an hour of another day": lambda rows: rows.assign(hour_utc=rows["hour_utc"] + pd.Timedelta(hours=1)),
    "a day of several issues": lambda rows: moved(rows, "issued_at", pd.Timestamp("2026-03-01")),
    "a quantile that is not finite": lambda rows: moved(rows, "q30", np.nan),
    "a quantile that is not positive": lambda rows: moved(rows, "q05", 0.0),
    "quantiles out of order": lambda rows: moved(rows, "q10", rows["q95"].max() + 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(forecasts: pd.DataFrame, fault: str) -> None:
    found = backtest_days_are_whole(FAULTS[fault](forecasts))
    assert not found.passed
    assert fault in found.description


def test_no_day_at_all_is_a_fault(forecasts: pd.DataFrame) -> None:
    assert backtest_days_are_whole(forecasts.iloc[:0]).description == "no day could be forecast"


def scores(**changed: float) -> pd.DataFrame:
    """Overall scores of two months of two areas, and a group that beats nothing."""
    rows = [
        {"month": pd.Timestamp(f"2026-0{month}-01"), "area": area, "breakdown": "overall", "days": 28, "skill": 0.4}
        for month in (1, 2)
        for area in ("DK1", "DK2")
    ]
    frame = pd.DataFrame([*rows, rows[0] | {"breakdown": "local_hour", "skill": -1.0}])
    return frame.assign(**{name: frame[name].where(frame.index != 3, value) for name, value in changed.items()})


def test_months_that_beat_the_weekly_naive_pass() -> None:
    found = backtest_beats_weekly_naive(scores())
    assert found.passed
    assert found.numbers == {"least skill": 0.4, "months": 4}


def test_a_month_that_does_not_is_named() -> None:
    found = backtest_beats_weekly_naive(scores(skill=-0.1))
    assert not found.passed
    assert found.description == "1 of 4 do not beat it, the worst with skill -0.10 in DK2, 2026-02"


@pytest.mark.parametrize("changed", [{"skill": np.nan}, {"skill": -0.5, "days": 6}])
def test_a_month_without_enough_to_compare_says_nothing(changed: dict[str, float]) -> None:
    assert backtest_beats_weekly_naive(scores(**changed)).numbers == {"least skill": 0.4, "months": 3}


def test_no_score_at_all_passes() -> None:
    empty = pd.DataFrame({column.name: [] for column in BACKTEST_SCORES.columns})
    assert backtest_beats_weekly_naive(empty).passed
