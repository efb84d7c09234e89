"""The space around a recipe."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.issue_states import GROUPS
from energy_dagster.domain.model import TREES, Recipe
from energy_dagster.domain.recipe_space import OneOf, Range, point_of, recipe_at, space_around

OWN = Recipe(3)


@pytest.mark.parametrize("with_weather", [True, False])
def test_the_start_lies_in_its_own_space_and_is_itself(with_weather: bool) -> None:
    space, point = space_around(OWN, with_weather=with_weather), point_of(OWN, with_weather=with_weather)
    assert set(space) == set(point)
    for name, dimension in space.items():
        if isinstance(dimension, Range):
            assert dimension.low <= point[name] <= dimension.high
        else:
            assert point[name] in dimension.values
    assert recipe_at(point, OWN) == OWN


def test_without_weather_its_covariances_stay() -> None:
    more = set(space_around(OWN, with_weather=True)) - set(space_around(OWN, with_weather=False))
    assert more == {"weather_linear", "weather_radial", "weather_variance", "weather_season"}


def test_a_start_outside_of_the_usual_ends_widens_them() -> None:
    start = replace(OWN, kernel_weight=0.1, trees={**TREES, "num_leaves": 7})
    space = space_around(start, with_weather=False)
    assert space["kernel_weight"] == Range(0.1, 1.0, log=False)
    assert space["num_leaves"] == OneOf((7, 31, 63))
    assert recipe_at(point_of(start, with_weather=False), start) == start


def test_a_group_is_weighed_in_both_parts_and_the_others_stay() -> None:
    there = recipe_at({"season": 2.0}, OWN).kernel
    for part, own in ((there.linear, OWN.kernel.linear), (there.radial, OWN.kernel.radial)):
        assert {name: part[name] / own[name] for name in GROUPS} == {name: 2.0 if name == "season" else 1.0 for name in GROUPS}


def test_radial_weighs_all_groups_of_the_radial_part_alone() -> None:
    there = recipe_at({"radial": 0.5}, OWN).kernel
    assert there.linear == OWN.kernel.linear
    assert {name: there.radial[name] / OWN.kernel.radial[name] for name in GROUPS} == dict.fromkeys(GROUPS, 0.5)


@given(st.data())
def test_every_point_is_a_recipe_that_keeps_seed_and_the_rest_of_the_trees(data: st.DataObject) -> None:
    point = {
        name: data.draw(st.floats(one.low, one.high) if isinstance(one, Range) else st.sampled_from(one.values), label=name)
        for name, one in space_around(OWN, with_weather=True).items()
    }
    there = recipe_at(point, OWN)
    assert there.seed == OWN.seed
    assert there.kernel_weight == point["kernel_weight"]
    assert {name for name in OWN.trees if there.trees[name] != OWN.trees[name]} <= {"num_leaves", "learning_rate"}
    assert there.kernel.weather_variance == pytest.approx(OWN.kernel.weather_variance * point["weather_variance"])
    assert min(*there.kernel.linear.values(), *there.kernel.radial.values(), there.kernel.noise, there.kernel.huber_width) > 0
