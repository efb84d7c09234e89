import errno
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, PREDICTIONS, RAW_LOAD, RAW_WEATHER, TABLES, Table
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import SNAPSHOTS_KEPT, Published, Warehouse
from energy_dagster.storage.files import StorageError
from energy_dagster.store.reader import Store
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.io_managers.samples import (
    AT,
    RUN,
    frame_of,
    later,
    load_rows,
    prediction_rows,
    tiny_model,
    weather_rows,
)

MONTHS = ("2026-06-01", "2026-07-01", "2026-08-01", "2026-09-01")
PRESENT = later(1000)
SECONDS_TO_FINISH = 60

KILLED_WHILE_PUBLISHING = """
import os, signal, sys
from pathlib import Path
from energy_dagster.io_managers import warehouse
from energy_dagster_tests.io_managers.test_warehouse import House

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying:
    def __init__(self, connection):
        self.connection = connection
    def execute(self, statement, *parameters):
        if statement == sys.argv[2]:
            die()
        return self.connection.execute(statement, *parameters)
    def __getattr__(self, name):
        return getattr(self.connection, name)

moment, connect = sys.argv[2], warehouse.duckdb.connect
if moment == "copied":
    warehouse.create_all = die
elif moment == "before the rename":
    warehouse.os.fsync = die
elif moment == "before the pointer":
    warehouse.os.fsync = lambda handle: die() if "CURRENT" in os.readlink(f"/proc/self/fd/{handle}") else None
else:
    warehouse.duckdb.connect = lambda path: Dying(connect(path))
House(Path(sys.argv[1])).publish(at=50)
"""


@dataclass
class House:
    """A lake, its models and its warehouse in a folder."""

    folder: Path
    writes: int = field(default=0)

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / "lake"))

    @property
    def models(self) -> ModelStore:
        return ModelStore(str(self.folder / "lake"))

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(str(self.folder / "warehouse"))

    def write(self, table: Table, partition: str, frame: pd.DataFrame) -> None:
        self.writes += 1
        self.lake.write(table, partition, frame, at=later(self.writes), run_id=RUN)

    def write_load(self, month: int = 0, *, mwh: float = 1.0) -> None:
        start = MONTHS[month]
        self.write(RAW_LOAD, start, load_rows(start, f"{start[:8]}02", mwh=mwh))

    def publish(self, *, at: int, as_of: datetime = PRESENT, source: str = "sandbox") -> Published:
        return self.warehouse.publish(
            self.lake, self.models, as_of=as_of, published_at=later(at), source=source, simulated=source == "sandbox"
        )

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        path = self.warehouse.current()
        assert path is not None
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()

    def files(self) -> list[str]:
        """Snapshots and remains; neither the pointer nor the lock."""
        names = (path.name for path in (self.folder / "warehouse").iterdir())
        return sorted(name for name in names if name not in (POINTER, ".publishing"))

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(name) for name in (*TABLES, "_partitions")}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_first_publication_holds_every_table_of_the_lake(house: House) -> None:
    names = [name for name in TABLES if name != "models"]
    for name in names:
        house.write(TABLES[name], MONTHS[0], frame_of(TABLES[name]))
    published = house.publish(at=1)
    assert {name: published.rows[name] for name in names} == {name: len(frame_of(TABLES[name])) for name in names}
    assert published.changed == len(names)


@pytest.mark.parametrize("name", ["raw_load", "consumption_features", "error_metrics"])
def test_rows_are_published_as_they_were_written(house: House, name: str) -> None:
    table = TABLES[name]
    house.write(table, MONTHS[0], frame_of(table))
    house.publish(at=1)
    path = house.warehouse.current()
    with duckdb.connect(str(path), read_only=True) as connection:
        columns, order = ", ".join(table.names), ", ".join(table.key)
        published = connection.execute(f"SELECT {columns} FROM {name} ORDER BY {order}").df()
    pd.testing.assert_frame_equal(published, conform(table, frame_of(table)), check_dtype=False)


def test_an_empty_lake_is_published_as_empty_tables(house: House) -> None:
    assert set(house.publish(at=1).rows.values()) == {0}


def test_the_store_reads_what_was_published(house: House) -> None:
    house.write(TABLES["consumption"], MONTHS[0], frame_of(TABLES["consumption"]))
    published = house.publish(at=1)
    with Store(house.folder / "warehouse") as store:
        snapshot = store.snapshot()
        assert (snapshot.snapshot_id, snapshot.as_of, snapshot.source) == (published.snapshot_id, PRESENT, "sandbox")
        assert store.actuals("DK1").rows


def test_only_the_partition_that_changed_is_applied(house: House) -> None:
    for month in range(3):
        house.write_load(month)
    assert house.publish(at=1).changed == 3
    before = house.rows("raw_load")
    house.write_load(1, mwh=2.0)
    assert house.publish(at=2).changed == 1
    after = house.rows("raw_load")
    other = [row for row in before if row[-1] != MONTHS[1]]
    assert [row for row in after if row[-1] != MONTHS[1]] == other
    assert house.rows("raw_load", "DISTINCT consumption_mwh, _partition")[-1] == (2.0, MONTHS[1])


def test_a_partition_that_lost_rows_loses_them_in_the_warehouse(house: House) -> None:
    house.write_load()
    house.publish(at=1)
    house.write(RAW_LOAD, MONTHS[0], load_rows("2026-06-01", "2026-06-01T05:00"))
    assert house.publish(at=2).rows["raw_load"] == 5


def test_versions_written_between_two_publications_count_once(house: House) -> None:
    for mwh in (1.0, 2.0, 3.0):
        house.write_load(mwh=mwh)
    assert house.publish(at=1).changed == 1
    assert house.rows("raw_load", "DISTINCT consumption_mwh") == [(3.0,)]


def test_nothing_new_publishes_nothing(house: House) -> None:
    house.write_load()
    first = house.publish(at=1)
    again = house.publish(at=2)
    assert (again.snapshot_id, again.path, again.changed, again.rows) == (first.snapshot_id, first.path, 0, first.rows)
    assert house.files() == [first.path.name]


def test_a_moved_clock_is_published_without_any_change(house: House) -> None:
    house.write_load()
    first = house.publish(at=1)
    moved = house.publish(at=2, as_of=later(1001))
    assert moved.changed == 0
    assert moved.snapshot_id != first.snapshot_id
    assert house.rows("_snapshot", "as_of") == [(later(1001).replace(tzinfo=None),)]


def test_another_source_is_published_without_any_change(house: House) -> None:
    house.publish(at=1)
    house.publish(at=2, source="live")
    assert house.rows("_snapshot", "source, simulated") == [("live", False)]


def test_every_version_of_a_prediction_is_kept_as_a_revision(house: House) -> None:
    for at, mwh in enumerate((1.0, 2.0, 3.0)):
        house.write(PREDICTIONS, "2026-06-01T10", prediction_rows("2026-06-01T10:00", mwh=mwh))
        house.publish(at=at)
    assert house.rows("predictions", "DISTINCT revision, q50") == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_revisions_that_are_published_together_are_numbered_by_age(house: House) -> None:
    for mwh in (3.0, 1.0, 2.0):
        house.write(PREDICTIONS, "2026-06-01T10", prediction_rows("2026-06-01T10:00", mwh=mwh))
    house.publish(at=1)
    assert house.rows("predictions", "DISTINCT revision, q50") == [(1, 3.0), (2, 1.0), (3, 2.0)]


def features(start: str, end: str, *, local_hour: int) -> pd.DataFrame:
    sample = frame_of(CONSUMPTION_FEATURES).head(1)
    hours = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    return pd.DataFrame(sample.loc[sample.index.repeat(len(hours))].assign(hour_utc=hours, local_hour=local_hour))


def test_look_ahead_gives_way_when_its_own_month_arrives(house: House) -> None:
    house.write(CONSUMPTION_FEATURES, MONTHS[0], features("2026-06-30", "2026-07-03", local_hour=1))
    assert house.publish(at=1).rows["consumption_features"] == 72
    house.write(CONSUMPTION_FEATURES, MONTHS[1], features("2026-07-01", "2026-07-02", local_hour=2))
    house.publish(at=2)
    by_day = house.rows("consumption_features", "DISTINCT day(hour_utc), local_hour, _partition")
    assert by_day == [(1, 2, MONTHS[1]), (2, 1, MONTHS[0]), (30, 1, MONTHS[0])]


@pytest.mark.parametrize("together", [False, True])
def test_no_feature_hour_is_there_twice_whatever_month_was_written_last(house: House, *, together: bool) -> None:
    house.write(CONSUMPTION_FEATURES, MONTHS[1], features("2026-07-01", "2026-07-05", local_hour=2))
    if not together:
        house.publish(at=1)
    house.write(CONSUMPTION_FEATURES, MONTHS[0], features("2026-06-30", "2026-07-03", local_hour=1))
    house.publish(at=2)
    assert house.rows("consumption_features", "count(*), count(DISTINCT hour_utc)") == [(120, 120)]
    assert house.rows("consumption_features", "DISTINCT local_hour, _partition") == [(1, MONTHS[0]), (2, MONTHS[1])]


def test_look_ahead_counts_again_when_its_own_month_loses_the_hour(house: House) -> None:
    house.write(RAW_WEATHER, MONTHS[0], weather_rows("2026-06-30", "2026-07-03", celsius=1.0))
    house.write(RAW_WEATHER, MONTHS[1], weather_rows("2026-07-01", "2026-07-03", celsius=2.0))
    house.publish(at=1)
    house.write(RAW_WEATHER, MONTHS[1], weather_rows("2026-07-01", "2026-07-02", celsius=3.0))
    assert house.publish(at=2).changed == 1
    assert house.rows("raw_weather", "DISTINCT day(hour_utc), temperature_c") == [(1, 3.0), (2, 1.0), (30, 1.0)]


def test_models_are_rows(house: House) -> None:
    house.models.write("2026-06-01", tiny_model("a"), at=later(1), run_id=RUN)
    house.publish(at=1)
    house.models.write("2026-06-08", tiny_model("b", verdict="challenger"), at=later(2), run_id=RUN)
    assert house.publish(at=2).changed == 1
    assert house.rows("models", "model_version, verdict, _partition") == [
        ("a", "champion", "2026-06-01"),
        ("b", "challenger", "2026-06-08"),
    ]


def test_readers_see_no_error_while_snapshots_are_published(house: House) -> None:
    house.write_load()
    house.publish(at=0)
    faults: list[BaseException] = []
    seen: set[str] = set()
    done = threading.Event()

    def poll() -> None:
        with Store(house.folder / "warehouse") as store:
            try:
                while not done.is_set():
                    seen.add(store.snapshot().snapshot_id)
                    store.freshness()
            except BaseException as fault:  # noqa: BLE001 - whatever it is, the test has to tell
                faults.append(fault)

    readers = [threading.Thread(target=poll) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(1, 11):
        house.write_load(at % 4, mwh=float(at))
        house.publish(at=at)
    done.set()
    for reader in readers:
        reader.join(SECONDS_TO_FINISH)
    assert faults == []
    assert len(seen) > 1, "the readers looked on"


MOMENTS = ("copied", "BEGIN TRANSACTION", "COMMIT", "CHECKPOINT", "before the rename", "before the pointer")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_publisher_leaves_the_old_snapshot_and_the_next_one_heals(house: House, moment: str) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1, mwh=2.0)
    command = [sys.executable, "-c", KILLED_WHILE_PUBLISHING, str(house.folder), moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(house.files()) > 1, "the publisher had begun"
    with Store(house.folder / "warehouse") as store:
        assert store.snapshot().snapshot_id == standing.snapshot_id
    healed = house.publish(at=100)
    assert (healed.changed, healed.rows["raw_load"]) == (1, 48)
    assert house.warehouse.current() == healed.path
    assert [name for name in house.files() if name.startswith(".")] == []


def test_remains_of_dead_publishers_are_cleared(house: House) -> None:
    house.publish(at=1)
    folder = house.folder / "warehouse"
    (folder / ".20260601T000000000000Z.7.tmp").write_bytes(b"half")
    (folder / ".20260601T000000000000Z.7.tmp.wal").write_bytes(b"half")
    (folder / ".20260601T000000000000Z.8.tmp.tmp").mkdir()
    (folder / f".{POINTER}.7.tmp").write_bytes(b"half")
    published = house.publish(at=2)
    assert house.files() == [published.path.name]


def test_a_refused_publication_leaves_the_old_snapshot(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1)

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", full)
        with pytest.raises(StorageError, match=rf"cannot publish to {house.folder}/warehouse: .*No space left"):
            house.publish(at=2)
    assert house.warehouse.current() == standing.path
    assert house.files() == [standing.path.name]


def test_an_unreadable_partition_is_named_and_the_old_snapshot_stays(house: House) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1)
    path = house.lake.path(house.lake.newest("raw_load")[MONTHS[1]])
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StorageError, match=re.escape(path.name)):
        house.publish(at=2)
    assert house.warehouse.current() == standing.path


def publish_apart(folder: Path, month: int) -> None:
    house = House(folder, writes=month)
    house.write_load(month)
    house.publish(at=10 + month)


def test_publishers_in_two_processes_both_succeed(house: House) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=publish_apart, args=(house.folder, month)) for month in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS_TO_FINISH)
    assert [process.exitcode for process in processes] == [0, 0]
    assert house.rows("raw_load", "DISTINCT _partition") == [(MONTHS[0],), (MONTHS[1],)]


def test_publishers_in_threads_both_succeed(house: House) -> None:
    threads = [threading.Thread(target=publish_apart, args=(house.folder, month)) for month in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_TO_FINISH)
    assert house.rows("raw_load", "DISTINCT _partition") == [(month,) for month in MONTHS[:3]]


def test_few_snapshots_are_kept(house: House) -> None:
    names = []
    for at in range(SNAPSHOTS_KEPT + 3):
        house.write_load(mwh=float(at))
        names.append(house.publish(at=at).path.name)
    assert house.files() == names[-SNAPSHOTS_KEPT:]


def test_a_clock_set_back_never_removes_the_snapshot_pointed_at(house: House) -> None:
    for at in (100, 101, 102, 1):
        house.write_load(mwh=float(at))
        published = house.publish(at=at)
        assert house.warehouse.current() == published.path
    assert len(house.files()) == SNAPSHOTS_KEPT


def lose(path: Path) -> None:
    path.unlink()


def garble(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def forget_columns(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE raw_load DROP COLUMN source_version")


def forget_tables(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE _partitions")
        connection.execute("CREATE TABLE _partitions (name VARCHAR)")


@pytest.mark.parametrize("damage", [lose, garble, truncate, forget_columns, forget_tables])
def test_a_damaged_snapshot_is_made_anew_from_the_lake(house: House, damage: Callable[[Path], None]) -> None:
    house.write_load()
    damage(house.publish(at=1).path)
    house.write_load(1, mwh=2.0)
    healed = house.publish(at=2)
    assert healed.changed == 2
    assert house.rows("raw_load", "DISTINCT consumption_mwh, _partition") == [(1.0, MONTHS[0]), (2.0, MONTHS[1])]


def test_an_emptied_snapshot_is_made_anew_from_the_lake(house: House) -> None:
    house.write_load()
    empty_file(house.publish(at=1).path)
    assert house.publish(at=2).rows["raw_load"] == 24
    assert len(house.rows("raw_load")) == 24


@pytest.mark.parametrize("text", ["", ".", "gone.duckdb"])
def test_a_pointer_to_nothing_is_made_anew(house: House, text: str) -> None:
    house.write_load()
    house.publish(at=1)
    (house.folder / "warehouse" / POINTER).write_text(text)
    assert house.publish(at=2).rows["raw_load"] == 24


def test_a_warehouse_is_published_from_s3(tmp_path: Path, s3_root: str) -> None:
    lake = Lake(s3_root)
    lake.write(RAW_LOAD, MONTHS[0], load_rows("2026-06-01", "2026-06-02"), at=AT, run_id=RUN)
    ModelStore(s3_root).write("2026-06-01", tiny_model("a"), at=AT, run_id=RUN)
    published = Warehouse(str(tmp_path)).publish(
        lake, ModelStore(s3_root), as_of=PRESENT, published_at=AT, source="sandbox", simulated=True
    )
    assert (published.rows["raw_load"], published.rows["models"]) == (24, 1)


@dataclass(frozen=True)
class Step:
    """One write, and whether the lake is published after it."""

    table: str
    month: int
    first_hour: int
    hours: int
    value: float
    publishes: bool

    def do(self, house: House) -> None:
        start = pd.Timestamp(MONTHS[self.month])
        if self.table == "predictions":
            issue = f"{start + pd.Timedelta(hours=self.first_hour):%Y-%m-%dT%H:%M}"
            house.write(PREDICTIONS, issue[:13], prediction_rows(issue, mwh=self.value))
            return
        end = start + pd.offsets.MonthBegin()
        first = end - pd.Timedelta(hours=self.first_hour)
        rows = weather_rows(str(first), str(first + pd.Timedelta(hours=self.hours)), celsius=self.value)
        early = weather_rows(str(start), str(start + pd.Timedelta(hours=self.hours)), celsius=self.value)
        house.write(RAW_WEATHER, MONTHS[self.month], pd.concat([early, rows], ignore_index=True))


STEPS = st.builds(
    Step,
    table=st.sampled_from(["raw_weather", "predictions"]),
    month=st.integers(0, 2),
    first_hour=st.integers(0, 3),
    hours=st.integers(0, 8),
    value=st.sampled_from([1.0, 2.0, 3.0]),
    publishes=st.booleans(),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_a_warehouse_grown_step_by_step_equals_one_made_anew(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        for at, step in enumerate(steps):
            step.do(house)
            if step.publishes:
                house.publish(at=at)
        house.publish(at=50)
        grown = house.contents()
        (house.folder / "warehouse" / POINTER).unlink()
        house.publish(at=100)
        assert grown == house.contents()


def test_the_weather_of_the_warehouse_is_what_the_lake_reads(house: House) -> None:
    for month, celsius in ((1, 2.0), (0, 1.0), (2, 3.0), (1, 4.0)):
        start = pd.Timestamp(MONTHS[month])
        end = start + pd.offsets.MonthBegin() + pd.Timedelta(hours=72)
        house.write(RAW_WEATHER, MONTHS[month], weather_rows(str(start), str(end), celsius=celsius))
        house.publish(at=house.writes)
    read = house.lake.read(RAW_WEATHER, MONTHS[:3]).sort_values("hour_utc")
    held = pd.DataFrame(house.rows("raw_weather", "hour_utc, temperature_c"), columns=["hour_utc", "temperature_c"])
    expected = read[["hour_utc", "temperature_c"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, expected, check_dtype=False)
