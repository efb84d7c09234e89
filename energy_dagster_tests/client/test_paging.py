from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_client.client import EnergyClient
from energy_client.problems import SnapshotMoved, UnexpectedAnswer
from energy_dagster_tests.client.servers import ApiServer, Watched
from energy_dagster_tests.warehouse_fixture import NOW

START = NOW - timedelta(days=3)


@given(limit=st.integers(1, 80))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_any_size_make_the_same_whole(client: EnergyClient, limit: int) -> None:
    whole = client.actuals("DK1", start=START, end=NOW)
    assert client.actuals("DK1", start=START, end=NOW, limit=limit) == whole


def test_a_range_of_issues_is_read_to_its_end(client: EnergyClient) -> None:
    paged = client.forecasts("DK2", issued_at=(START, NOW), limit=480)
    assert len(paged.rows) == 72 * 48
    assert paged.next is None


def test_one_page_alone_tells_where_the_next_begins(client: EnergyClient) -> None:
    page = client.actuals("DK1", start=START, end=NOW, limit=24, all_pages=False)
    assert len(page.rows) == 24
    assert page.next is not None
    assert page.next.startswith("/v1/actuals?")


def test_pages_are_begun_anew_when_something_is_published_between_them(changing_server: ApiServer) -> None:
    published: list[str] = []
    watched = Watched(then=lambda: None if published else published.append(changing_server.publish()))
    with EnergyClient(changing_server.address, transport=watched) as client:
        paged = client.actuals("DK1", start=START, end=NOW, limit=24)
        assert paged.snapshot.snapshot_id == published[0]
        assert paged.rows == client.actuals("DK1", start=START, end=NOW).rows
    assert len(watched.seen) == 2 + 3 + 1


def test_pages_are_given_up_when_something_is_published_each_time(changing_server: ApiServer) -> None:
    watched = Watched(then=changing_server.publish)
    with (
        EnergyClient(changing_server.address, transport=watched) as client,
        pytest.raises(SnapshotMoved, match="expected all pages of one snapshot"),
    ):
        client.actuals("DK1", start=START, end=NOW, limit=24)


def _answering(link: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, headers={"Snapshot-Id": "one", "Link": f'<{link}>; rel="next"'}, json={})


def test_pages_never_lead_to_another_host() -> None:
    elsewhere = httpx.MockTransport(_answering("http://elsewhere.invalid/v1/actuals"))
    with EnergyClient("http://here.invalid", transport=elsewhere) as client, pytest.raises(UnexpectedAnswer, match="begins with /"):
        client.actuals("DK1")


def test_an_answer_of_another_server_is_not_understood() -> None:
    other = httpx.MockTransport(lambda _: httpx.Response(200, text="hello"))
    with EnergyClient("http://here.invalid", transport=other) as client:
        with pytest.raises(UnexpectedAnswer, match="Snapshot-Id"):
            client.series()
        with pytest.raises(UnexpectedAnswer, match="Health"):
            client.live()
