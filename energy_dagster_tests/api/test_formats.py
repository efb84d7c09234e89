"""The same numbers in every format, whole or streamed, on one page or on many."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from api.pages import CHUNK_ROWS
from energy_dagster_tests.api.conftest import Client
from energy_dagster_tests.warehouse_fixture import NOW

DAY = timedelta(days=1)
PATHS = (
    "/v1/series",
    "/v1/forecasts?area=DK1",
    "/v1/forecasts?area=DK1&quantiles=0.1,0.9",
    "/v1/forecasts?area=DK1&issued_at=2026-06-10T00:00:00Z/2026-06-17T10:00:00Z",
    "/v1/forecasts/day-ahead/today?area=DK",
    "/v1/issues",
    "/v1/provenance",
    "/v1/actuals?area=DK1&start=2026-05-21T00:00:00Z",
    "/v1/revisions?area=DK1",
    "/v1/errors?area=DK1",
    "/v1/errors?area=DK1&by=month",
    "/v1/scorecard?by=day,lead_bucket",
    "/v1/models",
    "/v1/snapshot",
    "/v1/actuals?area=DK1&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z",
    "/v1/forecasts?area=DK1&issued_at=2026-04-01T00:00:00Z/2026-06-06T00:00:00Z&limit=100000&quantiles=0.5",  # nothing at first
    "/v1/forecasts?area=DK1&quantiles=0.5&start=2030-01-01T00:00:00Z",  # nothing at all
)


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _get(client: Client, path: str, asked: str) -> Any:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}format={asked}")
    assert answer.status_code == 200, answer.text
    return answer


def _told(value: Any) -> str:
    """A value as CSV writes it; nested values as their JSON text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


def _csv_rows(client: Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_get(client, path, "csv").text, newline="")))


@pytest.mark.parametrize("path", PATHS)
def test_csv_has_the_same_digits_as_json(client: Client, path: str) -> None:
    body, flat = _get(client, path, "json").json(), _csv_rows(client, path)
    assert len(flat) == len(body["rows"])
    for row, line in zip(body["rows"], flat, strict=True):
        assert line.pop("snapshot_id") == body["snapshot"]["snapshot_id"]
        assert line.pop("simulated") == "true"
        nested = [name for name, value in row.items() if isinstance(value, dict | list)]
        numbers = [name for name, value in row.items() if isinstance(value, float)]
        assert [float(line[name]) for name in numbers] == [row[name] for name in numbers]
        texts = [name for name in row if name not in nested + numbers]
        assert [line[name] for name in texts] == [_told(row[name]) for name in texts]
        assert list(line) == list(row)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("asked", ["parquet", "arrow"])
def test_columns_hold_the_same_numbers_as_json(client: Client, path: str, asked: str) -> None:
    body, sent = _get(client, path, "json").json(), _get(client, path, asked).content
    table = parquet.read_table(pa.BufferReader(sent)) if asked == "parquet" else pa.ipc.open_stream(sent).read_all()
    assert table.num_rows == len(body["rows"])
    assert {str(field.type) for field in table.schema if field.name.endswith(("_utc", "issued_at", "period_start"))} <= {
        "timestamp[us, tz=UTC]"
    }
    for row, held in zip(body["rows"], table.to_pylist(), strict=True):
        assert (held["snapshot_id"], held["simulated"]) == (body["snapshot"]["snapshot_id"], True)
        for name, value in row.items():
            if isinstance(value, int | float):
                assert held[name] == value
            elif isinstance(held[name], datetime):
                assert held[name] == datetime.fromisoformat(value)
            elif value is None:
                assert held[name] is None


def test_an_answer_of_many_rows_is_streamed_and_whole(client: Client) -> None:
    path = "/v1/forecasts?area=DK1&issued_at=2026-06-05T00:00:00Z/2026-06-17T10:00:00Z&limit=100000"
    answer = client.get(path)
    rows = answer.json()["rows"]
    assert len(rows) > 2 * CHUNK_ROWS
    assert "Content-Length" not in answer.headers
    assert [(row["issued_at"], row["hour_utc"]) for row in rows] == sorted((row["issued_at"], row["hour_utc"]) for row in rows)
    assert answer.json()["next"] is None
    assert len(_csv_rows(client, path)) == len(rows)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "identity"])
def test_streams_are_compressed_like_whole_answers(client: Client, encoding: str) -> None:
    path = "/v1/errors?area=DK1&start=2026-06-01T00:00:00Z&format=csv&limit=100000"
    long = "/v1/forecasts?area=DK1&issued_at=2026-06-05T00:00:00Z/2026-06-17T10:00:00Z&limit=100000&format=csv"
    for one in (path, long):
        answer = client.get(one, headers={"Accept-Encoding": encoding})
        assert answer.headers.get("Content-Encoding", "identity") == encoding
        assert answer.text == client.get(one, headers={"Accept-Encoding": "identity"}).text


def _walk(client: Client, path: str) -> tuple[list[dict[str, Any]], int]:
    rows, pages, following = list[dict[str, Any]](), 0, path
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert answer.headers.get("Link") == (None if body["next"] is None else f'<{body["next"]}>; rel="next"')
        rows, pages, following = rows + body["rows"], pages + 1, body["next"]
    return rows, pages


@pytest.mark.parametrize(
    ("path", "limit", "pages"),
    [
        (f"/v1/actuals?area=DK1&start={_z(NOW - 7 * DAY)}&end={_z(NOW)}", 50, 4),
        (f"/v1/errors?area=DK1&start={_z(NOW - 7 * DAY)}", 100, 7),
        (f"/v1/errors?area=DK1&lead_bucket=13-24&start={_z(NOW - 7 * DAY)}", 100, 2),
        (f"/v1/issues?start={_z(NOW - 3 * DAY)}", 30, 3),
        (f"/v1/forecasts?area=DK2&issued_at={_z(NOW - DAY)}/{_z(NOW)}", 500, 3),
        (f"/v1/forecasts?area=DK2&issued_at={_z(NOW - timedelta(hours=5))}/{_z(NOW)}", 1, 5),
    ],
)
def test_pages_make_up_the_whole(client: Client, path: str, limit: int, pages: int) -> None:
    whole, one = _walk(client, f"{path}&limit=100000")
    rows, walked = _walk(client, f"{path}&limit={limit}")
    assert (one, walked) == (1, pages)
    assert rows == whole


def test_files_are_named_after_what_they_hold(client: Client) -> None:
    told = _get(client, "/v1/forecasts/day-ahead/today?area=DK", "parquet").headers["Content-Disposition"]
    assert told == 'attachment; filename="forecasts-day-ahead-today.parquet"'


def test_answers_say_in_their_headers_what_they_are(client: Client) -> None:
    headers = _get(client, "/v1/issues", "csv").headers
    assert headers["Data-Label"] == "SIMULATED"
    assert headers["Snapshot-As-Of"] == _z(NOW)
    assert datetime.fromisoformat(headers["Snapshot-As-Of"]) == NOW.astimezone(UTC)
