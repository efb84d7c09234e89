"""The processes of `energy serve`: the Dagster UI with its daemon, the API and the app, started and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from energy_dagster.instance import prepare_home
from energy_dagster.settings import Settings

READY_SECONDS = 120
STOP_SECONDS = 20
LOOK_SECONDS = 0.3


class PortTaken(RuntimeError):
    """A port is in use; the message says which, whose, and how to choose another."""


class ProcessEnded(RuntimeError):
    """A process ended by itself; the message says which, with what code, and where its log is."""


@dataclass(frozen=True)
class Service:
    """One of the processes: its name, command, port (none for the daemon) and the variable that sets the port."""

    name: str
    command: tuple[str, ...]
    port: int | None
    variable: str


def services(settings: Settings, *, host: str) -> list[Service]:
    """What `energy serve` starts."""
    python = sys.executable
    module = ("-m", "energy_dagster.definitions")
    return [
        Service(
            "Dagster UI",
            (python, "-m", "dagster_webserver", "-h", host, "-p", str(settings.dagster_port), *module),
            settings.dagster_port,
            "ENERGY_DAGSTER_PORT",
        ),
        Service("Dagster daemon", (python, "-m", "dagster._daemon", "run", *module), None, ""),
        Service("API", (python, "-m", "api", "--host", host), settings.api_port, "ENERGY_API_PORT"),
        Service("app", (python, "-m", "ui", "--host", host), settings.ui_port, "ENERGY_UI_PORT"),
    ]


def serve_all(settings: Settings, *, host: str, echo: Callable[[str], None]) -> None:
    """Start everything, print the addresses when they answer, and stop everything on Ctrl-C or SIGTERM.

    Raises:
        PortTaken: a port is in use; nothing was started.
        ProcessEnded: one of the processes ended by itself; the others were stopped.
    """
    wanted = services(settings, host=host)
    for service in wanted:
        refuse_taken_port(service, host)
    data = Path(settings.data)
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = process_environment(settings, prepare_home(data))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, _interrupt)
    running: list[tuple[Service, subprocess.Popen[bytes]]] = []
    try:
        running.extend((service, _start(service, logs, environment)) for service in wanted)
        _wait_until_ready(running, host, logs)
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
        for service in wanted:
            if service.port is not None:
                echo(f"{service.name:12} http://{shown}:{service.port}")
        echo(f"Logs are in {logs}. Ctrl-C stops all.")
        while True:
            _refuse_ended(running, logs)
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        echo("Stopping.")
    finally:
        _stop(running)
        for number, handler in before.items():
            signal.signal(number, handler)


def process_environment(settings: Settings, home: Path) -> dict[str, str]:
    """The environment by which the processes see the same settings."""
    chosen = {
        "ENERGY_SOURCE": settings.source,
        "ENERGY_DATA": settings.data,
        "ENERGY_API_PORT": str(settings.api_port),
        "ENERGY_UI_PORT": str(settings.ui_port),
        "ENERGY_DAGSTER_PORT": str(settings.dagster_port),
        "DAGSTER_HOME": str(home),
        "PYTHONWARNINGS": "ignore",
    }
    if settings.lake_url is not None:
        chosen["ENERGY_LAKE_URL"] = settings.lake_url
    if settings.now is not None:
        chosen["ENERGY_NOW"] = settings.now.isoformat()
    if settings.postgres_url is not None:
        chosen["ENERGY_POSTGRES_URL"] = settings.postgres_url
    if settings.postgres_password is not None:
        chosen["ENERGY_POSTGRES_PASSWORD"] = settings.postgres_password
    return os.environ | chosen


def refuse_taken_port(service: Service, host: str) -> None:
    """See that a port is free.

    Raises:
        PortTaken: it is not.
    """
    if service.port is None:
        return
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, service.port))
        except OSError as error:
            raise PortTaken(
                f"port {service.port} of the {service.name} is taken ({error.strerror}); free it or set {service.variable}"
            ) from None


def _start(service: Service, logs: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with _log_of(service, logs).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own commands
            service.command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )


def _wait_until_ready(running: list[tuple[Service, subprocess.Popen[bytes]]], host: str, logs: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    for service, _ in running:
        while service.port is not None and not _answers(host, service.port):
            _refuse_ended(running, logs)
            if time.monotonic() > until:
                raise ProcessEnded(f"the {service.name} did not answer in {READY_SECONDS} s; see {_log_of(service, logs)}")
            time.sleep(LOOK_SECONDS)


def _answers(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _refuse_ended(running: list[tuple[Service, subprocess.Popen[bytes]]], logs: Path) -> None:
    for service, process in running:
        code = process.poll()
        if code is not None:
            raise ProcessEnded(f"the {service.name} ended with code {code}; see {_log_of(service, logs)}")


def _stop(running: list[tuple[Service, subprocess.Popen[bytes]]]) -> None:
    """Ask every process group to stop, and end those that do not; a second Ctrl-C does not hurry it into leaving some behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for _, process in running:
        _signal(process, signal.SIGINT)
    until = time.monotonic() + STOP_SECONDS
    for _, process in running:
        try:
            process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _log_of(service: Service, logs: Path) -> Path:
    return logs / f"{service.name.lower().replace(' ', '-')}.log"


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
