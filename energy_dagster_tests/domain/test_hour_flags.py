from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from energy_dagster.domain.hour_flags import (
    DUPLICATE_TOLERANCE,
    GROUP_SPIKE_ABOVE,
    MERGED_ABOVE,
    MERGED_BELOW,
    SPIKE_ABOVE,
    SPIKE_BELOW,
    STUCK_HOURS,
    Floats,
    quality_flags,
)
from energy_dagster_tests.domain.synthetic import at, hour_index

START = at("2026-01-01")
NIGHT = at("2026-10-25")
"""The first of the two hours from 02:00 on Danish clocks."""

VALUES = st.sampled_from([100.0, 101.0, 99.0, 120.0, 80.0, 0.0, -5.0, np.nan, 160.0, 171.0, 210.0, 44.0, 5000.0])
STARTS = st.sampled_from([START, at("2026-03-25"), NIGHT - timedelta(days=8), NIGHT - timedelta(days=4)])


def series(values: "list[float] | Floats", *, start: object = START) -> "pd.Series[float]":
    return pd.Series(values, index=pd.date_range(str(start), periods=len(values), freq="h", unit="us"), dtype=float)


def days(number: int, level: float = 100.0) -> list[float]:
    """Days whose hours differ from their neighbours a little."""
    return [level, level * 1.001] * (12 * number)


def flag_of_last(value: float, *, days_before: int = 7, is_total: bool = True) -> str:
    return str(quality_flags(series([*days(days_before), value]), is_total=is_total).iloc[-1])


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (100.0, "ok"),
        (np.nan, "missing"),
        (0.0, "zero"),
        (-1.0, "negative"),
        (100 * SPIKE_ABOVE, "ok"),
        (100 * SPIKE_ABOVE + 0.1, "spike"),
        (100 * SPIKE_BELOW, "ok"),
        (100 * SPIKE_BELOW - 0.1, "spike"),
    ],
)
def test_a_value_is_flagged(value: float, flag: str) -> None:
    assert flag_of_last(value) == flag


@pytest.mark.parametrize(
    ("value", "flag"),
    [(0.0, "ok"), (1.0, "ok"), (700.0, "ok"), (100 * GROUP_SPIKE_ABOVE + 1, "spike"), (-1.0, "negative"), (np.nan, "missing")],
)
def test_a_small_group_may_stand_still_or_jump(value: float, flag: str) -> None:
    assert flag_of_last(value, is_total=False) == flag


def test_no_spike_is_called_before_three_days_are_known() -> None:
    assert flag_of_last(1000.0, days_before=2) == "ok"
    assert flag_of_last(1000.0, days_before=3) == "spike"


def test_a_spike_is_judged_by_the_same_hour_of_the_days_before() -> None:
    day = days(1)[:12] + days(1, 300.0)[:12]
    assert (quality_flags(series(day * 4)) == "ok").all()


def test_zeros_and_negatives_before_do_not_make_a_value_a_spike() -> None:
    assert quality_flags(series(days(4) + [0.0] * 24 * 2 + [-100.0] * 24 + [100.0])).iloc[-1] == "ok"


def test_a_lasting_new_level_is_ok_again_after_days() -> None:
    flags = quality_flags(series(days(7) + days(7, 200.0)))
    assert flags.iloc[24 * 7] == "spike"
    assert flags.iloc[-1] == "ok"


def test_a_value_is_stuck_from_its_third_hour_on() -> None:
    values = days(7) + [103.0] * 5 + days(1)
    assert quality_flags(series(values)).iloc[24 * 7 :].tolist()[:6] == ["ok", "ok", "stuck", "stuck", "stuck", "ok"]
    assert STUCK_HOURS == 3


def test_hours_on_both_sides_of_a_gap_are_not_stuck() -> None:
    assert "stuck" not in set(quality_flags(series([*days(7), 103.0, 103.0, np.nan, 103.0, 103.0])))


def test_a_small_group_is_never_stuck() -> None:
    assert (quality_flags(series([0.2] * 100), is_total=False) == "ok").all()


@pytest.mark.parametrize(
    ("value", "another", "flag"),
    [
        (100.0, 100.0 * (1 + DUPLICATE_TOLERANCE), "ok"),
        (100.0, 100.6, "duplicate"),
        (100.0, 0.0, "duplicate"),
        (0.0, 100.0, "duplicate"),
        (0.0, 0.0, "zero"),
        (-1.0, 100.0, "negative"),
        (np.nan, 100.0, "missing"),
        (1000.0, 100.0, "duplicate"),
        (1000.0, 1000.0, "spike"),
        (100.0, np.nan, "ok"),
    ],
)
def test_two_values_of_an_hour_are_a_duplicate_where_they_differ(value: float, another: float, flag: str) -> None:
    values = series([*days(7), value])
    other = series([np.nan] * 24 * 7 + [another])
    assert quality_flags(values, other=other).iloc[-1] == flag


def autumn(first: float, second: float, *, days_before: int = 7) -> "pd.Series[float]":
    """Days up to the night when clocks go back, with these values in its two hours from 02:00, and the rest of the day."""
    return series([*days(days_before), first, second, *days(1)], start=NIGHT - timedelta(days=days_before))


def pair(values: "pd.Series[float]", *, is_total: bool = True, other: "pd.Series[float] | None" = None) -> list[str]:
    flags = quality_flags(values, is_total=is_total, other=other)
    return flags.loc[str(NIGHT) : str(NIGHT + timedelta(hours=1))].tolist()


@pytest.mark.parametrize("is_total", [True, False])
@pytest.mark.parametrize("gone", [np.nan, 0.0])
def test_an_hour_that_holds_two_whose_twin_is_gone_is_merged(gone: float, is_total: bool) -> None:
    assert pair(autumn(200.0, gone), is_total=is_total) == ["merged_dst", "merged_dst"]
    assert pair(autumn(gone, 200.0), is_total=is_total) == ["merged_dst", "merged_dst"]


@pytest.mark.parametrize(
    ("first", "second", "flags"),
    [
        (95.0, np.nan, ["ok", "missing"]),
        (np.nan, 95.0, ["missing", "ok"]),
        (100 * MERGED_ABOVE - 1, np.nan, ["ok", "missing"]),
        (100 * MERGED_BELOW + 1, np.nan, ["spike", "missing"]),
        (200.0, 100.0, ["spike", "ok"]),
        (200.0, -1.0, ["spike", "negative"]),
        (155.0, 100.0, ["spike", "ok"]),
        (np.nan, np.nan, ["missing", "missing"]),
        (0.0, 0.0, ["zero", "zero"]),
    ],
)
def test_other_pairs_are_not_merged(first: float, second: float, flags: list[str]) -> None:
    assert pair(autumn(first, second)) == flags


def test_no_pair_is_merged_before_three_days_are_known() -> None:
    assert pair(autumn(200.0, np.nan, days_before=2)) == ["ok", "missing"]


def test_an_hour_with_two_values_is_no_merged_one() -> None:
    values = autumn(200.0, np.nan)
    assert pair(values, other=values - 100.0) == ["duplicate", "missing"]


def test_a_doubled_hour_whose_twin_is_not_out_yet_is_not_merged() -> None:
    until_first = autumn(200.0, np.nan).iloc[: 24 * 7 + 1]
    assert quality_flags(until_first).iloc[-1] == "spike"


def test_the_hour_before_the_night_is_not_merged() -> None:
    values = autumn(np.nan, 100.0)
    values.loc[str(NIGHT - timedelta(hours=1))] = 200.0
    assert "merged_dst" not in set(quality_flags(values))


def test_no_hours_have_no_flags() -> None:
    assert not len(quality_flags(series([])))


ARRAYS = hnp.arrays(float, st.integers(1, 24 * 12), elements=VALUES)


@given(values=ARRAYS, start=STARTS, data=st.data())
def test_a_later_value_never_changes_whether_an_earlier_hour_of_a_total_is_ok(
    values: Floats, start: object, data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(values)))
    later = data.draw(hnp.arrays(float, len(values) - known, elements=VALUES))
    other = np.concatenate([values[:known], later])
    before, after = (quality_flags(series(v, start=start)).iloc[:known] for v in (values, other))
    pd.testing.assert_series_equal(before == "ok", after == "ok")
    merged = (before == "merged_dst") | (after == "merged_dst")
    pd.testing.assert_series_equal(before[~merged], after[~merged])
    assert set(merged[merged].index) <= {NIGHT, NIGHT + timedelta(hours=1)}


@given(values=ARRAYS, start=STARTS, data=st.data(), is_total=st.booleans())
def test_flags_of_what_is_known_stand_when_more_comes(values: Floats, start: object, data: st.DataObject, is_total: bool) -> None:
    known = data.draw(st.integers(0, len(values)))
    whole = series(values, start=start)
    then, now = quality_flags(whole.iloc[:known], is_total=is_total), quality_flags(whole, is_total=is_total).iloc[:known]
    changed = then.index[then != now]
    assert set(changed) <= {NIGHT}
    assert (now[changed] == "merged_dst").all()


@given(values=ARRAYS, start=STARTS)
@example(values=np.array([*days(7), 200.0, np.nan, 100.0]), start=NIGHT - timedelta(days=7))
def test_only_positive_values_of_a_total_are_ok(values: Floats, start: object) -> None:
    flags = quality_flags(series(values, start=start)).to_numpy()
    assert (values[flags == "ok"] > 0).all()
    np.testing.assert_array_equal(np.isin(flags, ["missing", "merged_dst"]) | ~np.isnan(values), np.ones(len(values)))


@given(values=ARRAYS, start=STARTS)
def test_a_small_group_is_ok_wherever_a_total_is_except_beside_a_gone_twin(values: Floats, start: object) -> None:
    total, group = (quality_flags(series(values, start=start), is_total=is_total) for is_total in (True, False))
    assert (group[total == "ok"] == "ok").all()


def test_flags_are_judged_on_the_index_of_the_values() -> None:
    index = hour_index(START, START + timedelta(days=8))
    assert quality_flags(pd.Series(100.0, index=index)).index.equals(index)
