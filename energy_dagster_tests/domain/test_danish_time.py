import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

from energy_dagster.domain.danish_time import clocks_agree, clocks_go_back, from_danish, to_danish
from energy_dagster_tests.domain.synthetic import at, hour_index

AUTUMN, SPRING = "2026-10-25", "2026-03-29"


def times(*texts: str) -> "pd.Series[pd.Timestamp]":
    return pd.Series(pd.to_datetime(list(texts)).as_unit("us"))


def hours(start: str, end: str) -> "pd.Series[pd.Timestamp]":
    return pd.Series(hour_index(at(start), at(end)))


def test_danish_clocks_are_one_hour_ahead_in_winter_and_two_in_summer() -> None:
    assert to_danish(times("2026-01-01T12:00", "2026-07-01T12:00")).dt.hour.tolist() == [13, 14]


@settings(deadline=None)
@given(start=st.datetimes(min_value=at("2015-01-01"), max_value=at("2035-01-01")), length=st.integers(1, 24 * 400))
def test_clocks_there_and_back_are_the_same_hours(start: "pd.Timestamp", length: int) -> None:
    utc = pd.Series(pd.date_range(pd.Timestamp(start).floor("h"), periods=length + 3, freq="h", unit="us"))
    local = to_danish(utc)
    whole = local != local.iloc[0]  # a window that opens on the second of two hours alike cannot tell it from the first
    assert_series_equal(from_danish(local[whole]), utc[whole])
    assert clocks_agree(utc, local).all()


def test_a_descending_source_has_the_second_of_the_doubled_hours_first() -> None:
    utc = hours("2026-10-24", "2026-10-27")[::-1]
    assert_series_equal(from_danish(to_danish(utc), ascending=False), utc)


def test_the_doubled_hours_of_several_series_are_told_apart_by_series() -> None:
    utc = hours("2026-10-24", "2026-10-27").repeat(2).reset_index(drop=True)
    area = pd.Series(["DK1", "DK2"] * (len(utc) // 2))
    assert_series_equal(from_danish(to_danish(utc), series=area), utc)


def test_doubled_quarters_are_told_apart() -> None:
    utc = pd.Series(pd.date_range("2026-10-24T23:00", "2026-10-25T03:00", freq="15min", unit="us"))
    assert_series_equal(from_danish(to_danish(utc)), utc)


def test_a_doubled_hour_that_stands_alone_is_the_first() -> None:
    assert from_danish(times(f"{AUTUMN}T02:00")).tolist() == [at(f"{AUTUMN}T00:00")]


def test_hours_that_the_clocks_skip_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="found 2026-03-29 02:00, 2026-03-29 02:30, which the clocks skip"):
        from_danish(times(f"{SPRING}T01:00", f"{SPRING}T02:30", f"{SPRING}T02:00", f"{SPRING}T03:00"))


def test_an_hour_of_which_there_are_three_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="at most twice in a series, found 2026-10-25 02:00 more often"):
        from_danish(times(*[f"{AUTUMN}T02:00"] * 3))


def test_other_hours_may_repeat() -> None:
    assert from_danish(times(*["2026-07-01T02:00"] * 3)).tolist() == [at("2026-07-01T00:00")] * 3


def test_no_time_is_no_time() -> None:
    absent = times("2026-07-01T12:00").where(np.array([False]))
    assert to_danish(absent).isna().all()
    assert from_danish(absent).isna().all()
    assert not clocks_agree(absent, absent).any()


def test_utc_hours_taken_for_danish_ones_are_found() -> None:
    utc = hours("2026-03-01", "2026-04-01")
    assert not clocks_agree(utc, utc).any()
    slipped = to_danish(utc) + pd.Timedelta(hours=1)
    assert not clocks_agree(utc, slipped).any()


def test_clocks_go_back_once_a_year_on_the_last_sunday_of_october_at_one_utc() -> None:
    index = hour_index(at("2018-01-01"), at("2028-01-01"))
    nights = index[clocks_go_back(index)]
    assert [night.year for night in nights] == list(range(2018, 2028))
    assert {(night.month, night.dayofweek, night.hour) for night in nights} == {(10, 6, 0)}
    assert min(night.day for night in nights) >= 25
