from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.domain.calendar import DENMARK, daylight_length
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.days_off import holiday_share
from energy_dagster.domain.issue_plan import days_ahead
from energy_dagster.domain.issue_states import DAYS_AHEAD, GROUPS, WEATHER_GROUPS, States, issue_states, target_hours
from energy_dagster.domain.issues import LEADS
from energy_dagster.domain.kernel_member import REACH_HOURS
from energy_dagster.domain.positions import Floats
from energy_dagster.domain.series_history import NAIVE_HOURS, SeriesHistory
from energy_dagster.domain.tables import RAW_WEATHER, WEATHER_COLUMNS
from energy_dagster_tests.domain.synthetic import RawHistory, at, series_of

NOON = at("2026-04-16T10:00")
"""Twelve o'clock of a Thursday in Denmark."""

HOURLY = ("newest day", "day before", "week before", "2 weeks before", "3 and 4 weeks before")
CONSUMPTION = (*HOURLY, "means")


@pytest.fixture(scope="module")
def west(spring: RawHistory) -> SeriesHistory:
    return spring.histories["DK1"]


@pytest.fixture(scope="module")
def grid(west: SeriesHistory) -> ClockGrid:
    return ClockGrid(west)


def states_at(history: SeriesHistory | ClockGrid, moment: datetime, day_ahead: int = 0) -> States:
    grid = history if isinstance(history, ClockGrid) else ClockGrid(history)
    return issue_states(grid, np.array([grid.history.position(moment)]), day_ahead=day_ahead)


def log_at(history: SeriesHistory, moment: datetime, hours: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """The log of fast consumption some hours after a moment."""
    return np.asarray(history.log_known[history.position(moment) + hours])


def level(history: SeriesHistory, moment: datetime = NOON) -> float:
    return float(log_at(history, moment, np.arange(-NAIVE_HOURS, 0) - 2).mean())


def assert_same(one: States, other: States) -> None:
    assert list(one) == list(other)
    for name, values in one.items():
        np.testing.assert_array_equal(other[name], values, err_msg=name)


@given(local_hour=st.integers(0, DAY - 1))
def test_the_days_ahead_hold_the_hours_of_48_leads_and_one_more(local_hour: int) -> None:
    hours = [day * DAY + hour for day in DAYS_AHEAD for hour in target_hours(local_hour, day)]
    assert hours[0] == local_hour
    assert hours == list(range(local_hour, min(local_hour + 50, 3 * DAY)))


@given(issue=st.integers(0, 75 * 24))
def test_every_lead_of_an_issue_is_an_hour_that_one_of_its_days_looks_at(grid: ClockGrid, issue: int) -> None:
    issues = np.full(len(LEADS), issue)
    clock, target = grid.clock_of(issues), grid.clock_of(issues + LEADS)
    for ahead, hour, local_hour in zip(days_ahead(grid, issues, LEADS), target % DAY, clock % DAY, strict=True):
        beyond = ahead > DAYS_AHEAD[-1]  # midnight after a night that has an hour less
        assert hour == 0 if beyond else hour in target_hours(int(local_hour), int(ahead))


@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_a_state_has_every_group_and_all_of_it_is_known(grid: ClockGrid, day_ahead: int) -> None:
    states = states_at(grid, NOON, day_ahead)
    hours = len(target_hours(12, day_ahead))
    assert list(states) == [*GROUPS, *WEATHER_GROUPS]
    assert [states[name].shape for name in HOURLY] == [(1, DAY)] * len(HOURLY)
    assert [states[name].shape for name in WEATHER_GROUPS[:-1]] == [(1, hours)] * len(WEATHER_COLUMNS)
    assert states[WEATHER_GROUPS[-1]].shape == (1, 2 * len(WEATHER_COLUMNS))
    assert all(np.isfinite(values).all() for values in states.values())


@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_the_newest_day_is_the_newest_24_published_hours(west: SeriesHistory, day_ahead: int) -> None:
    states = states_at(west, NOON, day_ahead)
    newest = np.arange(-26, -2)
    np.testing.assert_allclose(states["newest day"][0], log_at(west, NOON, newest) - level(west), atol=1e-9)
    np.testing.assert_allclose(states["day before"][0], log_at(west, NOON, newest - DAY) - level(west), atol=1e-9)


@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_the_weeks_before_are_those_of_the_day_that_is_looked_at_from_its_midnight(west: SeriesHistory, day_ahead: int) -> None:
    states = states_at(west, NOON, day_ahead)
    day = np.arange(DAY) - 12 + day_ahead * DAY
    week = {number: log_at(west, NOON, day - number * NAIVE_HOURS) - level(west) for number in (1, 2)}
    np.testing.assert_allclose(states["week before"][0], week[1], atol=1e-9)
    np.testing.assert_allclose(states["2 weeks before"][0], week[2], atol=1e-9)


def test_of_three_and_four_weeks_before_it_is_the_mean() -> None:
    logs = np.arange(60 * 24) / 1000
    history, issued_at = series_of(at("2026-06-01"), np.exp(logs)), at("2026-07-15T10:00")
    hours = np.arange(DAY) - 12 + DAY
    mean = (log_at(history, issued_at, hours - 3 * NAIVE_HOURS) + log_at(history, issued_at, hours - 4 * NAIVE_HOURS)) / 2
    np.testing.assert_allclose(
        states_at(history, issued_at, 1)["3 and 4 weeks before"][0], mean - level(history, issued_at), atol=1e-9
    )


def test_weeks_are_compared_by_the_clock_on_the_wall() -> None:
    logs = np.arange(60 * 24) / 1000
    history, issued_at = series_of(at("2026-03-01"), np.exp(logs)), at("2026-03-31T10:00")
    before = np.arange(DAY) - 12 + DAY - NAIVE_HOURS + 1  # a week before it was winter
    np.testing.assert_allclose(
        states_at(history, issued_at, 1)["week before"][0],
        log_at(history, issued_at, before) - level(history, issued_at),
        atol=1e-9,
    )


def test_means_are_of_the_newest_hours_days_and_weeks(west: SeriesHistory) -> None:
    def mean(hours: int, shift: int = 0) -> float:
        return float(log_at(west, NOON, np.arange(-hours, 0) - 2 - shift).mean())

    expected = [
        *(mean(hours) - level(west) for hours in (24, 72, 336, 672, 3)),
        mean(3) - mean(3, NAIVE_HOURS),
        mean(24) - mean(24, NAIVE_HOURS),
    ]
    np.testing.assert_allclose(states_at(west, NOON)["means"][0], expected, atol=1e-8)


@given(day=st.dates(date(2026, 2, 2), date(2026, 4, 17)), day_ahead=st.sampled_from(DAYS_AHEAD), hour=st.integers(0, 23))
def test_the_calendar_is_that_of_the_local_day_that_is_looked_at(grid: ClockGrid, day: date, day_ahead: int, hour: int) -> None:
    local = datetime(day.year, day.month, day.day, hour, tzinfo=DENMARK)
    if local.astimezone(UTC).astimezone(DENMARK).hour != hour:
        return
    states = states_at(grid, local.astimezone(UTC).replace(tzinfo=None), day_ahead)
    target = day + timedelta(days=day_ahead)
    assert np.flatnonzero(states["weekday"][0]).tolist() == [target.weekday()]
    assert states["kind of day"][0].tolist() == [target.weekday() < 5, target.weekday() == 5, target.weekday() == 6]
    assert states["holidays"][0, 0] == holiday_share("DK1", target)
    year_day = target.timetuple().tm_yday
    assert states["season"][0, 0] == pytest.approx(np.sin(2 * np.pi * year_day / 365.25))
    assert states["season"][0, 4] == pytest.approx((float(daylight_length(np.array([year_day]))[0]) - 12) / 5)


def holidays_of(day: str, area: str = "DK1") -> dict[str, float]:
    """The inputs of a local day about holidays."""
    names = (
        *("own", "bridge", "christmas", "yesterday", "two days ago", "tomorrow", "a week ago", "two weeks ago", "own on a workday"),
        *("in two days", "in three days", "three days ago", "christmas yesterday", "christmas tomorrow"),
        *("yesterday on a workday", "tomorrow on a workday"),
    )
    start = at(day) - timedelta(days=2)
    values = states_at(series_of(start, np.ones(72), area=area), at(day) + timedelta(hours=12))["holidays"][0]
    return {name: value for name, value in zip(names, values, strict=True) if value}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-11", {}),
        ("2026-05-14", {"own": 1, "own on a workday": 1}),  # Ascension Day
        ("2026-05-15", {"bridge": 1, "yesterday": 1, "yesterday on a workday": 1}),
        ("2026-05-13", {"tomorrow": 1, "tomorrow on a workday": 1}),
        ("2026-05-12", {"in two days": 1}),
        ("2026-05-11", {"in three days": 1}),
        ("2026-05-17", {"three days ago": 1}),
        ("2026-05-21", {"a week ago": 1, "in three days": 1}),
        ("2026-06-19", {"two weeks ago": 1}),
        ("2026-12-23", {"in two days": 1, "in three days": 1, "christmas tomorrow": 1}),
        (
            "2026-12-24",
            {"christmas": 1, "tomorrow": 1, "own on a workday": 1, "in two days": 1, "tomorrow on a workday": 1},
        ),
    ],
)
def test_a_state_knows_the_holidays_around_its_day(day: str, expected: dict[str, float]) -> None:
    assert holidays_of(day) == expected


def test_holidays_are_those_of_the_country_of_the_area() -> None:
    assert holidays_of("2026-07-14") == {}
    assert holidays_of("2026-07-14", "FR") == {"own": 1, "own on a workday": 1}
    assert holidays_of("2019-11-20", "DE-LU") == pytest.approx({"own": 4.1 / 83.1, "own on a workday": 4.1 / 83.1})


@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_weather_is_that_of_the_hours_against_the_week_before(west: SeriesHistory, day_ahead: int) -> None:
    issued_at = at("2026-04-01T10:00")  # long ago: no newest run
    states, position = states_at(west, issued_at, day_ahead), west.position(issued_at)
    at_hours = position - 12 + day_ahead * DAY + np.array(target_hours(12, day_ahead))
    lead = np.clip(at_hours - position, 1, 48)
    run = np.where(lead <= 18, 1, np.where(lead <= 42, 2, 3))
    for number, name in enumerate(WEATHER_GROUPS[:-1]):
        before = west.weather[1, position - NAIVE_HOURS : position, number].mean()
        weather = west.weather[run, position + lead, number]
        np.testing.assert_allclose(states[name][0], weather - before, atol=1e-6)
        np.testing.assert_allclose(states[WEATHER_GROUPS[-1]][0, number], before, atol=1e-6)
        np.testing.assert_allclose(states[WEATHER_GROUPS[-1]][0, number + len(WEATHER_COLUMNS)], weather.mean(), atol=1e-9)


def test_without_any_weather_there_are_no_groups_of_it(spring: RawHistory) -> None:
    bare = replace(spring, weather=empty(RAW_WEATHER)).histories["DK1"]
    assert set(states_at(bare, NOON)) == set(GROUPS)


@settings(max_examples=30, deadline=None)
@given(
    local_hour=st.integers(0, DAY - 1),
    day_ahead=st.sampled_from(DAYS_AHEAD),
    rows=st.lists(st.integers(0, 74), min_size=1, max_size=5),
)
def test_an_issue_sees_the_same_alone_and_among_others(grid: ClockGrid, local_hour: int, day_ahead: int, rows: list[int]) -> None:
    issues = grid.issues_at(local_hour)
    together = issue_states(grid, issues, day_ahead=day_ahead)
    for row in np.minimum(rows, len(issues) - 1):
        alone = issue_states(grid, issues[[row]], day_ahead=day_ahead)
        assert_same({name: values[[row]] for name, values in together.items()}, alone)


@pytest.fixture(scope="module")
def patchy(half_year: RawHistory) -> SeriesHistory:
    """DK1 with a tenth of its hours absent, whole days among them, so that older weeks stand in."""
    history, rng = half_year.histories["DK1"], np.random.default_rng(3)
    gone = np.repeat(rng.random(len(history) // 12 + 1) < 0.05, 12)[: len(history)] | (rng.random(len(history)) < 0.05)
    return replace(history, preliminary=np.where(gone, np.nan, history.preliminary))


def part_of(history: SeriesHistory, first: int, last: int) -> SeriesHistory:
    """The hours of a history from one position up to, not including, another."""
    at = slice(first, last)
    return replace(
        history,
        start=history.start + timedelta(hours=first),
        preliminary=history.preliminary[at],
        settled=history.settled[at],
        calendar=history.calendar[at],
        lags=history.lags[at],
        weather=history.weather[:, at],
        weather_run=history.weather_run[at] - first,
    )


@settings(max_examples=100, deadline=None)
@given(hour=st.integers(REACH_HOURS + 30, 180 * 24), day_ahead=st.sampled_from(DAYS_AHEAD), more=st.integers(0, 30))
def test_an_issue_sees_nine_weeks_before_it_and_48_hours_after_and_no_more(
    patchy: SeriesHistory, hour: int, day_ahead: int, more: int
) -> None:
    first, last = hour - REACH_HOURS - more, hour + 49 + more
    whole = issue_states(ClockGrid(patchy), np.array([hour]), day_ahead=day_ahead)
    part = issue_states(ClockGrid(part_of(patchy, first, last)), np.array([hour - first]), day_ahead=day_ahead)
    assert_same(whole, part)


@pytest.mark.parametrize("position", [-1, -500, -5000, 10**5])
@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_an_issue_outside_of_the_series_knows_the_calendar_and_nothing_else(
    west: SeriesHistory, grid: ClockGrid, position: int, day_ahead: int
) -> None:
    states = issue_states(grid, np.array([position]), day_ahead=day_ahead)
    for name in (*CONSUMPTION, *WEATHER_GROUPS[:-1]):
        assert np.isnan(states[name]).all(), name
    issued_at = west.start + timedelta(hours=position)
    target = issued_at.tz_localize(UTC).tz_convert(DENMARK).date() + timedelta(days=day_ahead)
    assert np.flatnonzero(states["weekday"][0]).tolist() == [target.weekday()]


def test_issues_before_and_within_the_series_are_seen_as_they_are_alone(grid: ClockGrid) -> None:
    issues = np.array([-48 * 24, -24, 0, 24, 48 * 24])
    together = issue_states(grid, issues, day_ahead=2)
    for row in range(len(issues)):
        alone = issue_states(grid, issues[[row]], day_ahead=2)
        assert_same({name: values[[row]] for name, values in together.items()}, alone)


@pytest.mark.parametrize(
    ("start", "night"), [(at("2026-02-01T10:00"), at("2026-03-29T01:00")), (at("2026-09-01T10:00"), at("2026-10-25T01:00"))]
)
@pytest.mark.parametrize("hours_after", range(-4, 50, 3))
def test_a_state_is_whole_around_the_change_of_the_clock(start: datetime, night: datetime, hours_after: int) -> None:
    history = series_of(start, np.exp(np.arange(70 * 24) / 1000))
    for day_ahead in DAYS_AHEAD:
        states = states_at(history, night + timedelta(hours=hours_after), day_ahead)
        assert all(np.isfinite(values).all() for values in states.values())
        newest = np.rint((states["newest day"][0] + level(history, night + timedelta(hours=hours_after))) * 1000)
        assert newest.max() <= history.position(night) + hours_after - 3  # what the newest day tells is a position


@pytest.mark.parametrize("day_ahead", DAYS_AHEAD)
def test_no_issue_has_no_state(grid: ClockGrid, day_ahead: int) -> None:
    states = issue_states(grid, np.arange(0), day_ahead=day_ahead)
    assert {len(values) for values in states.values()} == {0}
