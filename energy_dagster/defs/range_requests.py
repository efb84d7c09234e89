"""Requests of whole stretches of partitions as one run, and what is under way already."""

from collections.abc import Mapping, Sequence

from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunRequest,
    RunsFilter,
    TimeWindow,
    TimeWindowPartitionsDefinition,
)

PARTITION, FIRST, LAST = "dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
PRIORITY = "dagster/priority"
WHY = "energy/why"

UNDER_WAY = [DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
"""Statuses of a run that may still make its partitions."""


def under_way(instance: DagsterInstance, asset: str, calendar: TimeWindowPartitionsDefinition) -> set[str]:
    """Keys of an asset's partitions that a run is making or waits to make."""
    runs = instance.get_runs(RunsFilter(statuses=UNDER_WAY))
    return {key for run in runs if AssetKey(asset) in (run.asset_selection or ()) for key in _keys_of(run, calendar)}


def _keys_of(run: DagsterRun, calendar: TimeWindowPartitionsDefinition) -> Sequence[str]:
    if FIRST in run.tags and LAST in run.tags:
        first, last = (calendar.time_window_for_partition_key(run.tags[tag]) for tag in (FIRST, LAST))
        return calendar.get_partition_keys_in_time_window(TimeWindow(first.start, last.end))
    return (run.tags[PARTITION],) if PARTITION in run.tags else ()


def range_request(asset: str, keys: Sequence[str], *, run_key: str, why: str, tags: Mapping[str, str] | None = None) -> RunRequest:
    """A run that makes an unbroken range of partitions of an asset.

    Args:
        asset: its name.
        keys: the partitions, in order and without a gap.
        run_key: a second request of the same key starts nothing.
        why: told in the run's tags.
        tags: further tags.
    """
    told = {WHY: why, **(tags or {})}
    if len(keys) == 1:
        return RunRequest(run_key=run_key, partition_key=keys[0], asset_selection=[AssetKey(asset)], tags=told)
    return RunRequest(run_key=run_key, asset_selection=[AssetKey(asset)], tags={**told, FIRST: keys[0], LAST: keys[-1]})


def stretches(keys: Sequence[str], wanted: set[str]) -> list[list[str]]:
    """The wanted keys as unbroken stretches, in order.

    >>> stretches(["a", "b", "c", "d"], {"a", "b", "d"})
    [['a', 'b'], ['d']]
    """
    found: list[list[str]] = [[]]
    for key in keys:
        if key in wanted:
            found[-1].append(key)
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]
