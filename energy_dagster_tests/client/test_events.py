import time
from contextlib import closing
from threading import Timer

import httpx
import pytest

from energy_client.client import EnergyClient
from energy_client.problems import NotPublished, UnexpectedAnswer, Unreachable
from energy_dagster_tests.client.servers import ApiServer, Watched


def _soon(_seconds: float) -> None:
    time.sleep(0.05)


def test_the_snapshot_of_now_comes_first_then_each_new_one_as_it_is_published(changing_server: ApiServer) -> None:
    published: list[str] = []
    timer = Timer(0.3, lambda: published.append(changing_server.publish()))
    with EnergyClient(changing_server.address, pause=_soon) as client, closing(client.events(seconds=30)) as news:
        now = next(news)
        timer.start()
        new = next(news)
        timer.join()
    assert [new.snapshot_id] == published
    assert now.snapshot_id != new.snapshot_id
    assert new.label == "SIMULATED"


def test_a_stream_that_ended_is_taken_up_again_after_the_last_event(changing_server: ApiServer) -> None:
    watched = Watched()
    with (
        EnergyClient(changing_server.address, transport=watched, pause=_soon) as client,
        closing(client.events(seconds=30)) as news,
    ):
        first = next(news)
        time.sleep(1.2)  # the server ends streams after a second
        published = changing_server.publish()
        assert next(news).snapshot_id == published
    requests = [request for request, _ in watched.seen]
    assert len(requests) >= 2
    assert "Last-Event-ID" not in requests[0].headers
    assert requests[1].headers["Last-Event-ID"] == first.snapshot_id


def test_what_is_known_already_is_not_told_and_listening_ends_in_time(changing_server: ApiServer) -> None:
    with EnergyClient(changing_server.address, pause=_soon) as client:
        known = client.snapshot().snapshot.snapshot_id
        begun = time.monotonic()
        assert list(client.events(known=known, seconds=2)) == []
    assert 1.5 < time.monotonic() - begun < 10


def test_questions_may_be_asked_while_listening(server: ApiServer) -> None:
    with EnergyClient(server.address) as client, closing(client.events(seconds=10)) as news:
        assert client.forecasts("DK1").snapshot == next(news)
        assert client.forecasts("DK1").rows


def test_a_server_that_is_gone_is_tried_a_few_times_with_growing_waits() -> None:
    waited: list[float] = []
    with EnergyClient("http://127.0.0.1:9", pause=waited.append) as client, pytest.raises(Unreachable):
        next(client.events(attempts=3))
    assert waited == [2, 4]


def test_a_refusal_for_a_while_is_waited_out() -> None:
    busy = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "7"}))
    waited: list[float] = []
    with EnergyClient("http://busy.invalid", transport=busy, pause=waited.append) as client, pytest.raises(NotPublished):
        next(client.events(attempts=3))
    assert waited == [7, 7]


def test_the_pause_that_the_stream_names_is_kept_and_lines_of_data_are_joined() -> None:
    lines = [
        ": hello\n\nretry: 500\n\nevent: snapshot\nid: a\ndata: {\n",
        'data: "snapshot_id": "a", "as_of": "2026-06-17T09:00:00Z", "published_at": "2026-06-17T09:00:00Z",\n',
        'data: "source": "live", "simulated": false, "label": null}\n\nevent: other\ndata: x\n\n',
    ]
    stream = httpx.MockTransport(lambda _: httpx.Response(200, text="".join(lines)))
    waited: list[float] = []
    with EnergyClient("http://stream.invalid", transport=stream, pause=waited.append) as client, closing(client.events()) as news:
        assert [next(news).snapshot_id, next(news).label] == ["a", None]
    assert waited == [0.5]


def test_an_event_that_is_no_snapshot_is_not_understood() -> None:
    stream = httpx.MockTransport(lambda _: httpx.Response(200, text="event: snapshot\ndata: 1\n\n"))
    with EnergyClient("http://stream.invalid", transport=stream) as client, pytest.raises(UnexpectedAnswer, match="a snapshot"):
        next(client.events())
