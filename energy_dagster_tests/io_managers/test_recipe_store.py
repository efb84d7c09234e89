"""Tunings beside the models: kept as versions, read as they were known."""

from datetime import datetime, timedelta

import pytest
from dagster import build_input_context, build_output_context

from energy_dagster.domain.model import Recipe
from energy_dagster.io_managers.managers import RecipeIOManager
from energy_dagster.io_managers.models import OWN, Models
from energy_dagster.io_managers.recipe_store import RecipeStore
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.experiment_tracker import ExperimentTracker
from energy_dagster.storage.files import StorageError
from energy_dagster_tests.io_managers.samples import RUN, later
from energy_dagster_tests.tunings import CUT, tuning


def keep(root: str, *, noise: float = 1.0, cut: datetime = CUT, hours: int = 0) -> str:
    return RecipeStore(root).write(tuning(noise=noise, cut=cut), at=later(hours), run_id=RUN)


def noise_known_at(root: str, moment: datetime, told: list[str] | None = None) -> float:
    """The noise of the recipe that a model is made by, against the own one's."""
    chosen = Models(root=root, seed=7).recipe(known_at=moment, tell=(told if told is not None else []).append)
    return round(chosen.recipe.kernel.noise / Recipe(7).kernel.noise, 9)


def test_without_a_tuning_the_own_recipe_is_used(root: str) -> None:
    chosen = Models(root=root, seed=7).recipe(known_at=CUT, tell=pytest.fail)
    assert (chosen.recipe, chosen.version) == (Recipe(7), OWN)
    assert RecipeStore(root).versions() == []


def test_a_tuning_that_was_kept_is_read_as_it_was(root: str) -> None:
    store, found = RecipeStore(root), tuning(noise=0.7)
    assert store.read(store.write(found, at=later(0), run_id=RUN)) == found


def test_every_tuning_is_kept_and_the_newest_is_used(root: str) -> None:
    versions = [keep(root, noise=noise, hours=hours) for hours, noise in enumerate((0.5, 2.0))]
    assert RecipeStore(root).versions() == versions
    assert noise_known_at(root, CUT) == 2.0
    assert Models(root=root, seed=7).recipe(known_at=CUT, tell=pytest.fail).version == versions[1]


def test_a_tuning_keeps_the_seed_of_the_settings(root: str) -> None:
    keep(root, noise=0.5)
    assert Models(root=root, seed=99).recipe(known_at=CUT, tell=pytest.fail).recipe.seed == 99


def test_a_model_of_an_older_week_knows_no_later_tuning(root: str) -> None:
    keep(root, noise=0.5, cut=CUT - timedelta(weeks=2))
    keep(root, noise=2.0, cut=CUT, hours=1)
    weeks = [CUT + timedelta(weeks=number) for number in (-3, -2, -1, 0, 1)]
    assert [noise_known_at(root, week) for week in weeks] == [1.0, 0.5, 0.5, 2.0, 2.0]


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"recipe": {}}', b"\xff\xfe"])
def test_a_tuning_that_cannot_be_used_is_passed_over_and_it_is_said_why(root: str, payload: bytes) -> None:
    store, told = RecipeStore(root), list[str]()
    keep(root, noise=0.5)
    damaged = keep(root, noise=2.0, hours=1)
    store.path(damaged).write_bytes(payload)
    assert noise_known_at(root, CUT, told) == 0.5
    assert len(told) == 1
    assert told[0].startswith("a tuning cannot be used: cannot read ")
    assert damaged in told[0]


def test_the_io_manager_keeps_a_tuning_and_reads_the_newest(root: str) -> None:
    manager = RecipeIOManager(root=root, clock=Clock(), experiments=ExperimentTracker())
    with pytest.raises(StorageError, match="expected what a tuning found"):
        manager.load_input(build_input_context(asset_key="tuned_parameters"))
    for noise in (0.5, 2.0):
        context = build_output_context(asset_key="tuned_parameters", run_id=RUN)
        manager.handle_output(context, tuning(noise=noise))
        assert set(context.consume_logged_metadata()) == {"version", "lake path"}
    assert len(RecipeStore(root).versions()) == 2
    assert manager.load_input(build_input_context(asset_key="tuned_parameters")) == tuning(noise=2.0)
