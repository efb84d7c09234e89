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

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.tables import TABLES
from energy_dagster.io_managers.decisions import Decision
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.snapshot_contents import apply_changes, changes_of, remember
from energy_dagster.storage.files import StorageError, sync_folder
from energy_dagster.store.rows import Attention
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
        self,
        lake: Lake,
        models: ModelStore,
        *,
        as_of: datetime,
        published_at: datetime,
        source: str,
        simulated: bool,
        attention: Sequence[Attention] | None = None,
        anew: bool = False,
    ) -> Published:
        """Publish what the lake holds now.

        Args:
            lake: table partitions.
            models: trained models.
            as_of: the platform's clock, aware UTC.
            published_at: the machine's clock, aware UTC.
            source: sandbox, recorded or live.
            simulated: whether the numbers are simulated.
            attention: what asks for a look; None to leave what the standing snapshot says of it.
            anew: make it from the lake alone, whatever the standing snapshot holds.

        Raises:
            StorageError: the folder or the lake cannot be read or written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._only_one():
                self._clear_remains()
                snapshot = _Snapshot(f"{published_at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z", published_at, as_of, source, simulated)
                standing = None if anew else self.current()
                try:
                    return self._publish(lake, models, snapshot, standing, attention)
                except duckdb.Error:
                    if standing is None:
                        raise
                    # damaged, or of another shape: the lake has it all
                    return self._publish(lake, models, snapshot, None, attention)
        except (OSError, duckdb.Error) as error:
            raise StorageError(f"cannot publish to {self.folder}: {error}") from error

    def _publish(
        self,
        lake: Lake,
        models: ModelStore,
        snapshot: "_Snapshot",
        standing: Path | None,
        attention: Sequence[Attention] | None,
    ) -> Published:
        building = self.folder / f".{snapshot.snapshot_id}.{os.getpid()}{UNFINISHED}"
        try:
            if standing is not None:
                shutil.copyfile(standing, building)
            with closing(duckdb.connect(str(building))) as connection:
                for statement in create_all():
                    connection.execute(statement)
                changes, replaced = changes_of(connection, lake, models)
                said = {"_decisions": [_decision_row(decision) for decision in models.decisions.listing()]}
                if attention is not None:
                    said["_attention"] = [_attention_row(one) for one in attention]
                moved = _moved(connection, snapshot) or any(_held(connection, table) != wanted for table, wanted in said.items())
                if not changes and standing is not None and not moved:
                    return Published(standing.name.removesuffix(SUFFIX), standing, 0, _rows(connection))
                connection.execute("BEGIN TRANSACTION")
                for asset, group in changes.items():
                    apply_changes(connection, asset, group, lake, models)
                remember(connection, replaced, lake)
                _describe(connection, snapshot)
                for table, wanted in said.items():
                    _put_in_place(connection, table, wanted)
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


def _attention_row(one: Attention) -> tuple[object, ...]:
    return one.kind, one.subject, one.name, one.severity, naive_utc(one.found_at), one.told


def _decision_row(decision: Decision) -> tuple[object, ...]:
    return naive_utc(decision.decided_at), decision.action, decision.model_version, decision.decided_by, decision.reason


def _held(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    """The rows of a small table, as they were put there."""
    return connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - a table of ours


def _put_in_place(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows in the place of all that a table holds."""
    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a table of ours
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in rows[0])})", rows)  # noqa: S608 - as above


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = {}
    for name in TABLES:
        row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - a contract's name
        counts[name] = int(row[0]) if row else 0
    return counts
