"""Which issues a model is for, and the pairs of issue and lead it learns from."""

from dataclasses import dataclass

import numpy as np

from energy_dagster.domain.calendar import DAY_AHEAD_STANDS
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.issue_states import DAYS_AHEAD
from energy_dagster.domain.positions import Ints
from energy_dagster.domain.tables import HORIZON_HOURS


@dataclass(frozen=True)
class IssuePlan:
    """Local hours at which issues are made, and which local days after the issue's own (0) they forecast, up to 48 hours ahead."""

    local_hours: tuple[int, ...]
    days_ahead: tuple[int, ...] = DAYS_AHEAD

    def issues(self, grid: ClockGrid, first: int, last: int) -> Ints:
        """Positions of the issues from `first` up to, not including, `last`, in order."""
        at = np.concatenate([grid.issues_at(hour) for hour in self.local_hours])
        return np.sort(at[(at >= first) & (at < last)])

    def pairs(self, grid: ClockGrid, issues: Ints) -> tuple[Ints, Ints]:
        """Issues and leads of every hour that issues forecast, issue by issue."""
        leads = np.arange(1, HORIZON_HOURS + 1)
        issue, lead = np.repeat(issues, len(leads)), np.tile(leads, len(issues))
        wanted = np.isin(days_ahead(grid, issue, lead), self.days_ahead)
        return issue[wanted], lead[wanted]


def days_ahead(grid: ClockGrid, issues: Ints, leads: Ints) -> Ints:
    """How many local days the hour of a lead lies after the issue's."""
    return grid.clock_of(issues + leads) // DAY - grid.clock_of(issues) // DAY


EVERY_HOUR = IssuePlan(tuple(range(DAY)))
"""The platform's own: an issue every hour, all leads."""

DAY_AHEAD = IssuePlan((DAY_AHEAD_STANDS.hour,), (1,))
"""The day-ahead product: one issue a day, the hours of the next local day."""


def every(hours: int) -> IssuePlan:
    """An issue every so many hours from local midnight on, all leads.

    Raises:
        ValueError: not a whole number of them makes a day.

    >>> every(6).local_hours
    (0, 6, 12, 18)
    """
    if not 1 <= hours <= DAY or DAY % hours:
        raise ValueError(f"expected a number of hours that a day of 24 is a multiple of, found {hours}")
    return IssuePlan(tuple(range(0, DAY, hours)))
