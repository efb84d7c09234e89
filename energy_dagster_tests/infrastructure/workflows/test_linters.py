"""The workflows pass three linters, and each linter sees the mistakes that it is here for."""

from pathlib import Path

import pytest

from energy_dagster_tests.infrastructure.workflows.linters import (
    ACTIONS,
    GITHUB,
    WORKFLOWS,
    Actionlint,
    audit_faults,
    schema_faults,
)

pytestmark = pytest.mark.workflows

SOUND = """\
name: Sound
on: push
permissions: {}
concurrency:
  group: sound
  cancel-in-progress: true
jobs:
  sound:
    name: Sound
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - run: make check
        env:
          TITLE: ${{ github.event.pull_request.title }}
"""


def planted(folder: Path, *, instead_of: str, plant: str) -> Path:
    """The sound workflow with one mistake, in a repository of its own."""
    assert SOUND.count(instead_of) == 1
    file = folder / ".github" / "workflows" / "planted.yml"
    file.parent.mkdir(parents=True)
    file.write_text(SOUND.replace(instead_of, plant), encoding="utf-8")
    return file


def test_actionlint_finds_nothing(actionlint: Actionlint) -> None:
    assert actionlint.find(WORKFLOWS) == []


def test_workflows_actions_and_dependabot_follow_their_schemas() -> None:
    assert len(WORKFLOWS) >= 7
    assert schema_faults("github-workflows", WORKFLOWS) == []
    assert schema_faults("github-actions", ACTIONS) == []
    assert schema_faults("dependabot", [GITHUB / "dependabot.yml"]) == []


def test_zizmor_finds_nothing() -> None:
    assert audit_faults(GITHUB) == []


def test_a_sound_workflow_is_found_sound(tmp_path: Path, actionlint: Actionlint) -> None:
    file = planted(tmp_path, instead_of="make check", plant="make test")
    assert actionlint.find([file]) == []
    assert schema_faults("github-workflows", [file]) == []
    assert audit_faults(tmp_path) == []


@pytest.mark.parametrize(
    ("instead_of", "plant", "kind"),
    [
        ("ubuntu-24.04", "ubuntu-lastest", "runner-label"),
        ("github.event.pull_request.title", "github.evnt.title", "expression"),
        ("${{ github.event.pull_request.title }}", "${{ github.ref", "expression"),
        ("make check", "echo ${{ github.event.pull_request.title }}", "expression"),
        ("    timeout-minutes:", "    needs: nobody\n    timeout-minutes:", "job-needs"),
        ("        env:", "        evn:", "syntax-check"),
        ("contents: read", "content: read", "permissions"),
    ],
    ids=[
        "a runner misspelt",
        "a variable unknown",
        "an expression unfinished",
        "an injection",
        "a job unknown",
        "a key",
        "a scope",
    ],
)
def test_actionlint_catches(tmp_path: Path, actionlint: Actionlint, instead_of: str, plant: str, kind: str) -> None:
    found = actionlint.find([planted(tmp_path, instead_of=instead_of, plant=plant)])
    assert found
    assert any(line.endswith(f"[{kind}]") for line in found), found


@pytest.mark.parametrize(
    ("instead_of", "plant"),
    [
        ("        env:", "        evn:"),
        ("contents: read", "contents: reed"),
        ("timeout-minutes: 5", "timeout-minutes: five"),
        ("    runs-on: ubuntu-24.04\n", ""),
    ],
    ids=["a key misspelt", "a level unknown", "a word for a number", "no runner"],
)
def test_the_schema_catches(tmp_path: Path, instead_of: str, plant: str) -> None:
    assert schema_faults("github-workflows", [planted(tmp_path, instead_of=instead_of, plant=plant)])


@pytest.mark.parametrize(
    ("instead_of", "plant", "rule"),
    [
        ("@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2", "@v4", "unpinned-uses"),
        ("make check", "echo ${{ github.event.pull_request.title }}", "template-injection"),
        ("    permissions:\n      contents: read\n", "    permissions: write-all\n", "excessive-permissions"),
        ("on: push", "on: pull_request_target", "dangerous-triggers"),
        ("          persist-credentials: false\n", "          fetch-depth: 1\n", "artipacked"),
    ],
    ids=["an action not pinned", "an injection", "all permitted", "a trigger for forks", "a token left"],
)
def test_zizmor_catches(tmp_path: Path, instead_of: str, plant: str, rule: str) -> None:
    planted(tmp_path, instead_of=instead_of, plant=plant)
    assert rule in audit_faults(tmp_path)


def test_zizmor_catches_a_workflow_without_permissions(tmp_path: Path) -> None:
    file = planted(tmp_path, instead_of="permissions: {}\n", plant="")
    file.write_text(file.read_text(encoding="utf-8").replace("    permissions:\n      contents: read\n", ""), encoding="utf-8")
    assert "excessive-permissions" in audit_faults(tmp_path)


def test_dependabot_without_a_schedule_is_caught(tmp_path: Path) -> None:
    text = (GITHUB / "dependabot.yml").read_text(encoding="utf-8")
    file = tmp_path / "dependabot.yml"
    file.write_text(text.replace("interval: weekly", "intervall: weekly", 1), encoding="utf-8")
    assert schema_faults("dependabot", [file])
