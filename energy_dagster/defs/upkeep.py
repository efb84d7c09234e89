"""Upkeep of the lake: a job each month that may be killed at any moment."""

from dagster import (
    ConfigurableResource,
    DefaultScheduleStatus,
    OpExecutionContext,
    Out,
    ScheduleDefinition,
    job,
    op,
)
from pydantic import Field

from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.upkeep import CLOSED_AFTER_DAYS, KEEP_DAYS, Upkeep, keep_up
from energy_dagster.resources.clock import Clock


class Keeper(ConfigurableResource):  # type: ignore[type-arg]
    """Keeps the lake small."""

    lake_root: str = Field(description="Folder or fsspec URL of the lake")
    keep_days: float = Field(default=KEEP_DAYS, gt=0, description="Days a version is kept after another took its place")
    closed_after_days: float = Field(default=CLOSED_AFTER_DAYS, gt=0, description="Days after its end a month is put together")
    clock: Clock

    def keep_up(self) -> Upkeep:
        """Drop what is due and put closed months together.

        Raises:
            StorageError: the lake cannot be read or written.
        """
        return keep_up(
            Lake(self.lake_root),
            now=self.clock.machine_now(),
            keep_days=self.keep_days,
            closed_after_days=self.closed_after_days,
        )


@op(out=Out(is_required=False))
def keep_the_lake_small(context: OpExecutionContext, keeper: Keeper) -> None:
    """Drop versions that others replaced long ago; put the files of closed months together."""
    done = keeper.keep_up()
    context.log.info("%d versions dropped, %d put together in %d files", done.dropped, done.packed, done.packs)
    context.add_output_metadata({"dropped": done.dropped, "put together": done.packed, "files": done.packs})


@job(description="Drops versions of the lake that others replaced long ago, and puts the files of closed months together.")
def lake_upkeep() -> None:
    """The one step."""
    keep_the_lake_small()


EVERY_MONTH = ScheduleDefinition(
    job=lake_upkeep,
    cron_schedule="20 2 6 * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    name="every_month",
    description="In the night of the 6th, when the settlement of the month before last has come in.",
)
