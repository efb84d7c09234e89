"""One synthetic history and one small model for the whole folder."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from energy_dagster.domain import model as model_module
from energy_dagster.domain import training as training_module
from energy_dagster.domain.issue_plan import every
from energy_dagster.domain.model import Recipe, TrainedModel
from energy_dagster.domain.training import train
from energy_dagster_tests.domain.synthetic import RawHistory, raw_history

TRAINING_DAYS = 180
TREE_ROWS = 8000


@pytest.fixture(scope="session", autouse=True)
def small_trees() -> Iterator[None]:
    """Thirty trees of a few thousand rows are enough to see whether the code is right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(model_module.TREES, "num_iterations", 30)
        patch.setattr(model_module, "TREE_ROWS", TREE_ROWS)
        yield


@pytest.fixture(scope="session")
def half_year() -> RawHistory:
    return raw_history(days=TRAINING_DAYS)


@pytest.fixture(scope="session")
def champion(half_year: RawHistory) -> TrainedModel:
    """A model that serves from 30 hours before the half year's present."""
    serves_from = half_year.now - timedelta(hours=30)
    return train(half_year.histories, serves_from=serves_from, trained_at=half_year.now, recipe=Recipe(1), champion=None)


@pytest.fixture(scope="session")
def spring() -> RawHistory:
    """Seventy-five days over the change to summer time."""
    return raw_history()


@pytest.fixture
def few_issues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models for four issues a day, for what does not depend on how many there are."""
    monkeypatch.setitem(model_module.fit.__kwdefaults__ or {}, "plan", every(6))
    monkeypatch.setattr(training_module, "HOLDOUT_PLAN", every(6))
