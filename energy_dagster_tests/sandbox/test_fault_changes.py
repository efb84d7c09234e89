import copy
import json
from datetime import datetime
from typing import Any

import pytest

from energy_dagster.sandbox import fault_changes as changes
from energy_dagster.sandbox.fault_changes import Envelope
from energy_dagster.sandbox.fault_kinds import KINDS, Changed

CHANGES = [fault.change for fault in KINDS.values() if isinstance(fault, Changed)]
GOOD: Envelope = {
    "total": 7,
    "dataset": "GenerationProdTypeExchange",
    "records": [
        {
            "TimeUTC": f"2026-01-01T{hour:02d}:00:00",
            "TimeDK": f"2026-01-01T{hour + 1:02d}:00:00",
            "PriceArea": "DK1",
            "GrossCon": 2000.5 + hour,
        }
        for hour in range(7)
    ],
}


def values(envelope: Envelope, name: str = "GrossCon") -> list[Any]:
    return [record[name] for record in envelope["records"]]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_says_the_same_every_time_and_leaves_its_envelope_alone(change: changes.Change) -> None:
    before = copy.deepcopy(GOOD)
    first, second = change(GOOD), change(GOOD)
    assert first == second != GOOD
    assert before == GOOD


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_finds_nothing_wrong_to_do_with_an_empty_envelope(change: changes.Change) -> None:
    assert change({"total": 0, "records": []})["records"] == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_passes_over_nulls(change: changes.Change) -> None:
    json.dumps(change({"total": 1, "records": [{"HourUTC": "2026-01-01T00:00:00", "HourDK": None, "TotalLoad": None}]}))


def test_numbers_come_as_text() -> None:
    assert values(changes.numbers_as_text(GOOD))[0] == "2000.5"


def test_decimals_come_with_commas() -> None:
    assert values(changes.decimal_commas(GOOD))[0] == "2000,5"


def test_every_third_measure_is_null() -> None:
    found = values(changes.nulls(GOOD))
    assert [n for n, value in enumerate(found) if value is None] == [0, 3, 6]


def test_a_column_more_is_in_every_record() -> None:
    assert all(record.keys() - GOOD["records"][0].keys() for record in changes.extra_column(GOOD)["records"])


def test_the_measure_is_the_column_that_is_missing() -> None:
    assert all(list(record) == ["TimeUTC", "TimeDK", "PriceArea"] for record in changes.missing_column(GOOD)["records"])


def test_duplicates_are_exact_and_counted() -> None:
    found = changes.duplicates(GOOD)
    assert found["total"] == len(found["records"]) == 10
    assert all(record in GOOD["records"] for record in found["records"])


def test_conflicting_duplicates_give_an_hour_two_values() -> None:
    first = [record["GrossCon"] for record in changes.conflicting_duplicates(GOOD)["records"] if record["TimeUTC"][11:13] == "00"]
    assert first == [2000.5, 3000.75]


def test_the_total_lies_both_ways() -> None:
    assert changes.total_too_high(GOOD)["total"] == 1007
    assert changes.total_too_low(GOOD)["total"] == 3
    assert changes.total_too_low(GOOD)["records"] == GOOD["records"]


def test_values_leave_their_range_both_ways() -> None:
    assert values(changes.too_large_values(GOOD))[:2] == [1e9, 2001.5]
    assert values(changes.negative_values(GOOD))[:2] == [-2000.5, 2001.5]


def test_an_empty_window_has_no_records() -> None:
    assert changes.empty_window(GOOD) == GOOD | {"total": 0, "records": []}


def test_time_goes_backwards_or_nowhere() -> None:
    stamps = values(GOOD, "TimeUTC")
    assert values(changes.descending(GOOD), "TimeUTC") == stamps[::-1]
    mixed = values(changes.shuffled(GOOD), "TimeUTC")
    assert mixed not in (stamps, stamps[::-1])
    assert sorted(mixed) == stamps


def test_another_zone_names_the_same_moments() -> None:
    record = changes.other_zone(GOOD)["records"][0]
    assert record["TimeUTC"] == "2026-01-01T02:00:00+02:00"
    assert datetime.fromisoformat(record["TimeUTC"]) == datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    assert record["TimeDK"] == GOOD["records"][0]["TimeDK"]


def test_the_local_time_is_an_hour_late() -> None:
    record = changes.wrong_local_time(GOOD)["records"][0]
    assert (record["TimeUTC"], record["TimeDK"]) == ("2026-01-01T00:00:00", "2026-01-01T02:00:00")
