import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.sandbox.app import create_replica
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.sandbox.asking import LOAD, NOW, SEED, SETTLEMENT, MovableClock, asking, records, simulated_at

CATEGORY = "ConsumerCategory2"
ask = simulated_at()


def test_an_answer_is_an_envelope_labelled_simulated() -> None:
    answer = ask(LOAD, limit=3)
    body = answer.json()
    assert answer.headers["X-Energy-Source"] == "simulated"
    assert {name: body[name] for name in ("total", "limit", "dataset")} == {
        "total": 3,
        "limit": 3,
        "dataset": "GenerationProdTypeExchange",
    }
    assert body["records"][0].keys() >= {"TimeUTC", "TimeDK", "Version", "PriceArea", "GrossCon"}


def test_the_default_is_the_newest_hundred_records_first() -> None:
    found = records(ask(LOAD))
    keys = [(row["TimeUTC"], row["PriceArea"]) for row in found]
    assert len(found) == 100
    assert keys == sorted(keys, reverse=True)
    assert keys[0] == ("2026-03-10T15:00:00", "DK2")


def test_a_start_lifts_the_default_limit() -> None:
    assert len(records(ask(LOAD, start="2026-01-01", end="2026-02-01"))) == 31 * 24 * 2


def test_start_is_inclusive_and_end_exclusive() -> None:
    stamps = {row["TimeUTC"] for row in records(ask(LOAD, start="2025-06-01T05:00", end="2025-06-01T07:00", timezone="utc"))}
    assert stamps == {"2025-06-01T05:00:00", "2025-06-01T06:00:00"}


@pytest.mark.parametrize(
    ("day", "next_day", "hours", "hours_on_the_clock"),
    [("2025-03-30", "2025-03-31", 23, 23), ("2025-10-26", "2025-10-27", 25, 24), ("2025-06-01", "2025-06-02", 24, 24)],
)
def test_a_danish_day_has_the_hours_the_clocks_give_it(day: str, next_day: str, hours: int, hours_on_the_clock: int) -> None:
    found = records(ask(LOAD, start=day, end=next_day))
    assert Counter(row["PriceArea"] for row in found) == {"DK1": hours, "DK2": hours}
    assert len({row["TimeUTC"] for row in found}) == hours
    assert len({row["TimeDK"] for row in found}) == hours_on_the_clock
    assert all(row["TimeDK"].startswith(day) for row in found)


def test_danish_time_repeats_an_hour_in_october_and_skips_one_in_march() -> None:
    october = records(ask(LOAD, start="2025-10-26", end="2025-10-27", sort="TimeUTC", filter='{"PriceArea":["DK1"]}'))
    march = {row["TimeDK"] for row in records(ask(LOAD, start="2025-03-30", end="2025-03-31"))}
    assert [row["TimeDK"][11:13] for row in october[:5]] == ["00", "01", "02", "02", "03"]
    assert "2025-03-30T02:00:00" not in march


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2025", "2024-12-31T23:00:00"),
        ("2025-07", "2025-06-30T22:00:00"),
        ("2025-07-02", "2025-07-01T22:00:00"),
        ("2025-07-02T03:00", "2025-07-02T01:00:00"),
        ("now-P1D", "2026-03-09T19:00:00"),
        ("now-PT5H", "2026-03-10T14:00:00"),
        ("StartOfDay", "2026-03-09T23:00:00"),
        ("startofday-P1DT1H", "2026-03-08T22:00:00"),
        ("StartOfMonth", "2026-02-28T23:00:00"),
        ("StartOfYear-P1Y", "2024-12-31T23:00:00"),
        ("StartOfYear-P6M", "2025-06-30T22:00:00"),
        ("StartOfMonth+PT2H", "2026-03-01T01:00:00"),
    ],
)
def test_dates_absolute_and_dynamic_are_danish(start: str, first: str) -> None:
    assert records(ask(LOAD, start=start, sort="TimeUTC", limit=1))[0]["TimeUTC"] == first


def test_dates_are_utc_when_asked_for() -> None:
    assert records(ask(LOAD, start="StartOfDay", timezone="UTC", sort="TimeUTC", limit=1))[0]["TimeUTC"] == "2026-03-10T00:00:00"


def test_columns_come_as_asked_for() -> None:
    assert list(records(ask(LOAD, columns="GrossCon,PriceArea", limit=1))[0]) == ["GrossCon", "PriceArea"]


def test_sort_ascends_unless_told_otherwise() -> None:
    found = records(ask(LOAD, start="2026-03-01", end="2026-03-02", sort="PriceArea desc,TimeUTC"))
    keys = [(row["PriceArea"], row["TimeUTC"]) for row in found]
    assert keys == sorted(keys, key=lambda key: (-int(key[0][2]), key[1]))


def test_a_filter_keeps_the_values_it_lists() -> None:
    assert {row["PriceArea"] for row in records(ask(LOAD, filter='{"PriceArea":["DK2"]}'))} == {"DK2"}
    assert records(ask(LOAD, filter='{"PriceArea":["SE4"]}')) == []
    assert len(records(ask(LOAD, filter='{"TimeUTC":["2025-01-01T00:00:00"]}'))) == 2


WHOLE = records(ask(LOAD, start="2026-03-01", end="2026-03-04"))


@settings(max_examples=25, deadline=None)
@given(page=st.integers(1, 200), order=st.sampled_from(["", "PriceArea", "TimeUTC desc,PriceArea", "Version,PriceArea desc"]))
def test_pages_add_up_to_the_whole(page: int, order: str) -> None:
    window = {"start": "2026-03-01", "end": "2026-03-04"} | ({"sort": order} if order else {})
    whole = records(ask(LOAD, **window))
    collected: list[dict[str, Any]] = []
    while True:
        part = records(ask(LOAD, **window, offset=len(collected), limit=page))
        collected += part
        if len(part) < page:
            break
    assert collected == whole
    assert sorted(map(str, whole)) == sorted(map(str, WHOLE))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("start", "yesterday"),
        ("start", "2025-13"),
        ("end", "now PT2H"),
        ("end", "now-P"),
        ("start", "0001"),
        ("start", "now-P99999Y"),
        ("columns", "GrossCon,Nothing"),
        ("sort", "Nothing"),
        ("sort", "TimeUTC upwards"),
        ("sort", ""),
        ("limit", "-1"),
        ("limit", "many"),
        ("offset", "1.5"),
        ("filter", "{"),
        ("filter", '{"PriceArea": ["DK1"]}'),
        ("filter", '{"PriceArea":"DK1"}'),
        ("filter", '{"Nothing":["DK1"]}'),
        ("filter", '{"GrossCon":["much"]}'),
        ("filter", '{"TimeUTC":["2025-01-01T00:00:00Z"]}'),
        ("filter", '{"PriceArea":[null]}'),
        ("timezone", "Mars"),
    ],
)
def test_a_bad_parameter_is_refused_by_its_name(parameter: str, value: str) -> None:
    answer = ask(LOAD, **{parameter: value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["statusCode"] == 400
    assert f"'{parameter}'" in answer.json()["message"]
    assert answer.headers["X-Energy-Source"] == "simulated"


@pytest.mark.parametrize("path", ["/dataset/Nothing", "/dataset/Nothing/download", "/meta/dataset/Nothing"])
def test_an_unknown_dataset_is_not_found(path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 404
    assert answer.json()["statusCode"] == 404
    assert "'Nothing'" in answer.json()["message"]


def test_csv_has_semicolons_and_decimal_commas() -> None:
    answer = ask(f"{SETTLEMENT}/download", format="csv", limit=2)
    header, first, _ = csv.reader(io.StringIO(answer.text), delimiter=";")
    row = dict(zip(header, first, strict=True))
    expected = records(ask(SETTLEMENT, limit=1))[0]
    assert answer.headers["content-type"].startswith("text/csv")
    assert row["HourUTC"] == expected["HourUTC"].replace("T", " ")
    assert float(row["GrossConsumptionMWh"].replace(",", ".")) == expected["GrossConsumptionMWh"]
    assert "." not in answer.text


def test_json_download_is_a_bare_list() -> None:
    assert ask(f"{LOAD}/download", limit=5).json() == records(ask(LOAD, limit=5))
    assert ask(f"{LOAD}/download", format="XL").status_code == 400


def test_meta_describes_the_columns_and_the_key() -> None:
    meta = ask("/meta/dataset/GenerationProdTypeExchange").json()
    keys = {column["dbColumn"]: column["primaryKeyIndex"] for column in meta["columns"] if "primaryKeyIndex" in column}
    assert meta["datasetName"] == "GenerationProdTypeExchange"
    assert keys == {"TimeUTC": 1, "PriceArea": 2}
    assert [column["dbColumn"] for column in meta["columns"]] == list(records(ask(LOAD, limit=1))[0])
    assert meta["dataFrom"] == "2014-12-31T23:00:00"


@pytest.mark.parametrize(
    ("name", "key", "unit"),
    [
        ("ElectricityBalanceNonv", {"HourUTC": 1, "PriceArea": 2}, ("TotalLoad", "MWh")),
        ("ProductionConsumptionSettlement", {"HourUTC": 1, "PriceArea": 2}, ("GrossConsumptionMWh", "MWh")),
        ("ConsumptionConsumerCategoryHour", {"TimeUTC": 1, "RegionName": 2, CATEGORY: 3}, ("ConsumptionkWh", "kWh")),
        ("ConsumptionGridAreaHour", {"TimeUTC": 1, "GridArea": 2, "PriceArea": 3}, ("ConsumptionkWh", "kWh")),
    ],
)
def test_meta_describes_every_dataset(name: str, key: dict[str, int], unit: tuple[str, str]) -> None:
    columns = ask(f"/meta/dataset/{name}").json()["columns"]
    assert {column["dbColumn"]: column["primaryKeyIndex"] for column in columns if "primaryKeyIndex" in column} == key
    assert unit in {(column["dbColumn"], column["unit"]) for column in columns}
    assert {column["dbColumn"] for column in columns if column["dataType"] == "datetime"} >= {next(iter(key))}


def test_meta_reads_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimulatedArchive, "rows", None)
    assert ask("/meta/dataset/ConsumptionGridAreaHour").json()["dataFrom"] == "2014-12-31T23:00:00"


def test_a_dataset_asked_again_too_early_says_when_to_come_back() -> None:
    clock = MovableClock()
    limited = asking(create_replica(SimulatedArchive(SEED), clock=clock, one_request_per=timedelta(minutes=1)))
    assert limited(LOAD, limit=1).status_code == 200
    assert limited(SETTLEMENT, limit=1).status_code == 200
    clock.now += timedelta(seconds=20)
    answer = limited(LOAD, limit=1)
    assert answer.status_code == 429
    assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 40 seconds."}
    assert answer.headers["Retry-After"] == "40"
    clock.now += timedelta(seconds=40)
    assert limited(LOAD, limit=1).status_code == 200


def test_a_window_far_in_the_future_is_empty_and_cheap() -> None:
    assert records(ask(LOAD, start="9000")) == []
    assert records(ask(LOAD, start="2026", end="2025")) == []
    assert records(simulated_at(datetime(2010, 1, 1, tzinfo=UTC))(LOAD)) == []


def test_two_years_of_both_areas_come_complete() -> None:
    found = records(ask(LOAD, start="2024", end="2026", limit=0))
    assert len({(row["TimeUTC"], row["PriceArea"]) for row in found}) == 2 * 24 * (366 + 365)
    assert max(row["TimeUTC"] for row in found) < NOW.isoformat()
