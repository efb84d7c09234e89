"""What was known when: the only source of truth about publication, for training, backtest and live prediction alike."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

HOUR = timedelta(hours=1)


class Delayed(Protocol):
    """A dataset or feed whose values can be read some time after their hour has ended."""

    @property
    def publication_delay(self) -> timedelta:
        """How long after."""


def naive_utc(moment: datetime) -> datetime:
    """An aware moment as the naive UTC that tables hold.

    Raises:
        ValueError: the moment has no zone.

    >>> naive_utc(datetime(2026, 1, 1, 12, tzinfo=UTC))
    datetime.datetime(2026, 1, 1, 12, 0)
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected an aware time, found {moment.isoformat()} without a zone")
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware_utc(moment: datetime) -> datetime:
    """A naive UTC time from a table as an aware one."""
    return moment.replace(tzinfo=UTC)


def floor_hour(moment: datetime) -> datetime:
    """The start of the hour a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def newest_published_hour(dataset: Delayed, moment: datetime) -> datetime:
    """Start of the newest hour of a dataset or feed that could be read at a moment.

    An hour ends one hour after its start and can be read `publication_delay` later. Works on aware and naive UTC alike.

    >>> from energy_dagster.domain.catalogue import LOAD
    >>> newest_published_hour(LOAD, datetime(2026, 1, 1, 18, 17))
    datetime.datetime(2026, 1, 1, 15, 0)
    """
    return floor_hour(moment - dataset.publication_delay) - HOUR


def known_lag(dataset: Delayed, step_hours: int, lead_hours: int) -> int:
    """The smallest multiple of `step_hours` whose lag is published at an issue, for an hour `lead_hours` ahead.

    >>> from energy_dagster.domain.catalogue import LOAD
    >>> [known_lag(LOAD, 24, lead) for lead in (1, 21, 22, 48)]
    [24, 24, 48, 72]
    """
    oldest_needed = lead_hours + int(dataset.publication_delay / HOUR) + 1
    return -(-oldest_needed // step_hours) * step_hours
