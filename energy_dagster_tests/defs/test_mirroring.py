"""How a mirror goes through its partitions, with work that fails on demand."""

from collections.abc import Iterator

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    BackfillPolicy,
    DagsterInstance,
    ExecuteInProcessResult,
    Failure,
    RetryPolicy,
    asset,
    materialize,
)

from energy_dagster.defs.mirroring import FAILURES_IN_A_ROW, Mirrored, mirror_each, partitions_of
from energy_dagster.domain.feature_groups import Partition
from energy_dagster.partitions import DAYS
from energy_dagster.resources.feature_store import AccessRefused, FeatureStoreError, StoreAway
from energy_dagster.storage.files import StorageError

KEYS = tuple(f"2026-03-{day:02d}" for day in range(1, 8))
RETRIES = 2
AWAY, REFUSED, DAMAGED = StoreAway("the service is away"), AccessRefused("the key is refused"), StorageError("a file is damaged")


class Work:
    """Mirrors a partition, or fails as planned: each error once, in the order in which the partition is tried."""

    def __init__(self, plan: dict[str, list[Exception]]) -> None:
        self.plan, self.tried = {key: list(errors) for key, errors in plan.items()}, list[str]()

    def __call__(self, partition: Partition) -> dict[str, int]:
        self.tried.append(partition.key)
        errors = self.plan.get(partition.key)
        if errors:
            raise errors.pop(0)
        return {"rows": 24}


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as one:
        yield one


def run(instance: DagsterInstance, work: Work) -> ExecuteInProcessResult:
    @asset(
        partitions_def=DAYS,
        backfill_policy=BackfillPolicy.single_run(),
        retry_policy=RetryPolicy(max_retries=RETRIES),
        output_required=False,
    )
    def mirror(context: AssetExecutionContext) -> Mirrored:
        yield from mirror_each(context, partitions_of(context, DAYS), work)

    tags = {"dagster/asset_partition_range_start": KEYS[0], "dagster/asset_partition_range_end": KEYS[-1]}
    return materialize([mirror], instance=instance, tags=tags, raise_on_error=False)


def made(instance: DagsterInstance) -> set[str]:
    return instance.get_materialized_partitions(AssetKey("mirror"))


def told(result: ExecuteInProcessResult) -> Failure:
    (failed,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failed.user_failure_data is not None, failed.error
    return Failure(failed.user_failure_data.description)


def test_each_partition_is_told_by_itself_with_how_long_it_took(instance: DagsterInstance) -> None:
    result = run(instance, Work({}))
    assert result.success
    events = result.asset_materializations_for_node("mirror")
    assert [event.partition for event in events] == list(KEYS)
    assert all(set(event.metadata) == {"rows", "seconds"} for event in events)


def test_what_was_made_is_not_made_again_when_a_run_tries_again(instance: DagsterInstance) -> None:
    work = Work({KEYS[2]: [AWAY]})
    assert run(instance, work).success
    assert work.tried == [*KEYS, KEYS[2]]
    assert made(instance) == set(KEYS)


def test_a_run_that_follows_makes_all_of_its_partitions_anew(instance: DagsterInstance) -> None:
    run(instance, Work({}))
    again = Work({})
    run(instance, again)
    assert again.tried == list(KEYS)


def test_a_partition_that_cannot_be_read_keeps_no_other_from_being_made(instance: DagsterInstance) -> None:
    work = Work({KEYS[1]: [DAMAGED], KEYS[2]: [DAMAGED], KEYS[3]: [DAMAGED], KEYS[4]: [DAMAGED]})
    result = run(instance, work)
    assert told(result).description == f"4 of 7 partitions are not mirrored. {KEYS[1]} to {KEYS[4]}: a file is damaged"
    assert work.tried == list(KEYS)
    assert made(instance) == {KEYS[0], KEYS[5], KEYS[6]}


def test_a_service_that_is_away_is_asked_so_often_and_no_more(instance: DagsterInstance) -> None:
    work = Work({key: [AWAY] * 9 for key in KEYS[1:]})
    result = run(instance, work)
    assert told(result).description == f"6 of 7 partitions are not mirrored. {KEYS[1]} to {KEYS[6]}: the service is away"
    assert work.tried == [KEYS[0], *list(KEYS[1 : 1 + FAILURES_IN_A_ROW]) * (1 + RETRIES)]
    assert made(instance) == {KEYS[0]}


@pytest.mark.parametrize("error", [REFUSED])
def test_what_lasts_is_not_tried_again(instance: DagsterInstance, error: FeatureStoreError) -> None:
    work = Work({KEYS[1]: [error] * 9})
    result = run(instance, work)
    assert told(result).description == f"6 of 7 partitions are not mirrored. {KEYS[1]} to {KEYS[6]}: the key is refused"
    assert work.tried == list(KEYS[:2])
    assert made(instance) == {KEYS[0]}


def test_several_reasons_are_told_with_their_partitions(instance: DagsterInstance) -> None:
    work = Work({KEYS[1]: [DAMAGED] * 9, KEYS[4]: [StorageError("another is damaged")] * 9})
    assert told(run(instance, work)).description == (
        f"2 of 7 partitions are not mirrored. {KEYS[1]}: a file is damaged | {KEYS[4]}: another is damaged"
    )
