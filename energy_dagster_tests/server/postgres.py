"""A real PostgreSQL on loopback, which can be killed and started again on the same files and port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from energy_dagster_tests.ports import free_port

PASSWORD = "a-password-to-hide"
UNPRIVILEGED = "postgres"


@dataclass(frozen=True)
class Postgres:
    """A cluster of its own."""

    programs: Path
    files: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://energy:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def control(self, *arguments: str) -> None:
        """Run `pg_ctl`, which waits until it is done."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.files}"
        log = str(self.files / "server.log")
        _run(str(self.programs / "pg_ctl"), "-D", str(self.files / "data"), "-l", log, "-o", options, "-w", *arguments)

    def crash(self) -> None:
        """End it at once, as by a power cut: what was committed is recovered at the next start."""
        self.control("stop", "-m", "immediate")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A cluster that runs until the block ends; the test is skipped where there is no PostgreSQL."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; on Debian and Ubuntu: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="energy-postgres-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            for path in (folder, secret):
                shutil.chown(path, UNPRIVILEGED, UNPRIVILEGED)
        given = ("-U", "energy", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync")
        _run(str(programs / "initdb"), "-D", str(folder / "data"), *given)
        server = Postgres(programs, folder, free_port())
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    found = shutil.which("pg_ctl")
    places = [*([Path(found).resolve().parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


def _run(*command: str) -> None:
    whole = ("runuser", "-u", UNPRIVILEGED, "--", *command) if os.geteuid() == 0 else command
    done = subprocess.run(
        whole, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} {command[-1]}: {done.stderr}")
