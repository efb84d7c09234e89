"""Hours without a forecast are made up for: the running one at once, those before newest first, and none twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRunStatus, RunRequest, SensorResult, build_sensor_context

from energy_dagster.definitions import build_definitions
from energy_dagster.defs.late_issues import late_issues
from energy_dagster.domain.availability import floor_hour
from energy_dagster.domain.tables import Table
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import ISSUE_HOURS, keys_between
from energy_dagster.resources.clock import Clock
from energy_dagster.settings import Settings
from energy_dagster_tests.defs.spans import span_of

NOON = datetime(2025, 10, 26, 12, 0, tzinfo=UTC)
"""Of the day of 25 hours."""

HELD: dict[str, frozenset[str]] = {}
WRITTEN: dict[str, datetime] = {}


class Shelf(Standing):
    """A lake of which only is told what it holds."""

    name: str

    def partitions(self, table: Table) -> frozenset[str]:
        return HELD[self.name] if table.name == "predictions" else frozenset()

    def written_at(self, table: Table, partitions: object) -> datetime | None:  # noqa: ARG002 - the same of every table
        return WRITTEN.get(self.name)


@dataclass
class Hours:
    """Issues of two days, but for some hours."""

    name: str
    instance: DagsterInstance

    def hold(self, *but: str, until: datetime = NOON) -> None:
        HELD[self.name] = frozenset(keys_between(ISSUE_HOURS, NOON - timedelta(days=5), until)) - set(but)

    def look(self, minute: int = 13, *, fresh: bool = True, now: datetime | None = None) -> list[RunRequest]:
        moment = now or NOON + timedelta(minutes=minute)
        WRITTEN[self.name] = floor_hour(moment) + timedelta(minutes=5) if fresh else NOON - timedelta(days=1)
        resources = {"clock": Clock(pretended=moment.isoformat()), "standing": Shelf(lake_root="nowhere", name=self.name)}
        with build_sensor_context(instance=self.instance, resources=resources) as context:
            result = late_issues(context)
        assert isinstance(result, SensorResult)
        return list(result.run_requests or ())

    def begin(self, **tags: str) -> None:
        job, key = build_definitions(Settings()).resolve_implicit_global_asset_job_def(), AssetKey("predictions")
        self.instance.create_run_for_job(
            job.get_subset(asset_selection={key}),
            status=DagsterRunStatus.STARTED,
            tags={f"dagster/{name}": value for name, value in tags.items()},
            asset_selection=frozenset({key}),
        )


@pytest.fixture
def hours(tmp_path: Path) -> Iterator[Hours]:
    with DagsterInstance.ephemeral() as instance:
        yield Hours(str(tmp_path), instance)


def test_nothing_is_asked_for_while_every_hour_has_its_forecast(hours: Hours) -> None:
    hours.hold()
    assert hours.look() == []


def test_the_running_hour_is_left_to_the_automation_until_twelve_past(hours: Hours) -> None:
    hours.hold("2025-10-26T12")
    assert hours.look(11) == []
    [request] = hours.look(12)
    assert (span_of(request)[0], request.tags["dagster/priority"]) == ("2025-10-26T12", "10")


def test_the_running_hour_is_not_asked_for_while_it_is_being_made(hours: Hours) -> None:
    hours.hold("2025-10-26T12")
    hours.begin(partition="2025-10-26T12")
    assert hours.look(20) == []


def test_a_failed_issue_is_tried_again_after_ten_minutes_and_not_before(hours: Hours) -> None:
    hours.hold("2025-10-26T12")
    keys = [hours.look(minute)[0].run_key for minute in (12, 15, 22)]
    assert keys[0] == keys[1] != keys[2]


def test_hours_that_were_missed_are_made_newest_first_a_day_at_a_time(hours: Hours) -> None:
    hours.hold(*keys_between(ISSUE_HOURS, NOON - timedelta(hours=72), NOON - timedelta(hours=1)))
    asked = []
    while requests := hours.look():
        [request] = requests
        first, last = span_of(request)
        assert request.tags["dagster/priority"] == "-5"
        asked.append((first, last))
        made = keys_between(ISSUE_HOURS, *(datetime.fromisoformat(f"{key}:00+00:00") for key in (first, last)))
        assert not set(made) & HELD[hours.name], "an hour is made twice"
        HELD[hours.name] |= set(made)
    assert asked == [
        ("2025-10-25T12", "2025-10-26T11"),
        ("2025-10-24T12", "2025-10-25T11"),
        ("2025-10-23T12", "2025-10-24T11"),
    ]


def test_late_hours_wait_until_one_stretch_is_made(hours: Hours) -> None:
    missed = keys_between(ISSUE_HOURS, NOON - timedelta(hours=30), NOON - timedelta(hours=1))
    hours.hold(*missed)
    hours.begin(asset_partition_range_start=missed[6], asset_partition_range_end=missed[-1])
    assert hours.look() == []


@pytest.mark.parametrize(("minute", "asked"), [(13, 0), (39, 0), (41, 1)])
def test_late_hours_wait_for_fresh_inputs_but_not_for_ever(hours: Hours, minute: int, asked: int) -> None:
    hours.hold("2025-10-26T03")
    assert len(hours.look(minute, fresh=False)) == asked


def test_hours_of_more_than_a_week_ago_are_left_alone(hours: Hours) -> None:
    hours.hold()
    HELD[hours.name] |= {"2025-10-01T00"}
    [request] = hours.look()
    assert span_of(request)[0] >= "2025-10-19T12"


def test_hours_before_the_first_issue_are_not_missed(hours: Hours) -> None:
    HELD[hours.name] = frozenset({"2025-10-26T12"})
    assert hours.look() == []


def test_nothing_is_made_up_for_on_an_empty_folder(hours: Hours) -> None:
    HELD[hours.name] = frozenset()
    assert hours.look() == []


@pytest.mark.parametrize(("day", "hour_count"), [("2025-10-26", 24), ("2025-03-30", 24)])
def test_the_days_of_23_and_25_hours_have_24_issues_in_utc(day: str, hour_count: int, hours: Hours) -> None:
    start = datetime.fromisoformat(f"{day}T00:00+00:00")
    HELD[hours.name] = frozenset(keys_between(ISSUE_HOURS, start - timedelta(hours=3), start - timedelta(hours=1))) | {
        f"{start + timedelta(days=1):%Y-%m-%dT%H}"
    }
    [request] = hours.look(now=start + timedelta(days=1, minutes=13))
    first, last = span_of(request)
    assert (first, last) == (f"{day}T00", f"{day}T23")
    assert len(keys_between(ISSUE_HOURS, *(datetime.fromisoformat(f"{key}:00+00:00") for key in (first, last)))) == hour_count
