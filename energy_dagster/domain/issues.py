"""What an issue may know: the rows a model sees, one per (issue, lead), built the same way for training and live.

A `SeriesHistory` holds the hourly features of one series as arrays. `issue_matrix` adds what depends on the issue: the level
of the last 168 known hours, the newest known hours of the same kind, and the newest weather run that could be read.
The target is the log of consumption minus that level.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.availability import HOUR, known_lag, newest_published_hour
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT, WEATHER_DELAY
from energy_dagster.domain.tables import (
    CALENDAR_FEATURES,
    HORIZON_HOURS,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
    lag_column,
    weather_column,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVEL_HOURS = 168
LEVEL_NEEDS_HOURS = 84
"""How many of the last 168 known hours must have a value for the level to be known."""

RECENT_HOURS = 24
NEWEST_HOURS = 3
LEADS: Ints = np.arange(1, HORIZON_HOURS + 1)
NAIVE_HOURS = 168

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
class SeriesHistory:
    """The hourly features of one series as dense arrays over consecutive hours.

    Attributes:
        area: area of the series.
        start: first hour, naive UTC.
        preliminary, settled: MWh by hour, NaN where unknown.
        calendar: (hours, calendar features).
        lags: (hours, lags and weekly profile), log MWh.
        weather: (ages of a run, hours, variables); index 0 is the newest run.
        weather_run: when the newest run could be read, as hours since `start`; NaN where there is none.
    """

    area: str
    start: pd.Timestamp
    preliminary: Floats
    settled: Floats
    calendar: Floats
    lags: Floats
    weather: Floats
    weather_run: Floats
    log_known: Floats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log_known", _log(self.preliminary))

    def __len__(self) -> int:
        return len(self.preliminary)

    def position(self, hour: datetime) -> int:
        """Index of an hour, which may lie outside the arrays."""
        return int((pd.Timestamp(hour) - self.start) / pd.Timedelta(hours=1))

    def hours(self, positions: Ints) -> pd.DatetimeIndex:
        """Hours at positions, naive UTC."""
        return pd.DatetimeIndex(self.start + pd.to_timedelta(positions, unit="h")).as_unit("us")

    def truth(self, known_at: int | None = None) -> Floats:
        """Best value of each hour: settled, else preliminary; with `known_at`, only what was published at that position."""
        if known_at is None:
            return np.where(np.isnan(self.settled), self.preliminary, self.settled)
        at = np.arange(len(self))
        preliminary = np.where(at <= known_at - _delay_hours(LOAD.publication_delay), self.preliminary, np.nan)
        settled = np.where(at <= known_at - _delay_hours(SETTLEMENT.publication_delay), self.settled, np.nan)
        return np.where(np.isnan(settled), preliminary, settled)

    def newest_known(self, issue: int) -> int | None:
        """Position of the newest hour with a value among those published at an issue; None when there is none."""
        published = min(issue - _delay_hours(LOAD.publication_delay), len(self) - 1)
        known = np.flatnonzero(np.isfinite(self.log_known[: max(published + 1, 0)]))
        return int(known[-1]) if len(known) else None


def series_histories(features: pd.DataFrame) -> dict[str, SeriesHistory]:
    """One history per area from rows of `consumption_features` of one consumer group; absent hours become NaN rows."""
    return {str(area): _history(str(area), rows) for area, rows in features.groupby("area")}


def _history(area: str, rows: pd.DataFrame) -> SeriesHistory:
    indexed = rows.set_index("hour_utc").sort_index()
    index = pd.date_range(indexed.index[0], indexed.index[-1], freq="h", unit="us")
    dense = indexed.reindex(index)
    start = index[0]
    lag_names = [*(lag_column(lag) for lag in _LAGS), "weekly_profile_mwh"]
    ages = (0, *WEATHER_LEAD_DAYS)
    run = (dense["weather_run_at"] - start) / pd.Timedelta(hours=1)
    return SeriesHistory(
        area=area,
        start=start,
        preliminary=_floats(dense["preliminary_mwh"]),
        settled=_floats(dense["settled_mwh"]),
        calendar=_floats(dense[list(_CALENDAR)]),
        lags=_log(_floats(dense[lag_names])),
        weather=np.stack([_floats(dense[[weather_column(name, age) for name in WEATHER_COLUMNS]]) for age in ages]),
        weather_run=_floats(run),
    )


@dataclass(frozen=True)
class IssueRows:
    """Rows of one series for some issues and leads; all arrays have one entry per row.

    `level` is the log of MWh that was taken off the target; NaN where it could not be known.
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
    newest = issues - _delay_hours(LOAD.publication_delay)
    y = history.log_known
    level, recent = _mean_before(y, newest, LEVEL_HOURS, LEVEL_NEEDS_HOURS), _mean_before(y, newest, RECENT_HOURS, 12)
    last_week = _mean_before(y, newest - NAIVE_HOURS, RECENT_HOURS, 12)
    tip, tip_last_week = (_mean_before(y, newest - shift, NEWEST_HOURS, 1) for shift in (0, NAIVE_HOURS))
    same_hour = [_at(y, hour - lag) for lag in _same_hour_lags(leads)]
    lags = _rows_at(history.lags, hour)
    logs = [
        *(value - level for value in same_hour),
        *(lags[:, n] - level for n in range(lags.shape[1])),
        recent - level,
        tip - level,
        tip - tip_last_week,
        recent - last_week,
        lags[:, 0] - tip_last_week,
    ]
    late = _hours_late(y, newest)
    fixed = [leads.astype(float), np.full(len(leads), float(area_number)), *_rows_at(history.calendar, hour).T, late]
    matrix = np.column_stack([*fixed, *logs, *_weather_inputs(history, issues, leads)])
    return IssueRows(issue=issues, lead=leads, hour=hour, level=level, matrix=matrix)


def naive_forecast(history: SeriesHistory, issues: Ints, leads: Ints) -> Floats:
    """The weekly naive: consumption of the same hour 168 hours earlier, MWh, as known at the issue."""
    return np.exp(_at(history.log_known, issues + leads - NAIVE_HOURS))


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
    weather, read_at = _known_weather(history, np.full(len(LEADS), issue), LEADS)
    used = read_at[np.isfinite(weather).any(axis=1)]
    return (history.start + pd.Timedelta(hours=float(used.max()))).to_pydatetime() if len(used) else None


_WEATHER_HOURS = int(WEATHER_DELAY / HOUR)
_STEPS = 2**30
"""Steps per unit (log MWh, degree, m/s, W/m2) in which means are summed."""


def _weather_inputs(history: SeriesHistory, issues: Ints, leads: Ints) -> list[Floats]:
    """Weather of the hour from the newest run known at the issue, and its change against the week before the issue."""
    weather, _ = _known_weather(history, issues, leads)
    changes = [
        weather[:, number] - _mean_before(history.weather[1, :, number], issues - 1, LEVEL_HOURS, LEVEL_NEEDS_HOURS)
        for number in _CHANGES.values()
    ]
    return [*weather.T, *changes]


def _known_weather(history: SeriesHistory, issues: Ints, leads: Ints) -> tuple[Floats, Floats]:
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


def _hours_late(y: Floats, newest: Ints) -> Floats:
    """How many hours the newest hour with a value lies behind the newest that is due, at most LEVEL_HOURS."""
    index = np.where(np.isfinite(y), np.arange(len(y), dtype=float), np.nan)
    filled = _floats(pd.Series(index).ffill())
    last = _at(filled, np.minimum(newest, len(y) - 1))
    return np.clip(np.where(np.isnan(last), LEVEL_HOURS, newest - last), 0, LEVEL_HOURS)


def _mean_before(values: Floats, last: Ints, width: int, needed: int) -> Floats:
    """Mean of the `width` values up to and including position `last`; NaN where fewer than `needed` are known.

    Summed in whole steps, so that a mean is the same to the last bit however long a history was loaded.
    """
    known = np.isfinite(values)
    sums = np.concatenate([[0], np.cumsum(np.rint(np.where(known, values, 0.0) * _STEPS).astype(np.int64))])
    counts = np.concatenate([[0], np.cumsum(known)])
    stop = np.clip(last + 1, 0, len(values))
    begin = np.clip(last + 1 - width, 0, len(values))
    count = counts[stop] - counts[begin]
    return np.where(count >= needed, (sums[stop] - sums[begin]) / (np.maximum(count, 1) * _STEPS), np.nan)


def _at(values: Floats, positions: Ints) -> Floats:
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside, values[np.where(inside, positions, 0)], np.nan)


def _rows_at(values: Floats, positions: Ints) -> Floats:
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside[:, None], values[np.where(inside, positions, 0)], np.nan)


def _delay_hours(delay: Any) -> int:
    """Hours from an issue back to the newest hour that is published at it."""
    return int(delay / HOUR) + 1


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def issue_position(history: SeriesHistory, issued_at: datetime) -> int:
    """Position of an issue time; whole hours only.

    Raises:
        ValueError: the issue time is not a whole hour.
    """
    if newest_published_hour(LOAD, issued_at) + HOUR * _delay_hours(LOAD.publication_delay) != issued_at:
        raise ValueError(f"expected an issue time on the hour, found {issued_at.isoformat()}")
    return history.position(issued_at)
