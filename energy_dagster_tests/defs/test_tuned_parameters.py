"""The tuning as an asset, and the model that is made by what it found."""

import json
from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from dagster import AssetKey, ExecuteInProcessResult, MetadataValue, TableMetadataValue

from energy_dagster.definitions import build_definitions
from energy_dagster.domain import model, training, tuning
from energy_dagster.domain.issue_plan import every
from energy_dagster.domain.model import Recipe
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.recipe_store import RecipeStore
from energy_dagster_tests.brought_up import NOW, TREES, BroughtUp
from energy_dagster_tests.tunings import tuning as tuning_of

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
WEEK = "2025-10-27"
RUNNING_WEEK = datetime(2025, 10, 27)  # noqa: DTZ001 - naive UTC


@pytest.fixture
def copied(brought_up: BroughtUp, tmp_path: Path) -> BroughtUp:
    """A copy of the folder that was brought up, to write into."""
    data = copytree(brought_up.data, tmp_path / "data")
    return BroughtUp(data, brought_up.settings.model_copy(update={"data": str(data)}), brought_up.walked)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few trees, few fits, and models for four issues a day."""
    monkeypatch.setitem(model.TREES, "num_iterations", TREES)
    monkeypatch.setattr(tuning, "BLOCKS", 2)
    monkeypatch.setitem(model.fit.__kwdefaults__ or {}, "plan", every(6))
    monkeypatch.setattr(training, "HOLDOUT_PLAN", every(6))


def run(
    house: BroughtUp, asset: str, *, partition: str | None = None, config: dict[str, Any] | None = None
) -> ExecuteInProcessResult:
    job = build_definitions(house.settings).resolve_implicit_global_asset_job_def()
    with open_instance(house.data) as instance:
        return job.execute_in_process(
            asset_selection=[AssetKey(asset)],
            instance=instance,
            partition_key=partition,
            run_config={**QUIET, **({} if config is None else {"ops": {asset: {"config": config}}})},
        )


def metadata_of(result: ExecuteInProcessResult, asset: str) -> dict[str, MetadataValue[Any]]:
    (made,) = result.asset_materializations_for_node(asset)
    return dict(made.metadata)


def test_a_tuning_is_kept_and_its_page_tells_what_it_found(copied: BroughtUp) -> None:
    found = metadata_of(run(copied, "tuned_parameters", config={"trials": 3}), "tuned_parameters")
    store = RecipeStore(copied.settings.lake)
    (version,) = store.versions()
    kept = store.read(version)
    assert found["version"].value == version
    assert kept.cut == RUNNING_WEEK.isoformat()
    assert kept.areas == ("DK1", "DK2")
    assert len(kept.trials) == found["trials"].value == 3
    assert found["reason"].value == kept.reason
    assert found["taken"].value is kept.taken
    assert found["error before, held back [%]"].value == pytest.approx(100 * kept.held_back.start)
    assert found["error after, held back [%]"].value == pytest.approx(100 * kept.held_back.proposed)
    assert found["started from"].value == "own"
    table = found["parameters"]
    assert isinstance(table, TableMetadataValue)
    assert {str(record.data["parameter"]): record.data["proposed"] for record in table.records} == kept.proposed


def test_a_second_tuning_starts_from_the_first_and_overwrites_nothing(copied: BroughtUp) -> None:
    store = RecipeStore(copied.settings.lake)
    first = store.write(tuning_of(cut=RUNNING_WEEK, seed=99, noise=0.7), at=NOW, run_id="first")
    kept = store.path(first).read_bytes()
    found = metadata_of(run(copied, "tuned_parameters", config={"trials": 2}), "tuned_parameters")
    assert found["started from"].value == first
    assert len(store.versions()) == 2
    assert store.path(first).read_bytes() == kept
    newest = store.read(store.versions()[-1])
    assert newest.recipe.seed == copied.settings.seed
    if not newest.taken:
        assert newest.recipe.kernel.noise == pytest.approx(0.7 * Recipe(1).kernel.noise)


@pytest.mark.parametrize(("cut", "factor"), [(RUNNING_WEEK, 0.7), (datetime(2025, 10, 28), 1.0)], ids=["known", "later"])  # noqa: DTZ001
def test_a_model_is_made_by_the_newest_recipe_that_was_known_then(copied: BroughtUp, cut: datetime, factor: float) -> None:
    version = RecipeStore(copied.settings.lake).write(tuning_of(cut=cut, seed=99, noise=0.7), at=NOW, run_id="first")
    found = metadata_of(run(copied, "forecast_model", partition=WEEK), "forecast_model")
    assert found["recipe"].value == (version if factor != 1.0 else "own")
    store = ModelStore(copied.settings.lake)
    parameters = store.read_meta(store.versions()[-1]).parameters
    assert parameters["kernel"]["noise"] == pytest.approx(factor * Recipe(1).kernel.noise)
    assert parameters["seed"] == copied.settings.seed


def test_a_damaged_tuning_stops_no_model(copied: BroughtUp) -> None:
    store = RecipeStore(copied.settings.lake)
    version = store.write(tuning_of(cut=RUNNING_WEEK), at=NOW, run_id="first")
    store.path(version).write_text(json.dumps({"recipe": {"seed": 1, "kernel": {"noise": "much"}}}))
    assert metadata_of(run(copied, "forecast_model", partition=WEEK), "forecast_model")["recipe"].value == "own"


def test_the_walk_needed_no_tuning(brought_up: BroughtUp) -> None:
    assert RecipeStore(brought_up.settings.lake).versions() == []
    assert len(ModelStore(brought_up.settings.lake).versions()) == 2
