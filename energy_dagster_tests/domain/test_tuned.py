"""What a tuning found: when it proves better, and how it is kept."""

import json
from typing import Any

import pytest

from energy_dagster.domain.model import Recipe
from energy_dagster.domain.tuned import MARGIN, Compared, Tuned, usable_recipe
from energy_dagster_tests.tunings import tuning


def compared(*, proposed: float, low: float) -> Compared:
    return Compared(start=0.04, proposed=proposed, low=low, high=0.2, forecasts=100)


@pytest.mark.parametrize(
    ("proposed", "low", "better"),
    [(0.036, 0.01, True), (0.036, -0.001, False), (0.04 * (1 - MARGIN / 2), 0.001, False), (0.044, -0.2, False)],
    ids=["clearly", "by chance", "by too little", "worse"],
)
def test_a_recipe_proves_better_by_a_margin_and_beyond_chance(proposed: float, low: float, better: bool) -> None:
    assert compared(proposed=proposed, low=low).proves_better is better


def test_an_improvement_is_the_share_of_the_error_that_is_gone() -> None:
    assert compared(proposed=0.03, low=0.1).improvement == pytest.approx(0.25)


def test_where_there_is_no_error_nothing_can_improve() -> None:
    assert Compared(start=0.0, proposed=0.0, low=0.0, high=0.0, forecasts=10).improvement == 0.0


def test_a_tuning_comes_back_as_it_was() -> None:
    found = tuning(noise=0.7, kernel_weight=0.8, num_leaves=63)
    assert Tuned.from_json(found.to_json()) == found
    assert found.recipe.kernel.noise == pytest.approx(0.7 * Recipe(1).kernel.noise)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"recipe": {}}', '{"recipe": []}'])
def test_what_is_no_tuning_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected what a tuning found as JSON, found otherwise"):
        Tuned.from_json(text)


@pytest.mark.parametrize("field", ["recipe", "cut", "areas", "searched", "held_back", "trials", "reason"])
def test_a_tuning_without_a_part_of_it_is_refused(field: str) -> None:
    fields = json.loads(tuning().to_json())
    del fields[field]
    with pytest.raises(ValueError, match="expected what a tuning found"):
        Tuned.from_json(json.dumps(fields))


def test_a_tuning_of_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="expected what a tuning found"):
        Tuned.from_json(json.dumps(json.loads(tuning().to_json()) | {"cut": "yesterday"}))


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The own recipe as plain values, one of them another; None takes it away."""
    fields = json.loads(json.dumps(Recipe(1).to_fields()))
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    if value is None:
        del inner[path[-1]]
    return dict(fields)


def test_the_own_recipe_is_usable() -> None:
    assert usable_recipe(json.loads(json.dumps(Recipe(1).to_fields()))) == Recipe(1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kernel", "noise"), 0.0),
        (("kernel", "noise"), float("nan")),
        (("kernel", "noise"), "much"),
        (("kernel", "radial_variance"), float("inf")),
        (("kernel", "linear", "season"), -1.0),
        (("kernel", "linear", "season"), None),
        (("kernel", "radial", "moon"), 1.0),
        (("kernel", "moon"), 1.0),
        (("kernel_weight",), 1.5),
        (("trees", "num_leaves"), None),
        (("trees", "moons"), 2),
        (("moon",), 1),
        (("seed",), None),
    ],
    ids=str,
)
def test_a_recipe_that_no_model_can_be_made_by_is_refused(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        usable_recipe(changed(path, value))
