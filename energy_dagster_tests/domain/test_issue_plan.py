from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.calendar import DENMARK, day_ahead_issue, delivery_day_hours
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.issue_plan import DAY_AHEAD, EVERY_HOUR, IssuePlan, days_ahead, every
from energy_dagster.domain.positions import Ints
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster_tests.domain.synthetic import at, series_of

START, DAYS = at("2026-01-31T23:00"), 300
"""Over both changes of the clock."""

PLANS = st.sampled_from([EVERY_HOUR, DAY_AHEAD, every(3), every(24), IssuePlan((2, 23), (0, 2))])


@pytest.fixture(scope="module")
def grid() -> ClockGrid:
    return ClockGrid(series_of(START, np.ones(DAYS * 24)))


def local(hour: int | np.int64) -> datetime:
    """The time on the wall at a position."""
    return (START + timedelta(hours=int(hour))).replace(tzinfo=UTC).astimezone(DENMARK)


def hours_of(issues: Ints, leads: Ints) -> list[datetime]:
    return [START + timedelta(hours=int(hour)) for hour in issues + leads]


@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12, 24])
def test_an_issue_every_so_many_hours_begins_at_midnight(hours: int) -> None:
    assert every(hours).local_hours == tuple(range(0, 24, hours))
    assert every(hours).days_ahead == (0, 1, 2)


@pytest.mark.parametrize("hours", [-1, 0, 5, 7, 23, 25, 48])
def test_hours_that_make_no_day_are_refused(hours: int) -> None:
    with pytest.raises(ValueError, match=f"expected a number of hours that a day of 24 is a multiple of, found {hours}$"):
        every(hours)


@given(plan=PLANS, first=st.integers(-100, DAYS * 24), count=st.integers(0, 30 * 24))
def test_the_issues_of_a_plan_are_those_of_a_window_at_its_hours_in_order(
    grid: ClockGrid, plan: IssuePlan, first: int, count: int
) -> None:
    issues = plan.issues(grid, first, first + count)
    assert (np.diff(issues) > 0).all()
    assert ((issues >= first) & (issues < first + count)).all()
    expected = {
        (moment.date(), moment.hour)
        for moment in map(local, range(max(first, 0), min(first + count, DAYS * 24)))
        if moment.hour in plan.local_hours and moment.fold == 0
    }
    assert {(local(issue).date(), local(issue).hour) for issue in issues} == expected
    assert len(issues) == len(expected)


@given(issue=st.integers(0, DAYS * 24 - 1))
def test_an_issue_of_the_platform_forecasts_every_lead(grid: ClockGrid, issue: int) -> None:
    issues, leads = IssuePlan(EVERY_HOUR.local_hours, (0, 1, 2, 3)).pairs(grid, np.array([issue]))
    assert leads.tolist() == list(range(1, HORIZON_HOURS + 1))
    assert set(issues) == {issue}


def test_only_the_last_lead_of_an_issue_in_springs_night_is_beyond_the_day_after_tomorrow(grid: ClockGrid) -> None:
    every_issue = np.arange(DAYS * 24)
    issues, leads = EVERY_HOUR.pairs(grid, every_issue)
    there = np.zeros((len(every_issue), HORIZON_HOURS), dtype=bool)
    there[issues, leads - 1] = True
    absent = np.argwhere(~there)
    assert [(local(issue).isoformat(), lead + 1) for issue, lead in absent] == [
        ("2026-03-27T23:00:00+01:00", 48),
        ("2026-03-28T23:00:00+01:00", 48),
    ]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 7, 1), 24), (date(2026, 10, 25), 25)]
)
def test_the_day_ahead_product_is_the_whole_next_local_day(grid: ClockGrid, day: date, hours: int) -> None:
    issued_at = naive_utc(day_ahead_issue(day))
    position = int((issued_at - START) / timedelta(hours=1))
    issues = DAY_AHEAD.issues(grid, position - 12, position + 12)
    assert issues.tolist() == [position]
    found = hours_of(*DAY_AHEAD.pairs(grid, issues))
    assert found == [naive_utc(hour) for hour in delivery_day_hours(day)]
    assert len(found) == hours


@given(plan=PLANS, first=st.integers(0, DAYS * 24 - 100))
def test_pairs_come_issue_by_issue_and_forecast_the_days_of_the_plan(grid: ClockGrid, plan: IssuePlan, first: int) -> None:
    issues, leads = plan.pairs(grid, plan.issues(grid, first, first + 72))
    order = issues * 100 + leads
    assert (np.diff(order) > 0).all()
    ahead = {(local(hour).date() - local(issue).date()).days for issue, hour in zip(issues, issues + leads, strict=True)}
    assert ahead <= set(plan.days_ahead)
    if plan.days_ahead == DAY_AHEAD.days_ahead:
        assert ahead == {1}


@given(issue=st.integers(-100, DAYS * 24 + 100), lead=st.integers(1, HORIZON_HOURS))
def test_days_ahead_are_local_days(grid: ClockGrid, issue: int, lead: int) -> None:
    expected = (local(issue + lead).date() - local(issue).date()).days
    assert days_ahead(grid, np.array([issue]), np.array([lead])).tolist() == [expected]


def test_no_issue_has_no_pair(grid: ClockGrid) -> None:
    issues, leads = EVERY_HOUR.pairs(grid, np.arange(0))
    assert len(issues) == len(leads) == 0


def test_every_local_hour_has_issues_all_year(grid: ClockGrid) -> None:
    counts = [len(IssuePlan((hour,)).issues(grid, 0, DAYS * 24)) for hour in range(DAY)]
    assert counts[2] == DAYS - 1  # the night that has no 2 o'clock
    assert set(counts[:2] + counts[3:23]) == {DAYS}
