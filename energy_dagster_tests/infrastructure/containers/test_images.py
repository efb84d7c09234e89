"""The three images: small, without rights, and what they say of themselves is true."""

import json

import pytest

from energy_dagster_tests.infrastructure.containers.conftest import REVISION, TARGETS, VERSION
from energy_dagster_tests.infrastructure.containers.engine import BASE, Engine

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

MEGABYTES_BEYOND_THE_BASE = {"pipeline": 950, "api": 400, "ui": 600}
NOT_WANTED = ("uv", "gcc", "cc", "g++", "clang", "make", "git", "curl")
LEFT_OUT = ("energy_dagster_tests", "pytest", "pip", "uv", "ruff")
INSTALLED = (
    "import importlib.metadata as m, json;"
    "print(json.dumps(sorted({d.metadata['Name'].lower().replace('_', '-') + '=' + d.version for d in m.distributions()})))"
)


@pytest.mark.parametrize("target", TARGETS)
def test_images_are_small(engine: Engine, images: dict[str, str], target: str) -> None:
    beyond = (engine.image(images[target])["Size"] - engine.image(BASE)["Size"]) / 1e6
    print(f"{target}: {beyond:.0f} MB beyond the base")
    assert beyond < MEGABYTES_BEYOND_THE_BASE[target]


@pytest.mark.parametrize("target", TARGETS)
def test_images_run_as_a_user_without_rights(engine: Engine, images: dict[str, str], target: str) -> None:
    assert engine.image(images[target])["Config"]["User"] == "1000:1000"
    assert engine.ask(images[target], "id").startswith("uid=1000(energy) gid=1000(energy)")
    writable = engine.ask(
        images[target], "sh", "-c", "find / -xdev -writable -type d -not -path '/proc/*' 2>/dev/null || true"
    ).split()
    assert {folder for folder in writable if not folder.startswith(("/tmp", "/var/tmp", "/run", "/dev"))} <= {"/data", "/secrets"}


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_builds_or_tests_is_left(engine: Engine, images: dict[str, str], target: str) -> None:
    tools = engine.ask(images[target], "sh", "-c", f"for tool in {' '.join(NOT_WANTED)}; do command -v $tool; done; true")
    assert tools == ""
    left = engine.ask(
        images[target], "sh", "-c", "find /opt -name tests -type d; ls -d /var/cache/uv /src /opt/tools 2>/dev/null; true"
    )
    assert left == ""
    code = f"import importlib.util as u; print([name for name in {LEFT_OUT} if u.find_spec(name)])"
    assert engine.ask(images[target], "python", "-c", code).strip() == "[]"


@pytest.mark.parametrize("target", TARGETS)
def test_compiled_files_are_there_and_never_look_at_dates(engine: Engine, images: dict[str, str], target: str) -> None:
    code = "import duckdb, pathlib; f = pathlib.Path(duckdb.__cached__); print(int.from_bytes(f.read_bytes()[4:8], 'little'))"
    assert engine.ask(images[target], "python", "-c", code).strip() == "1"


@pytest.mark.parametrize("target", TARGETS)
def test_the_bill_of_materials_lists_what_is_installed(engine: Engine, images: dict[str, str], target: str) -> None:
    bill = json.loads(engine.ask(images[target], "cat", "/usr/share/sbom/python.cdx.json"))
    assert bill["bomFormat"] == "CycloneDX"
    parts = [*bill["components"], *([bill["metadata"]["component"]] if "component" in bill["metadata"] else [])]
    listed = sorted({f"{part['name'].lower().replace('_', '-')}={part['version']}" for part in parts})
    assert listed == json.loads(engine.ask(images[target], "python", "-c", INSTALLED))
    assert any(name.startswith("energy-dagster=") for name in listed)
    debian = engine.ask(images[target], "cat", "/usr/share/sbom/debian.tsv")
    assert debian == engine.ask(images[target], "dpkg-query", "--show")


@pytest.mark.parametrize("target", TARGETS)
def test_labels_say_what_it_is_and_of_what_it_was_made(engine: Engine, images: dict[str, str], target: str) -> None:
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in engine.image(images[target])["Labels"].items()}
    assert labels["title"] == f"energy-dagster {target}"
    assert labels["licenses"] == "Apache-2.0"
    assert (labels["version"], labels["revision"], labels["source"]) == (VERSION, REVISION, "https://example.org/energy")
    assert len(labels["description"]) > 20


@pytest.mark.parametrize("target", TARGETS)
def test_images_know_how_to_tell_whether_they_are_well(engine: Engine, images: dict[str, str], target: str) -> None:
    assert engine.image(images[target])["Healthcheck"]["Test"][0] == "CMD"


def test_the_pipeline_holds_dagster_lightgbm_and_the_command_line(engine: Engine, images: dict[str, str]) -> None:
    assert "forecast" in engine.ask(images["pipeline"], "energy", "--help")
    code = "import lightgbm, wandb, s3fs, dagster_postgres, dagster_webserver, energy_dagster.definitions; print('all there')"
    assert "all there" in engine.ask(images["pipeline"], "python", "-c", code)


def test_api_and_ui_hold_no_dagster(engine: Engine, images: dict[str, str]) -> None:
    for target in ("api", "ui"):
        code = f"import importlib.util as u, {target}.app; print(u.find_spec('dagster'), u.find_spec('lightgbm'))"
        assert engine.ask(images[target], "python", "-c", code).strip().endswith("None None")


def test_the_api_tells_its_contract_as_it_is_kept(engine: Engine, images: dict[str, str]) -> None:
    told = json.loads(engine.ask(images["api"], "python", "-m", "api", "--contract"))
    assert "/v1/forecasts" in told["paths"]
