"""Old log lines of runs go; what the runs made, and how they ended, stays known."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy
from dagster import (
    ConfigurableResource,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    OpExecutionContext,
    Out,
    RunsFilter,
    ScheduleDefinition,
    job,
    op,
)

# Dagster can delete a run with all that is known of it, its materializations among that; nothing public deletes log lines only
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from pydantic import Field

from energy_dagster.resources.clock import Clock

KEPT: Final = frozenset(
    kind.value for kind in {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEventType.STEP_FAILURE}
)
"""Events that stay: of assets, partitions and checks, of the states of a run, and why a step failed."""

FINISHED: Final = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]

MARK: Final = "energy/run_logs_forgotten_to"
"""Under this name the instance remembers how far was cleared, so that a night looks at one day's runs."""


@dataclass(frozen=True)
class Forgotten:
    """How many runs were looked at, and how many lines of theirs are gone."""

    runs: int
    lines: int


def forget_logs(instance: DagsterInstance, *, before: datetime) -> Forgotten:
    """Delete the log lines and the printed output of runs that ended before a moment. May be killed, and run again.

    Args:
        instance: whose history is in an SQL database.
        before: aware UTC.

    Raises:
        TypeError: the instance keeps its events elsewhere than in an SQL database.
    """
    events = instance.event_log_storage
    if not isinstance(events, SqlEventLogStorage):
        raise TypeError(f"expected an instance that keeps its events in an SQL database, found {type(events).__name__}")
    marked = instance.run_storage.get_cursor_values({MARK}).get(MARK)
    after = datetime.fromisoformat(marked) if marked else None
    runs = instance.get_run_ids(RunsFilter(statuses=FINISHED, updated_after=after, updated_before=before))
    lines = 0
    for run_id in runs:
        lines += _forget_lines(events, run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.run_storage.set_cursor_values({MARK: before.isoformat()})
    return Forgotten(len(runs), lines)


def _forget_lines(events: SqlEventLogStorage, run_id: str) -> int:
    kind = SqlEventLogStorageTable.c.dagster_event_type
    line = sqlalchemy.or_(kind.is_(None), kind.not_in(KEPT))
    with events.run_connection(run_id) as connection:
        gone = connection.execute(SqlEventLogStorageTable.delete().where(SqlEventLogStorageTable.c.run_id == run_id, line)).rowcount
    if gone and isinstance(events, SqliteEventLogStorage):  # a file for each run, which keeps its size until it is written anew
        with closing(sqlite3.connect(events.path_for_shard(run_id), isolation_level=None)) as shard:
            shard.execute("VACUUM")
    return int(gone)


class LogKeeper(ConfigurableResource):  # type: ignore[type-arg]
    """How long the log lines of a run are kept."""

    keep_days: int = Field(default=90, ge=1, description="Days that the log lines of a run are kept")
    clock: Clock

    def before(self) -> datetime:
        """The moment before which they go."""
        return self.clock.machine_now() - timedelta(days=self.keep_days)


@op(out=Out(is_required=False))
def forget_old_logs(context: OpExecutionContext, log_keeper: LogKeeper) -> None:
    """Delete the log lines and the printed output of runs that ended long ago."""
    done = forget_logs(context.instance, before=log_keeper.before())
    context.log.info("%d runs looked at, %d lines gone", done.runs, done.lines)
    context.add_output_metadata({"runs": done.runs, "lines": done.lines})


@job(
    description="Deletes log lines of runs that ended long ago; what they made and how they ended stays known.",
    tags={"dagster/priority": "-10", "dagster/max_retries": "1"},
)
def run_log_upkeep() -> None:
    """The one step."""
    forget_old_logs()


NIGHTLY_LOGS = ScheduleDefinition(
    job=run_log_upkeep,
    cron_schedule="40 2 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    name="every_night",
    description="In the small hours, when no model is trained.",
)
