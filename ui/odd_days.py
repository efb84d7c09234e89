"""Days on which the week does not repeat itself: holidays, changes of the clock, cold. How good the forecasts were on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from energy_dagster.store.rows import DayTemperature, Scored
from ui.judged import Judged, judged
from ui.manner import say
from ui.wording import grouped, local_day_hours

FEWEST_DAYS = 5
"""Fewer days than this say nothing of a kind of day."""

COLD_SHARE = 0.1
"""The coldest tenth of the days counts as cold."""

FULL_DAY_HOURS = 23
_DAY_HOURS = 24


@dataclass(frozen=True)
class OddDays:
    """One kind of day, in words, and its scores; None where no such day has been scored."""

    name: str
    scores: Judged | None

    @property
    def can_be_judged(self) -> bool:
        """Whether there are days enough."""
        return self.scores is not None and self.scores.days >= FEWEST_DAYS


def clocks_change(day: date) -> bool:
    """Whether a local day has 23 or 25 hours.

    >>> clocks_change(date(2026, 10, 25)), clocks_change(date(2026, 10, 26))
    (True, False)
    """
    return len(local_day_hours(day)) != _DAY_HOURS


def cold_days(temperatures: Sequence[DayTemperature]) -> tuple[set[date], float | None]:
    """The coldest tenth of the whole days, and the temperature of the warmest of them; none of fewer than ten days."""
    whole = sorted((row for row in temperatures if row.hours >= FULL_DAY_HOURS), key=lambda row: (row.temperature_c, row.day))
    coldest = whole[: int(len(whole) * COLD_SHARE)]
    return {row.day for row in coldest}, coldest[-1].temperature_c if coldest else None


def odd_days(rows: Sequence[Scored], temperatures: Sequence[DayTemperature]) -> list[OddDays]:
    """Scores of every kind of day, ordinary workdays first; kinds overlap.

    Args:
        rows: the scorecard of one series and lead by day and day type.
        temperatures: of the same days.
    """
    cold, limit = cold_days(temperatures)
    warmest = "" if limit is None else grouped(limit, decimals=1)
    kinds: list[tuple[str, Callable[[Scored], bool]]] = [
        (say("Ordinary workdays"), lambda row: row.day_type == "workday"),
        (say("Saturdays"), lambda row: row.day_type == "saturday"),
        (say("Sundays"), lambda row: row.day_type == "sunday"),
        (say("Public holidays"), lambda row: row.day_type == "holiday"),
        (say("Bridge days"), lambda row: row.day_type == "bridge_day"),
        (say("Christmas and New Year"), lambda row: row.day_type == "christmas"),
        (say("Days of 23 or 25 hours"), lambda row: row.day is not None and clocks_change(row.day)),
        (
            say("Coldest tenth of the days, up to {limit} °C", limit=warmest) if cold else say("Coldest tenth of the days"),
            lambda row: row.day in cold,
        ),
    ]
    return [OddDays(name, judged(row for row in rows if belongs(row))) for name, belongs in kinds]
