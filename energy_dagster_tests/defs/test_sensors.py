"""The sensors of the feeds, look by look, against the replica and a lake on disk."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, RunRequest, SensorResult, SkipReason, build_sensor_context, materialize

from energy_dagster.defs.ingestion import raw_asset
from energy_dagster.defs.sensors import source_sensor
from energy_dagster.domain.catalogue import FEEDS, LOAD, RAW_GRID_AREAS_FEED, RAW_LOAD_FEED, RAW_SETTLEMENT_FEED, Feed
from energy_dagster.domain.watching import SLICE
from energy_dagster.io_managers.managers import LakeIOManager
from energy_dagster.io_managers.standing import Standing
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import Sources
from energy_dagster_tests.defs.overheard import overheard
from energy_dagster_tests.resources.faulty_server import Reply, faulty_server

EVENING = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
LATE_MARCH = datetime(2026, 3, 25, 18, 30, tzinfo=UTC)
"""Settlement has spoken up to March 17; hours of March 8, February 22 and February 8 are being corrected."""

A_DAY = timedelta(days=1)


@dataclass
class Watch:
    """A feed and its sensor, on a clock that is moved by hand."""

    feed: Feed
    lake: Path
    now: datetime
    tick: int = 0

    @property
    def clock(self) -> Clock:
        return Clock(pretended=self.now.isoformat())

    @property
    def portal(self) -> OpenDataPortal:
        return OpenDataPortal(url="https://portal", sources=Sources(source="sandbox", clock=self.clock))

    def bring_in(self, *months: str) -> None:
        """Materialize months of the raw asset."""
        resources = {"lake": LakeIOManager(root=str(self.lake), clock=Clock()), "clock": self.clock, "portal": self.portal}
        for month in months:
            with DagsterInstance.ephemeral() as instance:
                materialize([raw_asset(self.feed)], partition_key=month, instance=instance, resources=resources)

    def result(self, portal: OpenDataPortal | None = None) -> object:
        """What the sensor says at a tick."""
        resources = {"portal": portal or self.portal, "clock": self.clock, "standing": Standing(lake_root=str(self.lake))}
        with (
            DagsterInstance.ephemeral() as instance,
            build_sensor_context(instance=instance, cursor=str(self.tick) if self.tick else None, resources=resources) as context,
        ):
            return source_sensor(self.feed)(context)

    def look(self) -> list[RunRequest]:
        """What is asked for at a tick; the next one follows."""
        result = self.result()
        assert isinstance(result, SensorResult)
        assert result.cursor == str(self.tick + 1)
        self.tick += 1
        return list(result.run_requests or ())


def months(requests: list[RunRequest]) -> list[str | None]:
    return [request.partition_key for request in requests]


@pytest.fixture
def load(tmp_path: Path) -> Watch:
    return Watch(RAW_LOAD_FEED, tmp_path, EVENING)


@pytest.fixture
def settlement(tmp_path: Path) -> Watch:
    """Settlement as it was in late March, brought in; then a day goes by."""
    watch = Watch(RAW_SETTLEMENT_FEED, tmp_path, LATE_MARCH)
    watch.bring_in("2026-02-01", "2026-03-01")
    watch.now += A_DAY
    return watch


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_a_first_look_asks_for_the_month_of_the_newest_hours(feed: Feed, tmp_path: Path) -> None:
    [request] = Watch(feed, tmp_path, datetime(2026, 3, 20, 18, 30, tzinfo=UTC)).look()
    assert request.partition_key == "2026-03-01"
    assert [key.to_user_string() for key in request.asset_selection or ()] == [feed.asset]


def test_a_request_says_why(load: Watch) -> None:
    [request] = load.look()
    assert request.tags["energy/why"] == "72 new and 0 revised hours seen"


def test_nothing_new_asks_for_nothing_and_says_where_it_looked(load: Watch) -> None:
    load.bring_in("2026-03-01")
    result = load.result()
    assert isinstance(result, SensorResult)
    assert not result.run_requests
    assert result.skip_reason is not None
    assert result.skip_reason.skip_message == "nothing new in the hours from 2026-03-07 16:00 to 2026-03-10 19:00 UTC"


def test_an_hour_later_the_new_hour_is_asked_for(load: Watch) -> None:
    load.bring_in("2026-03-01")
    load.now += timedelta(hours=1)
    [request] = load.look()
    assert request.tags["energy/why"] == "1 new and 0 revised hours seen"


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        ("2026-03-31T23:30", ["2026-03-01"]),
        ("2026-04-01T02:59", ["2026-03-01"]),
        ("2026-04-01T03:00", ["2026-03-01", "2026-04-01"]),
    ],
)
def test_at_the_turn_of_a_month_the_last_hours_of_the_old_one_are_asked_for(load: Watch, now: str, asked: list[str]) -> None:
    load.now = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)
    load.bring_in("2026-03-01")
    load.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert months(load.look()) == asked


def test_once_the_old_month_is_whole_only_the_new_one_is_asked_for(load: Watch) -> None:
    load.now = datetime(2026, 4, 1, 5, 30, tzinfo=UTC)
    load.bring_in("2026-03-01")
    assert months(load.look()) == ["2026-04-01"]


def test_settled_hours_that_were_corrected_make_exactly_their_months_requested(settlement: Watch) -> None:
    settlement.tick = 1
    asked = {}
    while settlement.tick < 13:
        tick = settlement.tick
        asked[tick] = months(settlement.look())
    assert {tick: found for tick, found in asked.items() if tick % 2} == {
        1: ["2026-03-01"],  # 17 days old
        3: [],
        5: ["2026-02-01"],  # 31 days
        7: [],
        9: ["2026-02-01"],  # 45 days
        11: [],
    }


def test_a_correction_is_told_as_revised_hours(settlement: Watch) -> None:
    settlement.tick = 1
    [request] = settlement.look()
    assert request.tags["energy/why"] == "0 new and 24 revised hours seen"


def test_a_month_that_was_read_again_is_not_asked_for_again(settlement: Watch) -> None:
    settlement.tick = 1
    settlement.bring_in(*map(str, months(settlement.look())))
    settlement.tick = 1
    assert settlement.look() == []


def test_the_same_state_has_the_same_run_key_whenever_it_is_seen(settlement: Watch) -> None:
    settlement.tick = 1
    [first] = settlement.look()
    settlement.tick, settlement.now = 1, settlement.now + timedelta(minutes=20)
    [again] = settlement.look()
    assert again.run_key == first.run_key
    assert str(first.run_key).startswith("raw_settlement/2026-03-01/")


def test_another_state_has_another_run_key(settlement: Watch) -> None:
    settlement.tick = 1
    [first] = settlement.look()
    settlement.tick, settlement.now = 1, settlement.now + timedelta(hours=3)
    [again] = settlement.look()
    assert again.run_key != first.run_key


def test_an_older_month_that_was_never_brought_in_is_not_asked_for(tmp_path: Path) -> None:
    watch = Watch(RAW_SETTLEMENT_FEED, tmp_path, LATE_MARCH)
    watch.bring_in("2026-03-01")
    watch.tick = 5
    assert watch.look() == []


def test_the_looks_take_turns_between_the_newest_days_and_older_weeks(load: Watch) -> None:
    with overheard() as asked:
        for _ in range(4):
            load.look()
    starts = [one.parameters["start"] for one in asked]
    assert starts == ["2026-03-07T16:00", "2026-02-28T16:00", "2026-03-07T16:00", "2026-02-21T16:00"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_each_look_is_exactly_one_small_request(feed: Feed, tmp_path: Path) -> None:
    watch = Watch(feed, tmp_path, EVENING)
    for tick in range(4):
        with overheard() as asked:
            watch.look()
        [one] = asked
        start, end = (datetime.fromisoformat(one.parameters[name]) for name in ("start", "end"))
        assert (one.name, watch.tick) == (feed.datasets[0].name, tick + 1)
        assert end - start <= max(SLICE, feed.publication_delay + timedelta(days=4))


def test_a_correction_of_a_grid_area_is_not_seen_where_there_is_none(tmp_path: Path) -> None:
    watch = Watch(RAW_GRID_AREAS_FEED, tmp_path, LATE_MARCH)
    watch.bring_in("2026-03-01")
    watch.now += timedelta(minutes=20)
    assert [watch.look() for _ in range(2)] == [[], []]


def test_where_another_has_just_asked_the_look_is_put_off_and_nothing_is_asked(load: Watch, tmp_path: Path) -> None:
    sources = Sources(source="live", clock=load.clock, pace_folder=str(tmp_path / "pace"))
    with faulty_server() as server:
        server.will(Reply({"records": []}))
        portal = OpenDataPortal(url=server.url, seconds_between=60.0, sources=sources)
        assert portal.glance(LOAD, datetime(2026, 3, 1), datetime(2026, 3, 2), now=load.now) is not None  # noqa: DTZ001
        result = load.result(portal)
        assert len(server.asked) == 1
    assert isinstance(result, SkipReason)
    assert "was asked less than 60 s ago" in str(result.skip_message)
