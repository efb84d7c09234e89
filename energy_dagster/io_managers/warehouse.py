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
import pyarrow as pa

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.model import model_row
from energy_dagster.domain.tables import MODELS, TABLES, Table
from energy_dagster.io_managers.lake import Lake, Version, arrow_schema
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.storage.files import StorageError, sync_folder
from energy_dagster.store.schema import POINTER, SUFFIX, create_all

SNAPSHOTS_KEPT = 3
LOCK = ".publishing"
UNFINISHED = ".tmp"


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


@dataclass(frozen=True)
class _Snapshot:
    """What a snapshot says of itself."""

    snapshot_id: str
    published_at: datetime
    as_of: datetime
    source: str
    simulated: bool


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
        return path if path.is_file() else None

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
            StorageError: the folder or the lake cannot be read or written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._only_one():
                self._clear_remains()
                snapshot = _Snapshot(f"{published_at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z", published_at, as_of, source, simulated)
                standing = self.current()
                try:
                    return self._publish(lake, models, snapshot, standing)
                except duckdb.Error:
                    if standing is None:
                        raise
                    return self._publish(lake, models, snapshot, None)  # damaged, or of another shape: the lake has it all
        except (OSError, duckdb.Error) as error:
            raise StorageError(f"cannot publish to {self.folder}: {error}") from error

    def _publish(self, lake: Lake, models: ModelStore, snapshot: "_Snapshot", standing: Path | None) -> Published:
        building = self.folder / f".{snapshot.snapshot_id}.{os.getpid()}{UNFINISHED}"
        try:
            if standing is not None:
                shutil.copyfile(standing, building)
            with closing(duckdb.connect(str(building))) as connection:
                for statement in create_all():
                    connection.execute(statement)
                changes = _changes(connection, lake, models)
                if not changes and standing is not None and not _moved(connection, snapshot):
                    return Published(standing.name.removesuffix(SUFFIX), standing, 0, _rows(connection))
                connection.execute("BEGIN TRANSACTION")
                for asset, group in changes.items():
                    _apply(connection, asset, group, lake, models)
                _describe(connection, snapshot)
                connection.execute("COMMIT")
                connection.execute("CHECKPOINT")
                rows = _rows(connection)
            return self._point_at(building, snapshot.snapshot_id, sum(map(len, changes.values())), rows)
        finally:
            self._clear_remains()

    def _clear_remains(self) -> None:
        """Remove what unfinished publications left; only for who holds the lock."""
        for path in self.folder.glob(f".*{UNFINISHED}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _point_at(self, building: Path, snapshot_id: str, changed: int, rows: dict[str, int]) -> Published:
        path = self.folder / f"{snapshot_id}{SUFFIX}"
        with building.open("rb") as file:
            os.fsync(file.fileno())
        building.replace(path)
        pointer = self.folder / f".{POINTER}.{os.getpid()}{UNFINISHED}"
        with pointer.open("w", encoding="utf-8") as file:
            file.write(path.name)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.folder / POINTER)
        sync_folder(self.folder)
        others = sorted(old for old in self.folder.glob(f"*{SUFFIX}") if old != path)
        for old in others[: 1 - SNAPSHOTS_KEPT]:
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
                changes.setdefault(name, []).append(_Change(version, len(known) if table.append_only else 1))
    return changes


def _apply(connection: duckdb.DuckDBPyConnection, name: str, changes: Sequence[_Change], lake: Lake, models: ModelStore) -> None:
    table = TABLES[name]
    again = _looking_ahead_into(connection, changes) if table.looks_ahead else []
    rows = pa.concat_tables([_part(table, change, lake, models) for change in (*changes, *again)])
    columns = ", ".join(rows.column_names)
    if table is not MODELS and not table.append_only:
        replaced, reread = ([change.version.partition for change in group] for group in (changes, again))
        connection.execute(f"DELETE FROM {name} WHERE _partition IN (SELECT unnest(?))", [replaced + reread])  # noqa: S608 - a contract's name
        connection.execute("DELETE FROM _partitions WHERE asset = ? AND partition IN (SELECT unnest(?))", [name, replaced])
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM incoming")  # noqa: S608
    connection.unregister("incoming")
    if table.looks_ahead:
        same_key = " AND ".join(f"early.{column} = late.{column}" for column in table.key)
        connection.execute(
            f"DELETE FROM {name} AS early USING {name} AS late WHERE {same_key} AND early._partition < late._partition"  # noqa: S608
        )
    connection.executemany(
        "INSERT INTO _partitions (asset, partition, version, revision) VALUES (?, ?, ?, ?)",
        [[c.version.asset, c.version.partition, c.version.version, c.revision] for c in changes],
    )


def _looking_ahead_into(connection: duckdb.DuckDBPyConnection, changes: Sequence[_Change]) -> list[_Change]:
    """Held partitions just before the changed ones: their look-ahead counts again where a change no longer has the hour."""
    changed = {change.version.partition for change in changes}
    asset = changes[0].version.asset
    held = connection.execute("SELECT partition, version FROM _partitions WHERE asset = ? ORDER BY partition", [asset]).fetchall()
    before = {partition: max((row for row in held if row[0] < partition), default=None) for partition in changed}
    unchanged = {row for row in before.values() if row is not None and row[0] not in changed}
    return [_Change(Version(asset, partition, version), 1) for partition, version in sorted(unchanged)]


def _part(table: Table, change: _Change, lake: Lake, models: ModelStore) -> pa.Table:
    if table is MODELS:
        row = conform(MODELS, pd.DataFrame([model_row(models.read_meta(change.version))]))
        part = pa.Table.from_pandas(row, schema=arrow_schema(MODELS), preserve_index=False)
    else:
        part = lake.read_version(table, change.version)
    if table.append_only:
        part = part.append_column("revision", pa.array([change.revision] * len(part), pa.int64()))
    return part.append_column("_partition", pa.array([change.version.partition] * len(part), pa.string()))


def _moved(connection: duckdb.DuckDBPyConnection, snapshot: _Snapshot) -> bool:
    """Whether the platform's clock or source is another than the standing snapshot's."""
    row = connection.execute("SELECT as_of, source FROM _snapshot").fetchone()
    return row is None or row != (naive_utc(snapshot.as_of), snapshot.source)


def _describe(connection: duckdb.DuckDBPyConnection, snapshot: _Snapshot) -> None:
    connection.execute("DELETE FROM _snapshot")
    connection.execute(
        "INSERT INTO _snapshot (snapshot_id, published_at, as_of, source, simulated) VALUES (?, ?, ?, ?, ?)",
        [
            snapshot.snapshot_id,
            naive_utc(snapshot.published_at),
            naive_utc(snapshot.as_of),
            snapshot.source,
            snapshot.simulated,
        ],
    )


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = {}
    for name in TABLES:
        row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - a contract's name
        counts[name] = int(row[0]) if row else 0
    return counts
