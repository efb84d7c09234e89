"""What the portal's answers say, and what is refused."""

import json
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import CONSUMER_CATEGORIES, GRID_AREAS, LOAD, SETTLEMENT, Dataset
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.tables import RAW_LOAD, TOTAL
from energy_dagster.resources.portal_rows import page_of, raw_rows
from energy_dagster.resources.sources import SourceError

START, END = datetime(2026, 3, 1), datetime(2026, 3, 3)  # noqa: DTZ001 - naive UTC, as the tables
READ_AT = datetime(2026, 3, 10, 18, 30)  # noqa: DTZ001
MIDNIGHT, ONE = "2026-03-01T00:00:00", "2026-03-01T01:00:00"


def on_danish_clocks(hour: str) -> str:
    return f"{to_danish(pd.Series([pd.Timestamp(hour)])).iloc[0]:%Y-%m-%dT%H:%M:%S}"


def record(hour: str = MIDNIGHT, **values: Any) -> dict[str, Any]:
    """A record of the total load of DK1."""
    said = {"TimeUTC": hour, "TimeDK": on_danish_clocks(hour), "PriceArea": "DK1", "Version": "Initial", "GrossCon": 2000.0}
    return said | values


def part(dataset: Dataset, kwh: Any, *, hour: str = MIDNIGHT, **texts: str) -> dict[str, Any]:
    """A record of a dataset of parts."""
    return {dataset.time_column: hour, dataset.local_time_column: on_danish_clocks(hour), dataset.measure: kwh, **texts}


def read(*records: Any, dataset: Dataset = LOAD) -> pd.DataFrame:
    """Rows of one answer."""
    page = page_of(dataset, {"total": len(records), "records": list(records)})
    return raw_rows(dataset, [page], start=START, end=END, fetched_at=READ_AT)


def values_of(rows: pd.DataFrame) -> list[float]:
    return [float(value) for value in rows["consumption_mwh"]]


def test_rows_keep_the_contract_of_the_raw_table() -> None:
    rows = read(record(), record(ONE))
    assert len(conform(RAW_LOAD, rows)) == 2
    assert rows["dataset"].unique().tolist() == [LOAD.name]
    assert rows["consumer_group"].unique().tolist() == [TOTAL]
    assert rows["fetched_at"].unique().tolist() == [pd.Timestamp(READ_AT)]


def test_an_answer_without_a_record_is_no_rows_of_the_right_types() -> None:
    pd.testing.assert_frame_equal(read(), empty(RAW_LOAD))


def test_a_dataset_without_versions_leaves_the_version_empty() -> None:
    settled = {"HourUTC": MIDNIGHT, "HourDK": on_danish_clocks(MIDNIGHT), "PriceArea": "DK2", "GrossConsumptionMWh": 1.5}
    rows = read(settled, dataset=SETTLEMENT)
    assert rows[["area", "consumption_mwh", "source_version"]].to_numpy().tolist() == [["DK2", 1.5, ""]]


def test_numbers_written_as_text_are_numbers() -> None:
    assert values_of(read(record(GrossCon="2621.154791"))) == [2621.154791]


def test_a_null_stays_a_null_beside_numbers() -> None:
    assert read(record(GrossCon=None), record(ONE))["consumption_mwh"].isna().tolist() == [True, False]


def test_a_column_of_nulls_alone_keeps_its_type() -> None:
    assert read(record(GrossCon=None))["consumption_mwh"].dtype == "float64"


def test_a_column_nobody_asked_for_is_ignored() -> None:
    assert list(read(record(Unannounced="new")).columns) == list(RAW_LOAD.names)


def test_a_missing_danish_time_is_no_fault() -> None:
    assert len(read(record(TimeDK=None))) == 1


@pytest.mark.parametrize("text", [MIDNIGHT, f"{MIDNIGHT}Z", f"{MIDNIGHT}+00:00", "2026-03-01 00:00"])
def test_a_time_is_utc_whether_it_says_so_or_not(text: str) -> None:
    rows = read(record() | {"TimeUTC": text}, record(ONE))
    assert rows["hour_utc"].tolist() == [pd.Timestamp(MIDNIGHT), pd.Timestamp(ONE)]
    assert rows["hour_utc"].dtype == "datetime64[us]"


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ({"GrossCon": "37842,849"}, "ISO times and numbers"),
        ({"GrossCon": "1.234,5"}, "ISO times and numbers"),
        ({"GrossCon": {"value": 1}}, "ISO times and numbers"),
        ({"GrossCon": float("inf")}, "finite numbers of GrossCon"),
        ({"GrossCon": "-inf"}, "finite numbers of GrossCon"),
        ({"TimeUTC": "01-03-2026 00:00"}, "ISO times and numbers"),
        ({"TimeUTC": "2026-03-01T02:00:00+02:00"}, "ISO times and numbers"),
        ({"TimeUTC": 1772323200}, "ISO times and numbers"),
        ({"TimeUTC": None}, "a TimeUTC in every record"),
        ({"PriceArea": None}, "a PriceArea in every record"),
        ({"TimeUTC": "2026-03-01T00:15:00", "TimeDK": "2026-03-01T01:15:00"}, "times that begin an hour"),
        ({"TimeDK": MIDNIGHT}, "TimeDK on Danish clocks of TimeUTC"),
    ],
)
def test_a_value_that_is_none_is_refused(broken: dict[str, Any], expected: str) -> None:
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected {expected}, found"):
        read(record(ONE), record(**broken))


def test_a_number_too_large_for_a_float_is_refused() -> None:
    answer = json.loads(json.dumps({"records": [record(GrossCon=1)]}).replace('"GrossCon": 1', '"GrossCon": 1e999'))
    with pytest.raises(SourceError, match="finite numbers of GrossCon, found an infinite one"):
        page_of(LOAD, answer)


@pytest.mark.parametrize("hours", [(0, 1), (1, 2)])
def test_the_night_on_which_clocks_go_back_agrees_with_danish_clocks(hours: tuple[int, int]) -> None:
    times = [f"2025-10-26T{hour:02d}:00:00" for hour in hours]
    page = page_of(LOAD, {"records": [record(time) for time in times]})
    assert page.rows["hour_utc"].tolist() == [pd.Timestamp(time) for time in times]


def test_danish_times_of_the_wrong_season_are_refused_with_the_first_of_them() -> None:
    summer = record("2026-07-01T10:00:00") | {"TimeDK": "2026-07-01T11:00:00"}
    with pytest.raises(SourceError, match="1 that differ, first 2026-07-01T10:00:00 and 2026-07-01T11:00:00"):
        read(record(), summer)


def test_a_missing_column_is_named_with_those_that_came() -> None:
    renamed = {name: value for name, value in record(GrossConsumption=1.0).items() if name != "GrossCon"}
    with pytest.raises(SourceError, match=r"expected column GrossCon, found columns TimeUTC, .*GrossConsumption"):
        read(renamed)


@pytest.mark.parametrize("answer", [[], {}, None, "text", {"records": None}, {"records": {"TimeUTC": []}}])
def test_an_answer_without_records_is_refused(answer: Any) -> None:
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected an envelope with records"):
        page_of(LOAD, answer)


@pytest.mark.parametrize("records", [[1, 2], ["text"], [None], [[1, 2]], [record(), 5]])
def test_records_without_names_are_refused(records: list[Any]) -> None:
    with pytest.raises(SourceError, match=f"{LOAD.name}: expected records of named values"):
        page_of(LOAD, {"records": records})


def test_hours_outside_of_the_window_are_left_out() -> None:
    inside = ("2026-03-01T00:00:00", "2026-03-02T23:00:00")
    rows = read(*map(record, ("2026-02-28T23:00:00", *inside, "2026-03-03T00:00:00")))
    assert rows["hour_utc"].tolist() == list(map(pd.Timestamp, inside))


def test_a_record_that_comes_twice_is_one_row_without_another_value() -> None:
    rows = read(record(), record(ONE), record())
    assert sorted(rows["hour_utc"]) == [pd.Timestamp(MIDNIGHT), pd.Timestamp(ONE)]
    assert rows["other_mwh"].isna().all()


def test_of_two_values_of_a_version_the_last_speaks_and_the_other_is_kept() -> None:
    rows = read(record(GrossCon=100.0), record(GrossCon=150.0))
    assert rows[["consumption_mwh", "other_mwh"]].to_numpy().tolist() == [[150.0, 100.0]]


@pytest.mark.parametrize("order", [1, -1])
def test_the_final_version_speaks_whatever_the_order_and_is_no_conflict(order: int) -> None:
    twice = [record(GrossCon=1.0, Version="Final"), record(GrossCon=2.0)]
    rows = read(*twice[::order])
    assert rows[["consumption_mwh", "source_version"]].to_numpy().tolist() == [[1.0, "Final"]]
    assert rows["other_mwh"].isna().all()


def test_pages_that_overlap_give_each_hour_once() -> None:
    pages = [page_of(LOAD, {"records": [record(hour) for hour in hours]}) for hours in ((MIDNIGHT, ONE), (ONE,))]
    rows = raw_rows(LOAD, pages, start=START, end=END, fetched_at=READ_AT)
    assert rows["hour_utc"].tolist() == [pd.Timestamp(MIDNIGHT), pd.Timestamp(ONE)]


def test_each_consumer_group_of_a_region_is_a_series_of_its_own_in_megawatt_hours() -> None:
    groups = [
        part(CONSUMER_CATEGORIES, kwh, RegionName="Region Nordjylland", ConsumerCategory2=group)
        for group, kwh in (("Privat", 37842.849), ("Erhverv", 1000))
    ]
    rows = read(*groups, dataset=CONSUMER_CATEGORIES).set_index("consumer_group")
    assert rows["consumption_mwh"].to_dict() == pytest.approx({"Privat": 37.842849, "Erhverv": 1.0})
    assert set(rows["area"]) == {"Region Nordjylland"}


def test_rows_that_differ_only_in_a_further_key_are_added_up() -> None:
    rows = read(
        part(GRID_AREAS, 1500, GridArea="131", PriceArea="DK1"),
        part(GRID_AREAS, 500, GridArea="131", PriceArea="DK2"),
        part(GRID_AREAS, 700, GridArea="791", PriceArea="DK2"),
        dataset=GRID_AREAS,
    )
    assert dict(zip(rows["area"], rows["consumption_mwh"], strict=True)) == pytest.approx({"131": 2.0, "791": 0.7})
    assert rows["other_mwh"].isna().all()


def test_another_value_of_one_part_is_another_value_of_the_sum() -> None:
    rows = read(
        part(GRID_AREAS, 1500, GridArea="131", PriceArea="DK1"),
        part(GRID_AREAS, 500, GridArea="131", PriceArea="DK2"),
        part(GRID_AREAS, 900, GridArea="131", PriceArea="DK2"),
        dataset=GRID_AREAS,
    )
    assert rows[["consumption_mwh", "other_mwh"]].to_numpy().tolist() == [[2.4, 2.0]]
