"""What can be wrong with the content of an answer: functions from an envelope to a worse one.

An envelope is `{"total": .., "records": [..]}`. Columns are told apart by what they hold: times by their names, measures by being
numbers. Nothing is changed in place, and an envelope without records stays as it is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

Envelope = dict[str, Any]
Record = dict[str, Any]
Change = Callable[[Envelope], Envelope]

EVERY = 3
"""Faults of single values hit every third record."""

TOO_LARGE = 1e9
_UTC_COLUMNS = ("TimeUTC", "HourUTC", "time")
_LOCAL_COLUMNS = ("TimeDK", "HourDK")
_OTHER_ZONE_HOURS = 2
_CONFLICT_FACTOR = 1.5
_TOTAL_OFF_BY = 1000


def _with(envelope: Envelope, records: list[Record]) -> Envelope:
    return envelope | {"total": len(records), "records": records}


def _each(envelope: Envelope, change: Callable[[Record], Record], *, every: int = 1) -> Envelope:
    records = envelope["records"]
    return envelope | {"records": [change(record) if n % every == 0 else record for n, record in enumerate(records)]}


def _measures(record: Record) -> dict[str, float]:
    return {name: value for name, value in record.items() if isinstance(value, int | float)}


def _first_measure(envelope: Envelope) -> str | None:
    return next((name for record in envelope["records"] for name in _measures(record)), None)


def _moved(record: Record, names: tuple[str, ...], *, hours: int, suffix: str = "") -> Record:
    times = {name: datetime.fromisoformat(record[name]) + timedelta(hours=hours) for name in names if record.get(name)}
    return record | {name: f"{time.isoformat()}{suffix}" for name, time in times.items()}


def numbers_as_text(envelope: Envelope) -> Envelope:
    """Every number as text: `"123.4"`."""
    return _each(envelope, lambda record: record | {name: str(value) for name, value in _measures(record).items()})


def decimal_commas(envelope: Envelope) -> Envelope:
    """Every number as text with a decimal comma: `"123,4"`."""
    return _each(
        envelope, lambda record: record | {name: str(value).replace(".", ",") for name, value in _measures(record).items()}
    )


def nulls(envelope: Envelope) -> Envelope:
    """Null in every measure of every third record."""
    return _each(envelope, lambda record: record | dict.fromkeys(_measures(record)), every=EVERY)


def extra_column(envelope: Envelope) -> Envelope:
    """A column nobody asked for."""
    return _each(envelope, lambda record: record | {"Unannounced": "new"})


def missing_column(envelope: Envelope) -> Envelope:
    """The first measure is gone."""
    gone = _first_measure(envelope)
    return _each(envelope, lambda record: {name: value for name, value in record.items() if name != gone})


def duplicates(envelope: Envelope) -> Envelope:
    """Every third record comes twice."""
    return _with(envelope, [*envelope["records"], *envelope["records"][::EVERY]])


def conflicting_duplicates(envelope: Envelope) -> Envelope:
    """Every third record comes again with half as much on top."""
    again = [
        record | {name: value * _CONFLICT_FACTOR for name, value in _measures(record).items()}
        for record in envelope["records"][::EVERY]
    ]
    return _with(envelope, [*envelope["records"], *again])


def total_too_high(envelope: Envelope) -> Envelope:
    """`total` promises a thousand records more than there are."""
    return envelope | {"total": len(envelope["records"]) + _TOTAL_OFF_BY}


def total_too_low(envelope: Envelope) -> Envelope:
    """`total` speaks of half the records."""
    return envelope | {"total": len(envelope["records"]) // 2}


def too_large_values(envelope: Envelope) -> Envelope:
    """A billion in every third record."""
    return _each(envelope, lambda record: record | dict.fromkeys(_measures(record), TOO_LARGE), every=EVERY)


def negative_values(envelope: Envelope) -> Envelope:
    """The sign turned in every third record."""
    return _each(envelope, lambda record: record | {name: -value for name, value in _measures(record).items()}, every=EVERY)


def empty_window(envelope: Envelope) -> Envelope:
    """No records at all."""
    return _with(envelope, [])


def descending(envelope: Envelope) -> Envelope:
    """The newest hour first, whatever order was asked for."""
    name = next((name for record in envelope["records"][:1] for name in _UTC_COLUMNS if name in record), None)
    return envelope if name is None else _with(envelope, sorted(envelope["records"], key=lambda r: str(r[name]), reverse=True))


def shuffled(envelope: Envelope) -> Envelope:
    """Records in an order of their own, the same every time."""
    return _with(envelope, sorted(envelope["records"], key=lambda record: crc32(repr(record).encode())))


def other_zone(envelope: Envelope) -> Envelope:
    """UTC times written in another zone, `2026-01-01T02:00:00+02:00`: the same moments."""
    suffix = f"+{_OTHER_ZONE_HOURS:02d}:00"
    return _each(envelope, lambda record: _moved(record, _UTC_COLUMNS, hours=_OTHER_ZONE_HOURS, suffix=suffix))


def wrong_local_time(envelope: Envelope) -> Envelope:
    """Danish times an hour late, UTC times right."""
    return _each(envelope, lambda record: _moved(record, _LOCAL_COLUMNS, hours=1))
