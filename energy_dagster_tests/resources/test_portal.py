"""Whole windows from the portal, a glance at one, and answers from the quarantine."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from energy_dagster.domain.catalogue import CONSUMER_CATEGORIES, GRID_AREAS, LOAD, RAW_CONSUMER_GROUPS_FEED, SETTLEMENT, Dataset
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.resources.portal import OpenDataPortal, years_of
from energy_dagster.resources.sources import SourceError, Sources
from energy_dagster.storage.quarantine import Kept, Quarantine, UnknownKept
from energy_dagster_tests.defs.overheard import overheard
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.resources.test_portal_rows import record
from energy_dagster_tests.sandbox.asking import NOW, records, simulated_at

START, END = datetime(2026, 3, 1), datetime(2026, 3, 3)  # noqa: DTZ001 - naive UTC, as the tables
SECONDS_TO_START = 60


def envelope(*rows: Any) -> Reply:
    return Reply({"total": len(rows), "dataset": LOAD.name, "records": list(rows)})


@pytest.fixture
def portal(replica: Sources) -> OpenDataPortal:
    """The replica in this process."""
    return OpenDataPortal(url="https://api.energidataservice.dk", sources=replica)


@pytest.fixture
def faulty(live: Sources, server: FaultyServer) -> OpenDataPortal:
    """The server of faults, over HTTP, asked as often as one likes."""
    return OpenDataPortal(url=server.url, seconds_between=0.0, sources=live)


@pytest.fixture(scope="module")
def served_replica() -> Iterator[str]:
    """The replica as a server of its own."""
    port = free_port()
    command = [sys.executable, "-m", "energy_dagster.sandbox", "--source", "sandbox", "--now", NOW.isoformat(), "--port", str(port)]
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS_TO_START
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while True:
            try:
                httpx.get(f"{url}/dataset/{LOAD.name}?limit=1", timeout=SECONDS_TO_START)
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline, "the server never listened"
                time.sleep(0.1)
        yield url
        process.terminate()


@pytest.mark.parametrize("dataset", [LOAD, SETTLEMENT], ids=lambda dataset: dataset.name)
def test_a_window_has_every_hour_of_both_areas(portal: OpenDataPortal, dataset: Dataset) -> None:
    start = START - timedelta(days=20)
    rows = portal.fetch(dataset, start, start + timedelta(days=2), now=NOW)
    hours = set(pd.date_range(start, periods=48, freq="h"))
    assert {area: set(part) for area, part in rows.groupby("area")["hour_utc"]} == {"DK1": hours, "DK2": hours}


def test_rows_keep_the_contract_and_say_when_they_were_read(portal: OpenDataPortal) -> None:
    rows = portal.fetch(LOAD, START, END, now=NOW)
    assert len(conform(RAW_LOAD, rows)) == len(rows) == 96
    assert rows["fetched_at"].unique().tolist() == [pd.Timestamp("2026-03-10T18:30")]


def test_hours_are_those_of_the_replica_in_utc(portal: OpenDataPortal) -> None:
    spring = datetime(2025, 3, 29, 20)  # noqa: DTZ001 - naive UTC; the night in which Danish clocks go forward
    rows = portal.fetch(LOAD, spring, spring + timedelta(hours=12), now=NOW).query("area == 'DK1'")
    asked = {"start": "2025-03-29T20:00", "end": "2025-03-30T08:00", "timezone": "UTC", "filter": '{"PriceArea":["DK1"]}'}
    said = {pd.Timestamp(one["TimeUTC"]): one["GrossCon"] for one in records(simulated_at()(f"/dataset/{LOAD.name}", **asked))}
    assert dict(zip(rows["hour_utc"], rows["consumption_mwh"], strict=True)) == said
    assert len(said) == 12


def test_hours_that_are_not_published_have_no_row(portal: OpenDataPortal) -> None:
    rows = portal.fetch(LOAD, datetime(2026, 3, 10), datetime(2026, 3, 12), now=NOW)  # noqa: DTZ001
    assert rows["hour_utc"].max() == pd.Timestamp("2026-03-10T15:00")


def test_the_datasets_of_a_feed_are_read_together(portal: OpenDataPortal) -> None:
    feed = replace(RAW_CONSUMER_GROUPS_FEED, datasets=(CONSUMER_CATEGORIES, GRID_AREAS))
    start = datetime(2026, 2, 1)  # noqa: DTZ001
    rows = portal.read(feed, start, start + timedelta(days=1), now=NOW)
    assert rows.groupby("dataset")["hour_utc"].nunique().to_dict() == {CONSUMER_CATEGORIES.name: 24, GRID_AREAS.name: 24}
    assert len(conform(RAW_LOAD, rows)) == len(rows)


def test_the_same_comes_over_http(portal: OpenDataPortal, live: Sources, served_replica: str) -> None:
    over_http = OpenDataPortal(url=served_replica, seconds_between=0.0, sources=live).fetch(LOAD, START, END, now=NOW)
    pd.testing.assert_frame_equal(over_http, portal.fetch(LOAD, START, END, now=NOW))


@pytest.mark.parametrize("window", [(START, START), (datetime(2030, 1, 1), datetime(2030, 2, 1))])  # noqa: DTZ001
def test_a_window_without_rows_is_an_empty_frame_of_the_right_types(
    portal: OpenDataPortal, window: tuple[datetime, datetime]
) -> None:
    pd.testing.assert_frame_equal(portal.fetch(LOAD, *window, now=NOW), empty(RAW_LOAD))


def test_a_request_asks_in_utc_for_every_area_and_a_page(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record()))
    faulty.fetch(LOAD, START, END, now=NOW)
    [(path, query)] = server.asked
    assert path == "/dataset/GenerationProdTypeExchange"
    assert query == {
        "start": "2026-03-01T00:00",
        "end": "2026-03-03T00:00",
        "timezone": "UTC",
        "columns": "TimeUTC,TimeDK,PriceArea,Version,GrossCon",
        "sort": "TimeUTC,PriceArea",
        "offset": "0",
        "limit": "500000",
    }


@pytest.mark.parametrize("dataset", [LOAD, CONSUMER_CATEGORIES], ids=lambda dataset: dataset.name)
def test_three_years_are_three_requests_with_every_hour_once(portal: OpenDataPortal, dataset: Dataset) -> None:
    start, end = datetime(2022, 1, 1), datetime(2025, 1, 1)  # noqa: DTZ001
    with overheard() as asked:
        rows = portal.fetch(dataset, start, end, now=NOW)
    assert [(one.name, one.parameters["start"][:4]) for one in asked] == [(dataset.name, year) for year in ("2022", "2023", "2024")]
    series = rows.groupby(["area", "consumer_group"])["hour_utc"]
    assert set(series.size()) == set(series.nunique()) == {(end - start) // timedelta(hours=1)}


def test_a_window_over_new_year_is_cut_there(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record("2024-12-31T23:00:00")), envelope(record("2025-06-01T00:00:00")), envelope())
    rows = faulty.fetch(LOAD, datetime(2024, 12, 31, 23), datetime(2026, 1, 1, 1), now=NOW)  # noqa: DTZ001
    assert [(query["start"], query["end"]) for _, query in server.asked] == [
        ("2024-12-31T23:00", "2025-01-01T00:00"),
        ("2025-01-01T00:00", "2026-01-01T00:00"),
        ("2026-01-01T00:00", "2026-01-01T01:00"),
    ]
    assert len(rows) == 2


def test_a_window_that_ends_at_new_year_is_one_request() -> None:
    window = (datetime(2025, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
    assert years_of(*window) == [window]


def test_a_dataset_that_is_gone_names_its_successor(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 404, "message": "Dataset was not found"}, status=404))
    with pytest.raises(SourceError, match=r"ElectricityBalanceNonv when it is gone.*found status 404") as fault:
        faulty.fetch(LOAD, START, END, now=NOW)
    assert (fault.value.dataset, fault.value.status) == (LOAD.name, 404)


def test_a_dataset_that_is_gone_without_a_successor_says_so_plainly(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 404, "message": "Dataset was not found"}, status=404))
    with pytest.raises(SourceError, match=f"{SETTLEMENT.name}: expected status 200, found status 404"):
        faulty.fetch(SETTLEMENT, START, END, now=NOW)


def test_another_refusal_does_not_speak_of_a_successor(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 400, "message": "bad filter"}, status=400))
    with pytest.raises(SourceError, match="expected status 200, found status 400"):
        faulty.fetch(LOAD, START, END, now=NOW)


def test_a_glance_is_one_request_for_the_window(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record(), record("2026-03-05T00:00:00")))
    seen = faulty.glance(LOAD, START, END, now=NOW)
    assert seen is not None
    assert seen["hour_utc"].tolist() == [pd.Timestamp("2026-03-01")]
    assert [(query["start"], query["end"]) for _, query in server.asked] == [("2026-03-01T00:00", "2026-03-03T00:00")]


def test_a_glance_that_may_not_ask_now_asks_nothing(live: Sources, server: FaultyServer) -> None:
    server.will(envelope(record()))
    paced = OpenDataPortal(url=server.url, seconds_between=60.0, sources=live)
    assert paced.glance(LOAD, START, END, now=NOW) is not None
    assert paced.glance(LOAD, START, END, now=NOW) is None
    assert len(server.asked) == 1


def test_the_limit_of_one_dataset_does_not_stop_a_glance_at_another(live: Sources, server: FaultyServer) -> None:
    server.will(envelope(record()), Reply({"records": []}))
    paced = OpenDataPortal(url=server.url, seconds_between=60.0, sources=live)
    paced.glance(LOAD, START, END, now=NOW)
    assert paced.glance(SETTLEMENT, START, END, now=NOW) is not None


def test_a_glance_is_not_tried_again(faulty: OpenDataPortal, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply({"message": "down"}, status=503))
    with pytest.raises(SourceError, match="status 503"):
        faulty.glance(LOAD, START, END, now=NOW)
    assert (len(server.asked), waits) == (1, [])


def keep(folder: Path, payload: bytes) -> Kept:
    """An answer in the quarantine of `live`."""
    window = {"start": f"{START:%Y-%m-%dT%H:%M}", "end": f"{END:%Y-%m-%dT%H:%M}"}
    return Quarantine(str(folder / "quarantine")).keep(
        LOAD.name, url="https://portal/dataset/Load", params=window, payload=payload, reason="a test", at=NOW
    )


def test_an_answer_from_the_quarantine_is_read_by_the_rules_of_today(faulty: OpenDataPortal, tmp_path: Path) -> None:
    answer = {"records": [record(), record("2026-03-03T00:00:00")]}
    rows = faulty.understood(keep(tmp_path, json.dumps(answer).encode()), now=NOW)
    assert rows[["hour_utc", "consumption_mwh"]].to_numpy().tolist() == [[pd.Timestamp("2026-03-01"), 2000.0]]
    assert rows["fetched_at"].tolist() == [pd.Timestamp("2026-03-10T18:30")]


def test_an_answer_that_is_still_not_understood_says_where_it_lies(faulty: OpenDataPortal, tmp_path: Path) -> None:
    kept = keep(tmp_path, json.dumps({"records": [record(GrossCon="1,5")]}).encode())
    with pytest.raises(SourceError, match="ISO times and numbers") as fault:
        faulty.understood(kept, now=NOW)
    assert fault.value.kept_id == kept.kept_id
    assert faulty.sources.kept(kept.kept_id) == kept


def test_what_the_portal_got_wrong_lies_in_quarantine_with_its_window(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record(GrossCon="1,5")))
    with pytest.raises(SourceError, match="kept as GenerationProdTypeExchange/") as fault:
        faulty.fetch(LOAD, START, END, now=NOW)
    kept = faulty.sources.kept(str(fault.value.kept_id))
    assert (kept.params["start"], kept.params["end"]) == ("2026-03-01T00:00", "2026-03-03T00:00")


def test_an_answer_that_left_the_quarantine_is_unknown(faulty: OpenDataPortal, tmp_path: Path) -> None:
    kept = keep(tmp_path, b"{}")
    Quarantine(str(tmp_path / "quarantine")).drop(kept.kept_id)
    with pytest.raises(UnknownKept):
        faulty.understood(kept, now=NOW)
