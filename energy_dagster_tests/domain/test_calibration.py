import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.calendar import BRIDGE, CHRISTMAS, HOLIDAY, SATURDAY, SUNDAY, WORKDAY
from energy_dagster.domain.calibration import (
    BAND,
    DAY_TYPES,
    HIGH,
    HOURS_OWN_SAY,
    LOW,
    MEDIAN,
    NARROWEST,
    NEAR_HOURS,
    SHRUNK_BY_DAYS,
    WIDEST,
    Calibration,
    Rows,
    calibrate,
    day_type_number,
    lead_bucket_number,
    residual_quantiles,
    weighted_quantile,
)
from energy_dagster.domain.tables import HORIZON_HOURS, LEAD_BUCKETS, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEADS = np.arange(1, HORIZON_HOURS + 1)
RESIDUALS = hnp.arrays(float, st.integers(1, 200), elements=st.floats(-3, 3) | st.just(np.nan)).filter(
    lambda a: bool(np.isfinite(a).any())
)
FACTORS = st.floats(NARROWEST, WIDEST)
WIDTHS = st.tuples(
    hnp.arrays(float, len(DAY_TYPES), elements=FACTORS), hnp.arrays(float, (len(LEAD_BUCKETS), 24), elements=FACTORS)
)
LINES = hnp.arrays(float, HORIZON_HOURS, elements=st.floats(0.1, 1e5))


def leads_and_hours(size: int, seed: int) -> tuple[Ints, Ints]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, HORIZON_HOURS + 1, size), rng.integers(0, 24, size)


def rows_of(size: int, seed: int) -> Rows:
    leads, hours = leads_and_hours(size, seed)
    return Rows(leads, hours, np.random.default_rng(seed + 1).integers(0, len(DAY_TYPES), size))


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


@given(residuals=RESIDUALS, line=LINES, widths=WIDTHS, seed=st.integers(0, 1000))
def test_quantiles_are_ordered_and_positive_and_the_median_is_exactly_the_line(
    residuals: Floats, line: Floats, widths: tuple[Floats, Floats], seed: int
) -> None:
    calibration = Calibration(cells_of(residuals, seed), *widths)
    quantiles = calibration.spread(line, Rows(LEADS, LEADS % 24, LEADS % len(DAY_TYPES)))
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
    shift = Calibration(residual_quantiles(residuals, leads, hours)).median_shift(Rows(LEADS, LEADS % 24, LEADS * 0))
    np.testing.assert_allclose(shift, 0.2, atol=0.01)


def coverage(calibration: Calibration, residuals: Floats, rows: Rows) -> float:
    """Share of actuals within P10 to P90 around lines of 1000 MWh."""
    quantiles = calibration.spread(np.full(len(residuals), 1000.0), rows)
    actual = 1000 * np.exp(residuals)
    return float(((actual >= quantiles[:, LOW]) & (actual <= quantiles[:, HIGH])).mean())


def test_the_band_holds_the_share_it_says() -> None:
    rng = np.random.default_rng(4)
    rows = rows_of(20000, 5)
    calibration = Calibration(residual_quantiles(rng.normal(0, 0.05, 20000), rows.leads, rows.local_hours))
    assert coverage(calibration, rng.normal(0, 0.05, 20000), rows) == pytest.approx(BAND, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (WORKDAY, "workday"),
        (SATURDAY, "weekend"),
        (SUNDAY, "weekend"),
        (HOLIDAY, "special"),
        (BRIDGE, "special"),
        (CHRISTMAS, "special"),
        (np.nan, "workday"),
    ],
)
def test_a_kind_of_day_has_a_type(kind: float, name: str) -> None:
    assert DAY_TYPES[day_type_number(np.array([kind]))[0]] == name


def test_some_rows_are_those_rows() -> None:
    rows = rows_of(10, 0)
    some = rows[np.array([7, 2])]
    assert some.leads.tolist() == [rows.leads[7], rows.leads[2]]
    assert some.local_hours.tolist() == [rows.local_hours[7], rows.local_hours[2]]
    assert some.day_types.tolist() == [rows.day_types[7], rows.day_types[2]]


@given(residuals=RESIDUALS, widths=WIDTHS, seed=st.integers(0, 1000))
def test_offsets_are_ordered_and_those_of_the_median_are_nothing(
    residuals: Floats, widths: tuple[Floats, Floats], seed: int
) -> None:
    offsets = Calibration(cells_of(residuals, seed), *widths).offsets(rows_of(50, seed))
    assert (np.diff(offsets, axis=1) >= -1e-12).all()
    np.testing.assert_array_equal(offsets[:, MEDIAN], 0)


@given(residuals=RESIDUALS, widths=WIDTHS, seed=st.integers(0, 1000))
def test_offsets_are_as_wide_as_kind_of_day_and_lead_say(residuals: Floats, widths: tuple[Floats, Floats], seed: int) -> None:
    cells, rows = cells_of(residuals, seed), rows_of(50, seed)
    factor = widths[0][rows.day_types] * widths[1][lead_bucket_number(rows.leads), rows.local_hours]
    np.testing.assert_allclose(Calibration(cells, *widths).offsets(rows), Calibration(cells).offsets(rows) * factor[:, None])


@given(residuals=RESIDUALS, widths=WIDTHS, seed=st.integers(0, 1000))
def test_a_calibration_survives_its_fields(residuals: Floats, widths: tuple[Floats, Floats], seed: int) -> None:
    calibration = Calibration(cells_of(residuals, seed), *widths)
    again = Calibration.from_fields(json.loads(json.dumps(calibration.to_fields())))
    for name in ("cells", "type_widths", "recent_widths"):
        np.testing.assert_array_equal(getattr(again, name), getattr(calibration, name))


@pytest.mark.parametrize("absent", ["cells", "type_widths", "recent_widths"])
def test_fields_that_lack_one_are_refused(absent: str) -> None:
    fields = Calibration(cells_of(np.array([0.1]))).to_fields()
    del fields[absent]
    with pytest.raises(KeyError, match=absent):
        Calibration.from_fields(fields)


@given(residuals=RESIDUALS, widths=WIDTHS, seed=st.integers(0, 1000))
def test_a_residual_conforms_where_the_band_holds_it(residuals: Floats, widths: tuple[Floats, Floats], seed: int) -> None:
    calibration, rows = Calibration(cells_of(residuals, seed), *widths), rows_of(200, seed)
    tried = np.random.default_rng(seed).uniform(-4, 4, 200)
    offsets = calibration.offsets(rows)
    held = (tried >= offsets[:, LOW]) & (tried <= offsets[:, HIGH])
    near = np.minimum(np.abs(tried - offsets[:, LOW]), np.abs(tried - offsets[:, HIGH])) < 1e-6
    assert ((calibration.conformity(tried, rows) <= 1) == held)[~near].all()


def test_conformity_is_a_share_of_the_edge_on_its_own_side() -> None:
    cells = np.broadcast_to(np.array(QUANTILES) - 0.5, (len(LEAD_BUCKETS), 24, len(QUANTILES))).copy()
    cells[..., MEDIAN + 1 :] *= 2  # P90 is twice as far as P10
    row = Rows(np.array([1, 1]), np.array([0, 0]), np.array([0, 0]))
    np.testing.assert_allclose(Calibration(cells).conformity(np.array([0.4, -0.4]), row), [0.5, 1.0])


def changing(size: int, seed: int, *, factor: Floats) -> tuple[Floats, Rows]:
    """Residuals whose spread by lead bucket is 0.03 times a factor."""
    rows = rows_of(size, seed)
    spread = 0.03 * factor[lead_bucket_number(rows.leads)]
    return np.random.default_rng(seed + 7).normal(0, 1, size) * spread, rows


def by_bucket(calibration: Calibration, residuals: Floats, rows: Rows) -> list[float]:
    numbers = lead_bucket_number(rows.leads)
    return [coverage(calibration, residuals[numbers == n], rows[numbers == n]) for n in range(len(LEAD_BUCKETS))]


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.6, 2.5])
def test_a_band_widened_by_new_errors_holds_the_share_it_says(factor: float) -> None:
    calm, rows = changing(20000, 1, factor=np.linspace(1.0, 2.0, len(LEAD_BUCKETS)))
    calibration = Calibration(residual_quantiles(calm, rows.leads, rows.local_hours))
    changed, new = changing(20000, 2, factor=factor * np.linspace(1.0, 2.0, len(LEAD_BUCKETS)))
    widened = calibration.widened(calibration.conformity(changed, new), new, np.ones(len(changed)))
    later, rows_later = changing(20000, 3, factor=factor * np.linspace(1.0, 2.0, len(LEAD_BUCKETS)))
    assert coverage(widened, later, rows_later) == pytest.approx(BAND, abs=0.015)
    np.testing.assert_allclose(by_bucket(widened, later, rows_later), BAND, atol=0.03)


def test_a_bucket_whose_errors_grew_alone_is_widened_most() -> None:
    even = np.ones(len(LEAD_BUCKETS))
    calm, rows = changing(20000, 1, factor=even)
    calibration = Calibration(residual_quantiles(calm, rows.leads, rows.local_hours))
    grown = even.copy()
    grown[-1] = 2.0
    changed, new = changing(20000, 2, factor=grown)
    widened = calibration.widened(calibration.conformity(changed, new), new, np.ones(len(changed)))
    half_of_it = np.sqrt(2.0)  # the other half is the widening of all
    by_bucket_alone = widened.recent_widths.mean(axis=1)
    np.testing.assert_allclose(by_bucket_alone[-1] / by_bucket_alone[:-1], half_of_it, rtol=0.05)
    before, after = (by_bucket(one, changed, new)[-1] for one in (calibration, widened))
    assert before < 0.55 < 0.7 < after


def test_a_band_that_is_right_is_not_widened_again() -> None:
    changed, rows = changing(20000, 2, factor=np.full(len(LEAD_BUCKETS), 2.0))
    once = Calibration(residual_quantiles(changed / 2, rows.leads, rows.local_hours))
    for _ in range(4):
        once = once.widened(once.conformity(changed, rows), rows, np.ones(len(changed)))
    twice = once.widened(once.conformity(changed, rows), rows, np.ones(len(changed)))
    np.testing.assert_allclose(twice.recent_widths, once.recent_widths, rtol=0.02)


def test_an_hour_whose_errors_grew_alone_is_widened_and_those_near_it_a_little() -> None:
    even = np.ones(len(LEAD_BUCKETS))
    calm, rows = changing(40000, 1, factor=even)
    calibration = Calibration(residual_quantiles(calm, rows.leads, rows.local_hours))
    changed, new = changing(40000, 2, factor=even)
    distance = np.abs((new.local_hours - 13 + 12) % 24 - 12)
    changed = np.where(distance <= NEAR_HOURS, 2 * changed, changed)
    widths = calibration.widened(calibration.conformity(changed, new), new, np.ones(len(changed))).recent_widths.mean(axis=0)
    assert widths.argmax() == 13
    assert widths[13] / widths[1] == pytest.approx(2**HOURS_OWN_SAY, rel=0.1)
    assert widths[1] < widths[13 + NEAR_HOURS] < widths[13]


def test_midnight_is_near_the_hours_on_either_side() -> None:
    calibration, hours = Calibration(cells_of(np.array([0.1, -0.1]))), np.arange(240) % 24
    scores = np.where((hours == 23) | (hours == 1), 3.0, 1.0)
    rows = Rows(np.full(240, 5), hours, np.zeros(240, dtype=np.int64))
    widths = calibration.widened(scores, rows, np.ones(240)).recent_widths[0]
    assert widths[0] > widths[12]


@given(weights=hnp.arrays(float, 60, elements=st.floats(0, 10)), seed=st.integers(0, 1000))
def test_scores_without_weight_or_value_do_not_widen(weights: Floats, seed: int) -> None:
    rng = np.random.default_rng(seed)
    calibration = Calibration(cells_of(rng.normal(size=100)))
    rows = Rows(*leads_and_hours(60, seed), np.zeros(60, dtype=np.int64))
    scores = np.where(rng.random(60) < 0.3, np.nan, rng.exponential(1, 60))
    counted = np.isfinite(scores) & (weights > 0)
    all_of_them = calibration.widened(scores, rows, weights)
    counted_only = calibration.widened(scores[counted], rows[counted], weights[counted])
    np.testing.assert_array_equal(all_of_them.recent_widths, counted_only.recent_widths)


def test_the_newest_errors_count_by_their_weight() -> None:
    calibration, nights = Calibration(cells_of(np.array([0.1, -0.1]))), np.zeros(200, dtype=np.int64)
    rows = Rows(np.full(200, 5), nights, nights)
    scores, newest = np.repeat([1.0, 2.0], 100), np.repeat([0.0, 1.0], 100)
    assert calibration.widened(scores, rows, newest).recent_widths[0, 0] == 2.0
    assert calibration.widened(scores, rows, 1 - newest).recent_widths[0, 0] == 1.0


def test_nothing_scored_leaves_the_band_as_it_was() -> None:
    calibration = Calibration(cells_of(np.array([0.1, -0.1])))
    nowhere = np.zeros(5, dtype=np.int64)
    assert calibration.widened(np.full(5, np.nan), Rows(nowhere + 1, nowhere, nowhere), np.ones(5)) is calibration


@pytest.mark.parametrize(("score", "width"), [(1e-9, NARROWEST), (100.0, WIDEST)])
def test_no_band_becomes_narrower_or_wider_than_the_limits(score: float, width: float) -> None:
    calibration = Calibration(cells_of(np.array([0.1, -0.1])))
    rows = Rows(LEADS, LEADS % 24, np.zeros(48, dtype=np.int64))
    widened = calibration.widened(np.full(48, score), rows, np.ones(48))
    np.testing.assert_array_equal(widened.recent_widths, width)


SPREAD = np.array([0.03, 0.045, 0.09])
"""Of residuals by type of day."""


def year_of_residuals(special_days: int, seed: int, *, per_day: int = 48) -> tuple[Floats, Rows, Ints]:
    """Residuals of 250 workdays, 100 weekend days and some special ones, and the days they belong to."""
    rng = np.random.default_rng(seed)
    types = np.repeat([0, 1, 2], np.array([250, 100, special_days]) * per_day)
    days = np.arange(len(types)) // per_day
    leads = np.tile(LEADS, len(types) // HORIZON_HOURS)
    return rng.normal(0, 1, len(types)) * SPREAD[types], Rows(leads, leads % 24, types), days


def test_each_type_of_day_gets_its_own_width_and_the_share_it_says() -> None:
    residuals, rows, days = year_of_residuals(60, 1)
    calibration = calibrate(residuals, rows, days)
    assert (np.diff(calibration.type_widths) > 0).all()
    later, rows_later, _ = year_of_residuals(60, 2)
    for number, tolerance in ((0, 0.02), (1, 0.03), (2, 0.06)):
        of_type = rows_later.day_types == number
        assert coverage(calibration, later[of_type], rows_later[of_type]) == pytest.approx(BAND, abs=tolerance)


def test_the_width_of_a_type_with_few_days_is_shrunk_towards_that_of_all() -> None:
    widths = [calibrate(*year_of_residuals(count, 3)).type_widths[2] for count in (1, 8, 60)]
    assert 1 < widths[0] < widths[1] < widths[2]


@pytest.mark.parametrize("count", [2, 8, 40])
def test_the_say_of_a_types_own_width_grows_with_its_days(count: int) -> None:
    residuals, rows, days = year_of_residuals(count, 5)
    shape = Calibration(residual_quantiles(residuals, rows.leads, rows.local_hours))
    scores = shape.conformity(residuals - shape.median_shift(rows), rows)
    own, overall = (weighted_quantile(some, np.ones(len(some)), BAND) for some in (scores[rows.day_types == 2], scores))
    expected = (own / overall) ** (count / (count + SHRUNK_BY_DAYS))
    assert calibrate(residuals, rows, days).type_widths[2] == pytest.approx(expected)


def test_a_type_without_a_day_is_as_wide_as_all() -> None:
    assert calibrate(*year_of_residuals(0, 4)).type_widths[2] == 1.0


def test_hours_of_one_day_count_as_one_day() -> None:
    residuals, rows, days = year_of_residuals(10, 6)
    one_day = np.where(rows.day_types == 2, days.max(), days)
    assert calibrate(residuals, rows, one_day).type_widths[2] < calibrate(residuals, rows, days).type_widths[2]


@given(residuals=RESIDUALS, seed=st.integers(0, 1000))
def test_a_calibration_of_known_residuals_is_that_of_all(residuals: Floats, seed: int) -> None:
    rows, days = rows_of(len(residuals), seed), np.arange(len(residuals)) // 24
    known = np.isfinite(residuals)
    one, other = calibrate(residuals, rows, days), calibrate(residuals[known], rows[known], days[known])
    for name in ("cells", "type_widths", "recent_widths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.type_widths >= NARROWEST).all()
    assert (one.type_widths <= WIDEST).all()


def test_nothing_known_is_refused_as_a_calibration() -> None:
    with pytest.raises(ValueError, match="expected at least one judged hour to calibrate on, found none"):
        calibrate(np.full(3, np.nan), rows_of(3, 0), np.zeros(3, dtype=np.int64))


@given(values=hnp.arrays(float, st.integers(1, 30), elements=st.floats(-5, 5)), level=st.floats(0.01, 1), seed=st.integers(0, 1000))
def test_a_weighted_quantile_has_at_least_its_share_below_and_no_smaller_value_has(values: Floats, level: float, seed: int) -> None:
    weights = np.random.default_rng(seed).uniform(0.1, 2, len(values))
    found = weighted_quantile(values, weights, level)
    assert found in values
    assert weights[values <= found].sum() >= (level - 1e-9) * weights.sum()
    assert weights[values < found].sum() <= (level + 1e-9) * weights.sum()
