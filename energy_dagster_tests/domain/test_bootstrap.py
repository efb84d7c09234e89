import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.bootstrap import (
    BLOCK_DAYS,
    MIN_BLOCKS,
    Interval,
    block_weights,
    blocks_of,
    percentile_interval,
    resampled,
)

Floats = npt.NDArray[np.float64]
DAYS = 365
SERIES = 400


def autocorrelated(days: int, *, correlation: float) -> Floats:
    """Skewed daily errors of many series, (days, series); the true mean is exp(1 / 8)."""
    draws = np.random.default_rng(1).normal(size=(days, SERIES))
    state = np.empty_like(draws)
    state[0] = draws[0]
    for day in range(1, days):
        state[day] = correlation * state[day - 1] + np.sqrt(1 - correlation**2) * draws[day]
    return np.exp(state / 2)


def share_held(errors: Floats, judged_days: Floats) -> float:
    """Share of the series whose interval holds the true mean, judged on some of the days."""
    weights = block_weights(len(errors), seed=0)
    with np.errstate(invalid="ignore"):  # a draw may hold no judged day
        drawn = resampled(weights, errors * judged_days[:, None]) / resampled(weights, judged_days[:, None])
    blocks = int(blocks_of(judged_days[:, None] > 0)[0])
    estimates = errors[judged_days > 0].mean(axis=0)
    intervals = [percentile_interval(drawn[:, s], float(estimates[s]), blocks=blocks) for s in range(errors.shape[1])]
    return float(np.mean([interval is not None and interval.holds(np.exp(1 / 8)) for interval in intervals]))


@given(days=st.integers(1, 60), draws=st.integers(1, 5), block_days=st.integers(1, 10), seed=st.integers(0, 99))
def test_every_draw_is_as_long_as_the_original(days: int, draws: int, block_days: int, seed: int) -> None:
    weights = block_weights(days, seed=seed, draws=draws, block_days=block_days)
    assert weights.shape == (draws, days)
    assert (weights >= 0).all()
    assert weights.sum(axis=1).tolist() == [days] * draws


def test_days_are_drawn_in_blocks_that_go_round() -> None:
    weights = block_weights(2 * BLOCK_DAYS, seed=3, draws=200)
    changes = (weights != np.roll(weights, 1, axis=1)).sum(axis=1)
    assert set(changes.tolist()) <= {0, 2, 4}
    assert weights.max() == 2


def test_every_day_is_drawn_equally_often() -> None:
    weights = block_weights(50, seed=0, draws=20_000)
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.05)


def test_draws_are_the_same_by_seed() -> None:
    np.testing.assert_array_equal(block_weights(DAYS, seed=5), block_weights(DAYS, seed=5))
    assert (block_weights(DAYS, seed=5) != block_weights(DAYS, seed=6)).any()


@pytest.mark.parametrize(("days", "draws", "block_days"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_nothing_to_draw_is_refused(days: int, draws: int, block_days: int) -> None:
    with pytest.raises(ValueError, match="expected at least one day"):
        block_weights(days, seed=0, draws=draws, block_days=block_days)


def test_sums_are_resampled_whatever_their_shape() -> None:
    weights = np.array([[2.0, 0.0, 1.0]])
    sums = np.arange(12.0).reshape(3, 2, 2)
    np.testing.assert_array_equal(resampled(weights, sums), (2 * sums[0] + sums[2])[None])


def test_scattered_days_touch_more_blocks_than_days_together() -> None:
    together, scattered = np.arange(28) < 4, np.arange(28) % 7 == 5
    assert blocks_of(np.column_stack([together, scattered])).tolist() == [1, 4]


def test_an_interval_holds_its_estimate() -> None:
    interval = percentile_interval(np.array([1.0, 1.1, 1.2]), 0.5, blocks=52)
    assert interval is not None
    assert interval.low == 0.5
    assert interval.high == pytest.approx(1.2, abs=0.01)


def test_fewer_blocks_make_a_wider_interval() -> None:
    draws = np.random.default_rng(0).normal(size=1000)
    widths = [i.high - i.low for b in (4, 8, 52, 500) if (i := percentile_interval(draws, 0.0, blocks=b))]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


def test_draws_without_a_judged_day_do_not_count() -> None:
    draws = np.array([1.0, np.nan, 3.0])
    assert percentile_interval(draws, 2.0, blocks=52) == percentile_interval(draws[[0, 2]], 2.0, blocks=52)


@pytest.mark.parametrize(
    ("draws", "estimate", "blocks"),
    [(np.ones(9), 1.0, MIN_BLOCKS - 1), (np.ones(9), np.nan, 52), (np.full(9, np.nan), 1.0, 52)],
    ids=["few-blocks", "undefined-estimate", "undefined-draws"],
)
def test_there_is_no_interval_of_too_little(draws: Floats, estimate: float, blocks: int) -> None:
    assert percentile_interval(draws, estimate, blocks=blocks) is None


def test_the_ends_of_an_interval_lie_inside() -> None:
    assert [Interval(1.0, 2.0).holds(value) for value in (0.9, 1.0, 2.0, 2.1)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("days", "judged"),
    [
        (DAYS, np.ones(DAYS)),
        (DAYS, (np.arange(DAYS) // 30 == 4).astype(float)),
        (DAYS, (np.arange(DAYS) % 7 == 5).astype(float)),
        (28, np.ones(28)),
    ],
    ids=["year", "month-of-a-year", "saturdays", "four-weeks"],
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(days: int, judged: Floats) -> None:
    assert 0.90 <= share_held(autocorrelated(days, correlation=0.3), judged) <= 0.985
