import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from energy_dagster_tests.ports import free_port

SECONDS_TO_START = 60


def run(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "energy_dagster.sandbox", *arguments]


@pytest.fixture
def url() -> Iterator[str]:
    port = free_port()
    command = run("--source", "sandbox", "--now", "2026-03-01T12:00:00+00:00", "--port", str(port))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def test_the_replica_answers_as_a_server_of_its_own(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            answer = httpx.get(f"{url}/dataset/GenerationProdTypeExchange?limit=1", timeout=SECONDS_TO_START)
            break
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the server never listened"
            time.sleep(0.1)
    assert answer.headers["X-Energy-Source"] == "simulated"
    assert answer.json()["records"][0]["TimeUTC"] == "2026-03-01T09:00:00"


def test_the_server_says_why_it_cannot_start() -> None:
    done = subprocess.run(run("--source", "recorded:/nowhere"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/nowhere" in done.stderr
    assert "Traceback" not in done.stderr
