import math
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import fmean

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.calendar import HOLIDAY, SATURDAY, WORKDAY
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.issues import (
    FEATURES,
    LEADS,
    WEATHER_FEATURES,
    day_kinds,
    has_weather,
    issue_matrix,
    issue_position,
    naive_forecast,
    weather_cutoff,
    without_weather,
)
from energy_dagster.domain.series_history import LEVEL_HOURS, LEVEL_NEEDS_HOURS, SeriesHistory, series_histories
from energy_dagster.domain.tables import RAW_WEATHER
from energy_dagster_tests.domain.synthetic import RawHistory, at, hour_index

Floats = npt.NDArray[np.float64]


def inputs(history: SeriesHistory, issued_at: datetime, name: str) -> Floats:
    """One input of the model over the leads of an issue."""
    rows = issue_matrix(history, np.full(len(LEADS), issue_position(history, issued_at)), LEADS, area_number=0)
    return np.asarray(rows.matrix[:, FEATURES.index(name)])


def load_at(history: SeriesHistory, hour: datetime) -> float:
    return float(history.preliminary[history.position(hour)])


def level_by_hand(history: SeriesHistory, issued_at: datetime, hours: int = LEVEL_HOURS) -> float:
    known = [math.log(load_at(history, issued_at - timedelta(hours=age))) for age in range(3, 3 + hours)]
    return fmean(known)


def with_gap(spring: RawHistory, ages: range) -> SeriesHistory:
    """DK1's history as it is when hours of some ages before the present are absent."""
    gap = [spring.now - timedelta(hours=age) for age in ages]
    return replace(spring, load=spring.load[~spring.load["hour_utc"].isin(gap)]).histories["DK1"]


def test_the_matrix_has_one_column_for_each_feature(spring: RawHistory) -> None:
    rows = issue_matrix(spring.histories["DK1"], np.full(48, 1500), LEADS, area_number=1)
    assert rows.matrix.shape == (48, len(FEATURES))
    np.testing.assert_array_equal(rows.matrix[:, FEATURES.index("lead_hours")], LEADS)
    np.testing.assert_array_equal(rows.matrix[:, FEATURES.index("area_number")], 1.0)
    np.testing.assert_array_equal(rows.hour, 1500 + LEADS)


def test_every_input_is_known_in_a_whole_history(spring: RawHistory) -> None:
    rows = issue_matrix(spring.histories["DK1"], np.full(48, len(spring.histories["DK1"]) - 72), LEADS, area_number=0)
    assert np.isfinite(rows.matrix).all()
    assert np.isfinite(rows.level).all()


def test_the_level_is_the_mean_log_of_the_last_168_published_hours(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    rows = issue_matrix(history, np.full(48, issue_position(history, spring.now)), LEADS, area_number=0)
    np.testing.assert_allclose(rows.level, level_by_hand(history, spring.now), atol=1e-9)


def test_the_level_is_unknown_when_too_few_hours_are(spring: RawHistory) -> None:
    position = issue_position(spring.histories["DK1"], spring.now)
    enough = with_gap(spring, range(3, 3 + LEVEL_HOURS - LEVEL_NEEDS_HOURS))
    too_few = with_gap(spring, range(3, 4 + LEVEL_HOURS - LEVEL_NEEDS_HOURS))
    levels = [issue_matrix(history, np.array([position]), np.array([1]), area_number=0).level for history in (enough, too_few)]
    assert np.isfinite(levels[0]).all()
    assert np.isnan(levels[1]).all()


@pytest.mark.parametrize(("lead", "lag"), [(1, 24), (21, 24), (22, 48), (45, 48), (46, 72), (48, 72)])
def test_the_same_hour_is_taken_from_the_newest_published_days(spring: RawHistory, lead: int, lag: int) -> None:
    history, hour = spring.histories["DK1"], spring.now + timedelta(hours=lead)
    level = level_by_hand(history, spring.now)
    for name, older in (("same_hour_newest", 0), ("same_hour_next_newest", 24), ("same_hour_third_newest", 48)):
        expected = math.log(load_at(history, hour - timedelta(hours=lag + older))) - level
        assert inputs(history, spring.now, name)[lead - 1] == pytest.approx(expected, abs=1e-9)


def test_the_newest_hours_are_compared_with_the_level_and_with_last_week(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    newest = level_by_hand(history, spring.now, 3)
    before = level_by_hand(history, spring.now - timedelta(hours=168), 3)
    assert inputs(history, spring.now, "newest_hours")[0] == pytest.approx(newest - level_by_hand(history, spring.now), abs=1e-9)
    assert inputs(history, spring.now, "newest_hours_against_last_week")[0] == pytest.approx(newest - before, abs=1e-9)


def test_the_recent_day_is_compared_with_last_week(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    expected = level_by_hand(history, spring.now, 24) - level_by_hand(history, spring.now - timedelta(hours=168), 24)
    assert inputs(history, spring.now, "recent_day_against_last_week")[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("late", [0, 1, 5, 100])
def test_late_hours_are_counted(spring: RawHistory, late: int) -> None:
    history = with_gap(spring, range(3, 3 + late))
    assert set(inputs(history, spring.now, "hours_late")) == {float(late)}


def test_hours_late_are_counted_up_to_a_week(spring: RawHistory) -> None:
    history = with_gap(spring, range(3, 203))
    assert set(inputs(history, spring.now, "hours_late")) == {float(LEVEL_HOURS)}


def test_the_naive_is_the_same_hour_a_week_before(spring: RawHistory) -> None:
    history = spring.histories["DK2"]
    position = issue_position(history, spring.now)
    naive = naive_forecast(history, np.full(48, position), LEADS)
    expected = [load_at(history, spring.now + timedelta(hours=int(lead) - 168)) for lead in LEADS]
    np.testing.assert_allclose(naive, expected)


def test_the_newest_known_hour_is_the_newest_published_with_a_value(spring: RawHistory) -> None:
    whole, gap = spring.histories["DK1"], with_gap(spring, range(3, 8))
    position = issue_position(whole, spring.now)
    assert whole.newest_known(position) == position - 3
    assert gap.newest_known(position) == position - 8


def test_no_hour_is_known_before_the_first(spring: RawHistory) -> None:
    assert spring.histories["DK1"].newest_known(2) is None


@given(known_at=st.integers(0, 75 * 24 + 15))
def test_the_truth_known_at_a_position_is_what_was_published(spring: RawHistory, known_at: int) -> None:
    history = spring.histories["DK1"]
    truth = history.truth(known_at)
    hours = np.arange(len(history))
    expected = np.where(hours <= known_at - 193, history.settled, np.where(hours <= known_at - 3, history.preliminary, np.nan))
    np.testing.assert_array_equal(truth, expected)


def test_the_best_truth_is_settled_else_preliminary(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    position = issue_position(history, spring.now)
    truth = history.truth()
    np.testing.assert_array_equal(truth[: position - 192], history.settled[: position - 192])
    np.testing.assert_array_equal(truth[position - 192 :], history.preliminary[position - 192 :])


@pytest.mark.parametrize("moment", ["2026-04-01T12:30", "2026-04-01T12:00:01", "2026-04-01T12:59:59.999999"])
def test_an_issue_off_the_hour_is_refused(spring: RawHistory, moment: str) -> None:
    with pytest.raises(ValueError, match="expected an issue time on the hour, found 2026-04-01T12:"):
        issue_position(spring.histories["DK1"], at(moment))


@given(hours=st.integers(-2000, 4000))
def test_positions_and_hours_are_inverse(spring: RawHistory, hours: int) -> None:
    history = spring.histories["DK1"]
    assert history.position(history.hours(np.array([hours]))[0]) == hours


def test_absent_hours_become_unknown_ones(spring: RawHistory) -> None:
    features = spring.features()
    gap = features["hour_utc"].between(at("2026-03-01"), at("2026-03-01T23:00"))
    history = series_histories(features[~gap])["DK1"]
    assert len(history) == len(spring.histories["DK1"])
    assert np.isnan(history.preliminary[history.position(at("2026-03-01T05:00"))])


def test_the_weather_of_an_issue_is_the_youngest_run_of_days_before_that_was_published(spring: RawHistory) -> None:
    history, issued_at = spring.histories["DK1"], at("2026-03-20T10:00")
    found = inputs(history, issued_at, "temperature_c")
    for lead, day in ((1, 1), (18, 1), (19, 2), (42, 2), (43, 3), (48, 3)):
        assert found[lead - 1] == history.weather[day, history.position(issued_at) + lead, 0]


def test_the_weather_of_a_live_issue_is_the_newest_run_where_it_is_younger(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    found = inputs(history, spring.now, "temperature_c")
    position = history.position(spring.now)
    for lead, day in ((1, 0), (14, 0), (15, 0), (16, 1), (18, 1), (19, 0), (39, 0), (40, 2), (42, 2), (43, 0), (48, 0)):
        assert found[lead - 1] == history.weather[day, position + lead, 0]


def test_a_replayed_issue_used_weather_up_to_its_own_hour(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    assert weather_cutoff(history, history.position(at("2026-03-20T10:00"))) == at("2026-03-20T10:00")


def test_an_issue_without_weather_has_no_weather_cutoff(spring: RawHistory) -> None:
    history = replace(spring, weather=empty(RAW_WEATHER)).histories["DK1"]
    assert weather_cutoff(history, history.position(spring.now)) is None


def test_the_weather_cutoff_is_the_newest_run_when_only_that_is_there(spring: RawHistory) -> None:
    run = spring.now - timedelta(hours=3)
    newest = spring.weather[(spring.weather["available_at"] == run) & (spring.weather["hour_utc"] > spring.now)]
    history = replace(spring, weather=newest).histories["DK1"]
    assert weather_cutoff(history, history.position(spring.now)) == run


def test_taking_the_weather_away_leaves_the_other_inputs(spring: RawHistory) -> None:
    matrix = issue_matrix(spring.histories["DK1"], np.full(48, 1500), LEADS, area_number=0).matrix
    bare = without_weather(matrix)
    kept = len(FEATURES) - len(WEATHER_FEATURES)
    np.testing.assert_array_equal(bare[:, :kept], matrix[:, :kept])
    assert np.isnan(bare[:, kept:]).all()
    assert has_weather(matrix).all()
    assert not has_weather(bare).any()


def test_an_issue_sees_the_same_whatever_was_loaded_before_its_reach(spring: RawHistory) -> None:
    features = spring.features()
    whole, shorter = (series_histories(rows)["DK1"] for rows in (features, features[features["hour_utc"] >= at("2026-03-01")]))
    seen = [
        issue_matrix(history, np.full(48, issue_position(history, spring.now)), LEADS, area_number=0)
        for history in (whole, shorter)
    ]
    np.testing.assert_array_equal(seen[0].matrix, seen[1].matrix)
    np.testing.assert_array_equal(seen[0].level, seen[1].level)


def test_the_kind_of_day_is_that_of_the_local_day_and_unknown_outside(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    hours = ["2026-04-01T21:00", "2026-04-01T22:00", "2026-04-02T21:00", "2026-04-03T22:00"]  # around Maundy Thursday
    positions = [*(history.position(at(hour)) for hour in hours), -1, len(history)]
    np.testing.assert_array_equal(day_kinds(history, np.array(positions)), [WORKDAY, HOLIDAY, HOLIDAY, SATURDAY, np.nan, np.nan])


def test_rows_outside_the_history_are_unknown(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    rows = issue_matrix(history, np.array([-500, len(history) + 500]), np.array([1, 1]), area_number=0)
    assert np.isnan(rows.level).all()
    assert np.isnan(rows.matrix[:, FEATURES.index("local_hour")]).all()
    assert not has_weather(rows.matrix).any()


def test_no_features_give_no_history(spring: RawHistory) -> None:
    assert series_histories(spring.features().iloc[:0]) == {}


def test_hours_of_a_history_follow_each_other(spring: RawHistory) -> None:
    history = spring.histories["DK"]
    found = history.hours(np.arange(len(history)))
    assert found.equals(pd.DatetimeIndex(hour_index(spring.start, spring.now + timedelta(hours=72))))
