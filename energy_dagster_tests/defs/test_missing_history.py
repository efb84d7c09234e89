"""A first start on an empty folder, and one after a long pause: history is asked for, a stretch in one run, and none twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunRequest, SensorResult, build_sensor_context

from energy_dagster.definitions import build_definitions
from energy_dagster.defs.missing_history import missing_history_sensor
from energy_dagster.domain.tables import RAW_LOAD, RAW_WEATHER, Table
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import MONTHS, keys_between
from energy_dagster.resources.clock import Clock
from energy_dagster.settings import Settings
from energy_dagster_tests.defs.spans import span_of

NOW = datetime(2025, 10, 27, 9, 3, tzinfo=UTC)
DAYS = 200
ASSETS = ("raw_load", "raw_weather")
KEYS = keys_between(MONTHS, datetime(2025, 4, 10, tzinfo=UTC), NOW)
"""The months of the last two hundred days."""

HELD: dict[tuple[str, str], frozenset[str]] = {}


class Shelf(Standing):
    """A lake of which only is told what it holds."""

    name: str

    def partitions(self, table: Table) -> frozenset[str]:
        return HELD.get((self.name, table.name), frozenset())


@dataclass
class Folder:
    """A data folder that a daemon was started on."""

    name: str
    instance: DagsterInstance

    def hold(self, table: Table, *but: str) -> None:
        HELD[self.name, table.name] = frozenset(KEYS) - set(but)

    def look(self, *, now: datetime = NOW) -> list[RunRequest]:
        sensor = missing_history_sensor(ASSETS, days=DAYS)
        resources = {"clock": Clock(pretended=now.isoformat()), "standing": Shelf(lake_root="nowhere", name=self.name)}
        with build_sensor_context(instance=self.instance, resources=resources) as context:
            result = sensor(context)
        assert isinstance(result, SensorResult)
        return list(result.run_requests or ())

    def begin(self, request: RunRequest, status: DagsterRunStatus) -> None:
        job = build_definitions(Settings()).resolve_implicit_global_asset_job_def()
        tags = {**request.tags, **({"dagster/partition": request.partition_key} if request.partition_key else {})}
        chosen = frozenset(request.asset_selection or ())
        part = job.get_subset(asset_selection=set(chosen))
        self.instance.create_run_for_job(part, status=status, tags=tags, asset_selection=chosen)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with DagsterInstance.ephemeral() as instance:
        yield Folder(str(tmp_path), instance)


def asset_of(request: RunRequest) -> str:
    [key] = request.asset_selection or ()
    return key.to_user_string()


def test_an_empty_folder_is_filled_by_one_run_of_each_source(folder: Folder) -> None:
    requests = folder.look()
    assert [asset_of(request) for request in requests] == list(ASSETS)
    assert {span_of(request) for request in requests} == {(KEYS[0], KEYS[-1])}
    assert {request.tags["energy/why"] for request in requests} == {f"{len(KEYS)} months were never read"}


def test_nothing_is_asked_for_once_every_month_was_read(folder: Folder) -> None:
    folder.hold(RAW_LOAD)
    folder.hold(RAW_WEATHER)
    assert folder.look() == []


def test_a_source_that_has_everything_is_not_asked_again_for_the_others_sake(folder: Folder) -> None:
    folder.hold(RAW_LOAD)
    assert [asset_of(request) for request in folder.look()] == ["raw_weather"]


def test_gaps_are_read_a_stretch_at_a_time_newest_first(folder: Folder) -> None:
    folder.hold(RAW_LOAD, "2025-05-01", "2025-06-01", "2025-09-01")
    folder.hold(RAW_WEATHER)
    assert [span_of(request) for request in folder.look()] == [("2025-09-01", "2025-09-01")]
    folder.hold(RAW_LOAD, "2025-05-01", "2025-06-01")
    assert [span_of(request) for request in folder.look()] == [("2025-05-01", "2025-06-01")]


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
def test_what_is_being_read_is_waited_for(folder: Folder, status: DagsterRunStatus) -> None:
    load, weather = folder.look()
    folder.begin(load, status)
    assert [asset_of(request) for request in folder.look()] == ["raw_weather"]
    folder.begin(weather, status)
    assert folder.look() == []


def test_a_source_that_was_down_is_asked_again_in_the_next_hour_and_not_before(folder: Folder) -> None:
    first = folder.look()
    folder.begin(first[0], DagsterRunStatus.FAILURE)
    again, later = folder.look(now=NOW.replace(minute=58)), folder.look(now=NOW.replace(hour=10))
    assert [request.run_key for request in again] == [request.run_key for request in first]
    assert not {request.run_key for request in later} & {request.run_key for request in first}


def test_the_month_that_began_is_history_too(folder: Folder) -> None:
    folder.hold(RAW_LOAD)
    folder.hold(RAW_WEATHER)
    requests = folder.look(now=datetime(2025, 11, 1, 0, 3, tzinfo=UTC))
    assert {span_of(request) for request in requests} == {("2025-11-01", "2025-11-01")}
