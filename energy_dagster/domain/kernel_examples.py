"""What the regressions of the kernel member learn from: states of past issues, and what the consumption of their days was."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.issue_plan import IssuePlan
from energy_dagster.domain.issue_states import States, issue_states, target_hours
from energy_dagster.domain.issues import level_of
from energy_dagster.domain.kernel import rows_of
from energy_dagster.domain.positions import Floats, Ints

NEEDED_ISSUES = 60
"""Learned issues below which there is no regression."""

FEW_KNOWN_SHARE = 0.5
"""Share of a day's hours that must be known for it to be learned from."""

Key = tuple[int, int]
"""Local hour of issue and day ahead."""


@dataclass(frozen=True, repr=False)
class Examples:
    """Issues at one local hour that look at one of the days ahead; one row each.

    Attributes:
        key: the local hour and the day ahead.
        issues: positions of the issues.
        states: what they knew.
        clock: clock hours of the day that they forecast, (issues, hours).
        outputs: log of the consumption of those hours minus the level, (issues, hours); NaN where not known.
        level: level of each issue, log MWh.
    """

    key: Key
    issues: Ints
    states: States
    clock: Ints
    outputs: Floats
    level: Floats

    def __getitem__(self, rows: Ints) -> "Examples":
        """Some of them."""
        parts = (self.clock[rows], self.outputs[rows], self.level[rows])
        return Examples(self.key, self.issues[rows], rows_of(self.states, rows), *parts)


def examples(grid: ClockGrid, log_truth: Floats, *, first: int, last: int, plan: IssuePlan) -> Iterator[Examples]:
    """The examples of each regression of a plan that has enough of them.

    Args:
        grid: the series.
        log_truth: log MWh by position, as far as it may be known.
        first: position of the first issue.
        last: position of the end of the issues, not included.
        plan: issues and days ahead.
    """
    for local_hour in plan.local_hours:
        for ahead in plan.days_ahead:
            every = examples_of((local_hour, ahead), grid, log_truth, first=first, last=last)
            usable = every[_usable(every)]
            if len(usable.issues) >= NEEDED_ISSUES and np.isfinite(usable.outputs).any(axis=0).all():
                yield usable


def examples_of(key: Key, grid: ClockGrid, log_truth: Floats, *, first: int, last: int) -> Examples:
    """Every issue at a local hour, known or not; arguments as of `examples`."""
    (local_hour, ahead), issues = key, grid.issues_at(key[0])
    issues = issues[(issues >= first) & (issues < last)]
    level = level_of(grid.history, issues)
    clock = (grid.clock_of(issues) // DAY + ahead)[:, None] * DAY + np.array(target_hours(local_hour, ahead))
    outputs = grid.hours_of(log_truth, clock) - level[:, None]
    return Examples(key, issues, issue_states(grid, issues, day_ahead=ahead), clock, outputs, level)


def _usable(one: Examples) -> Ints:
    """Rows whose consumption is known, or stood in for, and of whose hours most are."""
    whole = np.isfinite(one.states["newest day"]).all(axis=1) & np.isfinite(one.states["3 and 4 weeks before"]).all(axis=1)
    return np.flatnonzero(whole & (np.isfinite(one.outputs).mean(axis=1) >= FEW_KNOWN_SHARE))
