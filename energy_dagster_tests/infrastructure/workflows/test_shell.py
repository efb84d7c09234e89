"""The shell scripts, with programs in place of gh, buildah and skopeo that write down how they are called."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from energy_dagster_tests.infrastructure.workflows.linters import PROJECT

pytestmark = pytest.mark.workflows

RUN: Final = "https://example.org/run/1"

GH: Final = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
if [ "$1 $2" = "issue list" ]; then printf '%s' "$OPEN_ISSUE"; fi
"""

SKOPEO: Final = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  *oci-archive:*) echo sha256:of-the-release ;;
  *docker://*) if [ -n "$IN_REGISTRY" ]; then echo "$IN_REGISTRY"; else exit 1; fi ;;
esac
"""


def call(folder: Path, program: str, text: str, command: list[str], **variables: str) -> tuple[int, list[str]]:
    """The code that a script ends with, and how it called the program that stands in."""
    stand_in = folder / program
    stand_in.write_text(text, encoding="utf-8")
    stand_in.chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls), **variables}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, calls.read_text(encoding="utf-8").splitlines()


def tell(folder: Path, outcome: str, *, open_issue: str = "") -> tuple[int, list[str]]:
    """How the night's issue is told of an outcome."""
    return call(folder, "gh", GH, ["scripts/nightly_issue.sh", outcome, RUN], OPEN_ISSUE=open_issue)


def test_the_first_bad_night_opens_an_issue(tmp_path: Path) -> None:
    code, calls = tell(tmp_path, "failed")
    assert code == 0
    assert [line.split(" --")[0] for line in calls] == ["issue list", "label create nightly", "issue create"]
    assert RUN in calls[-1]


def test_the_next_is_added_to_it(tmp_path: Path) -> None:
    code, calls = tell(tmp_path, "failed", open_issue="7")
    assert (code, calls[1:]) == (0, [f"issue comment 7 --body It failed again: {RUN}"])


def test_a_good_night_closes_it(tmp_path: Path) -> None:
    code, calls = tell(tmp_path, "passed", open_issue="7")
    assert (code, calls[1:]) == (0, [f"issue close 7 --comment All passed: {RUN}"])


def test_a_good_night_without_an_issue_says_nothing(tmp_path: Path) -> None:
    code, calls = tell(tmp_path, "passed")
    assert (code, calls[1:]) == (0, [])


def test_another_outcome_is_refused(tmp_path: Path) -> None:
    assert tell(tmp_path, "skipped")[0] == 2


def push(folder: Path, in_registry: str = "") -> tuple[int, list[str]]:
    """How the images of a release are pushed."""
    command = ["scripts/images.sh", "push", "v0.2.0", "dist/images", "registry.example.org/energy-staging"]
    return call(folder, "skopeo", SKOPEO, command, IN_REGISTRY=in_registry)


def test_each_image_is_pushed_under_its_target_with_its_digest(tmp_path: Path) -> None:
    code, calls = push(tmp_path)
    assert code == 0
    assert [line for line in calls if line.startswith("copy")] == [
        f"copy --preserve-digests oci-archive:dist/images/{target}.tar docker://registry.example.org/energy-staging:v0.2.0-{target}"
        for target in ("pipeline", "api", "ui")
    ]


def test_what_was_pushed_before_is_left(tmp_path: Path) -> None:
    code, calls = push(tmp_path, in_registry="sha256:of-the-release")
    assert code == 0
    assert [line for line in calls if line.startswith("copy")] == []


def test_another_image_under_the_same_tag_is_left_to_the_registry_to_refuse(tmp_path: Path) -> None:
    assert [line for line in push(tmp_path, in_registry="sha256:another")[1] if line.startswith("copy")] != []


def test_make_hands_a_tag_over_as_text(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    outer = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "ARGS")  # where make itself runs the tests
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    environment = {**environment, "TAG": f"v1.0.0$(shell touch {trap})`touch {trap}`"}
    done = subprocess.run(
        ["make", "release-check"], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "expected a tag like v1.2.3" in done.stderr
    assert not trap.exists()
