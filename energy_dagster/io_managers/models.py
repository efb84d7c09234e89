"""Access to the trained models, for the asset that has to compare with the champion."""

from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.io_managers.model_store import ModelStore


class Models(ConfigurableResource):  # type: ignore[type-arg]
    """Where models are kept, and the seed they are trained with."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    seed: int = Field(description="Seed of sampling and LightGBM")

    def store(self) -> ModelStore:
        """The models kept so far."""
        return ModelStore(self.root)
