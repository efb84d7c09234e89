"""The Dagster instance of a data folder: its home is `<data>/dagster`."""

import os
import shutil
import socket
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

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


def process_tags() -> dict[str, str]:
    """Tags of a run that this very process executes, by which its death can be noticed."""
    return {HOST_TAG: socket.gethostname(), PROCESS_TAG: str(os.getpid())}


def bury_dead_runs(instance: DagsterInstance) -> list[str]:
    """Fail the runs whose process on this machine was killed, and free the pool slots they held, which others wait for.

    Returns:
        Ids of the buried runs.
    """
    going = RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED], tags={HOST_TAG: socket.gethostname()})
    dead = [run for run in instance.get_runs(going) if not _is_alive(int(run.tags[PROCESS_TAG]))]
    for run in dead:
        instance.report_run_failed(run, "The process of this run was ended from outside.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True
