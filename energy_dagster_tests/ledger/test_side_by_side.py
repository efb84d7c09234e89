"""Processes that write and publish, and others that read, all at the same time."""

import json
import multiprocessing
import time
import traceback
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pytest

from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.upkeep import keep_up
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.samples import load_rows

MONTHS = tuple(f"2026-{month:02d}-01" for month in range(1, 7))
WRITERS, READERS = 8, 4
A_VALUE = 1_000_000.0
"""Values are the writer times this, plus a count: each is written once."""

QUERY = "SELECT _partition, COUNT(*), MIN(consumption_mwh), MAX(consumption_mwh) FROM raw_load GROUP BY 1 ORDER BY 1"

Said = list[tuple[str, int, float, float]]


def publish(folder: Path) -> tuple[str, Said]:
    """Publish, and say what the snapshot holds."""
    now, root = datetime.now(UTC), str(folder / "lake")
    published = Warehouse(str(folder / "warehouse")).publish(
        Lake(root), ModelStore(root), as_of=now, published_at=now, source="sandbox", simulated=True
    )
    try:
        with duckdb.connect(str(published.path), read_only=True) as connection:
            return published.snapshot_id, connection.execute(QUERY).fetchall()
    except duckdb.IOException:  # the others have published so often meanwhile that it is gone
        return published.snapshot_id, []


def write_on(folder: Path, writer: int, seconds: float) -> None:
    """Write months of its own and of everybody, publish and keep up, until the time is over; leave a record or the fault."""
    record: dict[str, object] = {"written": [], "published": {}, "fault": None}
    written: list[tuple[str, float]] = []
    snapshots: dict[str, Said] = {}
    lake, until, count = Lake(str(folder / "lake")), time.monotonic() + seconds, 0
    try:
        while time.monotonic() < until:
            month = MONTHS[(writer if count % 2 else count) % len(MONTHS)]
            value = writer * A_VALUE + count
            rows = load_rows(month, f"{month[:8]}02", mwh=value)
            lake.write(RAW_LOAD, month, rows, at=datetime.now(UTC), run_id=f"{writer}")
            written.append((month, value))
            if count % 3 == writer % 3:
                snapshot_id, said = publish(folder)
                snapshots[snapshot_id] = said
            if writer == 0 and count % 5 == 0:
                keep_up(lake, now=datetime.now(UTC))
            count += 1
        record |= {"written": written, "published": snapshots}
    except BaseException:  # noqa: BLE001 - whatever it is, the test has to tell
        record["fault"] = traceback.format_exc()
    (folder / f"writer {writer}").write_text(json.dumps(record))


def read_on(folder: Path, reader: int, seconds: float) -> None:
    """Read what is published until the time is over; leave what each snapshot said, or the fault."""
    record: dict[str, object] = {"seen": {}, "reads": 0, "fault": None}
    seen: dict[str, Said] = {}
    until, reads = time.monotonic() + seconds, 0
    try:
        with Store(folder / "warehouse") as store:
            while time.monotonic() < until:
                with store._published.cursor() as (cursor, snapshot):
                    said = cursor.execute(QUERY).fetchall()
                assert seen.setdefault(snapshot.snapshot_id, said) == said
                assert store.freshness().rows
                reads += 1
        record |= {"seen": seen, "reads": reads}
    except BaseException:  # noqa: BLE001 - whatever it is, the test has to tell
        record["fault"] = traceback.format_exc()
    (folder / f"reader {reader}").write_text(json.dumps(record))


def side_by_side(folder: Path, seconds: float) -> None:
    context = multiprocessing.get_context("spawn")
    Lake(str(folder / "lake")).write(RAW_LOAD, MONTHS[0], load_rows(MONTHS[0], "2026-01-02"), at=datetime.now(UTC), run_id="first")
    publish(folder)
    processes: list[BaseProcess] = [
        *(context.Process(target=write_on, args=(folder, writer, seconds)) for writer in range(WRITERS)),
        *(context.Process(target=read_on, args=(folder, reader, seconds)) for reader in range(READERS)),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(seconds + 240)
    records = [json.loads((folder / f"writer {number}").read_text()) for number in range(WRITERS)]
    readings = [json.loads((folder / f"reader {number}").read_text()) for number in range(READERS)]
    assert [record["fault"] for record in (*records, *readings) if record["fault"]] == []
    written = {(month, value) for record in records for month, value in record["written"]}
    published: dict[str, Said] = {}
    for record in records:
        published |= {name: said for name, said in record["published"].items() if said}
    assert len(written) > WRITERS
    assert all(reading["reads"] > 0 for reading in readings)
    for reading in readings:
        for name, said in reading["seen"].items():
            assert published.get(name, said) == said, "what was read is what was published"
            for month, count, low, high in said:
                assert count == 24
                assert low == high, "a partition is of one version"
                assert (month, low) in written | {(MONTHS[0], 1000.0)}
    _, final = publish(folder)
    lake = Lake(str(folder / "lake"))
    newest = {month: lake.read(RAW_LOAD, [month])["consumption_mwh"].unique().tolist() for month in lake.partitions("raw_load")}
    assert {month: [low] for month, _, low, _ in final} == newest
    assert len(list(lake.versions("raw_load"))) == len(written) + 1, "no version was lost"


@pytest.mark.slow
def test_writers_and_readers_side_by_side_meet_no_fault_and_nothing_torn(tmp_path: Path) -> None:
    side_by_side(tmp_path, seconds=8)


@pytest.mark.long
def test_a_minute_of_writers_and_readers_side_by_side(tmp_path: Path) -> None:
    side_by_side(tmp_path, seconds=60)
