"""What a tuning found: the recipe to use, why, and everything that was tried; kept as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from energy_dagster.domain.model import Recipe
from energy_dagster.domain.positions import Floats

MARGIN = 0.005
"""By which share the error in the weeks held back must be smaller at least; its 95 % interval must lie above 0, too."""


@dataclass(frozen=True)
class Trial:
    """A recipe that was tried, as a point of the space, and its mean absolute log error in the weeks of the search."""

    number: int
    error: float
    point: dict[str, float]


def improvement(before: Floats, after: Floats) -> Floats:
    """Share by which errors became smaller; none where there was no error.

    >>> improvement(np.array([2.0, 0.0]), np.array([1.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    return 1 - np.divide(after, before, out=np.ones_like(before), where=before > 0)


@dataclass(frozen=True)
class Compared:
    """Mean absolute log errors of the starting recipe and of the one proposed, on the same forecasts.

    Attributes:
        start: of the start.
        proposed: of the one proposed.
        low: lower end of the 95 % interval of the improvement, by a bootstrap over weeks.
        high: its upper end.
        forecasts: how many were judged.
    """

    start: float
    proposed: float
    low: float
    high: float
    forecasts: int

    @property
    def improvement(self) -> float:
        """Share by which the error became smaller."""
        return float(improvement(np.array(self.start), np.array(self.proposed)))

    @property
    def proves_better(self) -> bool:
        """Whether the improvement is of use, and more than chance explains."""
        return self.improvement >= MARGIN and self.low > 0


@dataclass(frozen=True)
class Tuned:
    """What a tuning found.

    Attributes:
        recipe: the recipe to use: the one proposed, or the start where that did not prove better.
        taken: whether it is the one proposed.
        reason: why, in a sentence.
        cut: nothing published later was looked at; ISO, naive UTC.
        areas: those tuned on.
        searched: errors in the weeks that the search saw.
        held_back: errors in the weeks that it did not see.
        start: the point it started from.
        proposed: the point that was proposed; the start where no trial was better.
        trials: all that were tried, the start first.
    """

    recipe: Recipe
    taken: bool
    reason: str
    cut: str
    areas: tuple[str, ...]
    searched: Compared
    held_back: Compared
    start: dict[str, float]
    proposed: dict[str, float]
    trials: tuple[Trial, ...]

    def to_json(self) -> str:
        """As the text that is kept."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> "Tuned":
        """From what `to_json` gave.

        Raises:
            ValueError: the text is no tuning, or its recipe is none of this code's.
        """
        try:
            fields = json.loads(text)
            recipe = usable_recipe(fields.pop("recipe"))
            searched, held_back = (Compared(**fields.pop(name)) for name in ("searched", "held_back"))
            areas, trials = tuple(fields.pop("areas")), tuple(Trial(**one) for one in fields.pop("trials"))
            datetime.fromisoformat(fields["cut"])
            return Tuned(recipe, areas=areas, searched=searched, held_back=held_back, trials=trials, **fields)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"expected what a tuning found as JSON, found otherwise: {error}") from error


def usable_recipe(fields: Mapping[str, Any]) -> Recipe:
    """A recipe from plain values, if models can be made by it.

    Raises:
        TypeError: a value is absent, or there is one that a recipe does not have.
        ValueError: a value cannot be.
    """
    recipe, usual = Recipe.from_fields(fields), Recipe(0)
    kernel = asdict(recipe.kernel)
    groups = [kernel.pop(name) for name in ("linear", "radial")]
    if any(set(one) != set(usual.kernel.linear) for one in groups) or set(recipe.trees) != set(usual.trees):
        raise ValueError("expected weights of the groups of inputs and parameters of the trees as this code has them")
    weights = [*kernel.values(), *(weight for one in groups for weight in one.values())]
    if not all(0 < weight < np.inf for weight in weights) or not 0 <= recipe.kernel_weight <= 1:
        raise ValueError("expected positive covariances and a kernel weight from 0 to 1")
    return recipe
