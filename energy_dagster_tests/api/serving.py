"""The API as a process of its own on loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from energy_dagster_tests.ports import free_port

LONGEST_START = 30


@contextmanager
def served(data: Path, **settings: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a server over `data/warehouse`, once it lives, and its process; stopped, with code 0, at the end."""
    port = free_port()
    environment = {**os.environ, "ENERGY_DATA": str(data), "ENERGY_API_PORT": str(port), **settings}
    with (data / "api.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "api"], env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_live(address, server)
        yield address, server
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def _wait_until_live(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended before it answered"
        try:
            if httpx.get(f"{address}/health/live").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"{address} did not answer")
