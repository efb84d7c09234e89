"""Runs are forked from a process that has loaded the graph; they can be interrupted, and one that is killed is noticed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, reconstructable
from dagster._core.launcher import WorkerStatus

from energy_dagster.instance import open_instance, worker_of
from energy_dagster.warm_runs import WarmRunLauncher
from energy_dagster_tests.warm_location import work

PATIENCE_SECONDS = 120

pytestmark = [pytest.mark.slow]


@dataclass
class Desk:
    """An instance as a laptop has it, and where runs say what they found."""

    instance: DagsterInstance
    file: Path

    def config(self, seconds: float = 0.0) -> dict[str, object]:
        return {"ops": {"look": {"config": {"file": str(self.file), "seconds": seconds}}}}

    def launch(self, *, seconds: float = 0.0) -> str:
        origin = reconstructable(work).get_python_origin()
        run = self.instance.create_run_for_job(work, run_config=self.config(seconds), job_code_origin=origin)
        self.instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]  # this launcher asks nothing of it
        return run.run_id

    def status(self, run_id: str) -> DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    def health(self, run_id: str) -> WorkerStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return self.instance.run_launcher.check_run_worker_health(run).status

    def worker(self, run_id: str) -> int:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        worker = worker_of(run)
        assert worker is not None
        return worker


def wait_for(look: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < until, f"it did not happen in {PATIENCE_SECONDS} s"
        time.sleep(0.1)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with open_instance(tmp_path) as instance:
        yield Desk(instance, tmp_path / "found")


def test_a_laptop_has_warm_runs(desk: Desk) -> None:
    assert isinstance(desk.instance.run_launcher, WarmRunLauncher)


def test_a_run_has_a_process_of_its_own_that_begins_with_the_graph_loaded(desk: Desk) -> None:
    run_id = desk.launch()
    wait_for(lambda: desk.status(run_id).value in ("SUCCESS", "FAILURE"))
    assert desk.status(run_id) == DagsterRunStatus.SUCCESS
    process, loaded = desk.file.read_text().split()
    assert int(process) == desk.worker(run_id) != os.getpid()
    assert loaded == "True"


def test_a_run_can_be_interrupted_and_is_canceled(desk: Desk) -> None:
    run_id = desk.launch(seconds=60)
    wait_for(desk.file.exists)
    assert desk.health(run_id) == WorkerStatus.RUNNING
    assert desk.instance.run_launcher.terminate(run_id)
    wait_for(lambda: desk.status(run_id) == DagsterRunStatus.CANCELED)
    assert not desk.instance.run_launcher.terminate(run_id)


def test_the_monitoring_finds_a_run_whose_process_was_killed(desk: Desk) -> None:
    run_id = desk.launch(seconds=60)
    wait_for(desk.file.exists)
    os.kill(desk.worker(run_id), signal.SIGKILL)
    wait_for(lambda: desk.health(run_id) == WorkerStatus.FAILED)


def test_nothing_is_said_of_a_process_of_another_machine(desk: Desk) -> None:
    run_id = desk.launch()
    desk.instance.add_run_tags(run_id, {"energy/host": "elsewhere"})
    assert desk.health(run_id) == WorkerStatus.UNKNOWN
    assert not desk.instance.run_launcher.terminate(run_id)


def test_a_run_without_code_is_refused(desk: Desk) -> None:
    run = desk.instance.create_run_for_job(work, run_config=desk.config())
    with pytest.raises(ValueError, match=f"found run {run.run_id} without"):
        desk.instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]
