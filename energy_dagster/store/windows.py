"""Times as callers have them, aware, and as the tables hold them, naive UTC."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

DELIVERY_ZONE: Final = ZoneInfo("Europe/Copenhagen")

LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)


def window(start: datetime | None, end: datetime | None) -> dict[str, datetime]:
    """The parameters `start` and `end` of a query, naive UTC; open where nothing is said.

    Raises:
        ValueError: a time has no zone.
    """
    return {"start": naive_utc(start or _EARLIEST), "end": naive_utc(end or LATEST)}


def naive_utc(instant: datetime) -> datetime:
    """The time as the tables hold it.

    Raises:
        ValueError: the time has no zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {instant.isoformat()}")
    return instant.astimezone(UTC).replace(tzinfo=None)


def local_instant(day: date, at: time) -> datetime:
    """A time of a local day, aware."""
    return datetime.combine(day, at, tzinfo=DELIVERY_ZONE)
