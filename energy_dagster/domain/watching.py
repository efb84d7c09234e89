"""Where to look for new and revised data with one small request, and which months a sighting concerns."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from energy_dagster.domain.availability import HOUR, floor_hour, newest_published_hour
from energy_dagster.domain.catalogue import Feed
from energy_dagster.domain.revisions import merged
from energy_dagster.domain.tables import Table

RECENT = timedelta(days=3)
"""How much of the newest data is looked at every other time."""

SLICE = timedelta(days=7)
"""How much of the older data is looked at in between; the slices go around."""


@dataclass(frozen=True)
class Look:
    """A window to look at: hours from `start` to before `end`, naive UTC; whether it is the newest data."""

    start: datetime
    end: datetime
    recent: bool


@dataclass(frozen=True)
class Sighting:
    """A month with hours that are new or have moved; the digest says which hours and values they are."""

    month: str
    digest: str
    new: int
    revised: int


def next_look(feed: Feed, tick: int, *, now: datetime) -> Look:
    """The window for a tick: the newest data on even ones, an older week on odd ones, around and around.

    Args:
        feed: whose data to look at.
        tick: how many looks there were before.
        now: the present, naive UTC.

    >>> from energy_dagster.domain.catalogue import RAW_LOAD_FEED
    >>> look = next_look(RAW_LOAD_FEED, 1, now=datetime(2026, 3, 10, 12, 30))
    >>> f"{look.start:%m-%d %H:%M}", f"{look.end:%m-%d %H:%M}"
    ('02-28 10:00', '03-07 10:00')
    """
    due = newest_published_hour(feed, now) + HOUR
    if tick % 2 == 0:
        return Look(due - RECENT, floor_hour(now) + HOUR, recent=True)  # some of it may be out before it is due
    slices = max(1, -(-(feed.revised_for - RECENT) // SLICE))
    end = due - RECENT - (tick // 2) % slices * SLICE
    return Look(end - SLICE, end, recent=False)


def sightings(table: Table, standing: pd.DataFrame, seen: pd.DataFrame, *, look: Look, held: frozenset[str]) -> list[Sighting]:
    """Months whose raw data should be read again.

    Args:
        table: contract of the raw table.
        standing: what the lake holds of the months of the look.
        seen: what the source says of the look.
        look: the window looked at.
        held: months the lake holds; an older month that was never brought in is not missed.
    """
    inside = standing[(standing["hour_utc"] >= look.start) & (standing["hour_utc"] < look.end)]
    merge = merged(table, inside, seen)
    changed = merge.rows[merge.rows["hour_utc"].isin(merge.moves.hours)]
    known = set(inside["hour_utc"])
    found = []
    for period, rows in changed.groupby(changed["hour_utc"].dt.to_period("M")):
        month = f"{period.start_time:%Y-%m-%d}"
        if look.recent or month in held:
            hours = set(rows["hour_utc"])
            found.append(Sighting(month, _digest(rows, table), new=len(hours - known), revised=len(hours & known)))
    return found


def _digest(rows: pd.DataFrame, table: Table) -> str:
    said = rows.drop(columns=[table.first_seen] if table.first_seen else [])
    return hashlib.sha256(pd.util.hash_pandas_object(said, index=False).to_numpy().tobytes()).hexdigest()[:16]
