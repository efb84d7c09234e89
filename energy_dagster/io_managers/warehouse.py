"""Publishing the lake as one DuckDB file that people read.

A snapshot is the last one plus the difference between the lake's listing and `_partitions`: the file is copied, the changed
partitions are applied in one transaction, it is flushed to the disk and renamed, and then the pointer moves. Whoever is killed
on the way leaves the pointer where it was.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.model import model_row
from energy_dagster.domain.tables import MODELS, TABLES, Table
from energy_dagster.io_managers.lake import Lake, LakeError, Version, sync_folder
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.store.schema import POINTER, SUFFIX, create_all

SNAPSHOTS_KEPT = 3
LOCK = ".publishing"


@dataclass(frozen=True)
class Published:
    """What a publication did; `changed` counts the partitions that were applied, 0 when the standing snapshot already says all."""

    snapshot_id: str
    path: Path
    changed: int
    rows: dict[str, int]


@dataclass(frozen=True)
class _Change:
    version: Version
    revision: int
    replaces: bool


class Warehouse:
    """The folder of snapshots and the pointer to the newest."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def current(self) -> Path | None:
        """The snapshot pointed at; None before the first."""
        pointer = self.folder / POINTER
        if not pointer.exists():
            return None
        path = self.folder / pointer.read_text(encoding="utf-8").strip()
        return path if path.exists() else None

    def publish(
        self, lake: Lake, models: ModelStore, *, as_of: datetime, published_at: datetime, source: str, simulated: bool
    ) -> Published:
        """Publish what the lake holds now.

        Args:
            lake: table partitions.
            models: trained models.
            as_of: the platform's clock, aware UTC.
            published_at: the machine's clock, aware UTC.
            source: sandbox, recorded or live.
            simulated: whether the numbers are simulated.

        Raises:
            LakeError: the folder or the lake cannot be read or written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._only_one():
                return self._publish(lake, models, as_of, published_at, source, simulated=simulated)
        except (OSError, duckdb.IOException) as error:
            raise LakeError(f"cannot publish to {self.folder}: {error}") from error

    def _publish(
        self, lake: Lake, models: ModelStore, as_of: datetime, published_at: datetime, source: str, *, simulated: bool
    ) -> Published:
        standing = self.current()
        snapshot_id = f"{published_at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z"
        building = self.folder / f".{snapshot_id}.{os.getpid()}.tmp"
        try:
            if standing is not None:
                shutil.copyfile(standing, building)
            with closing(duckdb.connect(str(building))) as connection:
                for statement in create_all():
                    connection.execute(statement)
                changes = _changes(connection, lake, models)
                if not changes and standing is not None and not _moved(connection, as_of, source):
                    return Published(standing.name.removesuffix(SUFFIX), standing, 0, _rows(connection))
                connection.execute("BEGIN TRANSACTION")
                for asset, group in changes.items():
                    _apply(connection, asset, group, lake, models)
                _describe(connection, snapshot_id, published_at, as_of, source, simulated=simulated)
                connection.execute("COMMIT")
                connection.execute("CHECKPOINT")
                rows = _rows(connection)
            return self._point_at(building, snapshot_id, sum(map(len, changes.values())), rows)
        finally:
            building.unlink(missing_ok=True)
            building.with_name(f"{building.name}.wal").unlink(missing_ok=True)

    def _point_at(self, building: Path, snapshot_id: str, changed: int, rows: dict[str, int]) -> Published:
        path = self.folder / f"{snapshot_id}{SUFFIX}"
        with building.open("rb") as file:
            os.fsync(file.fileno())
        building.replace(path)
        pointer = self.folder / f".{POINTER}.{os.getpid()}.tmp"
        with pointer.open("w", encoding="utf-8") as file:
            file.write(path.name)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.folder / POINTER)
        sync_folder(self.folder)
        for old in sorted(self.folder.glob(f"*{SUFFIX}"))[:-SNAPSHOTS_KEPT]:
            old.unlink(missing_ok=True)
        return Published(snapshot_id, path, changed, rows)

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """One publisher at a time; the system releases the lock of a process that dies."""
        import fcntl  # noqa: PLC0415 - absent on Windows, where only publishing needs it

        with (self.folder / LOCK).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _changes(connection: duckdb.DuckDBPyConnection, lake: Lake, models: ModelStore) -> dict[str, list[_Change]]:
    """Versions that the lake has and the snapshot has not, by asset; only the newest of a partition unless all are kept."""
    held: dict[tuple[str, str], list[str]] = {}
    for asset, partition, version in connection.execute(
        "SELECT asset, partition, version FROM _partitions ORDER BY asset, partition, revision"
    ).fetchall():
        held.setdefault((asset, partition), []).append(version)
    changes: dict[str, list[_Change]] = {}
    for name, table in TABLES.items():
        listing = models.versions() if table is MODELS else list(lake.versions(name))
        wanted = listing if table.append_only or table is MODELS else {v.partition: v for v in listing}.values()
        for version in wanted:
            known = held.setdefault((version.asset, version.partition), [])
            if version.version not in known:
                known.append(version.version)
                changes.setdefault(name, []).append(_Change(version, len(known), replaces=not table.append_only))
    return changes


def _apply(connection: duckdb.DuckDBPyConnection, name: str, changes: Sequence[_Change], lake: Lake, models: ModelStore) -> None:
    table = TABLES[name]
    frames = [_frame(table, change, lake, models) for change in changes]
    rows = pd.concat(frames, ignore_index=True)
    columns = ", ".join(rows.columns)
    if table is not MODELS and not table.append_only:
        partitions = [change.version.partition for change in changes]
        connection.execute(f"DELETE FROM {table.name} WHERE _partition IN (SELECT unnest(?))", [partitions])  # noqa: S608 - a contract's name
        connection.executemany(
            "DELETE FROM _partitions WHERE asset = ? AND partition = ?", [[name, partition] for partition in partitions]
        )
    connection.register("incoming", rows)
    if table.looks_ahead:
        key = " AND ".join(f"held.{column} = incoming.{column}" for column in table.key)
        connection.execute(
            f"DELETE FROM {table.name} AS held USING incoming WHERE {key} AND held._partition < incoming._partition"  # noqa: S608
        )
    connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM incoming")  # noqa: S608
    connection.unregister("incoming")
    connection.executemany(
        "INSERT INTO _partitions (asset, partition, version, revision) VALUES (?, ?, ?, ?)",
        [[c.version.asset, c.version.partition, c.version.version, c.revision] for c in changes],
    )


def _frame(table: Table, change: _Change, lake: Lake, models: ModelStore) -> pd.DataFrame:
    if table is MODELS:
        frame = conform(MODELS, pd.DataFrame([model_row(models.read_meta(change.version))]))
    else:
        frame = lake.read_version(table, change.version)
    if table.append_only:
        frame = frame.assign(revision=change.revision)
    return frame.assign(_partition=change.version.partition)


def _moved(connection: duckdb.DuckDBPyConnection, as_of: datetime, source: str) -> bool:
    """Whether the platform's clock or source is another than the standing snapshot's."""
    row = connection.execute("SELECT as_of, source FROM _snapshot").fetchone()
    return row is None or row != (naive_utc(as_of), source)


def _describe(
    connection: duckdb.DuckDBPyConnection,
    snapshot_id: str,
    published_at: datetime,
    as_of: datetime,
    source: str,
    *,
    simulated: bool,
) -> None:
    connection.execute("DELETE FROM _snapshot")
    connection.execute(
        "INSERT INTO _snapshot (snapshot_id, published_at, as_of, source, simulated) VALUES (?, ?, ?, ?, ?)",
        [snapshot_id, naive_utc(published_at), naive_utc(as_of), source, simulated],
    )


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = {}
    for name in TABLES:
        row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - a contract's name
        counts[name] = int(row[0]) if row else 0
    return counts
