"""The replica in this process, with every request noted, and with faults where a plan says so."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from energy_dagster.resources import sources
from energy_dagster.sandbox.app import create_replica
from energy_dagster.sandbox.fault_kinds import KINDS, Fault, Kind
from energy_dagster.sandbox.faults import Asked, Plan, with_faults


@contextmanager
def overheard(plan: Plan | None = None) -> Iterator[list[Asked]]:
    """Whoever asks the replica in this block is noted, and answered as the plan says; the list grows as they ask."""
    heard: list[Asked] = []
    numbers: Counter[str] = Counter()

    def noted(asked: Asked) -> Fault | None:
        numbers[asked.name] += 1  # the replica is made anew for each request, and counts from one
        heard.append(replace(asked, number=numbers[asked.name]))
        return None if plan is None else plan(heard[-1])

    def made(source: str, seed: int, now: Callable[[], datetime]) -> Any:
        return with_faults(create_replica(sources.archive_of(source, seed), clock=now), noted, clock=now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_replica", made)
        yield heard


def failing(faults: dict[str, Kind | Fault]) -> Plan:
    """A plan: the fault of each name, every time."""

    def plan(asked: Asked) -> Fault | None:
        fault = faults.get(asked.name)
        return KINDS[fault] if isinstance(fault, str) else fault

    return plan
