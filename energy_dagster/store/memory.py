"""Answers that are given again to whoever asks the same of the same snapshot."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, Final

ROWS_KEPT: Final = 200_000
"""Rows that are kept at most; the longest unasked go first. A row takes about half a kilobyte."""


class Memory:
    """Rows by what was asked; a new snapshot empties it.

    Rows are shared by all who ask, and are not to be changed.
    """

    def __init__(self, rows: int = ROWS_KEPT) -> None:
        self._most, self._held = rows, 0
        self._snapshot = ""
        self._answers: OrderedDict[Hashable, Sequence[Any]] = OrderedDict()
        self._lock = Lock()

    def rows(self, snapshot_id: str, asked: Hashable, find: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """The rows, found now or kept from before."""
        with self._lock:
            if snapshot_id == self._snapshot and asked in self._answers:
                self._answers.move_to_end(asked)
                return self._answers[asked]
        found = find()
        with self._lock:
            self._keep(snapshot_id, asked, found)
        return found

    def _keep(self, snapshot_id: str, asked: Hashable, found: Sequence[Any]) -> None:
        if snapshot_id < self._snapshot or len(found) > self._most:
            return
        if snapshot_id != self._snapshot:
            self._answers.clear()
            self._snapshot, self._held = snapshot_id, 0
        if asked in self._answers:  # somebody else found it meanwhile
            self._held -= _room(self._answers.pop(asked))
        self._answers[asked] = found
        self._held += _room(found)
        while self._held > self._most:
            self._held -= _room(self._answers.popitem(last=False)[1])


def _room(rows: Sequence[Any]) -> int:
    """An answer without a row takes room as well."""
    return max(1, len(rows))
