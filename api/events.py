"""Announces what is published, as it is published."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import anyio.to_thread
import msgspec
from litestar.response.sse import ServerSentEventMessage

from api.front.telemetry import Telemetry
from api.schemas import SnapshotBody
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store

LOOK_SECONDS: Final = 0.5
COMMENT_SECONDS: Final = 15.0


class Announcer:
    """Looks at the pointer twice a second for each listener; a snapshot is opened only when it has moved."""

    def __init__(self, store: Store, telemetry: Telemetry, *, longest_seconds: float) -> None:
        self._store, self._telemetry, self._longest = store, telemetry, longest_seconds
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, so that the process need not wait for its listeners."""
        self._closing.set()

    async def listen(self, *, known: str | None, seconds: float | None) -> AsyncIterator[ServerSentEventMessage]:
        """Events until the time is up: the snapshot published now unless it is `known`, then each new one."""
        now = time.monotonic()
        ends, comment_at, pointed = now + min(seconds or self._longest, self._longest), now + COMMENT_SECONDS, ""
        yield ServerSentEventMessage(data=None, comment="connected")
        with self._telemetry.listeners.track_inprogress():
            while (now := time.monotonic()) < ends and not self._closing.is_set():
                try:
                    name = self._store.pointed()
                    if name != pointed:
                        snapshot = SnapshotBody.of(await anyio.to_thread.run_sync(self._store.snapshot))
                        pointed = name
                        if snapshot.snapshot_id != known:
                            known = snapshot.snapshot_id
                            yield _announcement(snapshot)
                except (NoSnapshot, UnreadableSnapshot):
                    pointed = ""
                if now >= comment_at:
                    comment_at = now + COMMENT_SECONDS
                    yield ServerSentEventMessage(data=None, comment="still here")
                try:
                    await asyncio.wait_for(self._closing.wait(), min(LOOK_SECONDS, max(ends - now, 0.0)))
                except TimeoutError:
                    continue


def _announcement(snapshot: SnapshotBody) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode(snapshot).decode(), event="snapshot", id=snapshot.snapshot_id)
