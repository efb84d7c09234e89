"""What can be said of Dockerfile, compose.yaml and their scripts without building or starting anything."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from energy_dagster_tests.infrastructure.containers.engine import PROJECT, STAND_INS

pytestmark = pytest.mark.containers

DOCKERFILE = PROJECT / "Dockerfile"
COMPOSE = PROJECT / "compose.yaml"
SCRIPTS = sorted((PROJECT / "containers").glob("*.sh"))


def _run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name(tool), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def _services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return services


@pytest.mark.parametrize("file", [DOCKERFILE, *sorted(STAND_INS.glob("*.Dockerfile"))], ids=lambda file: file.name)
def test_hadolint_finds_nothing(file: Path) -> None:
    found = _run("hadolint", file)
    assert (found.returncode, found.stdout) == (0, "")


def test_hadolint_sees_a_planted_mistake(tmp_path: Path) -> None:
    mistaken = tmp_path / "Dockerfile"
    mistaken.write_text(DOCKERFILE.read_text(encoding="utf-8") + "RUN cd /tmp && sudo true\n", encoding="utf-8")
    found = _run("hadolint", mistaken)
    assert found.returncode != 0
    assert "DL3004" in found.stdout


def test_the_compose_file_is_as_its_schema_says() -> None:
    checked = _run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert checked.returncode == 0, checked.stdout


def test_the_schema_sees_a_planted_mistake(tmp_path: Path) -> None:
    mistaken = tmp_path / "compose.yaml"
    mistaken.write_text(COMPOSE.read_text(encoding="utf-8").replace("depends_on:", "depend_on:", 1), encoding="utf-8")
    assert _run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", mistaken).returncode != 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_read_by_the_shell(script: Path) -> None:
    subprocess.run(["/bin/sh", "-n", script], check=True)


def test_images_of_others_are_named_by_exact_versions() -> None:
    base = re.search(r"^ARG PYTHON_IMAGE=(.*)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert base is not None
    assert re.search(r":3\.12\.\d+-slim-bookworm@sha256:[0-9a-f]{64}$", base[1])
    for service in ("postgres", "proxy"):
        assert re.search(r":-docker\.io/library/\w+:\d+\.\d+[.\w-]*\}$", _services()[service]["image"])


def test_every_service_is_locked_down_and_bounded() -> None:
    for name, service in _services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges"], name
        assert {"mem_limit", "cpus", "pids_limit", "healthcheck", "restart", "logging"} <= set(service), name
        assert not {"privileged", "pid", "ipc", "devices"} & set(service), name
    assert {name for name, service in _services().items() if service.get("cap_add")} == {"proxy"}


def test_nothing_is_open_beyond_the_machine_unless_asked_for() -> None:
    ports = {name: service["ports"] for name, service in _services().items() if "ports" in service}
    assert set(ports) == {"proxy", "webserver"}
    assert all(port.startswith("127.0.0.1:") for port in ports["webserver"])
    assert all(port.startswith("${ENERGY_BIND:-127.0.0.1}:") for port in ports["proxy"])


def test_no_password_is_written_down() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert not re.search(r"PASSWORD: [^/$\s]", text)
    assert not re.search(r"PASSWORD(_HASH)?:-[^}]", text)
    assert re.findall(r"://\w+:\S+@", text) == []


def test_the_build_sees_nothing_but_what_the_images_are_made_of() -> None:
    lines = [line for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    taken = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert taken == {"LICENSE", "README.md", "dagster.yaml", "pyproject.toml", "uv.lock", "api", "energy_dagster", "ui"}
