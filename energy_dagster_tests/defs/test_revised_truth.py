"""Days whose truth was read anew are judged again, once consumption has followed, and until it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance, RunRequest, SensorResult, build_sensor_context

from energy_dagster.defs.revised_truth import revised_truth_sensor
from energy_dagster.domain.catalogue import RAW_LOAD_FEED, RAW_SETTLEMENT_FEED
from energy_dagster.domain.tables import Table
from energy_dagster.io_managers.standing import Standing
from energy_dagster.resources.clock import Clock

NOON = datetime(2025, 10, 27, 12, tzinfo=UTC)
MONTH = "2025-10-01"
READ: dict[str, pd.DataFrame] = {}


class Settled(Standing):
    """A lake with one month of settlement, and errors of October."""

    name: str

    def partitions(self, table: Table) -> frozenset[str]:
        if table.name == "error_metrics":
            return frozenset(f"2025-10-{day:02d}" for day in range(10, 28))
        return frozenset({MONTH}) if table.name == "raw_settlement" else frozenset()

    def rows(self, table: Table, partitions: object) -> pd.DataFrame:  # noqa: ARG002 - the same whatever is asked
        return READ[self.name]

    def written_at(self, table: Table, partitions: object) -> datetime | None:  # noqa: ARG002
        return pd.Timestamp(READ[self.name]["fetched_at"].max()).tz_localize(UTC).to_pydatetime()


@dataclass
class Watch:
    """The sensor on a clock that is moved by hand."""

    name: str
    instance: DagsterInstance
    now: datetime = NOON
    cursor: str | None = None

    def make(self, asset: str, partition: str) -> None:
        self.instance.report_runless_asset_event(AssetMaterialization(AssetKey(asset), partition=partition))

    def read(self, *days: str, follow: bool = True) -> None:
        """Settlement speaks of some days anew, now."""
        rows = READ[self.name]
        moved = rows["hour_utc"].dt.strftime("%Y-%m-%d").isin(days)
        READ[self.name] = rows.assign(fetched_at=rows["fetched_at"].mask(moved, pd.Timestamp(self.now.replace(tzinfo=None))))
        self.make("raw_settlement", MONTH)
        if follow:
            self.make("consumption", MONTH)

    def look(self, **later: int) -> list[RunRequest]:
        self.now += timedelta(**later)
        resources = {"clock": Clock(pretended=self.now.isoformat()), "standing": Settled(lake_root="nowhere", name=self.name)}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            result = revised_truth_sensor([RAW_LOAD_FEED, RAW_SETTLEMENT_FEED])(context)
        assert isinstance(result, SensorResult)
        self.cursor = result.cursor
        return list(result.run_requests or ())


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    hours = pd.date_range("2025-10-01", "2025-10-27", freq="h", unit="us")
    READ[str(tmp_path)] = pd.DataFrame({"hour_utc": hours, "fetched_at": pd.Timestamp("2025-10-27T05:30")})
    with DagsterInstance.ephemeral() as instance:
        one = Watch(str(tmp_path), instance)
        for asset in ("raw_settlement", "consumption"):
            one.make(asset, MONTH)
        one.look()
        one.now += timedelta(minutes=10)
        yield one


def days(requests: list[RunRequest]) -> list[str]:
    first = "dagster/asset_partition_range_start"
    return [
        request.partition_key or f"{request.tags[first]}..{request.tags[first.replace('start', 'end')]}" for request in requests
    ]


def test_while_no_truth_moves_nothing_is_asked_for(watch: Watch) -> None:
    assert watch.look(minutes=10) == []


def test_days_that_were_read_anew_are_judged_again_a_stretch_in_one_run(watch: Watch) -> None:
    watch.read("2025-10-12", "2025-10-18", "2025-10-19")
    assert days(watch.look(minutes=10)) == ["2025-10-12", "2025-10-18..2025-10-19"]


def test_what_was_judged_again_is_done_with(watch: Watch) -> None:
    watch.read("2025-10-18")
    assert days(watch.look(minutes=10)) == ["2025-10-18"]
    watch.make("error_metrics", "2025-10-18")
    assert watch.look(minutes=10) == []


def test_a_run_that_failed_is_asked_for_again_an_hour_later(watch: Watch) -> None:
    watch.read("2025-10-18")
    [first] = watch.look(minutes=10)
    [again] = watch.look(minutes=10)
    [later] = watch.look(hours=1)
    assert first.run_key == again.run_key != later.run_key


def test_consumption_is_waited_for(watch: Watch) -> None:
    watch.read("2025-10-18", follow=False)
    assert watch.look(minutes=10) == []
    watch.make("consumption", MONTH)
    assert days(watch.look(minutes=10)) == ["2025-10-18"]


def test_days_that_were_never_judged_and_the_running_one_are_left_alone(watch: Watch) -> None:
    watch.read("2025-10-05", "2025-10-27")
    assert watch.look(minutes=10) == []


def test_the_last_hours_of_yesterday_are_judged_when_they_come(watch: Watch) -> None:
    watch.read("2025-10-26", "2025-10-27")
    assert [request.partition_key for request in watch.look(minutes=10)] == ["2025-10-26"]
