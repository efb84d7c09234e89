"""Terraform on this machine: where it and its AWS provider are found, and one root that is planned, applied and destroyed."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pytest

PROJECT: Final = Path(__file__).parents[3]
SOURCES: Final = PROJECT / "terraform"
MIRROR_ROOTS: Final = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"), Path("/var/lib"), Path.home() / ".terraform.d")
MIRROR_DEPTH: Final = 4
"""Folders between a root and `<host>/hashicorp/aws`."""

INIT_SECONDS, QUICK_SECONDS, APPLY_SECONDS = 120, 180, 420


class TerraformFailed(AssertionError):
    """Terraform ended with an error; the message is what it printed."""


def find_provider_mirror() -> Path | None:
    """A folder on this machine that holds the AWS provider, as `terraform init -plugin-dir` takes it."""
    for root in MIRROR_ROOTS:
        for depth in range(1, MIRROR_DEPTH + 1):
            for found in sorted(root.glob("/".join(["*"] * depth) + "/hashicorp/aws")):
                if any(found.glob("*/*/terraform-provider-aws*")):
                    return found.parents[2]
    return None


def give_up(reason: str) -> None:
    """Skip, but fail where everything is meant to be there: on CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Terraform:
    """A copy of the project's Terraform, so that nothing is written into the checkout, and the environment it runs in."""

    folder: Path
    plugin_options: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self, root: str, *arguments: str, seconds: float = QUICK_SECONDS) -> str:
        """Run a command of Terraform in one of the folders.

        Returns:
            What it printed.

        Raises:
            TerraformFailed: it ended with an error.
        """
        command = ["terraform", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder / root,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise TerraformFailed(f"{' '.join(command)} in {root}:\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}")
        return done.stdout

    def initialize(self, root: str, *options: str) -> None:
        """`terraform init` of a folder, with the provider of this machine where there is one."""
        self.run(root, "init", "-input=false", "-no-color", *self.plugin_options, *options, seconds=INIT_SECONDS)


@dataclass(frozen=True)
class Change:
    """What a plan would do to one resource; of an update also the attributes that differ."""

    address: str
    kind: str
    action: str
    attributes: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A change as `terraform show -json` tells it."""
        before, after = told["change"]["before"] or {}, told["change"]["after"] or {}
        action = "+".join(told["change"]["actions"])
        differ = sorted(name for name in after if before.get(name) != after[name]) if action == "update" else []
        return cls(told["address"], told["type"], action, tuple(differ))


@dataclass(frozen=True)
class Stack:
    """One environment in one shape."""

    terraform: Terraform
    root: str
    variables: Mapping[str, Any]

    def apply(self) -> str:
        """Make everything."""
        return self._change("apply")

    def destroy(self) -> str:
        """Take everything away."""
        return self._change("destroy")

    def outputs(self) -> dict[str, Any]:
        """What the environment tells those who deploy."""
        return {name: told["value"] for name, told in json.loads(self.terraform.run(self.root, "output", "-json")).items()}

    def planned_changes(self) -> set[Change]:
        """What a plan would change."""
        self.terraform.run(self.root, "plan", "-input=false", "-no-color", "-out=plan.bin", *self._given(), seconds=APPLY_SECONDS)
        plan = json.loads(self.terraform.run(self.root, "show", "-json", "plan.bin"))
        changes = (Change.read(change) for change in plan.get("resource_changes", []))
        return {change for change in changes if change.action not in ("no-op", "read")}

    def state(self) -> list[str]:
        """Addresses of everything that is there."""
        return self.terraform.run(self.root, "state", "list").split()

    def _change(self, command: str) -> str:
        return self.terraform.run(
            self.root, command, "-auto-approve", "-input=false", "-no-color", *self._given(), seconds=APPLY_SECONDS
        )

    def _given(self) -> list[str]:
        return [f"-var={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in self.variables.items()]


def copy_sources(into: Path) -> Path:
    """The project's Terraform, copied without what a user's own runs left there."""
    return Path(
        shutil.copytree(SOURCES, into / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars"))
    )
