"""What of a recipe is searched, and how far from where the search starts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from energy_dagster.domain.issue_states import GROUPS
from energy_dagster.domain.kernel import KernelParameters
from energy_dagster.domain.model import Recipe

Point = Mapping[str, float]
"""A recipe as the values of the dimensions."""


@dataclass(frozen=True)
class Range:
    """Any value between two, both included.

    Attributes:
        low, high: the ends.
        log: whether steps are factors rather than differences.
    """

    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class OneOf:
    """One of a few numbers."""

    values: tuple[float, ...]


Dimension = Range | OneOf

GROUP_FACTOR = 2.0
"""How many times heavier or lighter a group of inputs may become, in both parts of the covariance."""

FACTORS: dict[str, float] = {
    **dict.fromkeys(("radial", "radial_variance", "noise", "huber_width"), 2.5),
    **dict.fromkeys(("weather_linear", "weather_radial", "weather_variance", "weather_season"), 4.0),
}
"""By how much the kernel's other parameters may be multiplied or divided; `radial` is the radial part's groups all at once."""

KERNEL_WEIGHT = (0.4, 1.0)
TREES: dict[str, tuple[float, ...]] = {"num_leaves": (31, 63), "learning_rate": (0.08, 0.12)}
"""Few, as each set of trees has to be grown anew at every origin; fewer leaves or slower trees were worse on every area tried."""


def space_around(start: Recipe, *, with_weather: bool) -> dict[str, Dimension]:
    """The dimensions of the search.

    Args:
        start: the recipe it starts from, which lies inside.
        with_weather: whether there is weather, without which its covariances say nothing.
    """
    factors = dict.fromkeys(GROUPS, GROUP_FACTOR) | FACTORS
    around: dict[str, Dimension] = {
        name: Range(1 / factor, factor, log=True)
        for name, factor in factors.items()
        if with_weather or not name.startswith("weather")
    }
    weight, (low, high) = start.kernel_weight, KERNEL_WEIGHT
    around["kernel_weight"] = Range(min(low, weight), max(high, weight), log=False)
    return around | {name: OneOf(tuple(sorted({*values, start.trees[name]}))) for name, values in TREES.items()}


def point_of(start: Recipe, *, with_weather: bool) -> dict[str, float]:
    """Where the starting recipe lies: factors of one.

    >>> point_of(Recipe(1), with_weather=False)["noise"]
    1.0
    """
    standing = {"kernel_weight": start.kernel_weight, **{name: start.trees[name] for name in TREES}}
    return {name: standing.get(name, 1.0) for name in space_around(start, with_weather=with_weather)}


def recipe_at(point: Point, start: Recipe) -> Recipe:
    """The recipe at a point of the space around a start.

    >>> there = recipe_at({"noise": 2.0, "season": 0.5, "num_leaves": 15}, Recipe(1))
    >>> there.kernel.noise / Recipe(1).kernel.noise, there.kernel.linear["season"] / Recipe(1).kernel.linear["season"]
    (2.0, 0.5)
    >>> there.trees["num_leaves"], recipe_at({}, Recipe(1)) == Recipe(1)
    (15, True)
    """
    kernel, reach = start.kernel, point.get("radial", 1.0)
    scalars = {one.name for one in fields(KernelParameters)} & set(point) - {"radial"}
    tuned = replace(
        kernel,
        linear={name: weight * point.get(name, 1.0) for name, weight in kernel.linear.items()},
        radial={name: weight * point.get(name, 1.0) * reach for name, weight in kernel.radial.items()},
        **{name: getattr(kernel, name) * point[name] for name in sorted(scalars)},
    )
    trees = {**start.trees, **{name: point[name] for name in TREES if name in point}}
    return replace(start, kernel=tuned, kernel_weight=point.get("kernel_weight", start.kernel_weight), trees=trees)
