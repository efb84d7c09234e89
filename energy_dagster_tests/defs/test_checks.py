"""A blocking check keeps a faulty value from ever being written."""

from datetime import timedelta

import pandas as pd
import pytest
from dagster import AssetKey, DagsterInstance, Failure

from energy_dagster.defs import forecasting
from energy_dagster.domain.quality import Finding
from energy_dagster.instance import bury_dead_runs, open_instance, process_tags
from energy_dagster.io_managers.lake import Lake
from energy_dagster.settings import Settings
from energy_dagster.walk import Walk
from energy_dagster_tests.brought_up import NOW, BroughtUp, bring_up

FAULT = Finding(passed=False, description="a quantile that is not finite")


@pytest.mark.slow
def test_predictions_that_are_not_whole_are_not_kept(own_copy: BroughtUp, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_whole(_predictions: pd.DataFrame) -> Finding:
        return FAULT

    monkeypatch.setattr(forecasting, "predictions_are_whole", not_whole)
    with pytest.raises(Failure, match="predictions is not kept: predictions_are_whole: a quantile that is not finite"):
        bring_up(own_copy.data, now=NOW + timedelta(hours=1))
    lake, hour = Lake(own_copy.settings.lake), f"{NOW + timedelta(hours=1):%Y-%m-%dT%H}"
    assert hour not in lake.partitions("predictions")
    with open_instance(own_copy.data) as instance:
        assert hour not in instance.get_materialized_partitions(AssetKey("predictions"))
    monkeypatch.undo()
    bring_up(own_copy.data, now=NOW + timedelta(hours=1))
    assert hour in lake.partitions("predictions")


def dead_process() -> int:
    """The number of a process that is gone."""
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_runs_of_a_killed_process_are_failed_and_their_slots_freed() -> None:
    from dagster import DagsterRunStatus, job, op

    @op
    def work() -> None: ...

    @job
    def works() -> None:
        work()

    with DagsterInstance.ephemeral() as instance:
        gone = process_tags() | {"energy/process": str(dead_process())}
        dead = instance.create_run_for_job(works, tags=gone, status=DagsterRunStatus.STARTED)
        alive = instance.create_run_for_job(works, tags=process_tags(), status=DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.set_concurrency_slots("open_data_portal", 1)
        storage.claim_concurrency_slot("open_data_portal", dead.run_id, "work")
        assert bury_dead_runs(instance) == [dead.run_id]
        statuses = {run.run_id: run.status for run in instance.get_runs()}
        assert storage.get_concurrency_info("open_data_portal").active_slot_count == 0
    assert statuses == {dead.run_id: DagsterRunStatus.FAILURE, alive.run_id: DagsterRunStatus.STARTED}


def test_a_walk_knows_what_is_there(brought_up: BroughtUp) -> None:
    with open_instance(brought_up.data) as instance:
        walk = Walk(Settings(data=str(brought_up.data), now=NOW), instance, now=NOW)
        assert not list(walk.issues(NOW, NOW))
        assert walk.training(NOW, NOW).assets == ()
