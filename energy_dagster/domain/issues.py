"""What an issue may know: the rows a model sees, one per (issue, lead), built the same way for training and live.

A `SeriesHistory` holds the hourly features of one series as arrays. `issue_matrix` adds what depends on the issue: the level
of the last 168 known hours, the newest known hours of the same kind, and the newest weather run that could be read.
The target is the log of consumption minus that level.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.availability import HOUR, known_lag, newest_published_hour
from energy_dagster.domain.catalogue import LOAD, WEATHER_DELAY
from energy_dagster.domain.positions import Floats, Ints, hours_late, rows_at, value_at
from energy_dagster.domain.series_history import LEVEL_HOURS, LEVEL_NEEDS_HOURS, NAIVE_HOURS, SeriesHistory, delay_hours
from energy_dagster.domain.tables import (
    CALENDAR_FEATURES,
    HORIZON_HOURS,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
)

RECENT_HOURS = 24
NEWEST_HOURS = 3
LEADS: Ints = np.arange(1, HORIZON_HOURS + 1)

_LAGS = (168, 336, 504, 672)
_CALENDAR = tuple(column.name for column in CALENDAR_FEATURES)

LOG_FEATURES = (
    "same_hour_newest",
    "same_hour_next_newest",
    "same_hour_third_newest",
    *(f"lag_{lag}h" for lag in _LAGS),
    "weekly_profile",
    "recent_level",
    "newest_hours",
    "newest_hours_against_last_week",
    "recent_day_against_last_week",
    "target_against_newest_last_week",
)
WEATHER_FEATURES = (*WEATHER_COLUMNS, "temperature_change_c", "wind_change_ms", "radiation_change_wm2")
FEATURES: tuple[str, ...] = ("lead_hours", "area_number", *_CALENDAR, "hours_late", *LOG_FEATURES, *WEATHER_FEATURES)
"""Names of the model's inputs, in the order of the matrix."""

_CHANGES = {"temperature_c": 0, "wind_speed_ms": 1, "shortwave_radiation_wm2": 3}


@dataclass(frozen=True)
class IssueRows:
    """Rows of one series for some issues and leads; all arrays have one entry per row.

    `level` is the log of MWh that was taken off the target; NaN where it could not be known. `matrix` holds the inputs of the
    trees; those of the kernel member are in `issue_states`.
    """

    issue: Ints
    lead: Ints
    hour: Ints
    level: Floats
    matrix: Floats


def issue_matrix(history: SeriesHistory, issues: Ints, leads: Ints, *, area_number: int) -> IssueRows:
    """The model's inputs for pairs of issue and lead.

    Args:
        history: the series.
        issues: positions of the issue times, one per row.
        leads: lead hours, one per row.
        area_number: the model's number for the area.

    Returns:
        Rows whose matrix has the columns of `FEATURES`, NaN where a value was not known at the issue.
    """
    hour = issues + leads
    newest = issues - delay_hours(LOAD.publication_delay)
    y = history.log_known
    level, mean_before = level_of(history, issues), history.log_sums.mean_before
    recent, last_week = (mean_before(newest - shift, RECENT_HOURS, 12) for shift in (0, NAIVE_HOURS))
    tip, tip_last_week = (mean_before(newest - shift, NEWEST_HOURS, 1) for shift in (0, NAIVE_HOURS))
    same_hour = [value_at(y, hour - lag) for lag in _same_hour_lags(leads)]
    lags = rows_at(history.lags, hour)
    logs = [
        *(value - level for value in same_hour),
        *(lags[:, n] - level for n in range(lags.shape[1])),
        recent - level,
        tip - level,
        tip - tip_last_week,
        recent - last_week,
        lags[:, 0] - tip_last_week,
    ]
    late = hours_late(y, newest, most=LEVEL_HOURS)
    fixed = [leads.astype(float), np.full(len(leads), float(area_number)), *rows_at(history.calendar, hour).T, late]
    matrix = np.column_stack([*fixed, *logs, *_weather_inputs(history, issues, leads)])
    return IssueRows(issues, leads, hour, level, matrix)


def level_of(history: SeriesHistory, issues: Ints) -> Floats:
    """The level that an issue takes off its target, log MWh; NaN where it could not be known."""
    return history.log_sums.mean_before(issues - delay_hours(LOAD.publication_delay), LEVEL_HOURS, LEVEL_NEEDS_HOURS)


def naive_forecast(history: SeriesHistory, issues: Ints, leads: Ints) -> Floats:
    """The weekly naive: consumption of the same hour 168 hours earlier, MWh, as known at the issue."""
    return np.exp(value_at(history.log_known, issues + leads - NAIVE_HOURS))


def day_kinds(history: SeriesHistory, positions: Ints) -> Floats:
    """Kind of local day of each hour, as in `calendar.day_kind`; NaN outside the series."""
    return value_at(history.calendar[:, _CALENDAR.index("day_kind")], positions)


def without_weather(matrix: Floats) -> Floats:
    """The same rows with every weather input absent."""
    masked = matrix.copy()
    masked[:, -len(WEATHER_FEATURES) :] = np.nan
    return masked


def has_weather(matrix: Floats) -> npt.NDArray[np.bool_]:
    """Which rows have any weather input."""
    return np.asarray(np.isfinite(matrix[:, -len(WEATHER_FEATURES) :]).any(axis=1))


def weather_cutoff(history: SeriesHistory, issue: int) -> datetime | None:
    """When the newest weather run that an issue used could be read, naive UTC; None when it used none."""
    weather, read_at = known_weather(history, np.full(len(LEADS), issue), LEADS)
    used = read_at[np.isfinite(weather).any(axis=1)]
    return (history.start + pd.Timedelta(hours=float(used.max()))).to_pydatetime() if len(used) else None


_WEATHER_HOURS = int(WEATHER_DELAY / HOUR)


def _weather_inputs(history: SeriesHistory, issues: Ints, leads: Ints) -> list[Floats]:
    """Weather of the hour from the newest run known at the issue, and its change against the week before the issue."""
    weather, _ = known_weather(history, issues, leads)
    changes = [
        weather[:, number] - history.weather_sums[number].mean_before(issues - 1, LEVEL_HOURS, LEVEL_NEEDS_HOURS)
        for number in _CHANGES.values()
    ]
    return [*weather.T, *changes]


def known_weather(history: SeriesHistory, issues: Ints, leads: Ints) -> tuple[Floats, Floats]:
    """Weather of the hour from the newest run known at the issue, and when that run could be read, as a position."""
    hour = issues + leads
    day = np.clip(-(-(leads + _WEATHER_HOURS) // 24), WEATHER_LEAD_DAYS[0], WEATHER_LEAD_DAYS[-1])
    position = np.clip(hour, 0, len(history) - 1)
    run, aged_run = history.weather_run[position], hour - 24 * day + _WEATHER_HOURS
    live = (run <= issues) & (run > aged_run)
    weather = np.where(live[:, None], history.weather[0, position], history.weather[day, position])
    weather[(hour < 0) | (hour >= len(history))] = np.nan
    return weather, np.where(live, run, aged_run)


def _same_hour_lags(leads: Ints) -> tuple[Ints, Ints, Ints]:
    newest = np.array([known_lag(LOAD, 24, int(lead)) for lead in range(int(leads.max(initial=0)) + 1)])[leads]
    return newest, newest + 24, newest + 48


def issue_position(history: SeriesHistory, issued_at: datetime) -> int:
    """Position of an issue time; whole hours only.

    Raises:
        ValueError: the issue time is not a whole hour.
    """
    if newest_published_hour(LOAD, issued_at) + HOUR * delay_hours(LOAD.publication_delay) != issued_at:
        raise ValueError(f"expected an issue time on the hour, found {issued_at.isoformat()}")
    return history.position(issued_at)
