"""`energy serve`: three addresses, one Ctrl-C, and a sentence when a port is taken."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from energy_dagster.processes import PortTaken, ProcessEnded, Service, process_environment, refuse_taken_port, serve_all
from energy_dagster.settings import Settings
from energy_dagster_tests.brought_up import NOW, BroughtUp
from energy_dagster_tests.ports import free_port, free_ports


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_variable_that_changes_it() -> None:
    with listening() as port, pytest.raises(PortTaken, match=rf"port {port} of the API is taken .* set ENERGY_API_PORT"):
        refuse_taken_port(Service("API", ("true",), port, "ENERGY_API_PORT"), "127.0.0.1")


def test_nothing_is_started_when_a_port_is_taken(tmp_path: Path) -> None:
    with listening() as port, pytest.raises(PortTaken):
        serve_all(Settings(data=str(tmp_path), ui_port=port), host="127.0.0.1", echo=lambda _line: None)
    assert not (tmp_path / "logs").exists()


def test_the_processes_see_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), source="live", now=NOW)
    environment = process_environment(settings, tmp_path / "dagster")
    assert environment["ENERGY_SOURCE"] == "live"
    assert environment["ENERGY_NOW"] == NOW.isoformat()
    assert environment["DAGSTER_HOME"] == str(tmp_path / "dagster")


def test_a_process_that_ends_stops_the_others_and_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleeting = Service("API", (sys.executable, "-c", "raise SystemExit(3)"), free_port(), "ENERGY_API_PORT")
    staying = Service("Dagster daemon", (sys.executable, "-c", "import time; time.sleep(60)"), None, "")
    monkeypatch.setattr("energy_dagster.processes.services", lambda *_settings, **_host: [staying, fleeting])
    started = time.monotonic()
    with pytest.raises(ProcessEnded, match=r"the API ended with code 3; see .*api\.log"):
        serve_all(Settings(data=str(tmp_path)), host="127.0.0.1", echo=lambda _line: None)
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_serve_starts_three_addresses_and_ctrl_c_stops_them_all(brought_up: BroughtUp) -> None:
    dagster, api, ui = free_ports(3)
    ports = {"ENERGY_DAGSTER_PORT": str(dagster), "ENERGY_API_PORT": str(api), "ENERGY_UI_PORT": str(ui)}
    environment = process_environment(brought_up.settings, brought_up.data / "dagster") | ports
    command = [sys.executable, "-m", "energy_dagster.cli", "serve", "--data", str(brought_up.data), "--now", NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as serving:
        try:
            assert serving.stdout is not None
            told = [serving.stdout.readline() for _ in range(4)]
            assert [line.split()[-1] for line in told[:3]] == [f"http://127.0.0.1:{port}" for port in (dagster, api, ui)]
            assert httpx.get(f"http://127.0.0.1:{dagster}/server_info", timeout=30).status_code == 200
            assert httpx.get(f"http://127.0.0.1:{api}/health/ready", timeout=30).json()["status"] == "ready"
            assert httpx.get(f"http://127.0.0.1:{ui}/forecast", timeout=60).status_code == 200
        finally:
            serving.send_signal(signal.SIGINT)
            time.sleep(0.3)
            serving.send_signal(signal.SIGINT)  # an impatient second Ctrl-C
            assert serving.wait(timeout=60) == 0
    for port in (dagster, api, ui):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
