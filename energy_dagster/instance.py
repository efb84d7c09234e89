"""The Dagster instance of a data folder: its home is `<data>/dagster`."""

import os
import shutil
from pathlib import Path

from dagster import DagsterInstance

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
