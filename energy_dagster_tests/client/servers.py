"""A real server on loopback over a small warehouse, and transports that watch what a client asks of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from energy_dagster_tests.ports import free_port
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot


@dataclass(frozen=True)
class ApiServer:
    address: str
    data: Path

    def publish(self) -> str:
        """A new snapshot of consumption alone, as quickly as can be; returns its id."""
        return write_snapshot(self.data / "warehouse", {"consumption": sample_frames(NOW, days=1)["consumption"]}, as_of=NOW)


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[ApiServer]:
    """`python -m api` over a data folder; settings by their names in the environment, without the prefix and in small letters."""
    port = free_port()
    outside = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_")}
    own = {f"ENERGY_{name.upper()}": value for name, value in settings.items()}
    environment = {**outside, "ENERGY_DATA": str(data), "ENERGY_API_PORT": str(port), "ENERGY_API_ACCESS_LOG": "false", **own}
    log = data / "server.log"
    with log.open("wb") as told:
        server = subprocess.Popen([sys.executable, "-m", "api"], env=environment, stdout=told, stderr=told)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health/live", server, log)
        yield ApiServer(f"http://127.0.0.1:{port}", data)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        try:
            httpx.get(url, timeout=5).raise_for_status()
        except httpx.TransportError:
            assert server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not answer: {log.read_text(encoding='utf-8')}")


class Watched(httpx.HTTPTransport):
    """Remembers each request with the status of its answer; `then` is called after each, when its body has been read."""

    def __init__(self, then: Callable[[], object] | None = None) -> None:
        super().__init__()
        self._then = then
        self.seen: list[tuple[httpx.Request, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.seen.append((request, response.status_code))
        if self._then is not None:
            response.read()
            self._then()
        return response

    @property
    def statuses(self) -> list[int]:
        return [status for _, status in self.seen]
