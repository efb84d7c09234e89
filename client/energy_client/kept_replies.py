"""Replies that are held so that they need not be sent again."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import httpx

KEPT_BYTES: Final = 32_000_000
"""Room for bodies, uncompressed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the server, whole."""

    headers: httpx.Headers
    body: bytes


class KeptReplies:
    """Replies by address and format, with their entity tags; the least lately used are dropped when the room is full."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room, self._used = room, 0
        self._held: OrderedDict[tuple[str, str], Reply] = OrderedDict()

    def find(self, address: str, media_type: str) -> Reply | None:
        """The reply that was kept of that address in that format."""
        found = self._held.get((address, media_type))
        if found is not None:
            self._held.move_to_end((address, media_type))
        return found

    def keep(self, address: str, media_type: str, reply: Reply) -> None:
        """Hold a reply that has an entity tag, unless it alone would fill the room."""
        replaced = self._held.pop((address, media_type), None)
        self._used -= len(replaced.body) if replaced is not None else 0
        if "ETag" not in reply.headers or len(reply.body) > self._room:
            return
        self._held[address, media_type] = reply
        self._used += len(reply.body)
        while self._used > self._room:
            self._used -= len(self._held.popitem(last=False)[1].body)
