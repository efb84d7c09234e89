"""Log lines of old runs go, and nothing that was made is forgotten."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    Output,
    ScheduleDefinition,
    StaticPartitionsDefinition,
    asset,
    in_process_executor,
)

from energy_dagster.definitions import build_definitions
from energy_dagster.defs.run_logs import MARK, LogKeeper, forget_logs, run_log_upkeep
from energy_dagster.instance import open_instance
from energy_dagster.resources.clock import Clock
from energy_dagster.settings import Settings

RAW = AssetKey("raw_load")


@asset(partitions_def=StaticPartitionsDefinition(["a", "b"]), check_specs=[AssetCheckSpec("whole", asset="raw_load")])
def raw_load(context: AssetExecutionContext):  # type: ignore[no-untyped-def]  # dagster reads the annotation of what is yielded
    """An asset that talks."""
    for _ in range(200):
        context.log.info("a line " * 40)
    yield Output(1)
    yield AssetCheckResult(passed=True, check_name="whole")


def make(instance: DagsterInstance, partition: str) -> str:
    definitions = Definitions([raw_load], executor=in_process_executor)
    done = definitions.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance, partition_key=partition)
    return done.run_id


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


@pytest.fixture
def quiet() -> None:
    logging.getLogger("dagster").setLevel(logging.ERROR)


@pytest.mark.usefixtures("quiet")
def test_lines_go_and_what_was_made_stays(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        run_id = make(instance, "a")
        shard = Path(instance.event_log_storage.path_for_shard(run_id))  # type: ignore[attr-defined]  # of SQLite
        size = shard.stat().st_size
        done = forget_logs(instance, before=soon())
        assert done.runs == 1
        assert done.lines > 200
        assert shard.stat().st_size < size / 2
        assert instance.get_materialized_partitions(RAW) == {"a"}
        assert instance.get_latest_materialization_event(RAW) is not None
        assert instance.get_latest_asset_check_evaluation_record(AssetCheckKey(RAW, "whole")) is not None
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.status is DagsterRunStatus.SUCCESS
        assert {entry.dagster_event.event_type_value for entry in instance.all_logs(run_id) if entry.dagster_event} >= {
            "PIPELINE_SUCCESS"
        }
        assert make(instance, "b")
        assert instance.get_materialized_partitions(RAW) == {"a", "b"}


@pytest.mark.usefixtures("quiet")
def test_younger_runs_keep_theirs_and_a_second_night_looks_at_newer_runs_only(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        run_id = make(instance, "a")
        before = datetime.now(UTC) - timedelta(days=1)
        assert forget_logs(instance, before=before).lines == 0
        assert len(instance.all_logs(run_id)) > 200
        assert instance.run_storage.get_cursor_values({MARK}) == {MARK: before.isoformat()}
        assert forget_logs(instance, before=soon()).runs == 1
        assert forget_logs(instance, before=soon() + timedelta(minutes=1)).runs == 0


def test_the_job_runs_each_night_where_time_moves(tmp_path: Path) -> None:
    jobs = {one.name: one.job_name for one in build_definitions(Settings()).schedules or () if isinstance(one, ScheduleDefinition)}
    assert jobs["every_night"] == "run_log_upkeep"
    with open_instance(tmp_path) as instance:
        keeper = LogKeeper(keep_days=30, clock=Clock())
        assert run_log_upkeep.execute_in_process(instance=instance, resources={"log_keeper": keeper}).success


def test_nothing_is_kept_for_less_than_a_day() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        LogKeeper(keep_days=0, clock=Clock())
