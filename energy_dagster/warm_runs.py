"""Runs in processes that need not start from nothing: each is forked from one that has loaded Dagster and the graph.

A run of the hour works for a second and would spend several on imports before. The process that is forked from does nothing but
wait, so that a run inherits no lock, connection or thread.
"""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from typing import Any, Self

from dagster import DagsterInstance, DagsterRun
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, serialize_value
from dagster._serdes.config_class import ConfigurableClassData

from energy_dagster.instance import is_alive, process_tags, worker_of

LOADED = "energy_dagster.warm_graph"
"""The module that is loaded before anything is forked."""


class WarmRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Starts runs on this machine; their processes are children of whoever takes runs from the queue, which is the daemon.

    Who changes the code of the graph restarts the daemon.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._context = multiprocessing.get_context("forkserver")
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """How Dagster made it."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:  # noqa: ARG003 - Dagster's
        """As Dagster makes it."""
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run's process; it is told in the run's tags.

        Raises:
            ValueError: the run does not say where its code is.
        """
        run, origin = context.dagster_run, context.job_code_origin
        if origin is None:
            raise ValueError(f"expected a run that says where its code is, found run {run.run_id} without")
        said = serialize_value(ExecuteRunArgs(origin, run.run_id, self._instance.get_ref()))
        self._context.set_forkserver_preload([LOADED])
        process = self._context.Process(target=execute, args=(said,), name=f"run {run.run_id[:8]}")
        process.start()
        self._instance.add_run_tags(run.run_id, process_tags(process.pid))

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run, which ends as canceled; whether there was anything to interrupt."""
        run = self._instance.get_run_by_id(run_id)
        worker = None if run is None or run.is_finished else worker_of(run)
        if run is None or worker is None or not is_alive(worker):
            return False
        self._instance.report_run_canceling(run)
        os.kill(worker, signal.SIGINT)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether somebody can ask if a run's process lives."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether a run's process lives; nobody knows of one on another machine."""
        worker = worker_of(run)
        if worker is None:
            return CheckRunHealthResult(WorkerStatus.UNKNOWN, "the process of the run is not on this machine")
        if is_alive(worker):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"the process {worker} of the run was ended from outside")


def execute(said: str) -> None:
    """Make a run in this process, as `dagster api execute_run` does."""
    from dagster._cli.api import execute_run_command  # noqa: PLC0415 - the daemon needs none of it

    execute_run_command.main(args=[said], standalone_mode=False)
