"""What goes wrong is drawn from a seed, is of every kind, and leaves time to heal."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upath import UPath

from energy_dagster.sandbox.fault_kinds import KINDS as FAULTS
from energy_dagster.sandbox.faults import Asked
from energy_dagster.sandbox.faults_in_force import faults_in_force, plan_in_force
from energy_dagster.simulation.hand import move_to
from energy_dagster.simulation.mishaps import Faults, disk_is_full, spoil_newest_model
from energy_dagster.simulation.planning import HOUR, KINDS, Mishap, plan
from energy_dagster.storage.files import StorageError, write_whole

START = datetime(2025, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize("days", [3, 30])
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_happens_within_the_days_and_ends_before_they_do(days: int, seed: int) -> None:
    mishaps = plan(START, days, seed=seed)
    assert {one.kind for one in mishaps} == set(KINDS)
    assert all(START + 3 * HOUR <= one.start < one.end <= START + timedelta(days=days) - 3 * HOUR for one in mishaps)


def test_a_seed_is_lived_through_again_and_another_is_not() -> None:
    assert plan(START, 30, seed=1) == plan(START, 30, seed=1) != plan(START, 30, seed=2)


def test_a_kind_can_be_left_out() -> None:
    assert "away" not in {one.kind for one in plan(START, 3, seed=1, without=("away",))}


def test_the_replica_is_down_from_the_start_of_a_mishap_until_its_end() -> None:
    faults = Faults([Mishap(START, START + HOUR, "source_down")])
    at = [faults(Asked("weather", 1, START + timedelta(minutes=minute), {})) for minute in (-1, 0, 59, 60)]
    assert at == [None, FAULTS["renamed"], FAULTS["renamed"], None]


def test_a_plan_is_in_force_only_inside() -> None:
    with faults_in_force(Faults([])):
        assert plan_in_force() is not None
    assert plan_in_force() is None


def test_a_full_disk_refuses_what_is_written_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with disk_is_full(really=True), pytest.raises(StorageError, match=os.strerror(errno.ENOSPC)):
        write_whole(UPath(tmp_path / "new"), b"content")
    assert list(tmp_path.iterdir()) == []
    with disk_is_full(really=False):
        write_whole(UPath(tmp_path / "new"), b"content")
    assert (tmp_path / "new").read_bytes() == b"content"


def test_the_newest_model_is_the_one_that_is_damaged(tmp_path: Path) -> None:
    for week in ("2025-10-13", "2025-10-20"):
        meta = tmp_path / "forecast_model" / week / f"{week.replace('-', '')}T001000000000Z-12345678" / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text("whole")
    assert spoil_newest_model(tmp_path) == "2025-10-20"
    assert sorted(path.read_text() for path in tmp_path.rglob("meta.json")) == sorted(["whole", "{}"])


def test_the_clock_can_be_moved_and_read(tmp_path: Path) -> None:
    from energy_dagster.resources.clock import Clock
    from energy_dagster.settings import Settings

    hand = tmp_path / "now"
    for moment in (START, START + HOUR):
        move_to(hand, moment)
        clock = Clock(hand=str(hand))
        assert clock.now() == clock.machine_now() == Settings(now_file=str(hand)).present() == moment
