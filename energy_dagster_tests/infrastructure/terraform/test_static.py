"""What can be said of the Terraform without applying it: form, validity, its own tests, descriptions, checkov."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from energy_dagster_tests.infrastructure.terraform.tool import PROJECT, SOURCES, Terraform, give_up

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(400)]

ROOTS = ("bootstrap", "environments/staging", "environments/production")
TESTED = ("modules/firewall", "modules/github", "modules/platform", "modules/service")
CHECKOV = "checkov>=3.3,<3.4"
INSTALL_SECONDS, SCAN_SECONDS = 180, 180

_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def test_the_form_is_terraforms_own(terraform: Terraform) -> None:
    terraform.run(".", "fmt", "-check", "-recursive")


@pytest.mark.parametrize("root", ROOTS)
def test_roots_are_valid(terraform: Terraform, root: str) -> None:
    terraform.initialize(root, "-backend=false")
    terraform.run(root, "validate")


@pytest.mark.parametrize("module", TESTED)
def test_modules_pass_their_own_tests(terraform: Terraform, module: str) -> None:
    terraform.initialize(module)
    assert ", 0 failed." in terraform.run(module, "test", "-no-color")


def test_every_variable_and_output_is_described() -> None:
    poor = []
    for file in sorted(SOURCES.rglob("*.tf")):
        for kind, name, body in _BLOCK.findall(file.read_text(encoding="utf-8")):
            described = re.search(r'^  description = ".{10,}"$', body, re.MULTILINE)
            typed = kind == "output" or re.search(r"^  type +=", body, re.MULTILINE)
            if not (described and typed):
                poor.append(f"{file.relative_to(SOURCES)}: {kind} {name}")
    assert poor == []


def test_every_module_says_what_it_is() -> None:
    folders = [path for path in (SOURCES / "modules").iterdir() if path.is_dir()]
    assert [folder.name for folder in folders if not (folder / "README.md").exists()] == []


def test_nothing_sets_the_value_of_a_secret() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES.rglob("*.tf"))
    assert "aws_secretsmanager_secret_version" not in text
    assert not re.search(r"^\s+password\s*=", text, re.MULTILINE)


def test_checkov_finds_nothing_that_is_not_explained(tmp_path: Path) -> None:
    uv = shutil.which("uv") or str(PROJECT / ".tools" / "bin" / "uv")
    python = tmp_path / "checkov" / "bin" / "python"
    steps: list[list[str | Path]] = [
        [uv, "venv", "--quiet", tmp_path / "checkov"],
        [uv, "pip", "install", "--quiet", "--python", python, CHECKOV],
    ]
    try:
        for step in steps:
            subprocess.run(step, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as problem:
        give_up(f"checkov cannot be installed: {problem}")
    rules = SOURCES / ".checkov.yaml"
    command: list[str | Path] = [python.parent / "checkov", "-d", SOURCES, "--config-file", rules, "--skip-download"]
    scan = subprocess.run(command, capture_output=True, text=True, timeout=SCAN_SECONDS, check=False)
    assert scan.returncode == 0, scan.stdout
    assert "Failed checks: 0" in scan.stdout


def test_each_exception_of_checkov_is_explained() -> None:
    lines = (SOURCES / ".checkov.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("  - ") and " # " not in line] == []
