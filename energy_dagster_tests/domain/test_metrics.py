import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.metrics import (
    DECILES,
    absolute_percentage_error,
    decile_pinball_loss,
    inside,
    interval_width,
    pinball_loss,
    pinball_losses,
    skill,
)
from energy_dagster.domain.tables import QUANTILES

Floats = npt.NDArray[np.float64]
LOADS = st.floats(0.0, 1e4)


@given(actual=LOADS, quantiles=hnp.arrays(float, (1, len(QUANTILES)), elements=LOADS))
def test_pinball_loss_is_the_mean_of_its_definition(actual: float, quantiles: Floats) -> None:
    expected = sum(
        level * (actual - q) if actual >= q else (1 - level) * (q - actual)
        for level, q in zip(QUANTILES, quantiles[0], strict=True)
    )
    assert pinball_loss(np.array([actual]), quantiles)[0] == pytest.approx(expected / len(QUANTILES), abs=1e-9)


@given(actual=LOADS, point=LOADS)
def test_the_pinball_loss_of_a_point_is_half_its_absolute_error(actual: float, point: float) -> None:
    loss = pinball_loss(np.array([actual]), np.full((1, len(QUANTILES)), point))[0]
    assert loss == pytest.approx(abs(actual - point) / 2, abs=1e-9)


def test_each_row_is_judged_by_itself() -> None:
    loss = pinball_loss(np.array([10.0, 20.0]), np.full((2, len(QUANTILES)), 10.0))
    np.testing.assert_allclose(loss, [0.0, 5.0])


@given(actual=LOADS, quantiles=hnp.arrays(float, (1, len(QUANTILES)), elements=LOADS))
def test_the_pinball_loss_of_the_deciles_leaves_the_outer_levels_out(actual: float, quantiles: Floats) -> None:
    by_level = dict(zip(QUANTILES, pinball_losses(np.array([actual]), quantiles)[0], strict=True))
    expected = sum(by_level[level] for level in DECILES) / 9
    assert decile_pinball_loss(np.array([actual]), quantiles)[0] == pytest.approx(expected)


def test_the_percentage_error_is_of_the_actual_and_undefined_at_zero() -> None:
    found = absolute_percentage_error(np.array([50.0, -50.0, 0.0]), np.array([60.0, -40.0, 5.0]))
    np.testing.assert_array_equal(found, [20.0, 20.0, np.nan])


def test_the_width_is_the_distance_of_two_levels() -> None:
    quantiles = np.array([[0.0, 3.0, *range(4, 11), 20.0, 50.0]])
    assert [interval_width(quantiles, low, high).tolist() for low, high in ((0.1, 0.9), (0.05, 0.95))] == [[17.0], [50.0]]


@pytest.mark.parametrize(("actual", "held"), [(0.9, False), (1.0, True), (5.0, True), (9.0, True), (9.1, False)])
def test_an_actual_is_inside_with_the_ends_included(actual: float, held: bool) -> None:
    assert inside(np.array([actual]), np.linspace(0, 10, 11)[None, :], 0.1, 0.9).tolist() == [held]


@pytest.mark.parametrize(("mae", "expected"), [(0.0, 1.0), (50.0, 0.5), (100.0, 0.0), (150.0, -0.5)])
def test_skill_is_one_when_perfect_and_negative_when_worse_than_the_naive(mae: float, expected: float) -> None:
    assert skill(mae, 100.0) == expected


@pytest.mark.parametrize("naive", [0.0, -1.0, float("nan")])
def test_skill_against_no_naive_error_is_refused(naive: float) -> None:
    with pytest.raises(ValueError, match="expected a positive MAE of the naive"):
        skill(1.0, naive)
