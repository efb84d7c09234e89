"""The Dagster instance of a data folder: its home is `<data>/dagster`."""

import os
import shutil
import socket
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

CONFIGURATION = "dagster.yaml"


def configuration_file(name: str) -> Path:
    """A configuration file of the project: beside the package in a wheel, at the top of a checkout.

    Raises:
        FileNotFoundError: it is at neither place.
    """
    package = Path(__file__).parent
    for place in (package / name, package.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"expected {name} in {package} or {package.parent}, found neither")


def prepare_home(data: Path) -> Path:
    """Make the home of a data folder, with its configuration, and tell the environment of it.

    Raises:
        OSError: the folder cannot be made or written.
    """
    home = (data / "dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / CONFIGURATION).exists():
        shutil.copyfile(configuration_file(CONFIGURATION), home / CONFIGURATION)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_instance(data: Path) -> DagsterInstance:
    """The instance of a data folder."""
    return DagsterInstance.from_config(str(prepare_home(data)))


HOST_TAG, PROCESS_TAG = "energy/host", "energy/process"


def process_tags(process: int | None = None) -> dict[str, str]:
    """Tags of a run that a process of this machine executes, this very one by default, by which its death can be noticed."""
    return {HOST_TAG: socket.gethostname(), PROCESS_TAG: str(process or os.getpid())}


def worker_of(run: DagsterRun) -> int | None:
    """The process of this machine that executes a run, if one does."""
    return int(run.tags[PROCESS_TAG]) if run.tags.get(HOST_TAG) == socket.gethostname() and PROCESS_TAG in run.tags else None


def bury_dead_runs(instance: DagsterInstance) -> list[str]:
    """Fail the runs whose process on this machine was killed, and free the pool slots they held, which others wait for.

    Returns:
        Ids of the buried runs.
    """
    going = RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED], tags={HOST_TAG: socket.gethostname()})
    dead = [run for run in instance.get_runs(going) if not is_alive(int(run.tags[PROCESS_TAG]))]
    for run in dead:
        instance.report_run_failed(run, "The process of this run was ended from outside.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def is_alive(process: int) -> bool:
    """Whether a process of this machine is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True
