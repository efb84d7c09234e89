"""Kills a process that writes and publishes, again and again at random moments, and looks at what is left each time.

Run as a process of its own: it loads everything once and forks, so that a kill costs a fraction of a second. It never opens a
database or a Parquet file itself, as threads do not survive a fork. Prints one JSON document: what was wrong, and how far it came.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet  # noqa: F401 - loaded before the forks

from energy_dagster.domain.tables import PREDICTIONS
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.upkeep import keep_up
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.storage import files
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.samples import prediction_rows

START = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_LIFE_SECONDS = 0.5
UPKEEP_EVERY = 7
PIECE, SECONDS_A_PIECE = 4096, 0.005
PUBLISH_EVERY = 2


def issue_of(number: int) -> str:
    return f"{START + timedelta(hours=number):%Y-%m-%dT%H}"


def rows_of(number: int, template: pd.DataFrame) -> pd.DataFrame:
    """The rows of an issue, all of which say its number."""
    moved = pd.Timestamp(f"{issue_of(number)}:00") - template["issued_at"].iloc[0]
    return template.assign(
        issued_at=template["issued_at"] + moved, hour_utc=template["hour_utc"] + moved, q50=1000.0 + number, origin="live"
    )


class Folder:
    """A lake and its warehouse, and a list of what was written with certainty."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.models = Lake(str(folder / "lake")), ModelStore(str(folder / "lake"))
        self.warehouse = Warehouse(str(folder / "warehouse"))
        self.acknowledged = folder / "acknowledged"

    def written(self) -> list[int]:
        return [int(line) for line in self.acknowledged.read_text().split()] if self.acknowledged.exists() else []

    def write(self, number: int, template: pd.DataFrame) -> None:
        self.lake.write(PREDICTIONS, issue_of(number), rows_of(number, template), at=datetime.now(UTC), run_id="run")
        with self.acknowledged.open("a") as file:
            file.write(f"{number}\n")

    def publish(self) -> None:
        now = datetime.now(UTC)
        self.warehouse.publish(self.lake, self.models, as_of=now, published_at=now, source="sandbox", simulated=True)

    def keep_up(self) -> None:
        keep_up(self.lake, now=START + timedelta(days=400))

    def published(self) -> dict[int, tuple[int, float, float]]:
        """By issue that is published: how many rows it has, and the least and greatest of what they say."""
        path = self.warehouse.current()
        if path is None:
            return {}
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute("SELECT issued_at, COUNT(*), MIN(q50), MAX(q50) FROM predictions GROUP BY 1").fetchall()
        return {int((at - START.replace(tzinfo=None)) / timedelta(hours=1)): (count, low, high) for at, count, low, high in found}


def work(folder: Folder, template: pd.DataFrame) -> None:
    """Write one issue after another for ever, publishing and keeping up in between."""
    written = folder.written()
    number = (max(written) if written else -1) + 1
    while True:
        folder.write(number, template)
        if number % PUBLISH_EVERY == 0:
            folder.publish()
        if number % UPKEEP_EVERY == 0:
            folder.keep_up()
        number += 1


def faults_of(folder: Folder, template: pd.DataFrame) -> Iterator[str]:
    """What is wrong with what a killed process left."""
    size = len(template)
    written = folder.written()
    held = folder.lake.read(PREDICTIONS, [issue_of(number) for number in written]) if written else None
    if held is not None:
        said = held.groupby("issued_at")["q50"].agg(["count", "min", "max"])
        for number in written:
            row = said.loc[pd.Timestamp(f"{issue_of(number)}:00")] if pd.Timestamp(f"{issue_of(number)}:00") in said.index else None
            if row is None or (row["count"], row["min"], row["max"]) != (size, 1000.0 + number, 1000.0 + number):
                yield f"the lake lost issue {number}"
    for number, found in folder.published().items():
        if found != (size, 1000.0 + number, 1000.0 + number):
            yield f"issue {number} is published as {found}"


def heal(folder: Folder, template: pd.DataFrame) -> Iterator[str]:
    """What is wrong after the next run."""
    number = max(folder.written(), default=-1) + 1
    folder.write(number, template)
    folder.publish()
    folder.keep_up()
    if set(folder.published()) < set(folder.written()):
        yield "an issue that was written is not published"
    remains = [path for path in Path(folder.warehouse.folder).iterdir() if path.name.endswith(".tmp")]
    if remains:
        yield f"remains are left: {remains}"


def look_on(folder: Path, report: Path) -> None:
    """Read what is published for ever; tell of anything that is no whole issue."""
    seen = 0
    with Store(folder / "warehouse") as store:
        while True:
            try:
                answer = store.forecast("DK1")
            except Exception as fault:  # noqa: BLE001 - whatever it is, it has to be told
                if type(fault).__name__ == "NoSnapshot" and not seen:
                    time.sleep(0.01)
                    continue
                report.write_text(f"a reader met {type(fault).__name__}: {fault}")
                return
            seen += 1
            values = {row.quantiles[5] for row in answer.rows}
            if len(answer.rows) != 48 or len(values) != 1:
                report.write_text(f"a reader saw {len(answer.rows)} rows that say {values}")
                return


def write_in_place(target: Path, payload: bytes) -> None:
    """What writing to a slow disk would be without a temporary file and a rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for begin in range(0, len(payload), PIECE):
            file.write(payload[begin : begin + PIECE])
            file.flush()
            time.sleep(SECONDS_A_PIECE)


def forked(act: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        act()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child must never return into its parent's work
        traceback.print_exc()
        os._exit(1)


def answer_of(ask: Callable[[], Iterator[str]]) -> list[str]:
    """The faults that a child finds; its own failure is one."""
    reading, writing = os.pipe()

    def tell() -> None:
        os.write(writing, json.dumps(list(ask())[:5]).encode())

    child = forked(tell)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if status == 0 and said else ["looking at it failed"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--in-place", action="store_true")
    asked = parser.parse_args()
    if asked.in_place:
        files._write_locally = write_in_place
    generator, template = random.Random(asked.seed), prediction_rows("2026-01-01T00:00")
    report = asked.folder / "reader"
    onlooker = forked(lambda: look_on(asked.folder, report))
    faults: list[str] = []
    kills = 0
    try:
        while kills < asked.kills and not faults:
            child = forked(lambda: work(Folder(asked.folder), template))
            time.sleep(generator.uniform(0.0, LONGEST_LIFE_SECONDS))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            if not os.WIFSIGNALED(status):
                faults.append("the worker ended by itself")
            kills += 1
            faults += answer_of(lambda: faults_of(Folder(asked.folder), template))
            if not faults:
                faults += answer_of(lambda: heal(Folder(asked.folder), template))
    finally:
        os.kill(onlooker, signal.SIGKILL)
        os.waitpid(onlooker, 0)
    faults += [report.read_text()] if report.exists() else []
    json.dump({"kills": kills, "faults": faults, "issues": len(Folder(asked.folder).written())}, sys.stdout)


if __name__ == "__main__":
    main()
