"""The inputs of the linear member: what a straight line can use of an hour, as known at the issue.

Consumption is the log of the fast consumption minus the level of the issue. By the clock, 24 values say what is newest known of
each hour of the day, 24 more what was a week before the hours around the target. The calendar comes as flags and waves.
"""

import numpy as np

from energy_dagster.domain.availability import known_lag
from energy_dagster.domain.calendar import CHRISTMAS, HOLIDAY
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.positions import Floats, Ints, mean_before, rows_at, value_at
from energy_dagster.domain.series_history import LEVEL_HOURS, LEVEL_NEEDS_HOURS, NAIVE_HOURS, SeriesHistory, delay_hours
from energy_dagster.domain.tables import CALENDAR_FEATURES, WEATHER_COLUMNS

AROUND = tuple(range(-12, 12))
"""Hours around the target by the clock."""

WEEKS_BACK = (2, 3, 4)
MEANS = (24, 72, 336, 672)
NEWEST_HOURS, RECENT_HOURS = 3, 24
DAYS_PER_YEAR = 365.25
WAVES = (1, 2, 3)
FIRST_DAY_OF_WEEKEND = 5
_DAY = 24

_COLUMN = {column.name: number for number, column in enumerate(CALENDAR_FEATURES)}

LOG_INPUTS: tuple[str, ...] = (
    *(f"newest_{hour:+d}h" for hour in AROUND),
    *(f"next_newest_{hour:+d}h" for hour in (-1, 0, 1)),
    "third_newest",
    *(f"week_before_{hour:+d}h" for hour in AROUND),
    *(f"weeks_before_{weeks}" for weeks in WEEKS_BACK),
    "weekly_profile",
    *(f"mean_{hours}h" for hours in MEANS),
    "newest_hours",
    "newest_hours_against_last_week",
    "recent_day_against_last_week",
)
SEASONAL_INPUTS: tuple[str, ...] = (
    *(f"{wave}_{number}" for number in WAVES for wave in ("sine", "cosine")),
    "weekend_sine",
    "weekend_cosine",
    "sun",
    "daylight",
)
"""Inputs that go round with the year: a line that has not seen a whole one would run on beyond it."""

FLAG_INPUTS: tuple[str, ...] = (
    *(f"weekday_{day}" for day in range(7)),
    "holiday",
    "bridge_day",
    "christmas",
    *SEASONAL_INPUTS,
    "holiday_1_day_before",
    "holiday_2_days_before",
    "holiday_7_days_before",
    "holiday_14_days_before",
    "holiday_tomorrow",
    "holiday_on_a_weekday",
)
WEATHER_INPUTS: tuple[str, ...] = (*WEATHER_COLUMNS, "temperature_change_c", "wind_change_ms", "radiation_change_wm2", "heating_c")
INPUTS: tuple[str, ...] = (*LOG_INPUTS, *FLAG_INPUTS, *WEATHER_INPUTS)
"""Names of the inputs, in the order of the matrix; the weather is added by `domain.issues`."""


def linear_inputs(history: SeriesHistory, issues: Ints, leads: Ints) -> Floats:
    """Inputs of pairs of issue and lead.

    Args:
        history: the series.
        issues: positions of the issue times, one per row.
        leads: lead hours, one per row.

    Returns:
        Array (rows, inputs), NaN where consumption was not known at the issue.
    """
    hour, newest = issues + leads, issues - delay_hours(LOAD.publication_delay)
    level = mean_before(history.log_known, newest, LEVEL_HOURS, LEVEL_NEEDS_HOURS)
    logs = np.column_stack(_known_hours(history.log_known, hour, newest, leads)) - level[:, None]
    return np.hstack([logs, np.column_stack(_differences(history.log_known, newest)), _flags(history, hour)])


def _known_hours(y: Floats, hour: Ints, newest: Ints, leads: Ints) -> list[Floats]:
    by_clock = [_lag_by_the_clock(leads, around) for around in AROUND]
    same = dict(zip(AROUND, by_clock, strict=True))
    week = [value_at(y, hour + around - NAIVE_HOURS) for around in AROUND]
    weeks = [value_at(y, hour - NAIVE_HOURS * number) for number in WEEKS_BACK]
    return [
        *(value_at(y, hour + around - lag) for around, lag in zip(AROUND, by_clock, strict=True)),
        *(value_at(y, hour + around - same[around] - _DAY) for around in (-1, 0, 1)),
        value_at(y, hour - same[0] - 2 * _DAY),
        *week,
        *weeks,
        _mean_of([week[AROUND.index(0)], *weeks]),
        *(mean_before(y, newest, hours, hours // 2) for hours in MEANS),
        mean_before(y, newest, NEWEST_HOURS, 1),
    ]


def _lag_by_the_clock(leads: Ints, around: int) -> Ints:
    """Hours from an hour of the target's day back to the newest known hour of the same clock."""
    lags = np.array([known_lag(LOAD, _DAY, lead + around) for lead in range(int(leads.max(initial=0)) + 1)], dtype=np.int64)
    return lags[leads]


def _differences(y: Floats, newest: Ints) -> list[Floats]:
    return [
        mean_before(y, newest, hours, needed) - mean_before(y, newest - NAIVE_HOURS, hours, needed)
        for hours, needed in ((NEWEST_HOURS, 1), (RECENT_HOURS, RECENT_HOURS // 2))
    ]


def _mean_of(parts: list[Floats]) -> Floats:
    known = np.isfinite(parts)
    return np.where(known.any(axis=0), np.where(known, parts, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)


def _flags(history: SeriesHistory, hour: Ints) -> Floats:
    calendar = rows_at(history.calendar, hour)
    weekday, kind, year = (calendar[:, _COLUMN[name]] for name in ("day_of_week", "day_kind", "day_of_year"))
    angle = 2 * np.pi * year / DAYS_PER_YEAR
    weekend = weekday >= FIRST_DAY_OF_WEEKEND
    day_off = _is_day_off(kind)
    before = [_is_day_off(value_at(history.calendar[:, _COLUMN["day_kind"]], hour - days * _DAY)) for days in (1, 2, 7, 14)]
    return np.column_stack(
        [
            *(weekday == day for day in range(7)),
            *(kind == number for number in range(HOLIDAY, CHRISTMAS + 1)),
            *(wave(number * angle) for number in WAVES for wave in (np.sin, np.cos)),
            weekend * np.sin(angle),
            weekend * np.cos(angle),
            calendar[:, _COLUMN["sun_elevation_deg"]] / 30,
            (calendar[:, _COLUMN["daylight_hours"]] - 12) / 5,
            *before,
            calendar[:, _COLUMN["days_to_holiday"]] == 1,
            day_off & ~weekend,
        ]
    ).astype(np.float64)


def _is_day_off(kind: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.isin(kind, (HOLIDAY, CHRISTMAS))
