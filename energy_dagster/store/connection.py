"""The open snapshot: follows the pointer, shares one read-only connection, closes it when its last reader has left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import duckdb

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.rows import Snapshot
from energy_dagster.store.schema import POINTER

_SNAPSHOT = "SELECT snapshot_id, published_at, as_of, source, simulated FROM _snapshot"

_ONE_THREAD = "SET threads = 1"
"""Sums of one thread are the same at every asking, to the last digit; readers run side by side, not one reader on every core."""


@dataclass(slots=True)
class _OpenSnapshot:
    """One opened file; `readers` counts the cursors in use, `retired` says the pointer has moved on."""

    name: str
    connection: duckdb.DuckDBPyConnection
    snapshot: Snapshot
    readers: int = 0
    retired: bool = False

    def close_if_unused(self) -> None:
        if self.retired and self.readers == 0:
            self.connection.close()


class PublishedSnapshot:
    """The snapshot that `<folder>/CURRENT` names, whichever that is at each reading; safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._current: _OpenSnapshot | None = None

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
        """A cursor on the newest snapshot, which stays open until the cursor is given back.

        Raises:
            NoSnapshot: nothing is published, or the pointer names a file that is not there.
            UnreadableSnapshot: the file is no warehouse, or a query finds it damaged or of another shape.
        """
        with self._lock:
            held = self._newest()
            held.readers += 1
            cursor = held.connection.cursor()
        try:
            yield cursor, held.snapshot
        except duckdb.Error as error:
            raise UnreadableSnapshot(f"expected a readable warehouse in {self._folder / held.name}, found: {error}") from error
        finally:
            cursor.close()
            with self._lock:
                held.readers -= 1
                held.close_if_unused()

    def close(self) -> None:
        """Close the snapshot once its readers have left; the next reading opens it again."""
        with self._lock:
            self._retire()

    def _newest(self) -> _OpenSnapshot:
        name = self.pointed()
        while self._current is None or self._current.name != name:
            try:
                opened = self._open(name)
            except (NoSnapshot, UnreadableSnapshot):
                moved_to = self.pointed()  # the pointer may have moved, and the old file gone, since it was read
                if moved_to == name:
                    raise
                name = moved_to
                continue
            self._retire()
            self._current = opened
        return self._current

    def _retire(self) -> None:
        if self._current is not None:
            self._current.retired = True
            self._current.close_if_unused()
            self._current = None

    def pointed(self) -> str:
        """The name of the published file.

        Raises:
            NoSnapshot: nothing is published.
        """
        pointer = self._folder / POINTER
        try:
            name = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise NoSnapshot(
                f"expected {pointer} to name a published snapshot, found no such file; materialize `warehouse` first"
            ) from None
        if not name or name != Path(name).name:
            raise NoSnapshot(f"expected {pointer} to hold the name of a snapshot's file, found {name!r}")
        return name

    def _open(self, name: str) -> _OpenSnapshot:
        path = self._folder / name
        if not path.is_file():
            raise NoSnapshot(f"expected the snapshot {path}, which {self._folder / POINTER} names, found no such file")
        try:
            connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise UnreadableSnapshot(f"expected a DuckDB warehouse in {path}, found: {error}") from error
        try:
            connection.execute(_ONE_THREAD)
            snapshot = _identity(connection, path)
        except UnreadableSnapshot:
            connection.close()
            raise
        return _OpenSnapshot(name, connection, snapshot)


def _identity(connection: duckdb.DuckDBPyConnection, path: Path) -> Snapshot:
    try:
        rows = connection.execute(_SNAPSHOT).fetchall()
    except duckdb.Error as error:
        raise UnreadableSnapshot(f"expected a table _snapshot in {path}, found: {error}") from error
    if len(rows) != 1:
        raise UnreadableSnapshot(f"expected one row in _snapshot of {path}, found {len(rows)}")
    snapshot_id, published_at, as_of, source, simulated = rows[0]
    return Snapshot(snapshot_id, published_at.replace(tzinfo=UTC), as_of.replace(tzinfo=UTC), source, simulated)
