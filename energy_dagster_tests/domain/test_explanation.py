from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.explanation import COLUMNS, explained
from energy_dagster.domain.forecasting import make_issue
from energy_dagster.domain.issues import LEADS
from energy_dagster.domain.kernel import FACTORS
from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.tables import EXPLAINED_BY, RAW_WEATHER
from energy_dagster_tests.domain.synthetic import RawHistory

LOGS = st.floats(-0.5, 0.5)


@pytest.fixture(scope="module")
def full(half_year: RawHistory, champion: TrainedModel) -> pd.DataFrame:
    return make_issue(half_year.histories, champion, issued_at=half_year.now).rows


@given(level=st.floats(1, 12), parts=st.lists(LOGS, min_size=len(FACTORS), max_size=len(FACTORS)), rest=LOGS)
def test_the_parts_add_up_to_the_line(level: float, parts: list[float], rest: float) -> None:
    line = np.exp([level + sum(parts) + rest])
    told = explained(line, np.array([level]), np.array([parts]))
    np.testing.assert_allclose(told.sum(axis=1), line, rtol=1e-9)
    assert told[0, 0] == pytest.approx(np.exp(level))


@given(level=st.floats(1, 12), part=LOGS)
def test_a_part_has_the_sign_of_its_log(level: float, part: float) -> None:
    told = explained(np.exp([level + part]), np.array([level]), np.array([[part, 0.0, 0.0, 0.0]]))
    assert np.sign(np.round(told[0, 1], 9)) == np.sign(np.round(part * np.exp(level), 9))


def test_a_forecast_that_is_the_level_has_no_parts() -> None:
    told = explained(np.array([100.0]), np.log([100.0]), np.zeros((1, len(FACTORS))))
    np.testing.assert_allclose(told, [[100.0, 0, 0, 0, 0, 0]], atol=1e-9)


def test_every_part_has_a_column_and_a_description() -> None:
    assert list(COLUMNS) == ["level_mwh", *(f"{part}_mwh" for part in EXPLAINED_BY)]


@pytest.mark.parametrize("area", ["DK", "DK1", "DK2"])
def test_the_explanation_of_every_hour_of_an_issue_adds_up_to_its_line(full: pd.DataFrame, area: str) -> None:
    rows = full[full["area"] == area]
    np.testing.assert_allclose(rows[list(COLUMNS)].sum(axis=1), rows["q50"], rtol=1e-9)


def test_the_level_is_the_same_for_all_hours_of_an_issue(full: pd.DataFrame) -> None:
    assert (full.groupby("area")["level_mwh"].std() < 1e-9).all()


def test_weather_explains_something_where_it_is_known_and_nothing_where_not(
    half_year: RawHistory, champion: TrainedModel, full: pd.DataFrame
) -> None:
    bare = replace(half_year, weather=empty(RAW_WEATHER)).histories
    without = make_issue(bare, champion, issued_at=half_year.now).rows
    assert (full["weather_mwh"].abs() > 0.01).mean() > 0.9
    assert (without["weather_mwh"] == 0).all()


def test_the_naive_is_not_explained(half_year: RawHistory) -> None:
    rows = make_issue(half_year.histories, None, issued_at=half_year.now).rows
    assert rows[list(COLUMNS)].isna().all().all()


def test_the_factors_add_up_to_what_the_member_says(half_year: RawHistory, champion: TrainedModel) -> None:
    history = half_year.histories["DK1"]
    issue = np.full(len(LEADS), history.position(half_year.now))
    told = champion.engine.kernels["DK1"].explained_of(ClockGrid(history), issue, LEADS)
    np.testing.assert_allclose(told[:, 1:].sum(axis=1), told[:, 0], atol=1e-7)
    np.testing.assert_array_equal(told[:, 0], champion.engine.kernels["DK1"].log_of(ClockGrid(history), issue, LEADS))


def test_the_days_part_of_the_calendar_is_large_on_a_load_that_follows_the_clock(full: pd.DataFrame) -> None:
    rows = full[full["area"] == "DK1"]
    night, noon = (rows[rows["hour_utc"].dt.hour == hour]["calendar_mwh"].mean() for hour in (2, 14))
    assert noon - night > 0.2 * rows["level_mwh"].iloc[0]
