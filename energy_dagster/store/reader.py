"""Reading the published warehouse: the newest snapshot at each question, or one snapshot for several."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from energy_dagster.store.answering import Answering
from energy_dagster.store.connection import PublishedSnapshot
from energy_dagster.store.memory import Memory
from energy_dagster.store.rows import Snapshot


class Reading(Answering):
    """One snapshot: everything asked of it is read from the same state. For one thread at a time."""

    def __init__(self, held: tuple[duckdb.DuckDBPyConnection, Snapshot], memory: Memory | None = None) -> None:
        self._held, self.memory = held, memory

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
        """The cursor of this reading."""
        yield self._held


class Store(Answering):
    """The published warehouse, read only; safe to share between threads.

    Each question is answered from the newest snapshot at that moment, which comes with the rows; `reading` keeps to one snapshot.

    Args:
        folder: where snapshots are published.
        memory: where answers are kept for whoever asks the same; None to ask the database every time.
    """

    def __init__(self, folder: str | Path, *, memory: Memory | None = None) -> None:
        self._published = PublishedSnapshot(Path(folder))
        self.memory = memory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def cursor(self) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
        """A cursor on the newest snapshot, which stays open until the context ends."""
        return self._published.cursor()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Questions that belong together: all are answered from the snapshot that was the newest at the first."""
        with self.cursor() as held:
            yield Reading(held, self.memory)

    def pointed(self) -> str:
        """The name of what is published now, which changes with every snapshot; cheap, nothing is opened.

        Raises:
            NoSnapshot: nothing is published.
        """
        return self._published.pointed()

    def close(self) -> None:
        """Let go of the snapshot once nobody reads it."""
        self._published.close()
