import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.calibration import MEDIAN, lead_bucket_number, median_shift, residual_quantiles, spread
from energy_dagster.domain.tables import HORIZON_HOURS, LEAD_BUCKETS, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEADS = np.arange(1, HORIZON_HOURS + 1)
RESIDUALS = hnp.arrays(float, st.integers(1, 200), elements=st.floats(-3, 3) | st.just(np.nan)).filter(
    lambda a: bool(np.isfinite(a).any())
)
LINES = hnp.arrays(float, HORIZON_HOURS, elements=st.floats(0.1, 1e5))


def leads_and_hours(size: int, seed: int) -> tuple[Ints, Ints]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, HORIZON_HOURS + 1, size), rng.integers(0, 24, size)


def cells_of(residuals: Floats, seed: int = 0) -> Floats:
    return residual_quantiles(residuals, *leads_and_hours(len(residuals), seed))


@pytest.mark.parametrize("number", range(len(LEAD_BUCKETS)))
def test_a_lead_is_in_the_bucket_that_holds_it(number: int) -> None:
    first, last = LEAD_BUCKETS[number]
    assert set(lead_bucket_number(np.arange(first, last + 1))) == {number}


@given(residuals=RESIDUALS, seed=st.integers(0, 1000))
def test_cells_are_finite_and_ordered(residuals: Floats, seed: int) -> None:
    cells = cells_of(residuals, seed)
    assert cells.shape == (len(LEAD_BUCKETS), 24, len(QUANTILES))
    assert np.isfinite(cells).all()
    assert (np.diff(cells, axis=2) >= -1e-12).all()


@given(residuals=RESIDUALS, seed=st.integers(0, 1000))
def test_cells_stay_within_the_residuals(residuals: Floats, seed: int) -> None:
    cells = cells_of(residuals, seed)
    assert cells.min() >= np.nanmin(residuals)
    assert cells.max() <= np.nanmax(residuals)


@given(residuals=RESIDUALS, line=LINES, seed=st.integers(0, 1000))
def test_quantiles_are_ordered_and_positive_and_the_median_is_exactly_the_line(residuals: Floats, line: Floats, seed: int) -> None:
    quantiles = spread(line, cells_of(residuals, seed), LEADS, LEADS % 24)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles > 0).all()
    np.testing.assert_array_equal(quantiles[:, MEDIAN], line)


@given(residuals=RESIDUALS)
def test_residuals_that_are_not_known_do_not_count(residuals: Floats) -> None:
    leads, hours = leads_and_hours(len(residuals), 1)
    known = np.isfinite(residuals)
    np.testing.assert_array_equal(
        residual_quantiles(residuals, leads, hours), residual_quantiles(residuals[known], leads[known], hours[known])
    )


def test_a_cell_holds_the_quantiles_of_its_hour_and_the_hours_beside_it() -> None:
    hours = np.tile(np.arange(24), 10)
    residuals = np.linspace(-1, 1, len(hours))
    cells = residual_quantiles(residuals, np.full(len(hours), 3), hours)
    near = np.isin(hours, [23, 0, 1])
    np.testing.assert_allclose(cells[0, 0], np.quantile(residuals[near], QUANTILES))


def test_a_cell_without_a_residual_borrows_from_its_bucket() -> None:
    residuals = np.array([0.1, 0.2, 0.3])
    cells = residual_quantiles(residuals, np.array([1, 1, 48]), np.array([10, 10, 10]))
    np.testing.assert_allclose(cells[0, 20], np.quantile(residuals[:2], QUANTILES))


def test_a_bucket_without_a_residual_borrows_from_all() -> None:
    residuals = np.array([0.1, 0.2, 0.3])
    cells = residual_quantiles(residuals, np.array([1, 1, 48]), np.array([10, 10, 10]))
    np.testing.assert_allclose(cells[1, 10], np.quantile(residuals, QUANTILES))


@pytest.mark.parametrize("residuals", [np.array([]), np.array([np.nan, np.nan])])
def test_nothing_to_calibrate_on_is_refused(residuals: Floats) -> None:
    with pytest.raises(ValueError, match="expected at least one judged hour to calibrate on, found none"):
        cells_of(residuals)


def test_the_median_shift_takes_the_bias_off() -> None:
    rng = np.random.default_rng(2)
    leads, hours = leads_and_hours(5000, 3)
    residuals = 0.2 + rng.normal(0, 0.01, 5000)
    shift = median_shift(residual_quantiles(residuals, leads, hours), LEADS, LEADS % 24)
    np.testing.assert_allclose(shift, 0.2, atol=0.01)


def test_the_band_holds_the_share_it_says() -> None:
    rng = np.random.default_rng(4)
    leads, hours = leads_and_hours(20000, 5)
    cells = residual_quantiles(rng.normal(0, 0.05, 20000), leads, hours)
    quantiles = spread(np.full(20000, 1000.0), cells, leads, hours)
    actual = 1000 * np.exp(rng.normal(0, 0.05, 20000))
    held = (actual >= quantiles[:, QUANTILES.index(0.1)]) & (actual <= quantiles[:, QUANTILES.index(0.9)])
    assert held.mean() == pytest.approx(0.8, abs=0.02)
