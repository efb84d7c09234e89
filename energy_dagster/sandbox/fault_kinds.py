"""The faults that can be injected, each under the name by which the command line knows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from energy_dagster.sandbox import fault_changes as changes
from energy_dagster.sandbox.fault_changes import Change

OVERLAP_ROWS = 10
"""Rows that overlapping pages repeat of the page before."""

HANG_SECONDS = 120.0
"""Longer than a client should wait."""

RETRY_AFTER_SECONDS = 1
HUGE_MEGABYTES = 200

Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """An error status instead of an answer, with a `Retry-After` in seconds, as a date of the replica's clock, or without."""

    status: int
    retry_after_seconds: int | None = None
    as_date: bool = False


@dataclass(frozen=True)
class Renamed:
    """404, as if the dataset were gone."""


@dataclass(frozen=True)
class Hang:
    """The answer comes only after some seconds (two minutes, from the command line)."""

    seconds: float = HANG_SECONDS


@dataclass(frozen=True)
class BrokenOff:
    """Half of the body under the full content-length, then the connection ends."""


@dataclass(frozen=True)
class Truncated:
    """Two thirds of the body under a content-length that matches."""


@dataclass(frozen=True)
class Page:
    """An HTML page with status 200."""


@dataclass(frozen=True)
class Mislabelled:
    """A good answer under another content type."""

    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Huge:
    """A well-formed answer of many megabytes, sent piece by piece."""

    megabytes: int = HUGE_MEGABYTES


@dataclass(frozen=True)
class Changed:
    """An answer whose content is changed; one that is no data (a refusal, a description, CSV) stays as it is."""

    change: Change


@dataclass(frozen=True)
class Misread:
    """An answer to another question than the one asked."""

    read_as: Callable[[Parameters], Parameters]


Fault = Refused | Renamed | Hang | BrokenOff | Truncated | Page | Mislabelled | Huge | Changed | Misread


def overlapping(parameters: Parameters) -> Parameters:
    """Every page after the first starts some rows too early."""
    offset = parameters.get("offset", "")
    return {**parameters, "offset": str(max(0, int(offset) - OVERLAP_ROWS))} if offset.isdecimal() else parameters


def without_offset(parameters: Parameters) -> Parameters:
    """Every page is the first one."""
    return {name: value for name, value in parameters.items() if name != "offset"}


def without_window(parameters: Parameters) -> Parameters:
    """The whole dataset (of the portal; the weather service refuses to have no dates)."""
    return {"limit": "0"} | {name: value for name, value in parameters.items() if name not in ("start", "end")}


Kind = Literal[
    "status-429",
    "status-429-date",
    "status-429-bare",
    "status-500",
    "status-503",
    "renamed",
    "hang",
    "reset",
    "truncated-json",
    "html",
    "wrong-content-type",
    "huge-answer",
    "numbers-as-text",
    "decimal-commas",
    "nulls",
    "extra-column",
    "missing-column",
    "duplicates",
    "conflicting-duplicates",
    "total-too-high",
    "total-too-low",
    "too-large-values",
    "negative-values",
    "empty",
    "descending",
    "shuffled",
    "other-zone",
    "wrong-local-time",
    "overlapping-pages",
    "ignored-offset",
    "ignored-window",
]

KINDS: Final[Mapping[Kind, Fault]] = {
    "status-429": Refused(429, RETRY_AFTER_SECONDS),
    "status-429-date": Refused(429, RETRY_AFTER_SECONDS, as_date=True),
    "status-429-bare": Refused(429),
    "status-500": Refused(500),
    "status-503": Refused(503),
    "renamed": Renamed(),
    "hang": Hang(),
    "reset": BrokenOff(),
    "truncated-json": Truncated(),
    "html": Page(),
    "wrong-content-type": Mislabelled(),
    "huge-answer": Huge(),
    "numbers-as-text": Changed(changes.numbers_as_text),
    "decimal-commas": Changed(changes.decimal_commas),
    "nulls": Changed(changes.nulls),
    "extra-column": Changed(changes.extra_column),
    "missing-column": Changed(changes.missing_column),
    "duplicates": Changed(changes.duplicates),
    "conflicting-duplicates": Changed(changes.conflicting_duplicates),
    "total-too-high": Changed(changes.total_too_high),
    "total-too-low": Changed(changes.total_too_low),
    "too-large-values": Changed(changes.too_large_values),
    "negative-values": Changed(changes.negative_values),
    "empty": Changed(changes.empty_window),
    "descending": Changed(changes.descending),
    "shuffled": Changed(changes.shuffled),
    "other-zone": Changed(changes.other_zone),
    "wrong-local-time": Changed(changes.wrong_local_time),
    "overlapping-pages": Misread(overlapping),
    "ignored-offset": Misread(without_offset),
    "ignored-window": Misread(without_window),
}


def effect(kind: Kind) -> str:
    """What a kind does, in a line."""
    fault = KINDS[kind]
    if isinstance(fault, Refused):
        after = "" if fault.retry_after_seconds is None else f" with Retry-After {'as a date' if fault.as_date else 'in seconds'}"
        return f"Status {fault.status}{after}."
    told = (fault.change if isinstance(fault, Changed) else fault.read_as if isinstance(fault, Misread) else type(fault)).__doc__
    return (told or kind).splitlines()[0]
