"""Ten thousand requests that no sensible caller sends: every one gets an answer or a problem, and never a failure of the server."""

import random
from typing import Final
from urllib.parse import quote

from energy_dagster_tests.api.conftest import Client

REQUESTS: Final = 10_000

PATHS: Final = (
    *("series", "series/DK1/total", "forecasts", "forecasts/day-ahead/today", "issues", "provenance", "actuals", "revisions"),
    *("errors", "scorecard", "models", "models/model-b", "snapshot", "events", "nowhere"),
)
FIRST, LAST = "2026-06-10T00:00:00Z", "2026-06-17T09:00:00Z"
SENSIBLE: Final = {
    "area": ("DK", "DK1", "DK2"),
    "consumer_group": ("total",),
    "issued_at": ("latest", LAST, f"{FIRST}/{LAST}", f"{LAST}/{FIRST}"),
    "as_of": (FIRST, LAST),
    "start": (FIRST, LAST, "2000-01-01T00:00:00Z", "2026-06-17T09:00:00+02:00"),
    "end": (FIRST, LAST, "2099-12-31T23:59:59.999999Z"),
    "quantiles": ("0.5", "0.05,0.5,0.95"),
    "revision": ("1", "2", "3"),
    "origin": ("live", "replay"),
    "limit": ("1", "100", "100000"),
    "format": ("json", "csv", "parquet", "arrow"),
    "vintage": ("preliminary", "settled"),
    "lead_bucket": ("13-24",),
    "by": ("hour", "day", "month", "lead_bucket", "day,month"),
    "seconds": ("1",),
}
ODD_NAMES: Final = ("Area", "", "area[]", "\x00", "a" * 200)
ODD_VALUES: Final = (
    *(
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-02-30T00:00:00Z",
        "nan",
        "inf",
        "1e309",
        "-1",
        "0",
        "100001",
        "9" * 400,
    ),
    *("٣", "1_0", "xml", "true", "null", "[]", "{}", "'; DROP TABLE predictions; --", "$area", "%", "%00", "\x00", "\ud7ff", "💡"),
    *("../../etc/passwd", " ", "", "a" * 300, ",", "/", "latest/latest", f"{FIRST}/", "today"),
)
HEADERS: Final = (
    ("Accept", ("*/*", "text/csv", "image/png", "text/html;q=0.1,*/*", ";;;", "", "a/b;q=x", "application/json;q=2")),
    ("Accept-Encoding", ("gzip", "br;q=nonsense", "zstd,*;q=0", ",,,", "identity;q=0")),
    ("If-None-Match", ("*", '"x"', "W/", ",", "\\")),
    ("X-Request-ID", ("mine", " ", "x" * 300)),
    ("X-API-Key", ("", "ek_", "ek__", "ek_a_b", "\\")),
    ("Authorization", ("Bearer", "Bearer x", "Basic eDp5", "")),
    ("Last-Event-ID", ("", "x", "9" * 200)),
    ("Origin", ("null", "https://a.example", "")),
    ("Content-Length", ("0",)),
)


def _asked(chance: random.Random) -> tuple[str, str]:
    name = chance.choice(tuple(SENSIBLE)) if chance.random() < 0.97 else chance.choice(ODD_NAMES)
    sensible = chance.random() < 0.85 and name in SENSIBLE
    return name, chance.choice(SENSIBLE[name] if sensible else ODD_VALUES)


def _request(chance: random.Random) -> tuple[str, str, dict[str, str]]:
    path = f"/v1/{chance.choice(PATHS)}"
    if chance.random() < 0.05:
        path += "/" + quote(chance.choice(ODD_VALUES), safe="")
    asked = [_asked(chance) for _ in range(chance.choice((0, 0, 1, 1, 2, 3, 5)))]
    if chance.random() < 0.6:
        asked.append(("area", chance.choice(SENSIBLE["area"])))
    query = "&".join(f"{quote(name)}={quote(value)}" if chance.random() < 0.97 else quote(value) for name, value in asked)
    headers = {name: chance.choice(values) for name, values in HEADERS if chance.random() < 0.1}
    method = chance.choice(("GET",) * 16 + ("HEAD", "POST", "OPTIONS", "DELETE"))
    return method, f"{path}?{query}" if query else path, headers


def test_no_request_makes_the_server_fail(client: Client) -> None:
    chance, statuses = random.Random(20260617), dict[int, int]()
    for _ in range(REQUESTS):
        method, path, headers = _request(chance)
        answer = client.request(method, path, headers=headers)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (method, path, headers, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json", (method, path, headers)
    assert {200, 304, 400, 401, 404, 405, 406, 422} <= statuses.keys(), statuses
