"""Processes that are killed at random moments while they write, publish and keep up."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from energy_dagster.storage.files import write_whole


def killed(folder: Path, *, kills: int, seed: int, in_place: bool = False) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "energy_dagster_tests.ledger.kills", str(folder)]
    command += ["--kills", str(kills), "--seed", str(seed), *(["--in-place"] if in_place else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def assert_healed(found: dict[str, Any], kills: int) -> None:
    assert found["faults"] == []
    assert found["kills"] == kills
    assert found["issues"] > kills, "every run between two kills wrote"


@pytest.mark.slow
def test_whoever_is_killed_loses_nothing_tears_nothing_and_the_next_run_heals(tmp_path: Path) -> None:
    assert_healed(killed(tmp_path, kills=20, seed=1), 20)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
def test_two_hundred_kills_lose_nothing_and_tear_nothing(tmp_path: Path, seed: int) -> None:
    assert_healed(killed(tmp_path, kills=40, seed=seed), 40)


@pytest.mark.slow
def test_without_a_temporary_file_and_a_rename_the_same_kills_do_damage(tmp_path: Path) -> None:
    assert killed(tmp_path, kills=200, seed=1, in_place=True)["faults"] != []


def test_a_file_is_flushed_before_it_is_renamed_and_its_folder_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill cannot show this: what the system has been given survives it. Losing power does not spare the cache."""
    target, acts = tmp_path / "folder" / "file", []
    fsync, replace = os.fsync, Path.replace

    def told_fsync(handle: int) -> None:
        acts.append(f"flush {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def told_replace(path: Path, other: Path) -> Path:
        acts.append(f"rename to {other.name}")
        return replace(path, other)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(Path, "replace", told_replace)
    write_whole(UPath(target), b"payload")
    assert acts == [f"flush .file.{os.getpid()}.tmp", "rename to file", "flush folder"]
