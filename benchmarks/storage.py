"""The lake, the warehouse and the store beside Dagster's DuckDB IO manager, overwritten Parquet, and a file opened per request.

Each measurement is a process of its own, one after the other; ours in the project's environment, the others in that of
`storage_peers/`. Writes the part of docs/benchmarks.md between its marks and measurements/storage.json.

Run from the project's root: `.venv/bin/python -m benchmarks.storage`; with `--quick` the small sizes, printed and not written.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.environments import PROJECT, bring_up, python_of
from benchmarks.results import PAGE, RESULTS, put_between_marks
from benchmarks.storage_peers import workload
from benchmarks.storage_tables import storage_text
from energy_dagster.domain.tables import CONSUMPTION, PREDICTIONS
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.store.reader import Store

HERE = Path(__file__).parent
PEERS = HERE / "storage_peers"
MEGABYTES = (10, 100, 1000)
ROWS_OF_AN_ISSUE = 144
ROWS_OF_A_LARGE_ISSUE = 48_000
"""A thousand series of 48 hours: how the large warehouses are filled."""


class Ours:
    """The lake, published; readers hold a store open."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.models = Lake(str(folder / "lake")), ModelStore(str(folder / "lake"))
        self.warehouse, self.folder = Warehouse(str(folder / "warehouse")), folder / "warehouse"
        self.store = Store(self.folder)

    def write(self, month: str, frame: pd.DataFrame) -> None:
        """A month."""
        self.lake.write(CONSUMPTION, month, frame, at=datetime.now(UTC), run_id="benchmark")

    def publish(self) -> None:
        """What was written."""
        now = datetime.now(UTC)
        self.warehouse.publish(self.lake, self.models, as_of=now, published_at=now, source="sandbox", simulated=True)

    def ask(self, area: str, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """How many hours of a series there are in a window."""
        window = {"start": start.tz_localize("UTC").to_pydatetime(), "end": end.tz_localize("UTC").to_pydatetime()}
        return len(self.store.actuals(area, vintage="preliminary", **window).rows)

    def read_whole(self) -> None:
        """Every row of a partition is of one write, whatever is published meanwhile."""
        with Store(self.folder) as store, store._published.cursor() as (cursor, _):
            said = cursor.execute("SELECT MIN(quality), MAX(quality) FROM consumption GROUP BY month(hour_utc)").fetchall()
        if any(low != high for low, high in said):
            raise RuntimeError("a partition of two writes")


class OpenedPerRequest(Ours):
    """The same warehouse, whose file is opened for each question."""

    def ask(self, area: str, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """The same, of a file that is opened for it."""
        self.store.close()
        return super().ask(area, start, end)


def concurrency(folder: Path) -> dict[str, int]:
    ours = Ours(folder)
    for month in workload.MONTHS[:4]:
        ours.write(month, workload.month_of(month, 3).assign(quality="first"))
    child = subprocess.run([sys.executable, "-m", "benchmarks.storage", "--one", "publish", "--folder", str(folder)], check=False)
    if child.returncode:
        raise RuntimeError("publishing failed")

    def write(writer: int, count: int) -> None:
        mine = Ours(folder)
        month = workload.MONTHS[(writer + count) % 4]
        mine.write(month, workload.month_of(month, 3).assign(quality=f"{writer} {count}"))
        mine.publish()

    return workload.side_by_side(write, ours.read_whole)


def large_issue(number: int, rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Rows of `predictions` whose values no compression helps with."""
    start = pd.Timestamp("2020-01-01") + pd.Timedelta(hours=number)
    columns: dict[str, Any] = {}
    for column in PREDICTIONS.columns:
        if column.dtype == "double":
            columns[column.name] = generator.normal(1000, 100, size=rows)
        elif column.dtype == "string":
            columns[column.name] = "benchmark"
        elif column.dtype == "timestamp":
            columns[column.name] = start.as_unit("us")
        else:
            columns[column.name] = 1
    leads = np.tile(np.arange(1, 49), rows // 48)
    columns["hour_utc"] = (start + pd.to_timedelta(leads, unit="h")).as_unit("us")
    columns["area"] = np.repeat([f"A{n:04d}" for n in range(rows // 48)], 48)
    return pd.DataFrame(columns)


def one_more_hour(folder: Path, megabytes: int) -> dict[str, float]:
    """Publish one issue more into a warehouse of some size, in a process of its own, so that its memory is its own."""
    ours, generator, number = Ours(folder), np.random.default_rng(1), 0
    while True:
        for _ in range(max(min(megabytes // 100, 10), 1)):
            at = datetime.now(UTC)
            ours.lake.write(
                PREDICTIONS,
                f"{pd.Timestamp('2020-01-01') + pd.Timedelta(hours=number):%Y-%m-%dT%H}",
                large_issue(number, min(ROWS_OF_A_LARGE_ISSUE, megabytes * 480), generator),
                at=at,
                run_id="benchmark",
            )
            number += 1
        ours.publish()
        size = ours.warehouse.current()
        if size is not None and size.stat().st_size >= megabytes * 1e6:
            break
    ours.lake.write(PREDICTIONS, "2025-01-01T00", large_issue(43848, ROWS_OF_AN_ISSUE, generator), at=datetime.now(UTC), run_id="b")
    return alone("publish", "--folder", str(folder))


def publish_in(folder: Path) -> dict[str, float]:
    ours = Ours(folder)
    before = workload.peak_mb()
    seconds = workload.timed(ours.publish)
    path = ours.warehouse.current()
    assert path is not None
    peak = workload.peak_mb()
    return {"megabytes": path.stat().st_size / 1e6, "seconds": seconds, "peak_mb": peak, "before_mb": before}


def copy_in(folder: Path) -> dict[str, float]:
    """What copying and flushing a file of that size takes on this disk: the least that a publication by copy can take."""
    path = Warehouse(str(folder / "warehouse")).current()
    assert path is not None

    def copy() -> None:
        shutil.copyfile(path, folder / "copy")
        with (folder / "copy").open("rb") as file:
            os.fsync(file.fileno())

    return {"seconds": workload.timed(copy)}


def one(what: str, asked: argparse.Namespace) -> dict[str, Any]:
    """One measurement, in this process."""
    if what == "publish":
        return publish_in(asked.folder)
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        folder = Path(place)
        if what == "hour":
            return one_more_hour(folder, asked.megabytes) | {f"copy_{name}": value for name, value in copy_in(folder).items()}
        if what == "concurrency":
            return concurrency(folder)
        ours = (OpenedPerRequest if what == "opened" else Ours)(folder)
        return workload.measured(asked.series, write=ours.write, ready=ours.publish, ask=ours.ask)


def alone(*arguments: str, python: Path | None = None) -> dict[str, Any]:
    """One measurement in a process of its own; ours, or with another environment's Python a peer's."""
    command = [sys.executable, "-m", "benchmarks.storage", "--one"] if python is None else [str(python), "-W", "ignore", "run.py"]
    done = subprocess.run(
        [*command, *arguments], cwd=PROJECT if python is None else PEERS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def everything(*, quick: bool) -> dict[str, Any]:
    """All measurements, one after the other."""
    bring_up(PEERS)
    python = python_of(PEERS)
    found: dict[str, Any] = {"sizes": {}, "hours": {}, "concurrency": {}}
    for series in workload.SIZES[: 1 if quick else None]:
        size = ["--series", str(series)]
        for name in ("ours", "opened"):
            found["sizes"].setdefault(name, []).append(alone(name, *size))
        for name in ("stock_duckdb", "overwritten_parquet"):
            found["sizes"].setdefault(name, []).append(alone(name, "size", *size, python=python))
        print(f"{series} series done", file=sys.stderr, flush=True)
    for megabytes in MEGABYTES[: 1 if quick else None]:
        found["hours"].setdefault("ours", []).append(alone("hour", "--megabytes", str(megabytes)))
        found["hours"].setdefault("stock_duckdb", []).append(
            alone("stock_duckdb", "hour", "--megabytes", str(megabytes), python=python)
        )
        print(f"{megabytes} MB done", file=sys.stderr, flush=True)
    found["concurrency"]["ours"] = alone("concurrency")
    for name in ("stock_duckdb", "overwritten_parquet"):
        found["concurrency"][name] = alone(name, "concurrency", python=python)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small sizes only; nothing is written")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--series", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        workload.tell(one(asked.one, asked))
        return
    begun = time.monotonic()
    found = everything(quick=asked.quick) | {"duckdb": duckdb.__version__, "measured": f"{datetime.now(UTC):%Y-%m-%d}"}
    text = storage_text(found)
    print(text)
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    if not asked.quick:
        PAGE.write_text(put_between_marks(PAGE.read_text(), "storage", text))
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "storage.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
