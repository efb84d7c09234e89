"""How far mirrors are behind what they mirror, from Dagster's own record of their partitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dagster import AssetKey, AssetRecordsFilter, DagsterEventType, DagsterInstance

from energy_dagster.store.rows import Attention

TOLD_AFTER: Final = timedelta(hours=3)
"""A mirror that is behind for less is on its way: it waits for the warehouse, and is tried again each hour."""


LOOKED_AT: Final = 200
"""Partitions, the earliest, among which the first that waits is looked for."""


@dataclass(frozen=True)
class MirrorLag:
    """What one mirror lacks.

    Attributes:
        mirror, upstream: names of the assets.
        missing: how many partitions of the upstream it does not have at all.
        older: how many it has that are older than the upstream's.
        since: since when the first of those waits: made upstream and not followed; aware UTC, None where it lacks nothing.
        first, last: keys of the first and the last partition it lacks.
    """

    mirror: str
    upstream: str
    missing: int
    older: int
    since: datetime | None = None
    first: str = ""
    last: str = ""

    @property
    def told(self) -> str:
        """In a sentence, with what to do."""
        behind = self.missing + self.older
        return (
            f"{behind} partitions of {self.upstream} are not in the mirror as they are in the lake ({self.missing} missing, "
            f"{self.older} older), from {self.first} to {self.last}; it heals by itself or by a backfill of {self.mirror}"
        )


def mirror_lags(instance: DagsterInstance, mirrors: Mapping[AssetKey, AssetKey]) -> list[MirrorLag]:
    """How far mirrors are behind.

    Args:
        instance: where materializations are kept.
        mirrors: upstream by mirror.
    """
    return [_lag(instance, mirror, upstream) for mirror, upstream in mirrors.items()]


def lagging_mirrors(instance: DagsterInstance, mirrors: Mapping[AssetKey, AssetKey], *, now: datetime) -> list[Attention]:
    """The mirrors that ask for a look: behind for longer than a mirror takes.

    Args:
        instance: where materializations are kept.
        mirrors: upstream by mirror.
        now: the machine's time, aware.
    """
    return [
        Attention("mirror", lag.mirror, lag.upstream, "warning", lag.since, lag.told)
        for lag in mirror_lags(instance, mirrors)
        if lag.since is not None and now - lag.since > TOLD_AFTER
    ]


def _lag(instance: DagsterInstance, mirror: AssetKey, upstream: AssetKey) -> MirrorLag:
    above, below = _newest(instance, upstream), _newest(instance, mirror)
    missing = {key for key in above if key not in below}
    older = {key for key, event in above.items() if key in below and below[key] < event}
    names = mirror.to_user_string(), upstream.to_user_string()
    if not missing and not older:
        return MirrorLag(*names, 0, 0)
    lacking = sorted(missing | older)
    waiting = [_made_at(instance, upstream, [key], after=below[key]) for key in sorted(older)[:LOOKED_AT]]
    waiting += [_made_at(instance, upstream, sorted(missing)[:LOOKED_AT])] if missing else []
    return MirrorLag(*names, len(missing), len(older), min(waiting), lacking[0], lacking[-1])


def _newest(instance: DagsterInstance, asset: AssetKey) -> dict[str, int]:
    """The number of the newest materialization by partition."""
    return dict(instance.get_latest_storage_id_by_partition(asset, DagsterEventType.ASSET_MATERIALIZATION))


def _made_at(instance: DagsterInstance, asset: AssetKey, partitions: Sequence[str], *, after: int | None = None) -> datetime:
    """When some partitions were first made, or first after an event."""
    records = AssetRecordsFilter(asset, asset_partitions=partitions, after_storage_id=after)
    found = instance.fetch_materializations(records, limit=1, ascending=True).records
    return datetime.fromtimestamp(found[0].timestamp, UTC)
