"""The hourly features of one series as dense arrays over consecutive hours: what every issue looks things up in."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from energy_dagster.domain.availability import HOUR
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT
from energy_dagster.domain.positions import Floats, Ints, RunningSums
from energy_dagster.domain.tables import CALENDAR_FEATURES, WEATHER_COLUMNS, WEATHER_LEAD_DAYS, lag_column, weather_column

LEVEL_HOURS = 168
LEVEL_NEEDS_HOURS = 84
"""How many of the last 168 known hours must have a value for the level to be known."""

NAIVE_HOURS = 168

_LAGS = (168, 336, 504, 672)
_CALENDAR = tuple(column.name for column in CALENDAR_FEATURES)


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

    @cached_property
    def log_sums(self) -> RunningSums:
        """Of the log of the fast consumption."""
        return RunningSums.of(self.log_known)

    @cached_property
    def weather_sums(self) -> tuple[RunningSums, ...]:
        """Of each weather variable, as the runs of a day's age have it: those of past hours are known."""
        return tuple(RunningSums.of(values) for values in self.weather[1].T)

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
        preliminary = np.where(at <= known_at - delay_hours(LOAD.publication_delay), self.preliminary, np.nan)
        settled = np.where(at <= known_at - delay_hours(SETTLEMENT.publication_delay), self.settled, np.nan)
        return np.where(np.isnan(settled), preliminary, settled)

    def newest_known(self, issue: int) -> int | None:
        """Position of the newest hour with a value among those published at an issue; None when there is none."""
        published = min(issue - delay_hours(LOAD.publication_delay), len(self) - 1)
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


def delay_hours(delay: Any) -> int:
    """Hours from an issue back to the newest hour that is published at it."""
    return int(delay / HOUR) + 1


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
