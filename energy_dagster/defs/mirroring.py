"""How a mirror goes through its partitions: one by one, so that those that fail stay missing and the others are made."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetRecordsFilter,
    Failure,
    TimeWindowPartitionsDefinition,
)

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.contracts import TableContractError
from energy_dagster.domain.feature_groups import Partition
from energy_dagster.resources.feature_store import FeatureStoreError
from energy_dagster.storage.files import StorageError

FAILURES_IN_A_ROW: Final = 3
"""After so many the service is taken to be away, and the partitions that are left are not tried."""

MOST_TOLD: Final = 5

Metadata = Mapping[str, Any]
Mirrored = Iterator[AssetMaterialization]


def partitions_of(context: AssetExecutionContext, calendar: TimeWindowPartitionsDefinition) -> list[Partition]:
    """The partitions of a run in their order."""
    return [partition_of(calendar, key) for key in context.partition_keys]


def partition_of(calendar: TimeWindowPartitionsDefinition, key: str) -> Partition:
    """A partition of a calendar."""
    window = calendar.time_window_for_partition_key(key)
    return Partition(key, naive_utc(window.start), naive_utc(window.end))


def mirror_each(context: AssetExecutionContext, partitions: Sequence[Partition], work: Callable[[Partition], Metadata]) -> Mirrored:
    """Mirror partitions, and tell of each when it is done. No output follows, which would count for all of the run's partitions.

    Args:
        context: of the run; where it is tried again, what it has done before is not done again.
        partitions: in the order in which they are mirrored.
        work: mirrors one, and returns what is told of it.

    Raises:
        Failure: some are not mirrored; the message says which and why. It is tried again unless that cannot help.
    """
    failed: dict[str, Exception] = {}
    in_a_row, done = 0, _made_before(context, [one.key for one in partitions])
    left = [one for one in partitions if one.key not in done]
    for number, partition in enumerate(left, start=1):
        began = time.monotonic()
        try:
            told = work(partition)
        except (StorageError, TableContractError) as error:  # of this partition alone
            failed[partition.key] = error
            context.log.warning("%s is not mirrored: %s", partition.key, error)
        except FeatureStoreError as error:
            failed[partition.key], in_a_row = error, in_a_row + 1
            context.log.warning("%s is not mirrored: %s", partition.key, error)
            if error.lasts or in_a_row == FAILURES_IN_A_ROW:
                failed |= dict.fromkeys((one.key for one in left[number:]), error)
                break
        else:
            in_a_row = 0
            metadata = {**told, "seconds": time.monotonic() - began}
            yield AssetMaterialization(context.asset_key, partition=partition.key, metadata=metadata)
    if failed:
        raise Failure(_told(failed, len(partitions)), allow_retries=not all(map(_lasts, failed.values())))


def _lasts(error: Exception) -> bool:
    """Whether trying again changes nothing."""
    return error.lasts if isinstance(error, FeatureStoreError) else True


def _told(failed: Mapping[str, Exception], count: int) -> str:
    by_reason: dict[str, list[str]] = {}
    for key, error in failed.items():
        by_reason.setdefault(str(error), []).append(key)
    reasons = [f"{_named(keys)}: {reason}" for reason, keys in by_reason.items()]
    more = f" | and {len(reasons) - MOST_TOLD} more reasons in the log" if len(reasons) > MOST_TOLD else ""
    return f"{len(failed)} of {count} partitions are not mirrored. {' | '.join(reasons[:MOST_TOLD])}{more}"


def _named(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} to {keys[-1]}"


def _made_before(context: AssetExecutionContext, keys: Sequence[str]) -> set[str]:
    """The partitions that an earlier attempt of this step has made."""
    if context.retry_number == 0:
        return set()
    records = AssetRecordsFilter(AssetKey(context.asset_key.path), asset_partitions=list(keys))
    made = context.instance.fetch_materializations(records, limit=len(keys) * 2).records
    return {str(one.partition_key) for one in made if one.run_id == context.run.run_id}
