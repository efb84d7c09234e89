"""The job that keeps the lake small, and its schedule."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, ScheduleDefinition, build_schedule_context

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.settings import Settings
from energy_dagster_tests.io_managers.samples import RUN, load_rows


def test_the_job_drops_what_is_due_and_says_so(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    lake = Lake(settings.lake)
    for day, mwh in ((1, 1.0), (2, 2.0)):
        rows = load_rows("2025-01-01", "2025-01-02", mwh=mwh)
        lake.write(RAW_LOAD, "2025-01-01", rows, at=datetime(2025, 2, day, tzinfo=UTC), run_id=RUN)
    with DagsterInstance.ephemeral() as instance:
        done = build_definitions(settings).resolve_job_def("lake_upkeep").execute_in_process(instance=instance)
    assert done.success
    assert len(list(lake.versions("raw_load"))) == 1


def test_it_runs_every_month_by_itself_where_time_moves() -> None:
    (schedule,) = (one for one in build_definitions(Settings()).schedules or () if one.name == "every_month")
    assert isinstance(schedule, ScheduleDefinition)
    assert (schedule.name, schedule.cron_schedule, schedule.job_name) == ("every_month", "20 2 6 * *", "lake_upkeep")
    with build_schedule_context(scheduled_execution_time=datetime(2026, 12, 6, 2, 20, tzinfo=UTC)) as context:
        assert schedule.evaluate_tick(context).run_requests
    assert not build_definitions(Settings(now=datetime(2026, 1, 1, tzinfo=UTC))).schedules


@pytest.mark.parametrize("days", [0, -1])
def test_it_keeps_no_negative_days(days: float) -> None:
    from energy_dagster.defs.upkeep import Keeper
    from energy_dagster.resources.clock import Clock

    with pytest.raises(ValueError, match="greater than 0"):
        Keeper(lake_root="lake", clock=Clock(), keep_days=days)
