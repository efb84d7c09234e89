import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.distances import CELLS, counts_by_day, kolmogorov_smirnov, population_stability_index
from energy_dagster.domain.fortnights import (
    HISTORY_DAYS,
    PRECEDING_DAYS,
    SEASON_DAYS,
    WINDOW_DAYS,
    YEAR_DAYS,
    fortnights,
)

values = st.lists(st.integers(0, 9), min_size=1, max_size=60)
counts = hnp.arrays(np.float64, 30, elements=st.integers(0, 20)).filter(lambda array: array.sum() > 0)


@given(values, values)
def test_the_distance_is_the_largest_between_the_two_cumulative_distributions(one: list[int], other: list[int]) -> None:
    cells = [np.bincount(sample, minlength=10).astype(float) for sample in (one, other)]
    apart = [abs(np.mean(np.array(one) <= value) - np.mean(np.array(other) <= value)) for value in range(10)]
    assert kolmogorov_smirnov(*cells) == pytest.approx(max(apart))


@given(counts, counts, st.integers(1, 5))
def test_both_measures_look_at_shares_only_and_never_fall_below_zero(one: np.ndarray, other: np.ndarray, times: int) -> None:
    for measure in (kolmogorov_smirnov, population_stability_index):
        assert measure(one, other) >= 0
        assert measure(one * times, other) == pytest.approx(measure(one, other))
        assert measure(one, one) == 0


def test_the_index_of_one_moved_tenth_is_known() -> None:
    moved = np.full(10, 10.0)
    moved[0], moved[1] = 5.0, 15.0
    by_hand = (0.05 - 0.1) * np.log(0.5) + (0.15 - 0.1) * np.log(1.5)
    assert population_stability_index(moved, np.full(10, 7.0)) == pytest.approx(by_hand)


def test_a_sample_without_a_value_has_no_distance() -> None:
    nothing, something = np.zeros(10), np.ones(10)
    for measure in (kolmogorov_smirnov, population_stability_index):
        assert np.isnan(measure(nothing, something))
        assert np.isnan(measure(something, nothing))


@given(hnp.arrays(np.float64, (4, 24), elements=st.floats(-1e6, 1e6) | st.just(np.nan)).filter(lambda a: not np.isnan(a).all()))
def test_every_known_hour_is_counted_in_its_day(hours: np.ndarray) -> None:
    by_day = counts_by_day(hours)
    assert by_day.shape == (4, CELLS)
    assert by_day.sum(axis=1).tolist() == (~np.isnan(hours)).sum(axis=1).tolist()


def test_larger_values_never_lie_in_an_earlier_cell() -> None:
    hours = np.random.default_rng(0).normal(size=(30, 24))
    cell_of_day = counts_by_day(np.sort(hours.ravel()).reshape(30, 24)) @ np.arange(CELLS)
    assert (np.diff(cell_of_day) > 0).all()


@given(st.integers(0, HISTORY_DAYS + 400))
def test_a_reference_lies_before_its_window(days: int) -> None:
    parts = fortnights(days)
    assert len(parts.windows) == max(0, (days - PRECEDING_DAYS) // WINDOW_DAYS)
    for window, reference in zip(parts.windows, parts.references, strict=True):
        assert window.sum() == WINDOW_DAYS
        assert np.flatnonzero(reference).max() == np.flatnonzero(window).min() - 1


def test_the_newest_fortnight_is_compared_with_two_earlier_years_of_its_season() -> None:
    parts = fortnights(HISTORY_DAYS)
    end = np.flatnonzero(parts.windows[0]).max() + 1
    year_before = np.flatnonzero(parts.references[0][: end - YEAR_DAYS + SEASON_DAYS])
    assert end == HISTORY_DAYS
    assert parts.references[0].sum() == 3 * PRECEDING_DAYS
    assert year_before.max() == end - YEAR_DAYS + SEASON_DAYS - 1
    assert parts.windows.sum(axis=0).max() == 1
