"""Who reads a source that answers slowly, and who waits for it, leave a place for the issue of the hour."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.test_utils import create_test_daemon_workspace_context  # the workspace that the daemon's loop is given
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from energy_dagster.instance import open_instance
from energy_dagster_tests.test_warm_runs import wait_for

LOCATION = "energy_dagster_tests.warm_location"
LONG = 240.0

pytestmark = [pytest.mark.slow]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with open_instance(tmp_path) as opened:
        yield opened


@pytest.fixture
def workspace(instance: DagsterInstance) -> Iterator[WorkspaceProcessContext]:
    with create_test_daemon_workspace_context(ModuleTarget(LOCATION, None, str(Path.cwd()), LOCATION), instance) as context:
        yield context


def queued(workspace: WorkspaceProcessContext, job: str, op: str, file: Path, *, seconds: float) -> str:
    """A run that waits for its turn."""
    request = workspace.create_request_context()
    (found,) = request.code_locations[0].get_repositories().values()
    remote = found.get_full_job(job)
    config: dict[str, Any] = {"ops": {op: {"config": {"file": str(file), "seconds": seconds}}}}
    plan = request.code_locations[0].get_execution_plan(remote, config, None, None, workspace.instance)
    run = workspace.instance.create_run(
        job_name=job,
        run_id=None,
        run_config=config,
        status=DagsterRunStatus.NOT_STARTED,
        tags={},
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=None,
        execution_plan_snapshot=plan.execution_plan_snapshot,
        job_snapshot=remote.job_snapshot,
        parent_job_snapshot=None,
        asset_selection=None,
        asset_check_selection=None,
        resolved_op_selection=None,
        op_selection=None,
        remote_job_origin=remote.get_remote_origin(),
        job_code_origin=remote.get_python_origin(),
        asset_graph=found.asset_graph,
    )
    workspace.instance.submit_run(run.run_id, request)
    return run.run_id


def test_runs_that_wait_for_a_slow_source_leave_a_place_for_the_issue(
    instance: DagsterInstance, workspace: WorkspaceProcessContext, tmp_path: Path
) -> None:
    def status(run_id: str) -> DagsterRunStatus:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    def turn() -> None:
        list(coordinator.run_iteration(workspace))

    coordinator = QueuedRunCoordinatorDaemon(interval_seconds=1)
    reading = queued(workspace, "ingestion", "read", tmp_path / "reading", seconds=LONG)
    turn()
    wait_for((tmp_path / "reading").exists)
    waiting = queued(workspace, "ingestion", "read", tmp_path / "waiting", seconds=0.0)
    turn()
    issue = queued(workspace, "work", "look", tmp_path / "issue", seconds=0.0)
    turn()
    wait_for(lambda: status(issue) == DagsterRunStatus.SUCCESS)
    assert (status(reading), status(waiting)) == (DagsterRunStatus.STARTED, DagsterRunStatus.QUEUED)
    assert instance.run_launcher.terminate(reading)
    wait_for(lambda: status(reading) == DagsterRunStatus.CANCELED)
    turn()
    wait_for(lambda: status(waiting) == DagsterRunStatus.SUCCESS)
