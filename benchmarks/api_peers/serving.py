"""Servers of one worker, started and ended, and the load that wrk puts on them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.environments import PROJECT, CannotRun, python_of
from energy_dagster_tests.ports import free_port

HERE = Path(__file__).parent
SCRIPT = HERE / "wrk.lua"
STARTED_WITHIN_SECONDS = 60
ANSWERED_WITHIN_SECONDS = 60
PEERS = ("parquet", "frame")


@dataclass(frozen=True)
class Load:
    """What wrk measured: latencies in milliseconds; an error is no answer, or one that is not of 2xx or 3xx."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    errors: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Serving:
    """A server that answers."""

    process: psutil.Process
    address: str

    def resident_mb(self) -> float:
        """Memory of the process and those it started."""
        return sum(one.memory_info().rss for one in [self.process, *self.process.children(recursive=True)]) / 1e6

    def load(self, paths: Sequence[str], *, connections: int, seconds: int, headers: Mapping[str, str] | None = None) -> Load:
        """Ask for the paths, in order and again and again, for some seconds.

        Whatever an earlier load left unanswered is worked off before.
        """
        httpx.get(self.address + paths[0], timeout=ANSWERED_WITHIN_SECONDS)
        said = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
        limits = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{ANSWERED_WITHIN_SECONDS}s"]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(paths) + "\n")
            file.flush()
            environment = os.environ | {"WRK_PATHS": file.name}
            done = subprocess.run(
                ["wrk", *limits, *said, "-s", str(SCRIPT), self.address],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
        return Load(**json.loads(done.stdout.splitlines()[-1]))


def ours(data: Path, **settings: object) -> "Server":
    """Our API, with settings of its own."""
    said = {f"ENERGY_{name.upper()}": str(value) for name, value in settings.items()}
    return Server([sys.executable, "-m", "api"], {"ENERGY_DATA": str(data), "ENERGY_API_ACCESS_LOG": "false"} | said, PROJECT)


def peer(name: str, tables: Path) -> "Server":
    """A peer over the exported tables."""
    command = [str(python_of(HERE)), "-m", "uvicorn", "app:app", "--log-level", "warning", "--no-access-log"]
    command += ["--workers", "1", "--loop", "uvloop", "--http", "httptools"]
    return Server(command, {"API_PEER": name, "API_PEER_DATA": str(tables)}, HERE)


@dataclass(frozen=True)
class Server:
    """How to start one."""

    command: Sequence[str]
    settings: Mapping[str, str]
    folder: Path

    @contextmanager
    def serving(self, *, probe: str) -> Iterator[Serving]:
        """It, answering; ended when the context ends.

        Raises:
            CannotRun: it does not answer the probe.
        """
        port = free_port()
        environment = os.environ | self.settings | {"ENERGY_API_PORT": str(port)}
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [*self.command, "--port", str(port)], cwd=self.folder, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                address = f"http://127.0.0.1:{port}"
                if not answers(process, f"{address}{probe}"):
                    log.seek(0)
                    raise CannotRun(f"{' '.join(self.command[1:3])} does not answer {probe}", log=log.read().decode())
                yield Serving(psutil.Process(process.pid), address)
            finally:
                process.terminate()
                process.wait(timeout=STARTED_WITHIN_SECONDS)


def answers(process: "subprocess.Popen[bytes]", address: str) -> bool:
    """Whether it comes to answer well in time."""
    until = time.monotonic() + STARTED_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address, timeout=ANSWERED_WITHIN_SECONDS).is_success:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return False


def check_wrk() -> None:
    """There is a wrk.

    Raises:
        CannotRun: there is none.
    """
    if shutil.which("wrk") is None:
        raise CannotRun("wrk is not here; on Debian and Ubuntu: apt-get install wrk")
