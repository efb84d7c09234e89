"""What a model registry is to the platform: models under numbers, with their files, scores and descent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from energy_dagster.resources.feature_store import TrainingDataset

MODEL_NAME: Final = "forecast_model"


@dataclass(frozen=True)
class ModelToRegister:
    """A model as it goes into a registry.

    Attributes:
        number: its version there, given by who keeps the model: the same model has the same number each time.
        week: the week it was trained for.
        description: its identity and what it was made from, in words.
        metrics: its scores by name.
        files: its files by name.
        dataset: what it was trained from, where that was kept as a dataset.
    """

    number: int
    week: str
    description: str
    metrics: Mapping[str, float]
    files: Mapping[str, bytes] = field(repr=False)
    dataset: TrainingDataset | None = None


@dataclass(frozen=True)
class Registered:
    """What registering did: the number, whether it is new there, and its page."""

    number: int
    added: bool
    url: str | None = None


class ModelRegistry(Protocol):
    """Keeps models; none is changed once it is there."""

    def save(self, model: ModelToRegister) -> Registered:
        """Register a model; one that is there already stays as it is.

        Raises:
            FeatureStoreError: as its classes say; another model has the number.
        """

    def fetch(self, number: int) -> dict[str, bytes] | None:
        """The files of a model by name; None where no model has the number.

        Raises:
            FeatureStoreError: as its classes say.
        """
