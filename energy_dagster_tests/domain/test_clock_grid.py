from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.clock_grid import DAY, STAND_IN_WEEKS, ClockGrid
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.series_history import NAIVE_HOURS
from energy_dagster_tests.domain.synthetic import at, series_of

HOURS = 120 * 24
SPRING, AUTUMN = at("2026-02-01T05:00"), at("2026-08-15T17:00")
"""Starts of series of 120 days with a change of the clock in them, in the middle of a local day."""

LATEST_KNOWN = 3
"""Hours from an issue back to the newest that is published at it."""

STARTS = st.sampled_from([SPRING, AUTUMN, at("2026-06-01T22:00"), at("2025-12-31T23:00")])
POSITIONS = st.integers(-400, HOURS + 400)


def telling(count: int = HOURS) -> Floats:
    """Consumption whose log tells its position."""
    return np.exp(np.arange(count) / 1000)


def told(values: Floats) -> Ints:
    """Positions that values of `telling` tell."""
    return np.rint(values * 1000).astype(np.int64)


def grid_of(start: datetime, mwh: Floats | None = None) -> ClockGrid:
    return ClockGrid(series_of(start, telling() if mwh is None else mwh))


def local(start: datetime, position: int | np.int64) -> datetime:
    """The time on the wall at a position, naive."""
    return (start + timedelta(hours=int(position))).replace(tzinfo=UTC).astimezone(DENMARK).replace(tzinfo=None)


def without(*positions: int | Ints) -> Floats:
    mwh = telling()
    mwh[np.concatenate([np.atleast_1d(some) for some in positions])] = np.nan
    return mwh


def position(start: datetime, moment: str) -> int:
    return int((at(moment) - start) / timedelta(hours=1))


SKIPPED = position(SPRING, "2026-03-29T01:00")
"""Position of the hour at which spring's clock goes from 2 to 3."""

DOUBLED = position(AUTUMN, "2026-10-25T00:00")
"""Position of the first of the two hours that autumn's clock shows as 2."""

spring_grid = pytest.fixture(scope="module")(lambda: grid_of(SPRING))
autumn_grid = pytest.fixture(scope="module")(lambda: grid_of(AUTUMN))


@given(start=STARTS, hour=POSITIONS)
def test_clock_hours_are_counted_from_the_first_local_midnight(start: datetime, hour: int) -> None:
    midnight = local(start, 0).replace(hour=0, minute=0)
    expected = (local(start, hour) - midnight) // timedelta(hours=1)
    assert grid_of(start).clock_of(np.array([hour])).tolist() == [expected]


@given(start=STARTS, hours=st.lists(POSITIONS, min_size=1, max_size=20))
def test_clock_hours_are_the_same_alone_and_among_others(start: datetime, hours: list[int]) -> None:
    grid, positions = grid_of(start), np.array(hours)
    np.testing.assert_array_equal(grid.clock_of(positions), [grid.clock_of(positions[[n]])[0] for n in range(len(hours))])


def test_the_two_hours_of_autumn_are_one_on_the_clock(autumn_grid: ClockGrid) -> None:
    clock = autumn_grid.clock_of(DOUBLED + np.arange(-1, 3))
    assert (clock % DAY).tolist() == [1, 2, 2, 3]
    assert (np.diff(clock) == [1, 0, 1]).all()


def test_the_hour_that_springs_clock_skips_is_none_of_any_position(spring_grid: ClockGrid) -> None:
    clock = spring_grid.clock_of(SKIPPED + np.arange(-2, 2))
    assert (clock % DAY).tolist() == [0, 1, 3, 4]
    assert (np.diff(clock) == [1, 2, 1]).all()


def test_of_the_two_hours_of_autumn_the_first_counts(autumn_grid: ClockGrid) -> None:
    clock = autumn_grid.clock_of(np.array([DOUBLED]))
    assert told(autumn_grid.value[clock]).tolist() == [DOUBLED]
    assert autumn_grid.position_of(clock).tolist() == [DOUBLED]
    assert autumn_grid.hours_of(np.arange(float(HOURS)), clock).tolist() == [DOUBLED]


def test_the_hour_that_spring_skips_has_no_value_of_its_own(spring_grid: ClockGrid) -> None:
    clock = spring_grid.clock_of(np.array([SKIPPED])) - 1
    assert np.isnan(spring_grid.hours_of(np.arange(float(HOURS)), clock)).all()
    assert told(spring_grid.value[clock]).tolist() == [SKIPPED - NAIVE_HOURS]  # that of the week before
    assert spring_grid.position_of(clock).tolist() == [SKIPPED - 1]


@given(start=STARTS, hour=POSITIONS)
def test_a_position_is_that_of_its_clock_hour(start: datetime, hour: int) -> None:
    grid = grid_of(start)
    second_of_two = start == AUTUMN and hour == DOUBLED + 1
    outside = hour < 0 or hour >= HOURS
    changed = 1 if outside and local(start, hour).dst() != local(start, np.clip(hour, 0, HOURS - 1)).dst() else 0
    found = grid.position_of(grid.clock_of(np.array([hour])))[0]
    assert abs(found - (hour - second_of_two)) <= changed


@given(start=STARTS, hour=st.integers(0, 60))
def test_hours_after_the_series_are_counted_on(start: datetime, hour: int) -> None:
    grid = grid_of(start)
    last = grid.clock_of(np.array([HOURS - 1]))
    assert grid.position_of(last + hour).tolist() == [HOURS - 1 + hour]


@settings(max_examples=20)
@given(start=STARTS, local_hour=st.integers(0, DAY - 1))
def test_issues_at_a_local_hour_are_the_first_of_each_day_at_it(start: datetime, local_hour: int) -> None:
    expected: dict[object, int] = {}
    for hour in range(HOURS):
        moment = local(start, hour)
        if moment.hour == local_hour:
            expected.setdefault(moment.date(), hour)
    assert grid_of(start).issues_at(local_hour).tolist() == list(expected.values())


def test_there_is_no_issue_at_the_hour_that_spring_skips(spring_grid: ClockGrid) -> None:
    days = [local(SPRING, hour).date().isoformat() for hour in spring_grid.issues_at(2)]
    assert "2026-03-29" not in days
    assert {"2026-03-28", "2026-03-30"} <= set(days)


def test_there_is_one_issue_at_the_hour_that_autumn_shows_twice(autumn_grid: ClockGrid) -> None:
    issues = autumn_grid.issues_at(2)
    assert DOUBLED in issues
    assert DOUBLED + 1 not in issues


@given(hour=st.integers(-500, HOURS + 500), start=STARTS)
def test_values_by_position_are_found_at_clock_hours(hour: int, start: datetime) -> None:
    grid = grid_of(start)
    clock = grid.clock_of(np.array([hour]))
    found = grid.hours_of(np.arange(float(HOURS)), clock)[0]
    if 0 <= hour < HOURS:
        assert found == hour - (start == AUTUMN and hour == DOUBLED + 1)
    else:
        assert np.isnan(found)


def known(grid: ClockGrid, clock: Ints, issue: int) -> Floats:
    return np.asarray(grid.known(clock[None, :], np.array([issue]))[0])


def test_a_published_hour_is_known_as_it_is(spring_grid: ClockGrid) -> None:
    issue = 2000
    hours = np.arange(issue - 700, issue - LATEST_KNOWN + 1)
    hours = hours[hours != SKIPPED]
    np.testing.assert_array_equal(told(known(spring_grid, spring_grid.clock_of(hours), issue)), hours)


@pytest.mark.parametrize("lead", [-2, -1, 0, 1, 48])
def test_an_hour_that_is_not_published_is_stood_in_for_by_a_week_before(spring_grid: ClockGrid, lead: int) -> None:
    issue = 2000
    hour = np.array([issue + lead])
    assert told(known(spring_grid, spring_grid.clock_of(hour), issue)).tolist() == [issue + lead - NAIVE_HOURS]


@pytest.mark.parametrize("weeks", range(1, STAND_IN_WEEKS + 1))
def test_an_absent_hour_is_stood_in_for_by_the_newest_week_that_has_it(weeks: int) -> None:
    hour, issue = 2500, 2600  # all weeks after the change of the clock
    grid = grid_of(SPRING, without(hour - NAIVE_HOURS * np.arange(weeks)))
    assert told(known(grid, grid.clock_of(np.array([hour])), issue)).tolist() == [hour - weeks * NAIVE_HOURS]


def test_an_hour_absent_for_five_weeks_is_not_known() -> None:
    hour, issue = 2500, 2600  # all weeks after the change of the clock
    grid = grid_of(SPRING, without(hour - NAIVE_HOURS * np.arange(STAND_IN_WEEKS + 1)))
    assert np.isnan(known(grid, grid.clock_of(np.array([hour])), issue)).all()


@pytest.mark.parametrize("clock", [-1, -500])
def test_hours_before_the_series_are_not_known(spring_grid: ClockGrid, clock: int) -> None:
    assert np.isnan(known(spring_grid, np.array([clock]), 2000)).all()


GAPS = st.lists(st.tuples(st.integers(0, HOURS - 1), st.integers(1, 60)), max_size=6)


def gapped(gaps: list[tuple[int, int]]) -> Floats:
    mwh = telling()
    for first, hours in gaps:
        mwh[first : first + hours] = np.nan
        mwh[max(first - NAIVE_HOURS, 0) : max(first - NAIVE_HOURS + hours // 2, 0)] = np.nan
    return mwh


@given(start=STARTS, gaps=GAPS, issue=st.integers(0, HOURS + 60), first=st.integers(-1000, 60))
def test_what_stands_in_was_published_and_is_the_same_hour_of_an_earlier_week(
    start: datetime, gaps: list[tuple[int, int]], issue: int, first: int
) -> None:
    grid = grid_of(start, gapped(gaps))
    clock = grid.clock_of(np.array([issue]))[0] + first + np.arange(48)
    values = known(grid, clock, issue)
    there = np.isfinite(values)
    positions = told(values[there])
    weeks, rest = np.divmod(clock[there] - grid.clock_of(positions), NAIVE_HOURS)
    assert (positions <= issue - LATEST_KNOWN).all()
    assert not rest.any()
    assert (weeks >= 0).all()


@given(start=STARTS, gaps=GAPS, issue=st.integers(1000, HOURS), later=st.integers(0, 60), first=st.integers(-1000, 60))
def test_what_is_known_does_not_depend_on_how_far_the_series_goes_on(
    start: datetime, gaps: list[tuple[int, int]], issue: int, later: int, first: int
) -> None:
    mwh = gapped(gaps)
    grid = grid_of(start, mwh)
    clock = grid.clock_of(np.array([issue]))[0] + first + np.arange(48)
    shorter = grid_of(start, mwh[: issue + later])
    np.testing.assert_array_equal(known(shorter, clock, issue), known(grid, clock, issue))
