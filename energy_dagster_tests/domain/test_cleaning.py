from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pandas.testing import assert_frame_equal

from energy_dagster.domain.cleaning import SPIKE_ABOVE, SPIKE_BELOW, clean_consumption, quality_flags
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import CONSUMPTION, RAW_LOAD, Vintage
from energy_dagster_tests.domain.synthetic import at, hour_index, raw_history, raw_rows

START = at("2026-01-01")
VALUES = st.sampled_from([100.0, 100.0, 100.0, 120.0, 80.0, 0.0, -5.0, np.nan, 171.0, 49.0, 5000.0])


def series(values: list[float]) -> "pd.Series[float]":
    return pd.Series(values, index=hour_index(START, START + timedelta(hours=len(values))), dtype=float)


def flag_of_last(value: float, *, days_before: int = 7) -> str:
    """The flag of a value after some days of 100 MWh at every hour."""
    return str(quality_flags(series([100.0] * 24 * days_before + [value])).iloc[-1])


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


def test_no_spike_is_called_before_three_days_are_known() -> None:
    assert flag_of_last(1000.0, days_before=2) == "ok"
    assert flag_of_last(1000.0, days_before=3) == "spike"


def test_a_spike_is_judged_by_the_same_hour_of_the_days_before() -> None:
    days = [100.0] * 12 + [300.0] * 12
    flags = quality_flags(series(days * 4))
    assert (flags == "ok").all()


def test_zeros_and_negatives_before_do_not_make_a_value_a_spike() -> None:
    assert quality_flags(series([100.0] * 24 * 4 + [0.0] * 24 * 2 + [-100.0] * 24 + [100.0])).iloc[-1] == "ok"


def test_a_lasting_new_level_is_ok_again_after_days() -> None:
    flags = quality_flags(series([100.0] * 24 * 7 + [200.0] * 24 * 7))
    assert flags.iloc[24 * 7] == "spike"
    assert flags.iloc[-1] == "ok"


@given(values=hnp.arrays(float, st.integers(1, 24 * 12), elements=VALUES), data=st.data())
def test_a_later_value_never_changes_an_earlier_flag(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(values)))
    later = data.draw(hnp.arrays(float, len(values) - known, elements=VALUES))
    other = np.concatenate([values[:known], later])
    before, after = (quality_flags(series(list(v))).iloc[:known] for v in (values, other))
    pd.testing.assert_series_equal(before, after)


@given(values=hnp.arrays(float, st.integers(1, 24 * 12), elements=VALUES))
def test_only_positive_values_are_ok_or_spikes(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
    flags = quality_flags(series(list(values))).to_numpy()
    np.testing.assert_array_equal(np.isin(flags, ["ok", "spike"]), values > 0)


def cleaned(
    load: pd.DataFrame,
    *,
    start: str = "2026-01-01",
    end: str = "2026-02-01",
    known_until: str = "2026-12-31",
    vintage: Vintage = "preliminary",
) -> pd.DataFrame:
    return clean_consumption({vintage: load}, start=at(start), end=at(end), known_until={vintage: at(known_until)})


def flat(area: str, start: str, end: str, level: float = 100.0) -> pd.DataFrame:
    hours = hour_index(at(start), at(end))
    return raw_rows(hours, area, np.full(len(hours), level))


def of(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    return rows[rows["area"] == area].set_index("hour_utc").sort_index()


def test_a_gap_is_a_missing_hour_with_no_value() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    rows = of(cleaned(load.drop(index=load.index[100])), "DK1")
    assert len(rows) == 31 * 24
    gap = rows.loc[START + timedelta(hours=100)]
    assert gap["quality"] == "missing"
    assert np.isnan(gap["consumption_mwh"])


def test_a_value_is_null_where_its_quality_is_not_ok_and_untouched_where_it_is() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    odd = load.assign(consumption_mwh=load["consumption_mwh"].where(load.index % 50 != 7, -3.0) + load.index / 1000)
    rows = of(cleaned(odd), "DK1")
    assert (rows["consumption_mwh"].notna() == (rows["quality"] == "ok")).all()
    expected = odd.set_index("hour_utc")["consumption_mwh"].where(rows["quality"] == "ok")
    np.testing.assert_array_equal(rows["consumption_mwh"], expected)


def test_an_hour_that_cannot_have_been_published_is_not_missing() -> None:
    rows = of(cleaned(flat("DK1", "2026-01-01", "2026-01-10"), known_until="2026-01-10T05:00"), "DK1")
    assert rows.index[-1] == at("2026-01-10T05:00")
    assert (rows["quality"].iloc[-6:] == "missing").all()


def test_a_value_from_before_it_could_be_published_is_left_out() -> None:
    rows = of(cleaned(flat("DK1", "2026-01-01", "2026-02-01"), known_until="2026-01-10T05:00"), "DK1")
    assert rows.index[-1] == at("2026-01-10T05:00")
    assert (rows["quality"] == "ok").all()


def test_a_series_that_ended_is_not_missing_for_ever() -> None:
    rows = cleaned(flat("DK1", "2026-01-01", "2026-01-20"), end="2026-06-01")
    assert rows["hour_utc"].max() == at("2026-01-31T23:00")


def test_a_month_without_any_hour_has_no_rows() -> None:
    assert len(cleaned(flat("DK1", "2026-01-01", "2026-02-01"), start="2026-02-01", end="2026-03-01")) == 0


def test_a_month_of_which_nothing_can_be_known_yet_has_no_rows() -> None:
    load = flat("DK1", "2026-02-01", "2026-03-01")
    assert len(cleaned(load, start="2026-02-01", end="2026-03-01", known_until="2026-01-31T22:00")) == 0


def test_nothing_from_the_source_is_an_empty_table() -> None:
    assert_frame_equal(cleaned(empty(RAW_LOAD)), empty(CONSUMPTION))


def test_denmark_is_the_sum_of_its_halves() -> None:
    load = pd.concat([flat("DK1", "2026-01-01", "2026-02-01", 120.5), flat("DK2", "2026-01-01", "2026-02-01", 80.25)])
    denmark = of(cleaned(load), "DK")
    assert (denmark["consumption_mwh"] == 200.75).all()
    assert (denmark["quality"] == "ok").all()
    assert len(denmark) == 31 * 24


def test_denmark_is_there_only_in_months_that_both_halves_have() -> None:
    load = pd.concat([flat("DK1", "2026-01-01", "2026-03-01"), flat("DK2", "2026-02-01", "2026-03-01")])
    rows = cleaned(load, end="2026-03-01")
    assert of(rows, "DK").index[0] == at("2026-02-01")


def test_denmark_is_not_there_with_one_half() -> None:
    assert set(cleaned(flat("DK1", "2026-01-01", "2026-02-01"))["area"]) == {"DK1"}


@pytest.mark.parametrize(
    ("west", "east", "flag"), [(0.0, 100.0, "zero"), (100.0, -1.0, "negative"), (0.0, -1.0, "zero"), (100.0, np.nan, "missing")]
)
def test_denmark_is_ok_only_where_both_halves_are(west: float, east: float, flag: str) -> None:
    halves = [flat(area, "2026-01-01", "2026-02-01") for area in ("DK1", "DK2")]
    for half, value in zip(halves, (west, east), strict=True):
        half.loc[50, "consumption_mwh"] = value
    denmark = of(cleaned(pd.concat(halves)), "DK").iloc[50]
    assert denmark["quality"] == flag
    assert np.isnan(denmark["consumption_mwh"])


def test_each_vintage_is_cleaned_by_itself() -> None:
    load, settled = flat("DK1", "2026-01-01", "2026-02-01"), flat("DK1", "2026-01-01", "2026-01-20", 103.0)
    until = {"preliminary": at("2026-01-31T23:00"), "settled": at("2026-01-19T23:00")}
    rows = clean_consumption(
        {"preliminary": load, "settled": settled},
        start=START,
        end=at("2026-02-01"),
        known_until={"preliminary": until["preliminary"], "settled": until["settled"]},
    )
    assert rows.groupby("vintage")["hour_utc"].max().to_dict() == until
    assert rows.groupby("vintage")["consumption_mwh"].mean().to_dict() == {"preliminary": 100.0, "settled": 103.0}


def test_rows_keep_the_contract() -> None:
    history = raw_history(days=40)
    rows = history.consumption()
    assert len(conform(CONSUMPTION, rows)) == len(rows)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_of_the_clock_change_is_complete_in_utc(day: str) -> None:
    month = at(day).replace(day=1)
    load = flat("DK1", month.isoformat(), (month + timedelta(days=31)).isoformat())
    rows = of(cleaned(load, start=month.isoformat(), end=(month + timedelta(days=31)).isoformat()), "DK1")
    assert (pd.DatetimeIndex(rows.index).date == at(day).date()).sum() == 24
    assert (rows["quality"] == "ok").all()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    first_hour=st.integers(0, 50 * 24),
    length=st.integers(1, 100 * 24),
    now_hour=st.integers(0, 130 * 24),
    month=st.sampled_from([2, 3, 4]),
)
def test_a_month_alone_is_cleaned_as_in_a_longer_window(seed: int, first_hour: int, length: int, now_hour: int, month: int) -> None:
    rng = np.random.default_rng(seed)
    first = START + timedelta(hours=first_hour)
    hours = hour_index(first, first + timedelta(hours=length))
    values = rng.choice(
        [100.0, 110.0, 95.0, 0.0, -1.0, np.nan, 400.0, 20.0], len(hours), p=[0.3, 0.3, 0.3, 0.02, 0.02, 0.02, 0.02, 0.02]
    )
    load = pd.concat([raw_rows(hours, "DK1", values), raw_rows(hours[::2], "DK2", values[::2])])
    until: dict[Vintage, datetime] = {"preliminary": START + timedelta(hours=now_hour)}
    start, end = datetime(2026, month, 1), datetime(2026, month + 1, 1)  # noqa: DTZ001 - naive UTC
    two_months = load[(load["hour_utc"] >= datetime(2026, month - 1, 1)) & (load["hour_utc"] < end)]  # noqa: DTZ001 - naive UTC
    alone = clean_consumption({"preliminary": two_months}, start=start, end=end, known_until=until)
    longer = clean_consumption({"preliminary": load}, start=START, end=at("2026-06-01"), known_until=until)
    inside = longer[(longer["hour_utc"] >= start) & (longer["hour_utc"] < end)]
    assert_frame_equal(conform(CONSUMPTION, alone), conform(CONSUMPTION, inside))
