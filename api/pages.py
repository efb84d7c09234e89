"""What a route answers with: rows in chunks, and where the next page begins."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

CHUNK_ROWS: Final = 4000
"""Rows that are read and written at once; an answer of more is streamed."""

Window = tuple[datetime, datetime]
Read = Callable[[], Sequence[object]]


@dataclass(frozen=True)
class Page:
    """Rows of a kind: `reads` give them chunk by chunk, `make` makes each a row of the API.

    `without` names fields that were not asked for. `following` are the parameters that change in the address of the next page;
    empty for the last. `nothing` is called when the whole page has no row: it may say why.
    """

    kind: type[Struct]
    reads: Sequence[Read]
    make: Callable[[object], Struct] | None = None
    without: frozenset[str] = frozenset()
    following: dict[str, str] = field(default_factory=dict)
    nothing: Callable[[], None] = lambda: None

    def chunks(self) -> Iterator[list[Struct]]:
        """The rows."""
        for read in self.reads:
            yield [self._row(held) for held in read()]

    def _row(self, held: object) -> Struct:
        return msgspec.convert(held, self.kind, from_attributes=True) if self.make is None else self.make(held)


def parts(window: Window, *, step: timedelta, rows_per_step: int, limit: int) -> tuple[list[Window], datetime | None]:
    """The windows that are read one after the other for one page, and where the next page begins, if there is one.

    A page holds as many steps as make at most `limit` rows, and at least one.

    >>> start = datetime(2026, 6, 1)
    >>> windows, following = parts((start, start + timedelta(days=2)), step=timedelta(hours=1), rows_per_step=4, limit=100)
    >>> len(windows), following
    (1, datetime.datetime(2026, 6, 2, 1, 0))
    """
    start, end = window
    stop = min(end, start + step * max(limit // rows_per_step, 1))
    stride = step * max(CHUNK_ROWS // rows_per_step, 1)
    windows = []
    while start < stop:
        windows.append((start, min(start + stride, stop)))
        start += stride
    return windows, stop if stop < end else None
