"""A plan of faults written as text, for the command line: `NAME=KIND` or `NAME=KIND:N`."""

from collections.abc import Sequence
from dataclasses import dataclass

from energy_dagster.sandbox.fault_kinds import KINDS, Fault, Kind, effect
from energy_dagster.sandbox.faults import Asked


class BadFault(ValueError):
    """A text that is no `NAME=KIND` or `NAME=KIND:N`; the message says what is wrong with it."""


@dataclass(frozen=True)
class ScriptedFault:
    """A fault of a name; of so many requests only when `requests` is given."""

    name: str
    kind: Kind
    requests: int | None = None


def parse_fault(text: str) -> ScriptedFault:
    """Read `NAME=KIND`, or `NAME=KIND:N` for N requests only.

    Raises:
        BadFault: the text is of another form, or the kind is unknown.

    >>> parse_fault("weather=status-503:2")
    ScriptedFault(name='weather', kind='status-503', requests=2)
    """
    name, parted, rest = text.partition("=")
    wanted, limited, count = rest.partition(":")
    if not (name and parted and wanted):
        raise BadFault(f"expected NAME=KIND or NAME=KIND:N, found {text!r}")
    kind = next((known for known in KINDS if known == wanted), None)
    if kind is None:
        raise BadFault(f"expected one of the kinds {', '.join(KINDS)}; found {wanted!r}")
    if limited and not (count.isascii() and count.isdigit() and int(count) > 0):
        raise BadFault(f"expected a number of requests from 1 on after {name}={kind}:, found {count!r}")
    return ScriptedFault(name, kind, int(count) if limited else None)


class FaultScript:
    """A plan: faults of the same name follow each other, each after its number of requests; then answers are good again."""

    def __init__(self, faults: Sequence[ScriptedFault]) -> None:
        self._faults = tuple(faults)

    def __call__(self, asked: Asked) -> Fault | None:
        """The fault of a request."""
        before = 0
        for fault in (fault for fault in self._faults if fault.name == asked.name):
            if fault.requests is None or asked.number <= before + fault.requests:
                return KINDS[fault.kind]
            before += fault.requests
        return None


def kinds_told() -> str:
    """Every kind and what it does, a line each."""
    return "\n".join(f"  {kind:<23} {effect(kind)}" for kind in KINDS)
