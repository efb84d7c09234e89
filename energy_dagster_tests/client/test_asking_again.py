from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from energy_client.client import EnergyClient
from energy_client.kept_replies import KeptReplies, Reply
from energy_client.problems import NotPublished, TooManyRequests, Unreachable
from energy_dagster_tests.client.servers import ApiServer, Watched, serving
from energy_dagster_tests.warehouse_fixture import NOW, write_snapshot


def test_an_answer_that_is_still_the_newest_is_not_sent_again(server: ApiServer) -> None:
    watched = Watched()
    with EnergyClient(server.address, transport=watched) as client:
        first = client.forecasts("DK1")
        assert client.forecasts("DK1") == first
        frame = client.forecasts.frame("DK1")
        assert client.forecasts.frame("DK1").equals(frame)
    assert watched.statuses == [200, 304, 200, 304]


def test_a_new_snapshot_is_seen_at_the_next_question(changing_server: ApiServer) -> None:
    watched = Watched()
    with EnergyClient(changing_server.address, transport=watched) as client:
        before = client.snapshot().snapshot
        published = changing_server.publish()
        assert client.snapshot().snapshot.snapshot_id == published != before.snapshot_id
    assert watched.statuses == [200, 200]


def _reply(size: int) -> Reply:
    return Reply(httpx.Headers({"ETag": "t"}), b"x" * size)


def test_the_replies_least_lately_used_are_dropped_when_the_room_is_full() -> None:
    kept = KeptReplies(room=100)
    for address in ("/a", "/b"):
        kept.keep(address, "json", _reply(50))
    kept.find("/a", "json")
    kept.keep("/c", "json", _reply(50))
    assert [address for address in ("/a", "/b", "/c") if kept.find(address, "json")] == ["/a", "/c"]


def test_a_reply_that_fills_the_room_or_has_no_tag_is_not_held() -> None:
    kept = KeptReplies(room=100)
    kept.keep("/a", "json", _reply(60))
    kept.keep("/b", "json", _reply(101))
    kept.keep("/c", "json", Reply(httpx.Headers(), b""))
    assert [address for address in ("/a", "/b", "/c") if kept.find(address, "json")] == ["/a"]


def test_the_pace_is_kept_by_waiting_as_long_as_the_server_says(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "warehouse", {}, as_of=NOW)
    watched = Watched()
    with serving(tmp_path, api_requests_per_minute="60") as paced, EnergyClient(paced.address, transport=watched) as client:
        for _ in range(62):
            assert not client.series().rows
        assert 429 in watched.statuses
        with EnergyClient(paced.address, retries=0) as impatient, pytest.raises(TooManyRequests) as refused:
            _ = [impatient.series() for _ in range(3)]
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 2


def test_nothing_published_is_waited_for_a_bounded_number_of_times(empty_server: ApiServer) -> None:
    waited: list[float] = []
    with EnergyClient(empty_server.address, retries=2, pause=waited.append) as client, pytest.raises(NotPublished) as refused:
        client.series()
    assert waited == [60, 60]
    assert (refused.value.status, refused.value.retry_after) == (503, 60)
    assert refused.value.type.endswith("#no-snapshot")


def test_a_server_that_is_not_ready_says_which_part_and_is_not_waited_for(empty_server: ApiServer) -> None:
    waited: list[float] = []
    with EnergyClient(empty_server.address, pause=waited.append) as client, pytest.raises(NotPublished) as refused:
        client.ready()
    assert waited == []
    assert refused.value.parts["keys"] == "ready"
    assert refused.value.parts["warehouse"] != "ready"


def test_what_is_published_meanwhile_is_answered_after_the_wait(tmp_path: Path) -> None:
    def published(_seconds: float) -> None:
        write_snapshot(tmp_path / "warehouse", {}, as_of=NOW)

    with serving(tmp_path) as running, EnergyClient(running.address, pause=published) as client:
        assert client.series().snapshot.as_of == NOW


def test_a_server_that_asks_for_a_long_wait_is_not_waited_for() -> None:
    busy = httpx.MockTransport(lambda _: httpx.Response(429, headers={"Retry-After": "3600"}))
    waited: list[float] = []
    with EnergyClient("http://busy.invalid", transport=busy, pause=waited.append) as client, pytest.raises(TooManyRequests):
        client.series()
    assert waited == []


def test_a_wait_may_be_told_as_a_date() -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    busy = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": past}))
    waited: list[float] = []
    with (
        EnergyClient("http://busy.invalid", retries=1, transport=busy, pause=waited.append) as client,
        pytest.raises(NotPublished, match="503"),
    ):
        client.series()
    assert waited == [0]


def test_a_server_that_is_not_there_is_asked_a_few_times() -> None:
    waited: list[float] = []
    with EnergyClient("http://127.0.0.1:9", retries=2, pause=waited.append) as client, pytest.raises(Unreachable):
        client.series()
    assert waited == [0.5, 1.0]
