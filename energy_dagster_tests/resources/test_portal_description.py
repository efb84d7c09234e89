"""The portal's description of a dataset against the catalogue."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from energy_dagster.domain.catalogue import DATASETS, INDUSTRY, LOAD, SETTLEMENT
from energy_dagster.domain.quality import Finding
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.portal_description import described, is_as_declared
from energy_dagster.resources.sources import SourceError, Sources
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply

COLUMNS: dict[str, dict[str, Any]] = {
    "TimeUTC": {"dataType": "datetime", "unit": "", "primaryKeyIndex": 1},
    "TimeDK": {"dataType": "datetime", "unit": ""},
    "PriceArea": {"dataType": "string", "unit": "Coded", "primaryKeyIndex": 2},
    "Version": {"dataType": "string", "unit": "text"},
    "GrossCon": {"dataType": "number", "unit": "MWh"},
}


def description(columns: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"columns": [{"dbColumn": name, **column} for name, column in columns.items()], "active": True, **more}


def held(columns: dict[str, dict[str, Any]], **more: Any) -> Finding:
    return is_as_declared(LOAD, described(LOAD, description(columns, **more)))


def changed(name: str, **values: Any) -> dict[str, dict[str, Any]]:
    return COLUMNS | {name: COLUMNS.get(name, {}) | values}


@pytest.mark.recorded
def test_the_official_description_is_as_the_catalogue_declares_it(recorded_data: Path) -> None:
    official = json.loads((recorded_data / "meta_ConsumptionIndustry.json").read_text(encoding="utf-8"))
    finding = is_as_declared(INDUSTRY, described(INDUSTRY, official))
    assert finding.passed, finding.description
    assert "last update 2024-01-25T13:23:38" in finding.description


@pytest.mark.recorded
def test_another_unit_than_the_official_one_is_noticed(recorded_data: Path) -> None:
    official = json.loads((recorded_data / "meta_ConsumptionIndustry.json").read_text(encoding="utf-8"))
    finding = is_as_declared(replace(INDUSTRY, unit="MWh"), described(INDUSTRY, official))
    assert (finding.passed, finding.numbers) == (False, {"faults": 1})
    assert "ConsumptionkWh is in kwh, expected MWh" in finding.description


def test_a_description_as_declared_says_when_the_dataset_moved_last() -> None:
    finding = held(COLUMNS, lastUpdate="2026-03-10T18:00:00")
    assert finding.passed
    assert "last update 2026-03-10T18:00:00" in finding.description


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({name: column for name, column in COLUMNS.items() if name != "GrossCon"}, "no column GrossCon"),
        (changed("GrossCon", unit="kWh"), "GrossCon is in kwh, expected MWh"),
        (changed("GrossCon", dataType="string"), "GrossCon is string, expected number"),
        (changed("TimeUTC", dataType="string"), "TimeUTC is string, expected datetime"),
        (changed("TimeDK", dataType=None), "TimeDK is untyped, expected datetime"),
        (changed("ConnectedArea", dataType="string", primaryKeyIndex=3), "its key is ConnectedArea, PriceArea, TimeUTC"),
    ],
)
def test_each_difference_is_named(columns: dict[str, dict[str, Any]], told: str) -> None:
    finding = held(columns)
    assert not finding.passed
    assert finding.numbers == {"faults": 1}
    assert told in finding.description


def test_a_dataset_that_is_no_longer_active_names_its_successor() -> None:
    finding = held(COLUMNS, active=False)
    assert not finding.passed
    assert "it is no longer active; read ElectricityBalanceNonv" in finding.description


def test_several_differences_are_all_named() -> None:
    finding = held(changed("GrossCon", unit="kWh", dataType="string"), active=False)
    assert finding.numbers == {"faults": 3}


@pytest.mark.parametrize(
    "columns",
    [
        changed("Unannounced", dataType="string"),
        changed("TimeDK", primaryKeyIndex=3),
        changed("GrossCon", unit=""),
        changed("GrossCon", dataType="Decimal", unit="MWh per hour"),
        {name: {key: value for key, value in column.items() if key != "primaryKeyIndex"} for name, column in COLUMNS.items()},
    ],
    ids=["further column", "local time in the key", "no unit", "other words", "no key"],
)
def test_what_the_description_leaves_open_is_no_difference(columns: dict[str, dict[str, Any]]) -> None:
    assert held(columns).passed


@pytest.mark.parametrize("answer", [None, [], {}, {"columns": {}}, {"columns": ["TimeUTC"]}, {"columns": [{"name": "TimeUTC"}]}])
def test_an_answer_that_describes_no_columns_is_refused(answer: Any) -> None:
    with pytest.raises(SourceError, match="expected a description with named columns"):
        described(LOAD, answer)


@pytest.fixture
def faulty(live: Sources, server: FaultyServer) -> OpenDataPortal:
    return OpenDataPortal(url=server.url, seconds_between=0.0, sources=live)


def test_the_description_is_asked_for_by_name(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply(description(COLUMNS)))
    assert faulty.holds_to_the_catalogue(LOAD).passed
    assert server.asked == [("/meta/dataset/GenerationProdTypeExchange", {})]


def test_a_portal_that_cannot_be_asked_is_a_finding_and_no_failure(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 400, "message": "no"}, status=400))
    finding = faulty.holds_to_the_catalogue(SETTLEMENT)
    assert not finding.passed
    assert "status 400" in finding.description


def test_a_dataset_that_is_gone_is_a_finding_with_its_successor(faulty: OpenDataPortal, server: FaultyServer) -> None:
    server.will(Reply({"statusCode": 404, "message": "Dataset was not found"}, status=404))
    assert "ElectricityBalanceNonv when it is gone" in faulty.holds_to_the_catalogue(LOAD).description


@pytest.mark.parametrize(
    "name",
    [
        "GenerationProdTypeExchange",
        "ElectricityBalanceNonv",
        "ProductionConsumptionSettlement",
        "ConsumptionConsumerCategoryHour",
        "ConsumptionGridAreaHour",
    ],
)
def test_the_replica_describes_its_datasets_as_declared(replica: Sources, name: str) -> None:
    finding = OpenDataPortal(url="https://portal", sources=replica).holds_to_the_catalogue(DATASETS[name])
    assert finding.passed, finding.description
