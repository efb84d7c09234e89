"""What goes wrong during a simulation, and when: drawn from a seed, so that it can be lived through again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Kind = Literal[
    "away",
    "disk_full",
    "restart",
    "killed_run",
    "worse_challenger",
    "source_down",
    "late_data",
    "garbled_data",
    "bad_model",
    "hopsworks_away",
]

KINDS: dict[Kind, tuple[float, int, int]] = {
    "away": (9, 4, 12),
    "disk_full": (6, 1, 3),
    "restart": (3, 1, 1),
    "killed_run": (3, 1, 1),
    "worse_challenger": (10, 1, 1),
    "source_down": (3, 2, 9),
    "late_data": (4, 3, 8),
    "garbled_data": (5, 1, 3),
    "bad_model": (8, 3, 6),
    "hopsworks_away": (9, 3, 24),
}
"""Of each kind: days between two of them in the mean, and how many hours it lasts at least and at most."""

STOPPING: tuple[Kind, ...] = ("away", "disk_full")
"""While one of these holds no run can end well."""

ALONE: tuple[Kind, ...] = ("killed_run", "worse_challenger")
"""Kinds that begin in an hour in which runs can end well, so that what comes of them is theirs."""

SPARED_HOURS = 3
"""At the start nothing goes wrong, and at the end there is time to heal."""


@dataclass(frozen=True, order=True)
class Mishap:
    """Something that goes wrong from a moment on, until another one; aware UTC, on the hour."""

    start: datetime
    end: datetime
    kind: Kind

    def holds(self, now: datetime) -> bool:
        """Whether it is going wrong at a moment."""
        return self.start <= now < self.end


def plan(start: datetime, days: int, *, seed: int, without: Sequence[Kind] = ()) -> list[Mishap]:
    """The mishaps of some days, at least one of each kind but those left out; in order.

    Args:
        start: first hour, aware UTC.
        days: how many.
        seed: of the draw.
        without: kinds that do not happen.

    >>> from datetime import UTC
    >>> days = plan(datetime(2025, 10, 24, tzinfo=UTC), 3, seed=1)
    >>> days == plan(datetime(2025, 10, 24, tzinfo=UTC), 3, seed=1), {one.kind for one in days} == set(KINDS)
    (True, True)
    """
    draw = random.Random(seed)  # noqa: S311 - faults, not secrets
    mishaps: list[Mishap] = []
    hours = days * 24
    for kind, (every, shortest, longest) in KINDS.items():
        if kind in without:
            continue
        times = max(1, round(days / every))
        part = (hours - 2 * SPARED_HOURS) / times
        for number in range(times):
            lasts = draw.randint(shortest, longest)
            room = max(1, int(part) - lasts)
            firsts = [start + (SPARED_HOURS + int(number * part) + hour) * HOUR for hour in range(room)]
            begins = draw.choice([first for first in firsts if kind not in ALONE or _can_end_well(first, mishaps)] or firsts)
            mishaps.append(Mishap(begins, min(begins + lasts * HOUR, start + (hours - SPARED_HOURS) * HOUR), kind))
    return sorted(mishaps)


def _can_end_well(moment: datetime, mishaps: Sequence[Mishap]) -> bool:
    return not any(mishap.kind in STOPPING and mishap.start <= moment <= mishap.end for mishap in mishaps)
