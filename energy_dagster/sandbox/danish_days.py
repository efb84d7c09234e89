"""How a Danish day shapes consumption: profiles of workdays, Saturdays and Sundays, and which days count as what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np
import pandas as pd

from energy_dagster.sandbox.climate import winterness
from energy_dagster.sandbox.hours import FloatArray, HourArray, local_stamps

_WORKDAY = (79, 76, 74, 74, 77, 85, 99, 111, 115, 115, 115, 115, 113, 112, 110, 108, 110, 115, 113, 107, 102, 97, 91, 84)
_SATURDAY = (80, 76, 73, 72, 72, 74, 77, 83, 90, 95, 98, 99, 98, 95, 93, 93, 97, 104, 104, 99, 95, 92, 88, 83)
_SUNDAY = (78, 74, 71, 70, 69, 70, 72, 76, 83, 89, 92, 94, 93, 91, 89, 90, 95, 103, 104, 100, 96, 92, 87, 81)
"""Percent of the area's level by local hour."""

_EVENING = (0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 1, 3, 6, 7, 5, 3, 1, 0, 0, 0)
"""Percent that the dark adds in midwinter and long evenings take away in midsummer, by local hour."""

_CHRISTMAS_EVE = (0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 7, 9, 11, 13, 15, 18, 18, 12, 4, -2, -5, -5, -4, -2)
"""Percent that roasting and dancing around the tree add to a Sunday."""

_SATURDAY_SHARE_OF_BRIDGE_DAY = 0.5
_HALF_HOLIDAYS = {(5, 1): 0.4, (6, 5): 0.6}
"""Share of a Sunday in days when many have the afternoon off: 1 May and Constitution Day."""

_INDUSTRIAL_WEEKS = {28: -0.035, 29: -0.055, 30: -0.045}
_CHRISTMAS_DAYS = {(12, 23): -0.03, (12, 27): -0.06, (12, 28): -0.06, (12, 29): -0.06, (12, 30): -0.05, (1, 2): -0.03}


def _sunday_share(day: date, off: set[date]) -> float:
    if day in off or day.weekday() == 6 or (day.month, day.day) in {(12, 24), (12, 31)}:
        return 1.0
    return _HALF_HOLIDAYS.get((day.month, day.day), 0.0) if day.weekday() < 5 else 0.0


def _saturday_share(day: date, off: set[date]) -> float:
    if day.weekday() == 5:
        return 1.0
    one = timedelta(days=1)
    bridges = (day.weekday() == 4 and day - one in off) or (day.weekday() == 0 and day + one in off)
    return _SATURDAY_SHARE_OF_BRIDGE_DAY if bridges else 0.0


def _extra(day: date) -> float:
    summer = _INDUSTRIAL_WEEKS.get(day.isocalendar().week, 0.0)
    return summer + _CHRISTMAS_DAYS.get((day.month, day.day), 0.0)


def _holidays(years: Iterable[int]) -> set[date]:
    return set(holidays.country_holidays("DK", years=years))


@dataclass(frozen=True)
class DaySchedule:
    """The kind of day of every hour; shares of a Sunday and a Saturday, what is left is a workday.

    Attributes:
        hours: consecutive hours.
        local_hour: hour of the local day, 0 to 23.
        sunday: share of a Sunday.
        saturday: share of a Saturday in what is no Sunday.
        extra: change from industrial and Christmas holidays, as a share.
        christmas_eve: 1 on 24 December.
    """

    hours: HourArray
    local_hour: HourArray
    sunday: FloatArray
    saturday: FloatArray
    extra: FloatArray
    christmas_eve: FloatArray

    @classmethod
    def of(cls, hours: HourArray) -> "DaySchedule":
        """The schedule of consecutive hours."""
        local = local_stamps(hours)
        index, days = pd.factorize(local.normalize())
        dates = [stamp.date() for stamp in days]
        off = _holidays(range(dates[0].year, dates[-1].year + 2))

        def by_hour(values: Iterable[float]) -> FloatArray:
            return np.array(list(values), dtype=np.float64)[index]

        return cls(
            hours=hours,
            local_hour=np.asarray(local.hour, dtype=np.int64),
            sunday=by_hour(_sunday_share(day, off) for day in dates),
            saturday=by_hour(_saturday_share(day, off) for day in dates),
            extra=by_hour(_extra(day) for day in dates),
            christmas_eve=by_hour(float((day.month, day.day) == (12, 24)) for day in dates),
        )

    def factor(self, *, homes: float) -> FloatArray:
        """Consumption of each hour as a share of the level; `homes` scales what households do in the evening."""
        workday, saturday, sunday, evening, eve = (
            np.array(profile, dtype=np.float64)[self.local_hour] / 100
            for profile in (_WORKDAY, _SATURDAY, _SUNDAY, _EVENING, _CHRISTMAS_EVE)
        )
        no_sunday = self.saturday * saturday + (1 - self.saturday) * workday
        shape = self.sunday * sunday + (1 - self.sunday) * no_sunday
        shape = shape + homes * (evening * winterness(self.hours.astype(np.float64)) + self.christmas_eve * eve)
        return np.asarray(shape * (1 + self.extra), dtype=np.float64)
