"""What goes wrong is drawn from a seed, is of every kind, and leaves time to heal."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from upath import UPath

from energy_dagster.cli_simulate import secluded
from energy_dagster.defs.mirroring import partition_of
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.tables import ERROR_METRICS
from energy_dagster.io_managers.models import OWN, Models
from energy_dagster.partitions import DAYS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.feature_store import StoreAway
from energy_dagster.sandbox.fault_kinds import KINDS as FAULTS
from energy_dagster.sandbox.faults import Asked
from energy_dagster.sandbox.faults_in_force import faults_in_force, plan_in_force
from energy_dagster.settings import Settings
from energy_dagster.simulation.hand import move_to
from energy_dagster.simulation.mirror_service import PretendedHopsworks, be_away
from energy_dagster.simulation.mishaps import Faults, disk_is_full, poor_recipe, spoil_newest_model
from energy_dagster.simulation.planning import HOUR, KINDS, Mishap, plan
from energy_dagster.storage.files import StorageError, write_whole

START = datetime(2025, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize("days", [3, 30])
@pytest.mark.parametrize("seed", range(5))
def test_every_kind_happens_within_the_days_and_ends_before_they_do(days: int, seed: int) -> None:
    mishaps = plan(START, days, seed=seed)
    assert {one.kind for one in mishaps} == set(KINDS)
    assert all(START + 3 * HOUR <= one.start < one.end <= START + timedelta(days=days) - 3 * HOUR for one in mishaps)


@pytest.mark.parametrize("days", [3, 30])
@pytest.mark.parametrize("seed", range(20))
def test_a_run_is_killed_and_a_worse_model_trained_while_nothing_else_stops_runs(days: int, seed: int) -> None:
    mishaps = plan(START, days, seed=seed)
    for one in mishaps:
        meanwhile = {other.kind for other in mishaps if other.start <= one.start <= other.end}
        assert one.kind not in ("killed_run", "worse_challenger") or not meanwhile & {"away", "disk_full"}


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


def test_a_poor_recipe_is_the_newest_until_it_is_taken_back(tmp_path: Path) -> None:
    settings = secluded(tmp_path, tmp_path / "now", seed=3)
    move_to(tmp_path / "now", START)
    models = Models(root=settings.lake, seed=3)
    with poor_recipe(settings, naive_utc(START)):
        assert models.recipe(known_at=naive_utc(START), tell=pytest.fail).recipe.kernel_weight == 0
        assert models.recipe(known_at=naive_utc(START - HOUR), tell=pytest.fail).version == OWN
    assert models.recipe(known_at=naive_utc(START), tell=pytest.fail).version == OWN


def test_the_mirrored_service_is_away_until_it_is_back(tmp_path: Path) -> None:
    service = PretendedHopsworks(data=str(tmp_path), clock=Clock())
    be_away(str(tmp_path), really=True)
    with pytest.raises(StoreAway, match="simulated to be away"):
        service.feature_store()
    be_away(str(tmp_path), really=False)
    assert service.feature_store().read(ERROR_METRICS, partition_of(DAYS, "2025-10-10")).empty


def test_the_clock_can_be_moved_and_read(tmp_path: Path) -> None:
    hand = tmp_path / "now"
    for moment in (START, START + HOUR):
        move_to(hand, moment)
        clock = Clock(hand=str(hand))
        assert clock.now() == clock.machine_now() == Settings(now_file=str(hand)).present() == moment
