from typing import Any

import numpy as np
import pytest

from energy_dagster.domain.issues import LEADS, issue_matrix, issue_position
from energy_dagster.domain.linear_inputs import INPUTS, LOG_INPUTS, WEATHER_INPUTS, linear_inputs
from energy_dagster.domain.positions import Floats
from energy_dagster_tests.domain.synthetic import RawHistory


def inputs_of(of: RawHistory, name: str) -> Floats:
    """One input of DK1 at the present, by lead."""
    history = of.histories["DK1"]
    issue = np.full(len(LEADS), issue_position(history, of.now))
    return np.asarray(linear_inputs(history, issue, LEADS)[:, INPUTS.index(name)])


def log_hours(of: RawHistory, hours_back: Any) -> Floats:
    """The log of DK1's fast consumption some hours before the present."""
    history = of.histories["DK1"]
    return np.asarray(history.log_known[issue_position(history, of.now) - np.asarray(hours_back)])


def level(of: RawHistory) -> float:
    return float(log_hours(of, np.arange(3, 171)).mean())


def test_there_is_one_column_for_each_input(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    rows = issue_matrix(history, np.full(48, issue_position(history, spring.now)), LEADS, area_number=0)
    assert rows.linear.shape == (48, len(INPUTS))
    assert len(set(INPUTS)) == len(INPUTS)
    assert np.isfinite(rows.linear).all()


def test_the_newest_value_of_the_same_hour_is_one_two_or_three_days_old(spring: RawHistory) -> None:
    days = np.where(LEADS <= 21, 1, np.where(LEADS <= 45, 2, 3))
    expected = log_hours(spring, 24 * days - LEADS) - level(spring)
    np.testing.assert_allclose(inputs_of(spring, "newest_+0h"), expected, atol=1e-8)


def test_an_hour_of_the_targets_own_day_is_taken_as_soon_as_it_is_known(spring: RawHistory) -> None:
    twelve_before = inputs_of(spring, "newest_-12h")
    np.testing.assert_allclose(twelve_before[0], log_hours(spring, np.array([11]))[0] - level(spring), atol=1e-8)
    np.testing.assert_allclose(twelve_before[9], log_hours(spring, np.array([26]))[0] - level(spring), atol=1e-8)


def test_the_week_before_is_the_week_before(spring: RawHistory) -> None:
    np.testing.assert_allclose(inputs_of(spring, "week_before_-2h"), log_hours(spring, 170 - LEADS) - level(spring), atol=1e-8)


def test_each_hour_has_one_weekday(spring: RawHistory) -> None:
    days = np.stack([inputs_of(spring, f"weekday_{day}") for day in range(7)])
    np.testing.assert_array_equal(days.sum(axis=0), 1)


@pytest.mark.parametrize("position", [-500, 10**6])
def test_an_issue_outside_of_the_history_knows_nothing(spring: RawHistory, position: int) -> None:
    inputs = linear_inputs(spring.histories["DK1"], np.array([position]), np.array([1]))
    assert np.isnan(inputs[:, : len(LOG_INPUTS)]).all()
    assert inputs.shape[1] == len(INPUTS) - len(WEATHER_INPUTS)
