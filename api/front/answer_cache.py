"""Answers kept as the bytes that were sent: a snapshot never changes, so its answers are good as long as it is published."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

LARGEST_SHARE: Final = 0.125
"""No answer takes more of the room than this."""

_AROUND_BYTES: Final = 1200
"""What Python's objects around an answer take besides their contents, about (measured on answers without headers)."""

Key = tuple[str, str, str, str]
"""Path, query, format, encoding."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer: what was sent, its entity tag, and the route that made it."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    etag: str
    route: str


class AnswerCache:
    """The answers of one snapshot, the least lately used dropped when `room` bytes are full; for one event loop.

    Asking with another snapshot's name forgets what was held.
    """

    def __init__(self, room: int) -> None:
        self._room, self._used = room, 0
        self._published = ""
        self._held: OrderedDict[Key, KeptAnswer] = OrderedDict()

    @property
    def used(self) -> int:
        """Bytes held."""
        return self._used

    def find(self, published: str, key: Key) -> KeptAnswer | None:
        """The answer, when it was read from the file that is published now."""
        if published != self._published:
            self._forget(published)
            return None
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def keep(self, published: str, key: Key, answer: KeptAnswer) -> None:
        """Hold an answer that was read from the file of that name; an answer of a file that was replaced is not held."""
        size = _size(key, answer)
        if published != self._published or size > self._room * LARGEST_SHARE:
            return
        replaced = self._held.pop(key, None)
        self._used += size - (_size(key, replaced) if replaced is not None else 0)
        self._held[key] = answer
        while self._used > self._room:
            self._used -= _size(*self._held.popitem(last=False))

    def _forget(self, published: str) -> None:
        self._published, self._used = published, 0
        self._held.clear()


def _size(key: Key, answer: KeptAnswer) -> int:
    return len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers) + sum(map(len, key)) + _AROUND_BYTES
