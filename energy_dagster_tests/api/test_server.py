"""The real server on loopback: started, asked, reloaded, stopped."""

import csv
import io
import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest

from energy_dagster.store.schema import POINTER
from energy_dagster_tests.api.serving import served
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

SECONDS_OF_NEWS, MOST_SECONDS_OF_NEWS = 20, 120
ANSWERS = 200
"""More than so many are looked at: on a slow machine the news goes on until they are."""


def test_the_module_serves_on_the_port_of_the_environment(warehouse: Path) -> None:
    with served(warehouse.parent) as (address, _):
        assert httpx.get(f"{address}/health/ready").json()["status"] == "ready"


def test_without_a_warehouse_it_says_so_and_recovers_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    with served(tmp_path) as (address, _):
        ready = httpx.get(f"{address}/health/ready")
        assert (ready.status_code, ready.json()["type"]) == (503, "/docs#not-ready")
        assert POINTER in ready.json()["parts"]["warehouse"]
        assert httpx.get(f"{address}/v1/series").headers["Content-Type"] == "application/problem+json"
        folder.mkdir()
        (folder / "broken.duckdb").write_bytes(b"broken" * 4000)
        (folder / POINTER).write_text("broken.duckdb", encoding="utf-8")
        assert httpx.get(f"{address}/v1/series").json()["type"] == "/docs#unreadable-snapshot"
        assert "broken.duckdb" in httpx.get(f"{address}/health/ready").json()["parts"]["warehouse"]
        published = write_snapshot(folder, {"models": sample_frames(NOW, days=1)["models"]}, as_of=NOW)
        assert httpx.get(f"{address}/health/ready").json()["snapshot_id"] == published
        assert httpx.get(f"{address}/v1/models").status_code == 200


def test_the_access_log_is_json_and_can_be_turned_off(tmp_path: Path) -> None:
    with served(tmp_path) as (address, _):
        httpx.get(f"{address}/v1/series", headers={"X-Request-ID": "seen"})
    lines = [json.loads(line) for line in (tmp_path / "api.log").read_text().splitlines() if line.startswith("{")]
    assert [(line["status"], line["path"]) for line in lines if line["request_id"] == "seen"] == [(503, "/v1/series")]
    with served(tmp_path, ENERGY_API_ACCESS_LOG="false") as (address, _):
        httpx.get(f"{address}/v1/series")
    assert not [line for line in (tmp_path / "api.log").read_text().splitlines() if line.startswith("{")]


def test_the_same_asked_by_many_at_once_is_computed_once(warehouse: Path) -> None:
    with served(warehouse.parent, ENERGY_API_ACCESS_LOG="false") as (address, _):
        path, answers = "/v1/scorecard?by=day,local_hour", list[bytes]()
        threads = [
            threading.Thread(target=lambda: answers.append(httpx.get(f"{address}{path}", timeout=30).content)) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = httpx.get(f"{address}/metrics").text
    assert (len(answers), len(set(answers))) == (16, 1)
    kept = next(float(line.split()[1]) for line in told.splitlines() if line.startswith("energy_api_kept_answers_total"))
    assert kept == 15


def test_a_reader_who_dawdles_keeps_nobody_waiting_who_asks_the_same(warehouse: Path) -> None:
    path = "/v1/forecasts?area=DK1&issued_at=2026-06-05T00:00:00Z/2026-06-17T10:00:00Z&limit=100000"
    with served(warehouse.parent, ENERGY_API_ACCESS_LOG="false") as (address, _), httpx.stream("GET", f"{address}{path}") as slow:
        piece = next(slow.iter_bytes(1000))
        assert httpx.get(f"{address}{path}", timeout=30).content.startswith(piece)


def test_behind_a_proxy_the_pace_is_that_of_who_asked(warehouse: Path) -> None:
    paced = {"ENERGY_API_REQUESTS_PER_MINUTE": "1", "ENERGY_API_TRUSTED_PROXIES": "127.0.0.1", "ENERGY_API_ACCESS_LOG": "false"}
    with served(warehouse.parent, **paced) as (address, _):
        asked = [httpx.get(f"{address}/v1/series", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in (1, 2, 1)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]


def _events(stream: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if not line:
            if "data" in event:
                yield event
            event = {}
        elif name:
            event[name] = value


def test_a_stream_announces_each_new_snapshot_with_its_id(tmp_path: Path) -> None:
    folder, models = tmp_path / "warehouse", {"models": sample_frames(NOW, days=1)["models"]}
    first = write_snapshot(folder, models, as_of=NOW)
    with served(tmp_path) as (address, _), httpx.stream("GET", f"{address}/v1/events", timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        news = _events(stream)
        told = next(news)
        assert (told["event"], told["id"], json.loads(told["data"])["label"]) == ("snapshot", first, "SIMULATED")
        second, published = write_snapshot(folder, models, as_of=NOW), time.monotonic()
        assert next(news)["id"] == second
        assert time.monotonic() - published < 5
        with httpx.stream("GET", f"{address}/v1/events?seconds=1", headers={"Last-Event-ID": second}, timeout=10) as again:
            assert list(_events(again)) == []


def test_open_streams_do_not_keep_the_server_from_stopping(warehouse: Path) -> None:
    with served(warehouse.parent) as (address, server), httpx.stream("GET", f"{address}/v1/events", timeout=30) as stream:
        next(_events(stream))
        asked = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=25) == 0
        assert time.monotonic() - asked < 15


class Watch:
    """Asks without pause, and notes every answer that failed or that mixes two snapshots."""

    def __init__(self, address: str, path: str, *, asked: str) -> None:
        self._url, self._asked = f"{address}{path}&format={asked}", asked
        self.stop = threading.Event()
        self.answers, self.faults, self.seen = 0, list[str](), dict[str, set[float]]()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                answer = httpx.get(self._url, timeout=20)
            except httpx.TransportError as error:
                self.faults.append(repr(error))
                continue
            self.answers += 1
            if answer.status_code != 200:
                self.faults.append(answer.text)
                continue
            snapshot, values = self._told(answer)
            if len(values) != 1:
                self.faults.append(f"{snapshot}: {sorted(values)}")
            self.seen.setdefault(snapshot, set()).update(values)

    def _told(self, answer: httpx.Response) -> tuple[str, set[float]]:
        if self._asked == "json":
            body = answer.json()
            return body["snapshot"]["snapshot_id"], {row["consumption_mwh"] for row in body["rows"]}
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        (snapshot,) = {line["snapshot_id"] for line in lines}
        assert snapshot == answer.headers["Snapshot-Id"]
        return snapshot, {float(line["consumption_mwh"]) for line in lines}


def _all_of(value: float, consumption: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {"consumption": consumption.assign(consumption_mwh=value, published_mwh=value, quality="ok")}


@pytest.mark.slow
def test_no_answer_fails_or_mixes_snapshots_while_they_are_published_every_second_and_the_server_reloads(tmp_path: Path) -> None:
    folder, consumption = tmp_path / "warehouse", sample_frames(NOW, days=2)["consumption"]
    published = {write_snapshot(folder, _all_of(0.125, consumption), as_of=NOW): 0.125}
    paths = ("/v1/actuals?area=DK1", "/v1/actuals?area=DK2&start=2026-05-21T00:00:00Z")
    with served(tmp_path, ENERGY_API_ACCESS_LOG="false") as (address, server):
        watches = [Watch(address, path, asked=asked) for path in paths for asked in ("json", "csv")]
        threads = [threading.Thread(target=watch.run) for watch in watches]
        for thread in threads:
            thread.start()
        begun, reloads = time.monotonic(), 0
        for second in range(1, MOST_SECONDS_OF_NEWS):
            if second >= SECONDS_OF_NEWS and second % 6 == 2 and sum(watch.answers for watch in watches) > ANSWERS:
                break  # two seconds after a reload
            value = 1000 + second / 3
            published[write_snapshot(folder, _all_of(value, consumption), as_of=NOW)] = value
            for old in sorted(folder.glob("*.duckdb"))[:-3]:
                old.unlink()
            if second % 6 == 0:
                server.send_signal(signal.SIGHUP)
                reloads += 1
            time.sleep(max(0.0, begun + second - time.monotonic()))
        for watch, thread in zip(watches, threads, strict=True):
            watch.stop.set()
            thread.join()
    assert (tmp_path / "api.log").read_text().count("Started worker") == 1 + reloads
    assert [fault for watch in watches for fault in watch.faults] == []
    told: list[dict[str, set[float]]] = [watch.seen for watch in watches]
    assert len(set(itertools.chain(*told))) > SECONDS_OF_NEWS / 2
    assert sum(watch.answers for watch in watches) > ANSWERS
    for seen in told:
        assert {snapshot: {published[snapshot]} for snapshot in seen} == seen
