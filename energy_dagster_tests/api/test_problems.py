from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from api.app import create_app
from api.problems import HANDLERS, KINDS
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.api.conftest import Client


def _problem(client: Client, path: str, *, method: str = "GET") -> dict[str, Any]:
    response = client.request(method, path)
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["instance"] == path.partition("?")[0]
    assert body["title"]
    assert body["detail"]
    return body


BAD_TIMES = ("yesterday", "2026-06-01", "2026-06-01T00:00:00", "", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00")


@pytest.mark.parametrize("text", BAD_TIMES)
@pytest.mark.parametrize("parameter", ["start", "end", "issued_at"])
def test_a_time_that_cannot_be_read_says_how_times_are_written(client: Client, parameter: str, text: str) -> None:
    problem = _problem(client, f"/v1/forecasts?area=DK1&{parameter}={text}")
    assert (problem["type"], problem["status"], problem["parameter"]) == ("/docs#invalid-time", 400, parameter)
    assert "2026-06-01T00:00:00Z" in problem["expected"]
    assert problem["found"] == (text or "nothing")


@pytest.mark.parametrize(
    ("path", "kind", "status", "parameter", "expected", "found"),
    [
        ("/v1/forecasts?area=DK9", "unknown-area", 400, "area", "one of DK, DK1, DK2", "DK9"),
        ("/v1/actuals?area=", "unknown-area", 400, "area", "one of DK, DK1, DK2", ""),
        ("/v1/scorecard?area=dk1", "unknown-area", 400, "area", "one of DK, DK1, DK2", "dk1"),
        ("/v1/revisions?area=DK9", "unknown-area", 400, "area", "one of DK, DK1, DK2", "DK9"),
        (
            "/v1/revisions?area=DK&by_day=true",
            "unknown-parameter",
            400,
            "by_day",
            "area, consumer_group, start, end, format",
            "by_day",
        ),
        ("/v1/actuals", "missing-parameter", 400, "area", "a value for area", "nothing"),
        ("/v1/actuals?area=DK1&area=DK2", "repeated-parameter", 400, "area", "one value", "DK1, DK2"),
        ("/v1/models?size=3", "unknown-parameter", 400, "size", "limit, format", "size"),
        ("/v1/series?area=DK", "unknown-parameter", 400, "area", "format", "area"),
        ("/v1/models?limit=0", "invalid-value", 400, "limit", "a whole number from 1 to 500", "0"),
        ("/v1/models?limit=many", "invalid-value", 400, "limit", "a whole number from 1 to 500", "many"),
        ("/v1/actuals?area=DK1&vintage=old", "invalid-value", 400, "vintage", "one of preliminary, settled", "old"),
        ("/v1/errors?area=DK1&lead_bucket=1-6", "invalid-value", 400, "lead_bucket", "one of 01-06, 07-12, 13-24, 25-48", "1-6"),
        ("/v1/actuals?area=DK1&limit=100001", "invalid-value", 400, "limit", "a whole number from 1 to 100000", "100001"),
        ("/v1/forecasts?area=DK1&revision=0", "invalid-value", 400, "revision", "a whole number from 1 to 100000", "0"),
        ("/v1/forecasts?area=DK1&origin=now", "invalid-value", 400, "origin", "one of live, replay", "now"),
        ("/v1/errors?area=DK1&by=year", "invalid-value", 400, "by", "one of hour, day, month, lead_bucket", "year"),
        (
            "/v1/scorecard?by=day,month,weekday",
            "invalid-value",
            400,
            "by",
            "at most 2 of day, month, lead_bucket, day_type, weekday, local_hour",
            "day,month,weekday",
        ),
        ("/v1/series/DK9/total", "unknown-area", 400, "area", "one of DK, DK1, DK2", "DK9"),
        ("/v1/series/DK1/Privat", "unknown-series", 404, "consumer_group", "one of DK/total, DK1/total, DK2/total", "DK1/Privat"),
        (
            "/v1/models/none",
            "unknown-model",
            404,
            "model_version",
            "the version of a model, the newest are model-b, model-a",
            "none",
        ),
        ("/v1/actuals?area=DK1&format=xml", "invalid-value", 400, "format", "one of json, csv, parquet, arrow", "xml"),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    client: Client, path: str, kind: str, status: int, parameter: str, expected: str, found: str
) -> None:
    problem = _problem(client, path)
    assert (problem["type"], problem["status"]) == (f"/docs#{kind}", status)
    assert (problem["parameter"], problem["expected"], problem["found"]) == (parameter, expected, found)


@pytest.mark.parametrize("level", ["0.42", "half", "", "nan"])
def test_an_unknown_quantile_lists_the_levels(client: Client, level: str) -> None:
    problem = _problem(client, f"/v1/forecasts?area=DK1&quantiles=0.5,{level}")
    assert (problem["type"], problem["parameter"], problem["found"]) == ("/docs#unknown-quantile", "quantiles", level or "nothing")
    assert "0.05, 0.1, 0.2" in problem["expected"]


@pytest.mark.parametrize("end", ["2026-06-02T00:00:00Z", "2026-06-01T00:00:00Z"])
@pytest.mark.parametrize("route", ["forecasts", "actuals", "revisions", "errors"])
def test_a_window_must_end_after_it_starts(client: Client, route: str, end: str) -> None:
    problem = _problem(client, f"/v1/{route}?area=DK1&start=2026-06-02T00:00:00Z&end={end}")
    assert (problem["type"], problem["parameter"]) == ("/docs#invalid-window", "end")


@pytest.mark.parametrize("window", ["start=2015-01-01T00:00:00Z", "start=2015-01-01T00:00:00Z&end=2025-01-08T01:00:00Z"])
def test_a_window_longer_than_ten_years_is_refused(client: Client, window: str) -> None:
    problem = _problem(client, f"/v1/scorecard?{window}")
    assert (problem["type"], problem["expected"]) == ("/docs#window-too-long", "at most 3660 days")


def test_a_window_of_ten_years_is_answered(client: Client) -> None:
    assert client.get("/v1/scorecard?start=2015-01-01T00:00:00Z&end=2025-01-08T00:00:00Z").status_code == 200


@pytest.mark.parametrize("route", ["forecasts", "actuals", "revisions", "errors", "scorecard"])
def test_an_unknown_consumer_group_lists_the_series(client: Client, route: str) -> None:
    problem = _problem(client, f"/v1/{route}?area=DK1&consumer_group=Privat")
    assert (problem["type"], problem["status"], problem["found"]) == ("/docs#unknown-series", 404, "DK1/Privat")
    assert problem["expected"] == "one of DK/total, DK1/total, DK2/total"


def test_an_issue_that_was_never_made_is_not_found(client: Client) -> None:
    problem = _problem(client, "/v1/forecasts?area=DK1&issued_at=2026-06-17T08:30:00Z")
    assert (problem["type"], problem["status"], problem["parameter"]) == ("/docs#unknown-issue", 404, "issued_at")


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/v2/series", "/docs/nowhere"])
def test_an_unknown_route_is_a_problem(client: Client, path: str) -> None:
    problem = _problem(client, path)
    assert (problem["type"], problem["status"]) == ("/docs#unknown-route", 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_is_not_taken_is_a_problem(client: Client, method: str) -> None:
    problem = _problem(client, "/v1/series", method=method)
    assert (problem["type"], problem["status"], problem["found"]) == ("/docs#method-not-allowed", 405, method)
    assert client.request(method, "/v1/series").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/v1/series", "/v1/scorecard", "/v1/forecasts?area=DK"])
def test_without_a_snapshot_the_problem_says_what_is_missing(empty_client: Client, tmp_path: Path, path: str) -> None:
    problem = _problem(empty_client, path)
    assert (problem["type"], problem["status"]) == ("/docs#no-snapshot", 503)
    assert str(tmp_path) not in str(problem)
    assert empty_client.get(path).headers["Retry-After"] == "60"
    assert str(tmp_path / POINTER) in _problem(empty_client, "/health/ready")["parts"]["warehouse"]


def test_a_torn_snapshot_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "torn.duckdb").write_bytes(b"torn" * 5000)
    (tmp_path / POINTER).write_text("torn.duckdb", encoding="utf-8")
    with TestClient(create_app(Settings(), Store(tmp_path))) as client:
        assert _problem(client, "/v1/series")["type"] == "/docs#unreadable-snapshot"
        ready = _problem(client, "/health/ready")
        assert (ready["type"], ready["status"], ready["parts"]["keys"]) == ("/docs#not-ready", 503, "ready")
        assert "torn.duckdb" in ready["parts"]["warehouse"]
        assert "cannot be read" in client.get("/").text


def test_a_failure_inside_is_a_problem_that_gives_nothing_away() -> None:
    @get("/boom", sync_to_thread=False)
    def boom() -> None:
        raise RuntimeError("secret")

    with TestClient(Litestar([boom], exception_handlers=HANDLERS, openapi_config=None)) as client:
        problem = _problem(client, "/boom")
    assert (problem["type"], problem["status"]) == ("/docs#internal-error", 500)
    assert "secret" not in str(problem)


def test_every_problem_type_is_an_anchor_of_the_documentation(client: Client) -> None:
    page = client.get("/docs").text
    assert all(f'id="{kind}"' in page for kind in KINDS)
