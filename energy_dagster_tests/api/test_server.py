import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answer(url: str, server: "subprocess.Popen[bytes]") -> dict[str, str]:
    for _ in range(150):
        try:
            with urlopen(url, timeout=5) as response:
                body: dict[str, str] = json.load(response)
                return body
        except URLError:
            assert server.poll() is None, "the server ended before it answered"
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer")


def test_the_module_serves_on_the_port_of_the_environment(warehouse: Path) -> None:
    port = _free_port()
    environment = {**os.environ, "ENERGY_DATA": str(warehouse.parent), "ENERGY_API_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "-m", "api"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert _answer(f"http://127.0.0.1:{port}/health/ready", server)["status"] == "ready"
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
