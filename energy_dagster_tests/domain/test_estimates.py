from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.estimates import GAP_HOURS, WEEK_HOURS, estimated
from energy_dagster.domain.hour_flags import Flags, Floats
from energy_dagster_tests.domain.synthetic import at, hour_index

MID_MONTH = at("2026-01-10")


def week_and(values: list[float], *, shape: list[float] | None = None) -> Floats:
    """A week of 100 MWh, or with another shape in the hours that the values follow a week later, and then the values."""
    before = np.full(WEEK_HOURS, 100.0)
    if shape is not None:
        before[: len(shape)] = shape
    return np.concatenate([before, values])


def flags_of(values: Floats) -> Flags:
    return np.where(np.isnan(values), "missing", "ok").astype(object)


def filled(values: Floats, flags: Flags | None = None, *, start: object = MID_MONTH) -> tuple[Floats, Flags]:
    first = at(str(start))
    hours = hour_index(first, first + timedelta(hours=len(values)))
    return estimated(values, flags_of(values) if flags is None else flags, hours=hours)


def test_a_gap_follows_the_week_before_at_the_level_of_its_neighbours() -> None:
    values = week_and([110.0, np.nan, np.nan, np.nan, 150.0], shape=[100.0, 120.0, 130.0, 120.0, 100.0])
    consumption, quality = filled(values)
    np.testing.assert_allclose(consumption[-5:], [110.0, 120 * 1.2, 130 * 1.3, 120 * 1.4, 150.0])
    assert quality[-5:].tolist() == ["ok", "imputed", "imputed", "imputed", "ok"]


def test_a_gap_without_a_week_before_is_a_straight_line() -> None:
    consumption, quality = filled(np.array([100.0, np.nan, np.nan, 130.0]))
    np.testing.assert_allclose(consumption, [100.0, 110.0, 120.0, 130.0])
    assert quality.tolist() == ["ok", "imputed", "imputed", "ok"]


@pytest.mark.parametrize("shape", [[0.0, 50.0, 100.0], [np.nan, 50.0, 100.0], [100.0, np.nan, 100.0], [100.0, 50.0, 0.01]])
def test_a_week_before_that_tells_nothing_is_not_followed(shape: list[float]) -> None:
    assert filled(week_and([100.0, np.nan, 110.0], shape=shape))[0][-2] == pytest.approx(105.0)


def test_a_longer_gap_stays_missing() -> None:
    consumption, quality = filled(week_and([100.0, *[np.nan] * (GAP_HOURS + 1), 100.0]))
    assert np.isnan(consumption[-5:-1]).all()
    assert (quality[-5:-1] == "missing").all()


def test_hours_that_are_merely_late_stay_missing() -> None:
    assert filled(week_and([100.0, np.nan, np.nan]))[1][-2:].tolist() == ["missing", "missing"]


def test_a_gap_with_nothing_before_it_stays_missing() -> None:
    assert filled(np.array([np.nan, 100.0]))[1][0] == "missing"


@pytest.mark.parametrize("flag", ["spike", "zero", "duplicate", "stuck", "merged_dst"])
@pytest.mark.parametrize("side", [-3, -1])
def test_a_gap_beside_an_unusable_hour_stays_missing(flag: str, side: int) -> None:
    values = week_and([100.0, 100.0, np.nan, 100.0, 100.0])
    flags = flags_of(values)
    flags[[-5, -4] if side == -3 else [-2, -1]] = flag
    assert filled(values, flags)[1][-3] == "missing"


def test_a_gap_at_the_end_of_a_month_is_filled_only_in_the_month_of_the_hour_after_it() -> None:
    values = week_and([100.0, np.nan, np.nan, 100.0])
    quality = filled(values, start=at("2026-02-01") - timedelta(hours=WEEK_HOURS + 2))[1]
    assert quality[-4:].tolist() == ["ok", "missing", "imputed", "ok"]


@pytest.mark.parametrize(("first", "second"), [(210.0, np.nan), (np.nan, 210.0), (210.0, 0.0)])
def test_a_merged_pair_gets_half_of_the_sum_each(first: float, second: float) -> None:
    values = week_and([100.0, first, second, 100.0])
    flags = flags_of(values)
    flags[-3:-1] = "merged_dst"
    consumption, quality = filled(values, flags)
    assert consumption[-3:-1].tolist() == [105.0, 105.0]
    assert quality[-3:-1].tolist() == ["merged_dst", "merged_dst"]


FLAGS = st.sampled_from(["ok", "ok", "ok", "ok", "missing", "missing", "spike", "zero"])


@given(flags=hnp.arrays(object, st.integers(0, 500), elements=FLAGS), seed=st.integers(0, 99))
def test_ok_values_stay_and_only_missing_hours_are_filled(flags: Flags, seed: int) -> None:
    drawn = np.random.default_rng(seed).uniform(50, 150, len(flags))
    values = np.where(flags == "missing", np.nan, drawn)
    consumption, quality = filled(values, flags)
    np.testing.assert_array_equal(consumption[flags == "ok"], values[flags == "ok"])
    np.testing.assert_array_equal(np.isfinite(consumption), np.isin(quality, ["ok", "imputed"]))
    assert (flags[quality != flags] == "missing").all()
    assert (consumption[quality == "imputed"] > 0).all()
    assert (quality[quality != flags] == "imputed").all()
