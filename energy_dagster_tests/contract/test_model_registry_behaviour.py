"""Level 0: what every model registry does, the platform's own and that of Hopsworks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from energy_dagster.domain.issues import FEATURES
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.own_registry import OwnRegistry, model_of, to_register
from energy_dagster.resources import hopsworks_client
from energy_dagster.resources.feature_store import OtherContract
from energy_dagster.resources.hopsworks_registry import HopsworksRegistry
from energy_dagster.resources.model_registry import ModelRegistry, ModelToRegister
from energy_dagster_tests.contract.hopsworks_access import access_to
from energy_dagster_tests.io_managers.samples import RUN, later, tiny_model

WEEK = "2026-06-01"


@pytest.fixture(params=["own", "hopsworks"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModelRegistry]:
    if request.param == "own":
        yield OwnRegistry(ModelStore(str(tmp_path / "other")), lambda: datetime.now(UTC), "a-run")
        return
    standin = request.getfixturevalue("hopsworks_standin")
    yield HopsworksRegistry(access_to(standin, tmp_path))
    hopsworks_client.log_out()


@pytest.fixture
def model(tmp_path: Path) -> ModelToRegister:
    """A model as the platform keeps it."""
    store = ModelStore(str(tmp_path / "lake"))
    return to_register(store, store.write(WEEK, tiny_model(), at=later(0), run_id=RUN))


def test_a_model_has_a_number_scores_and_a_description(model: ModelToRegister) -> None:
    assert model.number == 2026060101
    assert model.metrics["holdout_mae_mwh"] == 40.0
    assert "lgbm-a, champion of the week from 2026-06-01" in model.description
    assert "trained from the lake" in model.description


def test_a_registered_model_predicts_the_same_numbers(registry: ModelRegistry, model: ModelToRegister) -> None:
    registered = registry.save(model)
    assert (registered.number, registered.added) == (model.number, True)
    fetched = registry.fetch(model.number)
    assert fetched == model.files
    rows = np.random.default_rng(3).normal(size=(40, len(FEATURES)))
    said = [model_of(files).engine.booster.predict(rows) for files in (fetched, model.files)]
    np.testing.assert_array_equal(said[0], said[1])


def test_registering_again_adds_nothing(registry: ModelRegistry, model: ModelToRegister) -> None:
    assert [registry.save(model).added for _ in range(2)] == [True, False]


def test_another_model_of_the_number_is_refused(registry: ModelRegistry, model: ModelToRegister, tmp_path: Path) -> None:
    registry.save(model)
    store = ModelStore(str(tmp_path / "another"))
    another = to_register(store, store.write(WEEK, tiny_model("lgbm-b"), at=later(0), run_id=RUN))
    with pytest.raises(OtherContract, match=r"is another"):
        registry.save(another)
    assert registry.fetch(model.number) == model.files


def test_a_number_nobody_has_is_absent(registry: ModelRegistry) -> None:
    assert registry.fetch(2020010101) is None
