import csv
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from api.app import create_app
from energy_dagster.access_keys import KeyBook, Scope
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster_tests.api.conftest import Client
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

ORIGIN = "https://planner.example"


def _opened(warehouse: Path, folder: Path, **settings: Any) -> Client:
    return TestClient(create_app(Settings(data=str(folder), **settings), Store(warehouse)))


def _key(folder: Path, scope: Scope = "read") -> str:
    return KeyBook(folder / "api-keys.json").create("test", scope=scope, now=datetime.now(UTC))[1]


def _kind(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix("/docs#")


@pytest.fixture
def locked(warehouse: Path, tmp_path: Path) -> Iterator[Client]:
    with _opened(warehouse, tmp_path, api_require_key=True) as client:
        yield client


def test_where_keys_are_required_nobody_gets_rows_without_one(locked: Client) -> None:
    answer = locked.get("/v1/series")
    assert _kind(answer) == (401, "key-required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "x-api-key" in answer.json()["detail"].lower()


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/openapi.json", "/health/live", "/health/ready"])
def test_health_and_documentation_need_no_key(locked: Client, path: str) -> None:
    assert locked.get(path).status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_opens_the_rows_in_either_header(locked: Client, tmp_path: Path, header: str) -> None:
    key = _key(tmp_path)
    assert locked.get("/v1/series", headers={header: f"Bearer {key}" if header == "Authorization" else key}).status_code == 200


def test_rows_that_were_kept_are_not_given_to_who_has_no_key(locked: Client, tmp_path: Path) -> None:
    headers = {"X-API-Key": _key(tmp_path)}
    assert [locked.get("/v1/series", headers=headers).status_code for _ in range(2)] == [200, 200]
    assert _kind(locked.get("/v1/series")) == (401, "key-required")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_a_supervisor_is_answered_whatever_key_it_has_and_however_often_it_asks(warehouse: Path, tmp_path: Path, path: str) -> None:
    with _opened(warehouse, tmp_path, api_require_key=True, api_requests_per_minute=1) as client:
        assert [client.get(path, headers={"X-API-Key": "ek_no_such"}).status_code for _ in range(3)] == [200] * 3


def test_metrics_need_a_key_of_the_admin(locked: Client, tmp_path: Path) -> None:
    assert _kind(locked.get("/metrics", headers={"X-API-Key": _key(tmp_path)})) == (403, "scope-missing")
    assert locked.get("/metrics", headers={"X-API-Key": _key(tmp_path, "admin")}).status_code == 200


def test_a_key_that_is_given_must_be_good_even_where_none_is_required(warehouse: Path, tmp_path: Path) -> None:
    with _opened(warehouse, tmp_path) as client:
        assert _kind(client.get("/v1/series", headers={"X-API-Key": "ek_no_such"})) == (401, "invalid-key")
        assert client.get("/v1/series").status_code == 200


def test_of_two_keys_both_must_be_good(locked: Client, tmp_path: Path) -> None:
    headers = {"X-API-Key": _key(tmp_path), "Authorization": "Bearer ek_no_such"}
    assert _kind(locked.get("/v1/series", headers=headers)) == (401, "invalid-key")


def test_a_revoked_key_stops_at_once(locked: Client, tmp_path: Path) -> None:
    key = _key(tmp_path)
    assert locked.get("/v1/series", headers={"X-API-Key": key}).status_code == 200
    book = KeyBook(tmp_path / "api-keys.json")
    book.revoke(book.keys()[0].key_id, now=datetime.now(UTC))
    assert _kind(locked.get("/v1/series", headers={"X-API-Key": key})) == (401, "invalid-key")


def test_a_broken_file_of_keys_lets_nobody_in_and_readiness_names_it(locked: Client, tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text("{", encoding="utf-8")
    assert _kind(locked.get("/v1/series", headers={"X-API-Key": "ek_a_b"})) == (503, "unreadable-keys")
    ready = locked.get("/health/ready")
    assert _kind(ready) == (503, "not-ready")
    assert (ready.json()["parts"]["warehouse"], "api-keys.json" in ready.json()["parts"]["keys"]) == ("ready", True)


def test_too_many_requests_are_refused_and_told_when_to_come_again(warehouse: Path, tmp_path: Path) -> None:
    with _opened(warehouse, tmp_path, api_requests_per_minute=3) as client:
        answers = [client.get("/v1/series") for _ in range(4)]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert _kind(answers[3]) == (429, "too-many-requests")
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
        assert client.get("/v1/series", headers={"X-API-Key": _key(tmp_path)}).status_code == 200  # a pace of its own


def test_wrong_keys_are_counted_by_address(warehouse: Path, tmp_path: Path) -> None:
    with _opened(warehouse, tmp_path, api_requests_per_minute=2) as client:
        tried = [client.get("/v1/series", headers={"X-API-Key": f"ek_guess_{n}"}) for n in range(3)]
    assert [_kind(answer)[1] for answer in tried] == ["invalid-key", "invalid-key", "too-many-requests"]


def test_pages_of_an_allowed_origin_may_read(warehouse: Path, tmp_path: Path) -> None:
    with _opened(warehouse, tmp_path, api_allowed_origins=f"{ORIGIN}, https://other.example/") as client:
        for _ in range(2):  # computed, then kept
            answer = client.get("/v1/series", headers={"Origin": ORIGIN})
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "Origin" in answer.headers["Vary"]
            assert "Access-Control-Allow-Origin" not in client.get("/v1/series", headers={"Origin": "https://evil.example"}).headers
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-api-key"}
        preflight = client.options("/v1/series", headers=asked)
        assert preflight.status_code == 204
        assert "X-API-Key" in preflight.headers["Access-Control-Allow-Headers"]
        assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_by_default_no_page_of_another_origin_may_read(client: Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/v1/series", headers={"Origin": ORIGIN}).headers


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/series", "/v1/nowhere", "/v1/actuals", "/health/live", "/metrics"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(headers["X-Request-ID"]) == 32


def test_a_caller_may_choose_the_identity_of_a_request(client: Client) -> None:
    assert client.get("/v1/series", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"
    assert client.get("/v1/series", headers={"X-Request-ID": "not\tmine " * 20}).headers["X-Request-ID"] != "not\tmine " * 20


def test_a_query_or_a_body_beyond_all_measure_is_refused(client: Client) -> None:
    assert _kind(client.get(f"/v1/actuals?area={'x' * 5000}")) == (414, "query-too-long")
    assert _kind(client.request("GET", "/v1/series", content=b"x" * 20_000)) == (413, "body-too-large")


@pytest.mark.parametrize("path", ["/v1/series", "/v1/errors?area=DK1&format=csv", "/health/ready", "/v1/nowhere"])
def test_head_answers_like_get_without_a_body(client: Client, path: str) -> None:
    whole = client.get(path, headers={"Accept-Encoding": "identity"})
    for _ in range(2):
        head = client.head(path, headers={"Accept-Encoding": "identity"})
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["Content-Length"] == str(len(whole.content))


def test_an_answer_is_given_again_byte_for_byte_until_something_new_is_published(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    frames = sample_frames(NOW, days=1)
    write_snapshot(folder, frames, as_of=NOW)
    with _opened(folder, tmp_path) as client:
        first, again = client.get("/v1/actuals?area=DK1"), client.get("/v1/actuals?area=DK1")
        assert first.content == again.content
        assert "energy_api_kept_answers_total 1.0" in client.get("/metrics").text
        published = write_snapshot(folder, frames, as_of=NOW)
        assert client.get("/v1/actuals?area=DK1").json()["snapshot"]["snapshot_id"] == published


def test_texts_with_commas_and_quotes_come_back_from_csv(tmp_path: Path) -> None:
    folder, said = tmp_path / "warehouse", 'beats the naive, by "far"\nand more'
    models = sample_frames(NOW, days=1)["models"].assign(reason=said)
    write_snapshot(folder, {"models": models}, as_of=NOW)
    with _opened(folder, tmp_path) as client:
        lines = csv.DictReader(io.StringIO(client.get("/v1/models?format=csv").text, newline=""))
        assert {line["reason"] for line in lines} == {said}


def test_a_kept_answer_that_the_caller_has_is_304(client: Client) -> None:
    path = "/v1/issues?limit=7"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "Content-Type" not in again.headers


@pytest.mark.parametrize(
    "path", ["/v1/models/none", "/v1/series/DK1/nobody", "/v1/forecasts?area=DK1&issued_at=2020-01-01T00:00:00Z"]
)
def test_what_is_not_there_is_not_there_for_who_has_an_answer_either(client: Client, path: str) -> None:
    tag = client.get("/v1/snapshot").headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 404


def test_kept_answers_are_told_apart_by_format_and_encoding(client: Client) -> None:
    path = "/v1/errors?area=DK2&by=day"
    told = [
        client.get(path, headers={"Accept": accept, "Accept-Encoding": encoding})
        for _ in range(2)
        for accept in ("application/json", "text/csv")
        for encoding in ("gzip", "br", "zstd", "identity")
    ]
    assert len({(one.headers["Content-Type"], one.headers.get("Content-Encoding")) for one in told}) == 8
    assert len({one.text for one in told}) == 2


def test_metrics_count_requests_by_route_and_not_by_wrong_path(client: Client) -> None:
    client.get("/v1/series/DK1/total")
    client.get("/v1/made/up")
    text = client.get("/metrics").text
    assert 'energy_api_requests_total{method="GET",route="/v1/series/{area}/{consumer_group}",status="200"}' in text
    assert 'route="none",status="404"' in text
    assert "made" not in text
    assert "energy_api_snapshot_as_of_seconds 1.781" in text


def test_the_access_log_has_a_line_of_json_per_request(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="api.access"):
        client.get("/v1/actuals?area=DK9", headers={"X-Request-ID": "told"})
    (line,) = (json.loads(record.message) for record in caplog.records if record.name == "api.access")
    assert (line["event"], line["request_id"], line["status"], line["path"]) == ("request", "told", 400, "/v1/actuals")
    assert line["query"] == "area=DK9"
    assert line["ms"] > 0
    assert line["bytes"] > 0
