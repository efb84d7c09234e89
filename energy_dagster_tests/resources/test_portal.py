import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pandas as pd
import pytest

from energy_dagster.domain.catalogue import LOAD, SETTLEMENT, Dataset
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.resources.portal import OpenDataPortal, consumption_rows, years_of
from energy_dagster.resources.sources import SourceError, Sources
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.sandbox.asking import NOW, records, simulated_at

START, END = datetime(2026, 3, 1), datetime(2026, 3, 3)  # noqa: DTZ001 - naive UTC, as the tables
SECONDS_TO_START = 60


def record(hour: str = "2026-03-01T00:00:00", *, mwh: Any = 2000.0, area: Any = "DK1", version: str = "Initial") -> dict[str, Any]:
    return {"TimeUTC": hour, "PriceArea": area, "Version": version, "GrossCon": mwh}


def envelope(*rows: Any) -> Reply:
    return Reply({"total": len(rows), "dataset": LOAD.name, "records": list(rows)})


@pytest.fixture
def portal(replica: Sources) -> OpenDataPortal:
    """The replica in this process."""
    return OpenDataPortal(url="https://api.energidataservice.dk", sources=replica)


@pytest.fixture
def faulty(live: Sources, server: FaultyServer) -> OpenDataPortal:
    """The server of faults, over HTTP."""
    return OpenDataPortal(url=server.url, sources=live)


@pytest.fixture(scope="module")
def served_replica() -> Iterator[str]:
    """The replica as a server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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
    rows = portal.fetch(dataset, start, start + timedelta(days=2))
    hours = set(pd.date_range(start, periods=48, freq="h"))
    assert {area: set(part) for area, part in rows.groupby("area")["hour_utc"]} == {"DK1": hours, "DK2": hours}


def test_rows_keep_the_contract_of_the_raw_table(portal: OpenDataPortal) -> None:
    rows = portal.fetch(LOAD, START, END)
    assert len(conform(RAW_LOAD, rows)) == len(rows) == 96


def test_hours_are_those_of_the_replica_in_utc(portal: OpenDataPortal) -> None:
    spring = datetime(2025, 3, 29, 20)  # noqa: DTZ001 - naive UTC; the night in which Danish clocks go forward
    rows = portal.fetch(LOAD, spring, spring + timedelta(hours=12)).query("area == 'DK1'")
    asked = {"start": "2025-03-29T20:00", "end": "2025-03-30T08:00", "timezone": "UTC", "filter": '{"PriceArea":["DK1"]}'}
    said = {pd.Timestamp(one["TimeUTC"]): one["GrossCon"] for one in records(simulated_at()(f"/dataset/{LOAD.name}", **asked))}
    assert dict(zip(rows["hour_utc"], rows["consumption_mwh"], strict=True)) == said
    assert len(said) == 12


def test_hours_that_are_not_published_have_no_row(portal: OpenDataPortal) -> None:
    rows = portal.fetch(LOAD, datetime(2026, 3, 10), datetime(2026, 3, 12))  # noqa: DTZ001
    assert rows["hour_utc"].max() == pd.Timestamp("2026-03-10T15:00")


def test_settlement_is_labelled_by_its_dataset(portal: OpenDataPortal) -> None:
    rows = portal.fetch(SETTLEMENT, datetime(2026, 2, 1), datetime(2026, 2, 2))  # noqa: DTZ001
    assert rows["source_version"].unique().tolist() == [SETTLEMENT.name]


def test_the_same_comes_over_http(portal: OpenDataPortal, live: Sources, served_replica: str) -> None:
    over_http = OpenDataPortal(url=served_replica, sources=live).fetch(LOAD, START, END)
    pd.testing.assert_frame_equal(over_http, portal.fetch(LOAD, START, END))


@pytest.mark.parametrize("window", [(START, START), (datetime(2030, 1, 1), datetime(2030, 2, 1))])  # noqa: DTZ001
def test_a_window_without_rows_is_an_empty_frame_of_the_right_types(
    portal: OpenDataPortal, window: tuple[datetime, datetime]
) -> None:
    pd.testing.assert_frame_equal(portal.fetch(LOAD, *window), empty(RAW_LOAD))


def test_a_request_asks_in_utc_for_everything(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record()))
    faulty.fetch(LOAD, START, END)
    [(path, query)] = server.asked
    assert path == "/dataset/GenerationProdTypeExchange"
    assert query == {
        "start": "2026-03-01T00:00",
        "end": "2026-03-03T00:00",
        "timezone": "UTC",
        "limit": "0",
        "columns": "TimeUTC,PriceArea,Version,GrossCon",
        "sort": "TimeUTC",
    }


def test_a_window_over_new_year_is_one_request_a_year(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record("2024-12-31T23:00:00")), envelope(record("2025-06-01T00:00:00")), envelope())
    rows = faulty.fetch(LOAD, datetime(2024, 12, 31, 23), datetime(2026, 1, 1, 1))  # noqa: DTZ001
    assert [(query["start"], query["end"]) for _, query in server.asked] == [
        ("2024-12-31T23:00", "2025-01-01T00:00"),
        ("2025-01-01T00:00", "2026-01-01T00:00"),
        ("2026-01-01T00:00", "2026-01-01T01:00"),
    ]
    assert len(rows) == 2


def test_a_window_that_ends_at_new_year_is_one_request() -> None:
    window = (datetime(2025, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
    assert years_of(*window) == [window]


def test_numbers_written_as_text_are_numbers(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record(mwh="2621.154791")))
    assert faulty.fetch(LOAD, START, END)["consumption_mwh"].tolist() == [2621.154791]


def test_a_null_stays_a_null(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record(mwh=None), record("2026-03-01T01:00:00")))
    assert faulty.fetch(LOAD, START, END)["consumption_mwh"].isna().tolist() == [True, False]


def test_a_column_of_nulls_alone_keeps_its_type(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope(record(mwh=None)))
    assert faulty.fetch(LOAD, START, END)["consumption_mwh"].dtype == "float64"


@pytest.mark.parametrize("text", ["2026-03-01T00:00:00", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00+00:00", "2026-03-01 00:00"])
def test_a_time_is_utc_whether_it_says_so_or_not(faulty: OpenDataPortal, server: FaultyServer, text: str) -> None:
    server.will(envelope(record(text), record("2026-03-01T01:00:00")))
    rows = faulty.fetch(LOAD, START, END)
    assert rows["hour_utc"].tolist() == [pd.Timestamp("2026-03-01T00:00"), pd.Timestamp("2026-03-01T01:00")]
    assert rows["hour_utc"].dtype == "datetime64[us]"


@pytest.mark.parametrize("order", [1, -1])
def test_of_an_hour_given_twice_the_final_version_wins(faulty: OpenDataPortal, server: FaultyServer, order: int) -> None:
    twice = [record(mwh=1.0, version="Final"), record(mwh=2.0, version="Initial")]
    server.will(envelope(*twice[::order], record("2026-03-01T01:00:00")))
    rows = faulty.fetch(LOAD, START, END).sort_values("hour_utc")
    assert rows["consumption_mwh"].tolist() == [1.0, 2000.0]
    assert rows["source_version"].tolist() == ["Final", "Initial"]


def test_kilowatt_hours_become_megawatt_hours() -> None:
    rows = consumption_rows(replace(LOAD, mwh_per_unit=0.001), {"records": [record(mwh=37842.849)]})
    assert rows["consumption_mwh"].tolist() == pytest.approx([37.842849])


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"mwh": "37842,849"}, "ISO times and numbers"),
        ({"mwh": {"value": 1}}, "ISO times and numbers"),
        ({"hour": "01-03-2026 00:00"}, "ISO times and numbers"),
        ({"hour": "2026-03-01T00:00:00+01:00"}, "ISO times and numbers"),
        ({"hour": 1772323200}, "ISO times and numbers"),
        ({"hour": None}, "a TimeUTC in every record"),
        ({"area": None}, "a PriceArea in every record"),
    ],
)
def test_a_value_that_is_none_is_named(faulty: OpenDataPortal, server: FaultyServer, broken: dict[str, Any], expected: str) -> None:
    server.will(envelope(record("2026-03-01T01:00:00"), record(**broken)))
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected {expected}, found"):
        faulty.fetch(LOAD, START, END)


def test_a_missing_column_is_named_with_those_that_came(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(envelope({"TimeUTC": "2026-03-01T00:00:00", "PriceArea": "DK1", "Version": "Final", "GrossConsumption": 1.0}))
    with pytest.raises(SourceError, match=r"expected column GrossCon, found columns TimeUTC, .*GrossConsumption"):
        faulty.fetch(LOAD, START, END)


@pytest.mark.parametrize("body", [[], {}, None, "text", {"records": None}, {"records": {"TimeUTC": []}}])
def test_an_answer_without_records_is_named(faulty: OpenDataPortal, server: FaultyServer, body: Any) -> None:
    server.will(Reply(body))
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected an envelope with records"):
        faulty.fetch(LOAD, START, END)


@pytest.mark.parametrize("rows", [[1, 2], ["text"], [None], [[1, 2]], [record(), 5]])
def test_records_that_are_none_are_named(faulty: OpenDataPortal, server: FaultyServer, rows: list[Any]) -> None:
    server.will(envelope(*rows))
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected records of named values"):
        faulty.fetch(LOAD, START, END)


def test_a_dataset_that_is_gone_names_its_successor(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 404, "message": "Dataset was not found"}, status=404))
    with pytest.raises(SourceError, match=r"ElectricityBalanceNonv when it is gone.*found status 404") as fault:
        faulty.fetch(LOAD, START, END)
    assert fault.value.dataset == LOAD.name


def test_a_dataset_that_is_gone_without_a_successor_says_so_plainly(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 404, "message": "Dataset was not found"}, status=404))
    with pytest.raises(SourceError, match=f"{SETTLEMENT.name}: expected status 200, found status 404"):
        faulty.fetch(SETTLEMENT, START, END)


def test_another_refusal_does_not_speak_of_a_successor(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 400, "message": "bad filter"}, status=400))
    with pytest.raises(SourceError, match="expected status 200, found status 400"):
        faulty.fetch(LOAD, START, END)


def test_a_dataset_that_the_replica_renamed_names_its_successor(portal: OpenDataPortal) -> None:
    with pytest.raises(SourceError, match="ElectricityBalanceNonv"):
        portal.fetch(replace(LOAD, name="GenerationProdTypeExchangeOld"), START, END)
