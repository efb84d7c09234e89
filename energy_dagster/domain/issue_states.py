"""What an issue knows when it looks at one of the local days ahead: the inputs of the kernel member, in groups.

An issue looks at three days: its own (0), the next (1), the day after (2). For the hours of each there is one state, made of
consumption by the clock relative to the level of the issue, the calendar of the day, and its weather forecast.
"""

from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from energy_dagster.domain.calendar import BRIDGE, CHRISTMAS, FIRST_DAY_OF_WEEKEND, day_kind, daylight_length
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.days_off import holiday_share
from energy_dagster.domain.issues import known_weather, level_of
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.series_history import LEVEL_HOURS, LEVEL_NEEDS_HOURS, NAIVE_HOURS, delay_hours
from energy_dagster.domain.tables import HORIZON_HOURS, WEATHER_COLUMNS

States = dict[str, Floats]
"""Inputs by group, each (issues, width); NaN where not known."""

DAYS_AHEAD = (0, 1, 2)
MEAN_HOURS = (24, 72, 336, 672)
NEWEST_HOURS = 3
WEATHER_GROUPS: tuple[str, ...] = (*(f"{name} against the last week" for name in WEATHER_COLUMNS), "weather of the day")
GROUPS: tuple[str, ...] = (
    *("newest day", "day before", "week before", "2 weeks before", "3 and 4 weeks before", "means"),
    *("weekday", "holidays", "kind of day", "season"),
)
"""Groups that do not depend on weather."""

DAYS_PER_YEAR = 365.25


def target_hours(local_hour: int, day_ahead: int) -> tuple[int, ...]:
    """Local hours of a day that issues at a local hour forecast: leads 1 to 48, and one more in spring's night.

    >>> target_hours(22, 0), target_hours(1, 2)
    ((22, 23), (0, 1, 2))
    """
    first = local_hour if day_ahead == DAYS_AHEAD[0] else 0
    last = min(local_hour + 1, DAY - 1) if day_ahead == DAYS_AHEAD[-1] else DAY - 1
    return tuple(range(first, last + 1))


def issue_states(grid: ClockGrid, issues: Ints, *, day_ahead: int) -> States:
    """States of issues for one of the days ahead.

    Args:
        grid: the series by the clock.
        issues: positions of issues at one and the same local hour.
        day_ahead: 0, 1 or 2.
    """
    mean_before, clock = grid.history.log_sums.mean_before, grid.clock_of(issues)
    newest = issues - delay_hours(LOAD.publication_delay)
    level = level_of(grid.history, issues)
    target = (clock // DAY + day_ahead) * DAY

    def hours_from(first: Ints) -> Floats:
        return grid.known(first[:, None] + np.arange(DAY), issues) - level[:, None]

    weeks = [hours_from(target - NAIVE_HOURS * number) for number in (1, 2, 3, 4)]
    means = [
        *(mean_before(newest, hours, hours // 2) - level for hours in MEAN_HOURS),
        mean_before(newest, NEWEST_HOURS, 1) - level,
        *(
            mean_before(newest, hours, needed) - mean_before(newest - NAIVE_HOURS, hours, needed)
            for hours, needed in ((NEWEST_HOURS, 1), (DAY, DAY // 2))
        ),
    ]
    end = clock + 1 - delay_hours(LOAD.publication_delay)
    return {
        "newest day": hours_from(end - DAY),
        "day before": hours_from(end - 2 * DAY),
        "week before": weeks[0],
        "2 weeks before": weeks[1],
        "3 and 4 weeks before": (weeks[2] + weeks[3]) / 2,
        "means": np.column_stack(means),
        **_calendar(grid, target),
        **_weather(grid, issues, clock, target, day_ahead=day_ahead),
    }


def _calendar(grid: ClockGrid, target: Ints) -> States:
    day = target // DAY
    first = int(day.min(initial=0))
    start = grid.midnight.date() + timedelta(days=first)
    rows = _days(grid.history.area, start, int(day.max(initial=0)) - first + 1)[day - first]
    widths = np.cumsum([len(part) for part in _parts(grid.midnight.date(), grid.history.area)])[:-1]
    return dict(zip(GROUPS[-4:], np.split(rows, widths, axis=1), strict=True))


@lru_cache(maxsize=32)
def _days(area: str, first: date, count: int) -> Floats:
    """Inputs of consecutive local days, (days, inputs)."""
    return np.array([_day_inputs(first + timedelta(days=number), area) for number in range(count)])


@lru_cache(maxsize=65536)
def _day_inputs(day: date, area: str) -> tuple[float, ...]:
    return tuple(float(value) for part in _parts(day, area) for value in part)


def _parts(day: date, area: str) -> tuple[tuple[float, ...], ...]:
    """Inputs of a local day: weekday, holidays around it, kind, season."""

    def share(days: int) -> float:
        return holiday_share(area, day + timedelta(days=days))

    def is_weekend(days: int) -> bool:
        return (day + timedelta(days=days)).weekday() >= FIRST_DAY_OF_WEEKEND

    kind, christmas = day_kind(day, area), [day_kind(day + timedelta(days=days), area) == CHRISTMAS for days in (-1, 0, 1)]
    own = 0.0 if christmas[1] else share(0)
    holidays = (
        *(own, kind == BRIDGE, christmas[1]),
        *(share(days) for days in (-1, -2, 1, -7, -14)),
        max(share(0), christmas[1]) * (not is_weekend(0)),
        *(share(days) for days in (2, 3, -3)),
        *(christmas[0], christmas[2], share(-1) * (not is_weekend(-1)), share(1) * (not is_weekend(1))),
    )
    year_day = day.timetuple().tm_yday
    angle = 2 * np.pi * year_day / DAYS_PER_YEAR
    daylight = (float(daylight_length(np.array([year_day]))[0]) - 12) / 5
    season = (*(wave(number * angle) for number in (1, 2) for wave in (np.sin, np.cos)), daylight)
    weekday = tuple(float(day.weekday() == number) for number in range(7))
    kinds = (day.weekday() < FIRST_DAY_OF_WEEKEND, day.weekday() == 5, day.weekday() == 6)
    return weekday, tuple(map(float, holidays)), tuple(map(float, kinds)), tuple(map(float, season))


def _weather(grid: ClockGrid, issues: Ints, clock: Ints, target: Ints, *, day_ahead: int) -> States:
    """The weather of the day's hours from the runs known at the issue, against the week before the issue, and its means.

    An hour beyond the last lead, which most days have one of, is looked at as the last: it need not have been loaded.
    """
    history = grid.history
    if not np.isfinite(history.weather).any():
        return {}
    local_hours = np.array(target_hours(int(clock[0]) % DAY if len(clock) else 0, day_ahead))
    at = grid.position_of(target[:, None] + local_hours)
    lead = np.clip(at - issues[:, None], 1, HORIZON_HOURS)
    flat, _ = known_weather(history, np.repeat(issues, len(local_hours)), lead.ravel())
    weather = flat.reshape(len(issues), len(local_hours), len(WEATHER_COLUMNS))
    groups: States = {}
    before = [sums.mean_before(issues - 1, LEVEL_HOURS, LEVEL_NEEDS_HOURS) for sums in history.weather_sums]
    for number, name in enumerate(WEATHER_GROUPS[:-1]):
        groups[name] = weather[:, :, number] - before[number][:, None]
    groups[WEATHER_GROUPS[-1]] = np.column_stack([*before, *weather.mean(axis=1).T])
    return groups
