"""compose.yaml brought up as `docker compose up` does: each service once what it depends on is as it asks."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from energy_dagster_tests.infrastructure.containers.engine import PROJECT, CommandFailed, Engine
from energy_dagster_tests.ports import free_port

NAME: Final = "energy-test"
USER, PASSWORD = "operator", "correct horse"
HEALTHY_SECONDS, ENDED_SECONDS, BACK_SECONDS = 240, 1200, 120
LOOK_SECONDS: Final = 1.0


def copy_compose(folder: Path) -> Path:
    """compose.yaml and what it mounts, away from the checkout, where a user's own `.env` may be."""
    shutil.copy(PROJECT / "compose.yaml", folder)
    shutil.copytree(PROJECT / "containers", folder / "containers")
    return folder


def wait_until(holds: Callable[[], object], *, seconds: float, what: str) -> None:
    """Look again and again whether something holds; an assertion error is a no."""
    until, last = time.monotonic() + seconds, ""
    while time.monotonic() < until:
        try:
            if holds():
                return
        except (AssertionError, httpx.HTTPError, OSError) as problem:
            last = f": {problem}"
        time.sleep(LOOK_SECONDS)
    pytest.fail(f"{what}: not within {seconds:.0f} s{last}")


@dataclass(frozen=True)
class Platform:
    """The containers of one compose project.

    podman before 4.6 cannot wait for health, and without systemd it looks after nobody's, so that both is done here.
    """

    engine: Engine
    folder: Path
    ports: Mapping[str, int]
    services: Mapping[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each service took from its start to what others wait for."""

    @classmethod
    def of(cls, engine: Engine, folder: Path, *, tag: str) -> "Platform":
        """The project of a folder, on ports that are free, with a password for the Dagster UI in its `.env`."""
        ports = {name: free_port() for name in ("ENERGY_HTTP_PORT", "ENERGY_HTTPS_PORT", "ENERGY_DAGSTER_PORT")}
        lines = [f"{name}={port}" for name, port in ports.items()]
        (folder / ".env").write_text("\n".join([f"ENERGY_TAG={tag}", *lines, ""]), encoding="utf-8")
        told = yaml.safe_load(engine.run(*_compose(folder), "config", cwd=folder))
        return cls(engine, folder, ports, told["services"])

    @property
    def url(self) -> str:
        """Where the proxy answers without TLS."""
        return f"http://localhost:{self.ports['ENERGY_HTTP_PORT']}"

    @property
    def secure_url(self) -> str:
        """Where the proxy answers with TLS."""
        return f"https://localhost:{self.ports['ENERGY_HTTPS_PORT']}"

    def set_password(self) -> None:
        """Put the hash of a password for the Dagster UI into `.env`, as the guide says."""
        made = self.ask("proxy", "caddy", "hash-password", "--plaintext", PASSWORD).strip()
        with (self.folder / ".env").open("a", encoding="utf-8") as file:
            file.write(f"DAGSTER_PASSWORD_HASH='{made}'\n")

    def up(self) -> None:
        """Start every service, in the order and on the conditions that compose.yaml states."""
        needs = {name: service.get("depends_on", {}) for name, service in self.services.items()}
        for name in TopologicalSorter({name: set(needed) for name, needed in needs.items()}).static_order():
            for needed, how in needs[name].items():
                self._wait_for(needed, how["condition"])
            began = time.monotonic()
            self.start(name)
            conditions = {needed[name]["condition"] for needed in needs.values() if name in needed}
            for condition in conditions or {"service_healthy"}:
                self._wait_for(name, condition)
            self.seconds[name] = time.monotonic() - began

    def start(self, service: str, *options: str) -> None:
        """Start one service, anew where its settings changed."""
        self.engine.run(*_compose(self.folder), "up", "-d", "--no-deps", "--no-build", *options, service, cwd=self.folder)

    def down(self) -> None:
        """Take everything away, the volumes, too."""
        self.engine.run(*_compose(self.folder), "down", "--volumes", "--timeout=10", cwd=self.folder)

    def is_healthy(self, service: str) -> bool:
        """Whether a service passes its own health check now."""
        return self.engine.succeeds("podman", "healthcheck", "run", container(service))

    def ask(self, service: str, *command: str) -> str:
        """What a command prints that is run beside a service, in its container."""
        return self.engine.run("podman", "exec", container(service), *command)

    def state(self, service: str) -> tuple[str, int, int]:
        """Of a container: its state, the process that it is, and with what code it ended."""
        form = "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}"
        status, process, code = self.engine.run("podman", "inspect", "--format", form, container(service)).split()
        return status, int(process), int(code)

    def logs(self, service: str) -> str:
        """What a service said last, on both channels."""
        return self.engine.run("sh", "-c", f"podman logs --tail 60 {container(service)} 2>&1")

    def kill(self, service: str) -> None:
        """Kill a service's main process, with the signal that cannot be caught; podman's own `kill` would not be undone by it."""
        process = self.state(service)[1]
        os.kill(process, signal.SIGKILL)
        wait_until(
            lambda: self.state(service)[0] == "running" and self.state(service)[1] not in (0, process),
            seconds=BACK_SECONDS,
            what=f"{service} is started again",
        )
        self._wait_for(service, "service_healthy")

    def _wait_for(self, service: str, condition: str) -> None:
        if condition == "service_healthy":
            wait_until(lambda: self.is_healthy(service), seconds=HEALTHY_SECONDS, what=f"{service} is healthy")
        else:
            wait_until(lambda: self._ended_well(service), seconds=ENDED_SECONDS, what=f"{service} has ended")

    def _ended_well(self, service: str) -> bool:
        status, _, code = self.state(service)
        if status == "exited" and code != 0:
            raise CommandFailed(f"{service} ended with {code}:\n{self.logs(service)}")
        return status == "exited"


def container(service: str) -> str:
    """Name of a service's container."""
    return f"{NAME}_{service}_1"


def _compose(folder: Path) -> list[str]:
    program = Path(sys.executable).with_name("podman-compose")
    return [str(program), "--in-pod=false", f"--project-name={NAME}", f"--file={folder / 'compose.yaml'}"]
