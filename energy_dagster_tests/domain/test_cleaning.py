from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from energy_dagster.domain.catalogue import SETTLEMENT
from energy_dagster.domain.cleaning import MIXED_VERSIONS, Published, clean_consumption
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.hour_flags import Floats
from energy_dagster.domain.tables import CONSUMPTION, RAW_LOAD, TOTAL, Vintage
from energy_dagster_tests.domain.synthetic import at, hour_index, raw_history, raw_rows

START = at("2026-01-01")
AUTUMN_NIGHT = at("2026-10-25")


def cleaned(
    load: pd.DataFrame,
    *,
    start: str = "2026-01-01",
    end: str = "2026-02-01",
    known_until: str = "2026-12-31",
    vintage: Vintage = "preliminary",
) -> pd.DataFrame:
    return clean_consumption([Published(load, vintage, at(known_until))], start=at(start), end=at(end))


def steady(length: int, level: float = 100.0) -> Floats:
    """Values that no rule flags: each hour differs from its neighbours a little."""
    return np.asarray(level + np.arange(length) % 2 * 0.5, dtype=np.float64)


def flat(area: str, start: str, end: str, level: float = 100.0, *, group: str = TOTAL) -> pd.DataFrame:
    hours = hour_index(at(start), at(end))
    return raw_rows(hours, area, steady(len(hours), level), group=group)


def of(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    return rows[rows["area"] == area].set_index("hour_utc").sort_index()


def test_a_gap_is_a_missing_hour_with_no_value() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    rows = of(cleaned(load.drop(index=load.index[100:104])), "DK1")
    assert len(rows) == 31 * 24
    gap = rows.loc[START + timedelta(hours=100)]
    assert gap["quality"] == "missing"
    assert gap["source_version"] == ""
    assert gap[["consumption_mwh", "published_mwh", "fetched_at"]].isna().all()


def test_a_value_is_null_where_its_quality_is_not_ok_and_untouched_where_it_is() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    odd = load.assign(consumption_mwh=load["consumption_mwh"].where(load.index % 50 != 7, -3.0) + load.index / 1000)
    rows = of(cleaned(odd), "DK1")
    assert (rows["consumption_mwh"].notna() == (rows["quality"] == "ok")).all()
    published = odd.set_index("hour_utc")["consumption_mwh"]
    np.testing.assert_array_equal(rows["published_mwh"], published)
    np.testing.assert_array_equal(rows["consumption_mwh"], published.where(rows["quality"] == "ok"))


def test_version_and_time_of_reading_pass_through() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    rows = of(cleaned(load), "DK1")
    np.testing.assert_array_equal(rows["fetched_at"], load["fetched_at"])
    assert set(rows["source_version"]) == {"synthetic"}


def test_a_short_gap_is_imputed_and_what_was_published_stays_null() -> None:
    load = flat("DK1", "2026-01-01", "2026-02-01")
    gap = of(cleaned(load.drop(index=load.index[300:303])), "DK1").iloc[300:303]
    assert (gap["quality"] == "imputed").all()
    np.testing.assert_allclose(gap["consumption_mwh"], [100.0, 100.5, 100.0])
    assert gap["published_mwh"].isna().all()


def test_both_hours_of_a_merged_pair_get_half_and_keep_what_was_published() -> None:
    load = flat("DK1", "2026-10-01", "2026-11-01")
    load.loc[load["hour_utc"] == AUTUMN_NIGHT, "consumption_mwh"] = 201.0
    load = load[load["hour_utc"] != AUTUMN_NIGHT + timedelta(hours=1)]
    night = of(cleaned(load, start="2026-10-01", end="2026-11-01"), "DK1").loc[AUTUMN_NIGHT : AUTUMN_NIGHT + timedelta(hours=1)]
    assert night["quality"].tolist() == ["merged_dst", "merged_dst"]
    assert night["consumption_mwh"].tolist() == [100.5, 100.5]
    np.testing.assert_array_equal(night["published_mwh"], [201.0, np.nan])


def test_every_group_is_cleaned_by_itself() -> None:
    load = pd.concat([flat("DK1", "2026-01-01", "2026-02-01", level, group=group) for level, group in ((100.0, "a"), (5.0, "b"))])
    rows = cleaned(load, vintage="settled")
    assert rows.groupby("consumer_group")["consumption_mwh"].mean().to_dict() == {"a": 100.25, "b": 5.25}
    assert (rows["quality"] == "ok").all()


@pytest.mark.parametrize(("area", "group", "flag"), [("DK1", TOTAL, "zero"), ("DK1", "112", "ok"), ("131", TOTAL, "ok")])
def test_only_the_total_of_a_price_area_cannot_be_zero(area: str, group: str, flag: str) -> None:
    load = flat(area, "2026-01-01", "2026-02-01", group=group)
    load.loc[300, "consumption_mwh"] = 0.0
    assert of(cleaned(load), area)["quality"].iloc[300] == flag


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
    np.testing.assert_array_equal(denmark["consumption_mwh"], steady(31 * 24, 120.5) + steady(31 * 24, 80.25))
    np.testing.assert_array_equal(denmark["consumption_mwh"], denmark["published_mwh"])
    assert (denmark["quality"] == "ok").all()
    assert len(denmark) == 31 * 24


def test_denmark_is_there_only_in_months_that_both_halves_have() -> None:
    load = pd.concat([flat("DK1", "2026-01-01", "2026-03-01"), flat("DK2", "2026-02-01", "2026-03-01")])
    rows = cleaned(load, end="2026-03-01")
    assert of(rows, "DK").index[0] == at("2026-02-01")


def test_denmark_is_not_there_with_one_half() -> None:
    assert set(cleaned(flat("DK1", "2026-01-01", "2026-02-01"))["area"]) == {"DK1"}


def country(west: tuple[float, ...], east: tuple[float, ...]) -> "pd.Series[Any]":
    """DK of one hour in mid-month, whose halves have these values: the first published, the second another of the same answer."""
    halves = [flat(area, "2026-01-01", "2026-02-01") for area in ("DK1", "DK2")]
    for half, given_values in zip(halves, (west, east), strict=True):
        half.loc[300, ["consumption_mwh", "other_mwh"]] = [*given_values, np.nan][:2]
    return of(cleaned(pd.concat(halves)), "DK").iloc[300]


@pytest.mark.parametrize(
    ("west", "east", "flag"),
    [(0.0, 100.0, "zero"), (100.0, -1.0, "negative"), (0.0, -1.0, "zero"), (np.nan, -1.0, "negative"), (0.0, np.nan, "zero")],
)
def test_denmark_has_no_value_where_a_half_is_unusable(west: float, east: float, flag: str) -> None:
    hour = country((west,), (east,))
    assert hour["quality"] == flag
    assert np.isnan(hour["consumption_mwh"])
    np.testing.assert_equal(hour["published_mwh"], west + east)


def test_denmark_is_imputed_where_a_half_is() -> None:
    for hour in (country((np.nan,), (100.0,)), country((100.0,), (np.nan,)), country((np.nan,), (np.nan,))):
        assert hour["quality"] == "imputed"
        assert hour["consumption_mwh"] == pytest.approx(200.0)
        assert np.isnan(hour["published_mwh"])


def test_denmark_of_two_duplicates_is_one() -> None:
    assert country((100.0, 110.0), (100.0,))["quality"] == "duplicate"


def test_denmark_of_two_versions_is_mixed_and_as_old_as_the_later() -> None:
    west, east = (flat(area, "2026-01-01", "2026-02-01") for area in ("DK1", "DK2"))
    east = east.assign(fetched_at=east["fetched_at"] + timedelta(hours=5))
    east.loc[east.index[300:], "source_version"] = "Final"
    rows = of(cleaned(pd.concat([west, east])), "DK")
    assert rows["source_version"].iloc[299:301].tolist() == ["synthetic", MIXED_VERSIONS]
    np.testing.assert_array_equal(rows["fetched_at"], east["fetched_at"])


def test_denmark_is_the_sum_of_its_halves_for_every_group_and_vintage() -> None:
    groups = pd.concat([flat(area, "2026-01-01", "2026-02-01", group=group) for area in ("DK1", "DK2") for group in ("111", "112")])
    regions = flat("Hovedstaden", "2026-01-01", "2026-02-01", group="Privat")
    rows = cleaned(pd.concat([groups, regions]), vintage="settled")
    assert set(rows.loc[rows["area"] == "DK", "consumer_group"]) == {"111", "112"}
    assert set(rows["vintage"]) == {"settled"}


def test_each_vintage_is_cleaned_by_itself() -> None:
    load, settled = flat("DK1", "2026-01-01", "2026-02-01"), flat("DK1", "2026-01-01", "2026-01-20", 103.0)
    until = {"preliminary": at("2026-01-31T23:00"), "settled": at("2026-01-19T23:00")}
    feeds = [Published(load, "preliminary", until["preliminary"]), Published(settled, "settled", until["settled"])]
    rows = clean_consumption(feeds, start=START, end=at("2026-02-01"))
    assert rows.groupby("vintage")["hour_utc"].max().to_dict() == until
    assert rows.groupby("vintage")["consumption_mwh"].mean().round(6).to_dict() == {"preliminary": 100.25, "settled": 103.25}


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


def test_settled_rows_carry_the_time_they_were_read() -> None:
    history = raw_history(days=20)
    settled = history.consumption().query("vintage == 'settled' and area == 'DK1'")
    delay = settled["fetched_at"] - settled["hour_utc"]
    assert (delay == SETTLEMENT.publication_delay + timedelta(hours=1)).all()
