"""The plan of faults that the replica inside this process follows, while a simulation says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from energy_dagster.sandbox.faults import Plan

_IN_FORCE: ContextVar[Plan | None] = ContextVar("plan of faults", default=None)


@contextmanager
def faults_in_force(plan: Plan) -> Iterator[None]:
    """Requests to the replica go wrong as planned."""
    before = _IN_FORCE.set(plan)
    try:
        yield
    finally:
        _IN_FORCE.reset(before)


def plan_in_force() -> Plan | None:
    """The plan that holds; none ordinarily."""
    return _IN_FORCE.get()
