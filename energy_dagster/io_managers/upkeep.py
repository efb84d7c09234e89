"""Keeping the lake small: what is dropped after a while, and the files of closed months put together.

Dropped are versions whose place newer ones took long ago. Never dropped: the newest version of a partition, any version of what is
append-only, any model. So every forecast is kept for ever, and the lake can be read as it stood at any moment of the last
`KEEP_DAYS`. Whoever is killed on the way leaves a file in two places or a version not dropped yet; the next time mends both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from upath import UPath

from energy_dagster.domain.tables import MODELS, TABLES, Table
from energy_dagster.io_managers.lake import Lake, Version, written_at
from energy_dagster.storage.files import reporting
from energy_dagster.storage.packs import FOLDER, names_in, packs_below, write_pack
from energy_dagster.storage.packs import SUFFIX as PACK_SUFFIX

KEEP_DAYS = 90
"""How long a version is kept after another took its place."""

CLOSED_AFTER_DAYS = 35
"""How long after its end a month is put together: settlement and its corrections have come by then."""

_MONTH = len("2026-01")


@dataclass(frozen=True)
class Upkeep:
    """What was done: versions dropped, versions that were put together, and the packs they went into."""

    dropped: int = 0
    packed: int = 0
    packs: int = 0

    def __add__(self, other: "Upkeep") -> "Upkeep":
        return Upkeep(self.dropped + other.dropped, self.packed + other.packed, self.packs + other.packs)


def keep_up(lake: Lake, *, now: datetime, keep_days: float = KEEP_DAYS, closed_after_days: float = CLOSED_AFTER_DAYS) -> Upkeep:
    """Drop what is due and put closed months together, table by table.

    Args:
        lake: the lake.
        now: the machine's time, aware.
        keep_days: how long versions are kept after others took their place.
        closed_after_days: how long after its end a month is put together.

    Raises:
        StorageError: the lake cannot be read or written; what was done stays done.
    """
    done = Upkeep()
    for table in TABLES.values():
        if table is not MODELS:
            done += _of_table(lake, table, now.astimezone(UTC), timedelta(days=keep_days), timedelta(days=closed_after_days))
    return done


def outlived(table: Table, versions: Iterable[Version], *, now: datetime, keep: timedelta) -> set[Version]:
    """The versions of a table that are due to be dropped: those that were replaced longer ago than versions are kept."""
    if table.append_only:
        return set()
    ordered = sorted(versions)
    return {older for older, newer in pairwise(ordered) if older.partition == newer.partition and written_at(newer) < now - keep}


def _of_table(lake: Lake, table: Table, now: datetime, keep: timedelta, closed_after: timedelta) -> Upkeep:
    folder = lake.root / table.name
    versions = list(lake.versions(table.name))
    dropped = outlived(table, versions, now=now, keep=keep)
    packs = {path: names_in(path) for path in packs_below(folder)}
    done = Upkeep()
    by_month: dict[str, list[Version]] = {}
    for version in versions:
        by_month.setdefault(version.partition[:_MONTH], []).append(version)
    for month, of_month in by_month.items():
        kept = [version for version in of_month if version not in dropped]
        mine = [path for path in packs if path.name.startswith(f"{month}-")]
        is_closed = _month_end(month) + closed_after <= now and len(kept) > 1
        if is_closed or any(version.file in packs[path] for path in mine for version in of_month if version in dropped):
            done += _put_together(lake, folder, month, kept, mine, now)
        for version in of_month:
            if version in dropped:
                _remove(lake.path(version))
                done += Upkeep(dropped=1)
    return done


def _put_together(lake: Lake, folder: UPath, month: str, kept: list[Version], packs: list[UPath], now: datetime) -> Upkeep:
    """One pack of a month in the place of its files and older packs."""
    names = {version.file for version in kept}
    whole = [path for path in packs if names_in(path) == names]
    done = Upkeep()
    if not whole:
        pack = folder / FOLDER / f"{month}-{now:%Y%m%dT%H%M%S%f}Z{PACK_SUFFIX}"
        write_pack(pack, {version.file: lake.payload(version) for version in kept})
        whole, done = [pack], Upkeep(packed=len(kept), packs=1)
    for path in packs:
        if path != whole[0]:
            _remove(path)
    for version in kept:
        _remove(lake.path(version))
    return done


def _month_end(month: str) -> datetime:
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _remove(path: UPath) -> None:
    """Remove a file that may be gone already. Its folder stays: another may be writing into it."""
    with reporting("remove", path):
        path.unlink(missing_ok=True)
