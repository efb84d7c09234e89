"""The playbooks, run as an operator runs them: `ansible-playbook` over SSH, with an inventory and variables."""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from energy_dagster_tests.infrastructure.ansible.machine import GATEWAY, CommandFailed, Machine, install_environment, run
from energy_dagster_tests.infrastructure.terraform.tool import PROJECT

SOURCES: Final = PROJECT / "ansible"
TOOLS: Final = Path(sys.executable).parent
PLAY_SECONDS: Final = 1500
DOMAIN: Final = "energy.internal"
BUCKET: Final = "backups"
ODD: Final = """a "b" $c \\d `e` 'f' #g %h"""
"""A value with every character that a shell or systemd might take for its own."""


def tool_environment(folder: Path) -> dict[str, str]:
    """The environment of Ansible's tools, which writes nothing into the checkout."""
    told = {
        "ANSIBLE_CONFIG": str(SOURCES / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**os.environ, **told}


@dataclass(frozen=True)
class Played:
    """How a playbook ended."""

    printed: str
    seconds: float
    succeeded: bool

    @property
    def changed(self) -> int:
        """Tasks that changed something."""
        return int(re.findall(r"changed=(\d+)", self.printed)[-1])

    @property
    def failed(self) -> int:
        """Tasks that failed."""
        return int(re.findall(r"failed=(\d+)", self.printed)[-1])


@dataclass(frozen=True)
class Operator:
    """Who runs playbooks against a machine."""

    machine: Machine
    folder: Path
    archives: dict[str, Path]
    bucket_port: int

    def try_to_play(self, playbook: str, **variables: Any) -> Played:
        """Run a playbook, whatever comes of it."""
        given = self.folder / "variables.json"
        given.write_text(json.dumps(self._variables() | variables))
        command = [str(TOOLS / "ansible-playbook"), "-i", str(self._inventory()), "-e", f"@{given}", playbook]
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=SOURCES,
            env=tool_environment(self.folder),
            capture_output=True,
            text=True,
            timeout=PLAY_SECONDS,
            check=False,
        )
        return Played(done.stdout + done.stderr, time.monotonic() - started, done.returncode == 0)

    def play(self, playbook: str, **variables: Any) -> Played:
        """Run a playbook that must succeed.

        Raises:
            CommandFailed: it did not.
        """
        played = self.try_to_play(playbook, **variables)
        if not played.succeeded:
            raise CommandFailed(f"{playbook}:\n{played.printed[-8000:]}")
        return played

    def release(self, version: str) -> dict[str, str]:
        """The variables that name one of the archives."""
        return {"energy_version": version, "energy_archive": str(self.archives[version])}

    def _variables(self) -> dict[str, Any]:
        return {
            "energy_domain": DOMAIN,
            "energy_settings": {"ENERGY_SOURCE": "sandbox"},
            "energy_secrets": {
                "ENERGY_CONTACT": ODD,
                "AWS_ENDPOINT_URL": f"http://{GATEWAY}:{self.bucket_port}",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
            },
            "backups_bucket": f"s3://{BUCKET}/host",
            "energy_install_environment": install_environment(),
            "release_health_seconds": 180,
        }

    def _inventory(self) -> Path:
        known = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        host = {
            "ansible_host": self.machine.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.machine.key),
            "ansible_ssh_common_args": known,
        }
        file = self.folder / "hosts.json"
        file.write_text(json.dumps({"energy": {"hosts": {"energy-host": host}}}))
        return file


def pack_tracked_files(archive: Path) -> Path:
    """The tracked files of the newest commit, as a release is made of them."""
    run("git", "-C", str(PROJECT), "archive", "--format=tar.gz", f"--output={archive}", "HEAD")
    return archive


def pack_changed(archive: Path, original: Path, folder: Path, edits: dict[str, tuple[str, str]]) -> Path:
    """Another release: the original with a text of some files replaced."""
    with tarfile.open(original) as packed:
        packed.extractall(folder, filter="data")
    for name, (before, after) in edits.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert before in text, f"{name} has no {before!r}"
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname=".")
    return archive
