"""How old each table is, in words, and whether it is late by what is known of when its source publishes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from energy_dagster.domain.availability import floor_hour, newest_published_hour
from energy_dagster.domain.catalogue import FEEDS, RAW_LOAD_FEED, WEATHER_DELAY, WEATHER_RUN_EVERY
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster.store.freshness import ON_DEMAND
from energy_dagster.store.rows import Freshness
from ui.drift import OLDEST_MODEL
from ui.manner import say
from ui.wording import HOUR

Punctuality = Literal["on time", "late", "empty", "on demand"]

_LATE_ISSUE = 2 * HOUR
_HOURS_UNTIL_DAYS = 48
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)

FOLLOWERS = {"consumption": RAW_LOAD_FEED, "error_metrics": RAW_LOAD_FEED}
"""Tables that are as new as the feed they are made from."""


@dataclass(frozen=True)
class Punctual:
    """How a table stands: `due` is the newest time it should hold by now, None where nothing is due."""

    state: Punctuality
    due: datetime | None


def age_in_words(newest: datetime, now: datetime) -> str:
    """How long ago a moment was, or how far ahead it lies.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> [age_in_words(noon - timedelta(hours=hours), noon) for hours in (0.5, 3, 72, -40)]
    ['30 min ago', '3 h ago', '3 days ago', '40 h ahead']
    """
    apart = abs(now - newest)
    ahead = newest > now
    if apart < HOUR:
        count = round(apart / _MINUTE)
        return say("{count} min ahead", count=count) if ahead else say("{count} min ago", count=count)
    if apart < _HOURS_UNTIL_DAYS * HOUR:
        count = round(apart / HOUR)
        return say("{count} h ahead", count=count) if ahead else say("{count} h ago", count=count)
    count = round(apart / _DAY)
    return say("{count} days ahead", count=count) if ahead else say("{count} days ago", count=count)


def due_by(table: str, now: datetime) -> datetime | None:
    """The newest time a table holds by now unless it is late; None for tables that are made when somebody asks."""
    feeds = {feed.asset: feed for feed in FEEDS} | FOLLOWERS
    if table in feeds:
        return newest_published_hour(feeds[table], now) - feeds[table].late_after
    match table:
        case "raw_weather" | "consumption_features":
            return floor_hour(now) + HORIZON_HOURS * HOUR - WEATHER_DELAY - WEATHER_RUN_EVERY
        case "raw_tso_forecast":
            return floor_hour(now)
        case "predictions":
            return floor_hour(now) - _LATE_ISSUE
        case "models":
            return now - OLDEST_MODEL
    return None


def punctual(table: Freshness, now: datetime) -> Punctual:
    """Whether a table is as new as it should be."""
    due = due_by(table.table, now)
    if table.newest is None:
        return Punctual("on demand" if table.table in ON_DEMAND else "empty", due)
    if due is None:
        return Punctual("on demand", None)
    return Punctual("on time" if table.newest >= due else "late", due)
