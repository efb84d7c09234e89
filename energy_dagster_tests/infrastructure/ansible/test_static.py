"""What can be told of the playbooks without a machine."""

import shutil
from pathlib import Path

import pytest

from energy_dagster_tests.infrastructure.ansible.machine import CommandFailed, run
from energy_dagster_tests.infrastructure.ansible.playbooks import SOURCES, TOOLS, tool_environment

pytestmark = [pytest.mark.ansible, pytest.mark.timeout(600)]

PLAYBOOKS = ("site.yml", "update.yml", "rollback.yml", "restore.yml")
ROLES = sorted(folder.name for folder in (SOURCES / "roles").iterdir())


def copied(into: Path) -> Path:
    """The playbooks, copied so that a test may spoil them."""
    return Path(shutil.copytree(SOURCES, into / "ansible"))


def lint(folder: Path, scratch: Path) -> str:
    """What ansible-lint says of a folder; raises where it objects."""
    command = (
        str(TOOLS / "ansible-lint"),
        "--offline",
        "--project-dir",
        str(folder),
        "--config-file",
        str(folder / ".ansible-lint"),
    )
    return run("env", "-C", str(folder), *command, seconds=300, environment=tool_environment(scratch))


def test_the_playbooks_pass_the_linters_strictest_profile(tmp_path: Path) -> None:
    lint(copied(tmp_path), tmp_path)


def test_the_linter_notices_a_file_without_a_mode(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    tasks = folder / "roles/firewall/tasks/main.yml"
    tasks.write_text(tasks.read_text().replace('    mode: "0640"\n', ""))
    with pytest.raises(CommandFailed, match="risky-file-permissions"):
        lint(folder, tmp_path)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_can_be_read(playbook: str, tmp_path: Path) -> None:
    command = (str(TOOLS / "ansible-playbook"), "-i", "energy,", "--syntax-check", playbook)
    run("env", "-C", str(SOURCES), *command, environment=tool_environment(tmp_path))


def test_the_check_of_syntax_notices_a_task_without_a_module(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    tasks = folder / "roles/base/tasks/main.yml"
    tasks.write_text(tasks.read_text().replace("ansible.builtin.apt:", "ansible.builtin.apte:", 1))
    command = (str(TOOLS / "ansible-playbook"), "-i", "energy,", "--syntax-check", "site.yml")
    with pytest.raises(CommandFailed, match=r"ansible\.builtin\.apte"):
        run("env", "-C", str(folder), *command, environment=tool_environment(tmp_path))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_says_what_it_is_for_and_every_variable(role: str) -> None:
    told = (SOURCES / "roles" / role / "README.md").read_text()
    defaults = SOURCES / "roles" / role / "defaults" / "main.yml"
    names = [line.partition(":")[0] for line in defaults.read_text().splitlines() if line.startswith(f"{role}_")]
    assert [name for name in names if f"`{name}`" not in told] == []
