"""Access to the trained models and to what tunings found, for the assets that make new ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.model import Recipe
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.recipe_store import RecipeStore

OWN = "own"
"""Stands for the version of the recipe that the code itself has."""


@dataclass(frozen=True)
class ChosenRecipe:
    """A recipe, and the version of the tuning that found it, or `own`."""

    recipe: Recipe
    version: str


class Models(ConfigurableResource):  # type: ignore[type-arg]
    """Where models are kept, and the seed they are trained with."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    seed: int = Field(description="Seed of sampling and LightGBM")

    def store(self) -> ModelStore:
        """The models kept so far."""
        return ModelStore(self.root)

    def recipe(self, *, known_at: datetime, tell: Callable[[str], object]) -> ChosenRecipe:
        """How models are made: as the newest tuning says that looked at nothing later, else the own recipe; with this seed.

        Args:
            known_at: when the model is to stand, naive UTC.
            tell: hears of tunings that cannot be used.
        """
        kept = RecipeStore(self.root).newest(known_at=known_at, tell=tell)
        if kept is None:
            return ChosenRecipe(Recipe(self.seed), OWN)
        return ChosenRecipe(replace(kept.tuned.recipe, seed=self.seed), kept.version)
