"""A series by the clock on the wall: one value for each local hour, so that the same hour of other days is the same column.

Of the two hours that autumn's clock shows twice the first counts; the hour that spring's clock skips has none. A value that is not
known is stood in for by the same hour of an earlier week, never by a later hour.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.positions import Floats, Ints, value_at
from energy_dagster.domain.series_history import NAIVE_HOURS, SeriesHistory, delay_hours

DAY = 24
STAND_IN_WEEKS = 4
_NOWHERE = -1


@dataclass(frozen=True, repr=False)
class ClockGrid:
    """The fast consumption of a series by clock hour, log MWh.

    Clock hours are counted from local midnight of the day the series starts in; hours of the series are positions in it, as in
    `SeriesHistory`, and may lie outside.
    """

    history: SeriesHistory
    value: Floats = field(init=False)
    stand_in: Floats = field(init=False)
    position: Ints = field(init=False)

    def __post_init__(self) -> None:
        positions = np.arange(len(self.history))
        clock = self._clock
        first = np.full((int(clock[-1]) // DAY + 1) * DAY, _NOWHERE, dtype=np.int64)
        first[clock[::-1]] = positions[::-1]  # the first of two comes last, and stays
        value = np.where(first >= 0, value_at(self.history.log_known, first), np.nan)
        stand_in = np.full(len(value), np.nan)
        for weeks in range(STAND_IN_WEEKS, 0, -1):
            older = value_at(value, np.arange(len(value)) - weeks * NAIVE_HOURS)
            stand_in = np.where(np.isfinite(older), older, stand_in)
        object.__setattr__(self, "position", first)
        object.__setattr__(self, "value", np.where(np.isfinite(value), value, stand_in))
        object.__setattr__(self, "stand_in", stand_in)

    @cached_property
    def midnight(self) -> pd.Timestamp:
        """Local midnight of the day the series starts in, naive."""
        return self._local(np.zeros(1, dtype=np.int64))[0].normalize()

    def _local(self, positions: Ints) -> pd.DatetimeIndex:
        return self.history.hours(positions).tz_localize("UTC").tz_convert(DENMARK).tz_localize(None)

    def clock_of(self, positions: Ints) -> Ints:
        """Clock hour of each position."""
        inside = (positions >= 0) & (positions < len(self._clock))
        return self._clock[positions] if inside.all() else self._to_clock(positions)

    @cached_property
    def _clock(self) -> Ints:
        return self._to_clock(np.arange(len(self.history)))

    def _to_clock(self, positions: Ints) -> Ints:
        return np.asarray((self._local(positions) - self.midnight) // pd.Timedelta(hours=1), dtype=np.int64)

    def issues_at(self, local_hour: int) -> Ints:
        """Positions of the hours of the series that a clock shows at this hour, one a day; spring's skipped hour is left out."""
        at = self.position[local_hour::DAY]
        return at[at >= 0]

    def known(self, clock: Ints, issues: Ints) -> Floats:
        """Values of clock hours as each issue knows them, or can stand in for them; NaN where neither.

        Args:
            clock: (issues, hours), clock hours.
            issues: positions of the issues.
        """
        newest = issues - delay_hours(LOAD.publication_delay)
        at = np.clip(clock, 0, len(self.value) - 1)
        published = (self.position[at] <= newest[:, None]) & (clock < len(self.value))
        older = [value_at(self.value, clock - weeks * NAIVE_HOURS) for weeks in (1, 2)]
        later = np.where(clock - NAIVE_HOURS < len(self.value), older[0], older[1])
        return np.where(clock < 0, np.nan, np.where(published, self.value[at], later))

    def position_of(self, clock: Ints) -> Ints:
        """Position of each clock hour: the first of two, the hour before for a skipped one; counted on outside of the series."""
        inside = np.clip(clock, self._clock[0], self._clock[-1])
        there = self.position[inside]
        skipped = there < 0
        there = np.where(skipped, self.position[np.maximum(inside - 1, 0)], there)
        return there + (clock - inside)

    def hours_of(self, values: Floats, clock: Ints) -> Floats:
        """Values of an array by position at clock hours; NaN where there is no such hour."""
        at = np.clip(clock, 0, len(self.position) - 1)
        there = (clock >= 0) & (clock < len(self.position)) & (self.position[at] >= 0)
        return np.where(there, value_at(values, np.where(there, self.position[at], _NOWHERE)), np.nan)
