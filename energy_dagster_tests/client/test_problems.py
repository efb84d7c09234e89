from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from energy_client.client import EnergyClient
from energy_client.problems import InvalidRequest, KeyRefused, NotFound, Problem
from energy_dagster.access_keys import KeyBook
from energy_dagster_tests.client.servers import ApiServer, serving
from energy_dagster_tests.warehouse_fixture import NOW, write_snapshot


def test_a_refusal_tells_which_parameter_what_was_expected_and_what_came(client: EnergyClient) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.forecasts("DK1", quantiles=(0.42,))
    problem = refused.value
    assert (problem.status, problem.parameter, problem.found) == (400, "quantiles", "0.42")
    assert problem.type.endswith("#unknown-quantile")
    assert problem.expected is not None
    assert problem.detail in str(problem)


def test_a_window_that_ends_before_it_starts_is_refused(client: EnergyClient) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.actuals("DK1", start=NOW, end=NOW - timedelta(hours=1))
    assert (refused.value.status, refused.value.parameter) == (422, "end")


def test_what_is_not_published_is_not_found(client: EnergyClient) -> None:
    with pytest.raises(NotFound, match="No forecast was issued at that time"):
        client.forecasts("DK1", issued_at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(NotFound, match="No such model"):
        client.model("none")
    with pytest.raises(NotFound, match="No such series"):
        client.one_series("DK1", consumer_group="nobody")


def test_frames_are_refused_as_rows_are(client: EnergyClient) -> None:
    with pytest.raises(NotFound):
        client.model.frame("none")


def test_an_answer_that_is_no_problem_is_told_by_its_status() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(502, text="<h1>Bad gateway</h1>"))
    with EnergyClient("http://proxy.invalid", transport=page) as client, pytest.raises(Problem) as refused:
        client.series()
    assert (refused.value.status, refused.value.title, refused.value.detail) == (502, "Bad Gateway", "<h1>Bad gateway</h1>")


@pytest.fixture(scope="module")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    data = tmp_path_factory.mktemp("locked")
    write_snapshot(data / "warehouse", {}, as_of=NOW)
    with serving(data, api_require_key="true") as running:
        yield running


def _key(server: ApiServer, scope: str) -> str:
    book = KeyBook(server.data / "api-keys.json")
    return book.create("planner", scope="admin" if scope == "admin" else "read", now=datetime.now(UTC))[1]


@pytest.mark.parametrize(("key", "kind"), [(None, "key-required"), ("ek_none_none", "invalid-key")])
def test_without_a_good_key_a_locked_server_refuses(locked_server: ApiServer, key: str | None, kind: str) -> None:
    with EnergyClient(locked_server.address, key=key) as client, pytest.raises(KeyRefused) as refused:
        client.series()
    assert (refused.value.status, refused.value.type) == (401, f"/docs#{kind}")


def test_a_key_opens_what_its_scope_reaches(locked_server: ApiServer) -> None:
    with EnergyClient(locked_server.address, key=_key(locked_server, "read")) as client:
        assert client.snapshot().snapshot.as_of == NOW
        assert next(client.events(seconds=5)).as_of == NOW
        with pytest.raises(KeyRefused) as refused:
            client.metrics()
    assert refused.value.status == 403
    with EnergyClient(locked_server.address, key=_key(locked_server, "admin")) as admin:
        assert admin.metrics()


def test_events_of_a_locked_server_are_refused_without_a_key(locked_server: ApiServer) -> None:
    with EnergyClient(locked_server.address) as client, pytest.raises(KeyRefused):
        next(client.events(seconds=5))
