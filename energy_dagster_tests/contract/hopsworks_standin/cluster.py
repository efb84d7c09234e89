"""What the pretended cluster holds: groups, views, models, files and jobs."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from energy_dagster_tests.contract.hopsworks_standin.broker import Broker
from energy_dagster_tests.contract.hopsworks_standin.certificates import Certificates
from energy_dagster_tests.contract.hopsworks_standin.faults import Faults
from energy_dagster_tests.contract.hopsworks_standin.table import GroupTable

Json = dict[str, Any]

PROJECT = "energy"
PROJECT_ID = 119
FEATURE_STORE_ID = 67
FEATURE_STORE = f"{PROJECT}_featurestore"
USERNAME = "standin0"
CREATED = "2026-01-01T00:00:00Z"
DOMAIN = "standin.local"
QUERY_SERVICE_NAME = f"flyingduck.service.{DOMAIN}"
VERSION = "5.2.1"
OTHER_VERSION = "4.7.0"
"""What a server of another version says it is."""


@dataclass
class Cluster:
    """State between requests; a route changes it while it holds no lock, as the client asks for one thing at a time."""

    folder: Path
    broker: Broker
    faults: Faults
    certificates: Certificates
    groups: dict[int, Json] = field(default_factory=dict)
    commits: dict[int, list[Json]] = field(default_factory=dict)
    statistics: dict[str, list[Json]] = field(default_factory=dict)
    views: dict[tuple[str, int], Json] = field(default_factory=dict)
    training_datasets: dict[tuple[str, int], list[Json]] = field(default_factory=dict)
    models: dict[str, Json] = field(default_factory=dict)
    executions: dict[str, list[Json]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(101))

    def __post_init__(self) -> None:
        self.reset()

    @property
    def files(self) -> Path:
        """Where the cluster's own file system lies."""
        return self.folder / "files"

    def reset(self) -> None:
        """Empty, but for the numbers: ids name topics, and those stay."""
        state = (self.groups, self.commits, self.statistics, self.views, self.training_datasets, self.models, self.executions)
        for held in state:
            held.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        for dataset in ("Models", "Logs", f"{PROJECT}_Training_Datasets"):
            self.file(dataset).mkdir(parents=True)

    def next_number(self) -> int:
        """A number that nothing else had."""
        return next(self._numbers)

    def file(self, path: str) -> Path:
        """Where a path of the cluster's file system lies here; relative ones are the project's."""
        whole = path if path.startswith("/Projects/") else f"/Projects/{PROJECT}/{path.lstrip('/')}"
        place = (self.files / whole.lstrip("/")).resolve()
        if not place.is_relative_to(self.files.resolve()):
            raise ValueError(f"expected a path within the cluster's files, found {path!r}")
        return place

    def group(self, name: str, version: int) -> Json | None:
        """The feature group of that name and version."""
        return next((group for group in self.versions_of(name) if group["version"] == version), None)

    def versions_of(self, name: str) -> list[Json]:
        """All versions of a feature group."""
        return [group for group in self.groups.values() if group["name"] == name]

    def table(self, group: Json) -> GroupTable:
        """The table that holds the rows of a group."""
        return GroupTable(location=group["location"], features=tuple(group["features"]), event_time=group.get("eventTime"))
