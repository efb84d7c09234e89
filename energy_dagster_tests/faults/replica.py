"""The replica as a real server on loopback, whose faults and clock are set by the test."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp

from energy_dagster.sandbox.app import create_replica
from energy_dagster.sandbox.fault_kinds import Fault
from energy_dagster.sandbox.faults import Asked, with_faults
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.sandbox.asking import SEED, MovableClock

SECONDS_TO_START, SECONDS_TO_STOP = 60, 10
NOW = datetime(2018, 11, 20, 9, 30, tzinfo=UTC)
"""Early in the calendars: the whole dataset that an ignored window brings is small."""


@dataclass
class Replica:
    """A running replica.

    Attributes:
        url: where it listens.
        clock: its present, of the data; its answers are dated by the machine's, as HTTP wants.
        faults: by dataset or weather service what goes wrong with the requests from now on, in order; the last one stays.
        asked: what was asked, with the machine's seconds.
    """

    url: str
    clock: MovableClock = field(default_factory=lambda: MovableClock(NOW))
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    asked: list[tuple[str, float]] = field(default_factory=list)
    _answered: Counter[str] = field(default_factory=Counter)

    def plan(self, asked: Asked) -> Fault | None:
        """The fault of a request."""
        self.asked.append((asked.name, time.monotonic()))
        coming = self.faults.get(asked.name, [None])
        number = self._answered[asked.name]
        self._answered[asked.name] += 1
        return coming[min(number, len(coming) - 1)]

    def will(self, name: str | Sequence[str], *faults: Fault | None) -> None:
        """Let the next requests of a name, or several, go wrong in order; the last fault, or None, stays."""
        for one in (name,) if isinstance(name, str) else name:
            self.faults[one] = list(faults)
            self._answered[one] = 0

    def heal(self) -> None:
        """Answer well, as of the first moment, and forget what was asked."""
        self.clock.now = NOW
        self.faults.clear()
        self.asked.clear()

    def times_asked(self, name: str) -> int:
        """How often a dataset or service was asked."""
        return sum(asked == name for asked, _ in self.asked)


@contextmanager
def serving() -> Iterator[Replica]:
    """A replica in a thread of its own, until the block ends."""
    port = free_port()
    replica = Replica(f"http://127.0.0.1:{port}")
    app = create_replica(SimulatedArchive(SEED), clock=replica.clock)
    serve = _Serving(with_faults(app, replica.plan, clock=lambda: datetime.now(UTC)), port)
    serve.start()
    try:
        _wait_for(replica.url)
        yield replica
    finally:
        serve.stop()


class _Serving(threading.Thread):
    def __init__(self, app: ASGIApp, port: int) -> None:
        super().__init__(daemon=True)
        self.app, self.port = app, port
        self.loop = asyncio.new_event_loop()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.server: Any = Server(self.app, address="127.0.0.1", port=self.port, interface=Interfaces.ASGI, log_enabled=False)
        await self.server.serve()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.server.stop)
        self.join(SECONDS_TO_STOP)
        assert not self.is_alive(), "the server never stopped"


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx.get(f"{url}/meta/dataset/ProductionConsumptionSettlement", timeout=SECONDS_TO_START)
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the server never listened"
            time.sleep(0.05)
        else:
            return
