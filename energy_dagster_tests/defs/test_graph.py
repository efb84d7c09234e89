"""The guards of the house: definitions load, the graph is the agreed one, every asset is described."""

import pytest
from dagster import AssetKey, Definitions

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.tables import TABLES
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS
from energy_dagster.settings import Settings

GRAPH = {
    "raw_load": set(),
    "raw_settlement": set(),
    "raw_weather": set(),
    "consumption": {"raw_load", "raw_settlement"},
    "consumption_features": {"consumption", "raw_weather"},
    "forecast_model": {"consumption_features"},
    "predictions": {"consumption_features", "forecast_model"},
    "error_metrics": {"predictions", "consumption"},
    "warehouse": {
        "raw_load",
        "raw_settlement",
        "raw_weather",
        "consumption",
        "consumption_features",
        "forecast_model",
        "predictions",
        "error_metrics",
    },
    "api": {"warehouse"},
    "ui": {"warehouse"},
}
CALENDARS = {
    "raw_load": MONTHS,
    "raw_settlement": MONTHS,
    "raw_weather": MONTHS,
    "consumption": MONTHS,
    "consumption_features": MONTHS,
    "forecast_model": WEEKS,
    "predictions": ISSUE_HOURS,
    "error_metrics": DAYS,
}
BLOCKING = {"hours_are_complete", "features_are_from_the_past", "predictions_are_whole"}


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return build_definitions(Settings())


def test_definitions_are_loadable(definitions: Definitions) -> None:
    Definitions.validate_loadable(definitions)


def test_the_graph_is_the_agreed_one(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = {key.to_user_string(): {p.to_user_string() for p in graph.get(key).parent_keys} for key in graph.get_all_asset_keys()}
    assert found == GRAPH


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_every_asset_has_group_kinds_owner_and_a_description(definitions: Definitions, name: str) -> None:
    node = definitions.resolve_asset_graph().get(AssetKey(name))
    assert node.group_name != "default"
    assert node.kinds
    assert node.owners
    assert node.description
    assert len(node.description) > 60


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_partitions_are_those_of_the_calendar_and_a_range_is_one_run(definitions: Definitions, name: str) -> None:
    node = definitions.resolve_asset_graph().get(AssetKey(name))
    assert node.partitions_def == CALENDARS[name]
    assert node.backfill_policy is not None
    assert node.backfill_policy.policy_type.value == "SINGLE_RUN"


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"models"}))
def test_every_table_shows_its_columns_with_units(definitions: Definitions, name: str) -> None:
    schema = definitions.resolve_asset_graph().get(AssetKey(name)).metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == list(TABLES[name].names)


def test_checks_that_would_poison_what_follows_block(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking == BLOCKING


def test_every_asset_that_can_run_has_an_automation_condition_with_a_name(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    labels = {key.to_user_string(): graph.get(key).automation_condition for key in graph.executable_asset_keys}
    assert all(condition is not None and condition.get_label() for condition in labels.values()), labels
