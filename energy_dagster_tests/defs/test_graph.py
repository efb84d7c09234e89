"""The guards of the house: definitions load, the graph is the agreed one, every asset is described."""

from datetime import UTC, datetime

import pytest
from dagster import AssetKey, DefaultSensorStatus, Definitions, SensorDefinition

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
    "tuned_parameters": {"consumption_features"},
    "forecast_model": {"consumption_features", "tuned_parameters"},
    "predictions": {"consumption_features", "forecast_model"},
    "error_metrics": {"predictions", "consumption"},
    "backtest_forecasts": {"consumption_features"},
    "backtest_scores": {"backtest_forecasts", "consumption"},
    "warehouse": {
        "raw_load",
        "raw_settlement",
        "raw_weather",
        "consumption",
        "consumption_features",
        "forecast_model",
        "predictions",
        "error_metrics",
        "backtest_forecasts",
        "backtest_scores",
    },
    "api": {"warehouse"},
    "ui": {"warehouse"},
}
CALENDARS = {
    "raw_load": MONTHS,
    "raw_settlement": MONTHS,
    "raw_consumer_groups": MONTHS,
    "raw_grid_areas": MONTHS,
    "raw_tso_forecast": MONTHS,
    "raw_weather": MONTHS,
    "consumption": MONTHS,
    "consumption_features": MONTHS,
    "forecast_model": WEEKS,
    "predictions": ISSUE_HOURS,
    "error_metrics": DAYS,
    "backtest_forecasts": MONTHS,
    "backtest_scores": MONTHS,
}
CHECKS = {
    "raw_load": {"source_is_fresh", "datasets_are_as_declared"},
    "raw_settlement": {"source_is_fresh", "datasets_are_as_declared"},
    "raw_weather": {"weather_services_answered"},
    "consumption": {"hours_are_complete", "consumption_is_fresh", "few_hours_are_flagged"},
    "consumption_features": {"features_are_from_the_past", "inputs_have_not_drifted"},
    "forecast_model": {"model_is_champion"},
    "predictions": {"predictions_are_whole", "forecasts_stand_on_all_inputs", "model_is_young"},
    "error_metrics": {
        "coverage_is_in_band",
        "forecast_beats_weekly_naive",
        "errors_have_not_drifted",
        "coverage_has_not_drifted",
    },
    "backtest_forecasts": {"backtest_days_are_whole"},
    "backtest_scores": {"backtest_beats_weekly_naive"},
}
BLOCKING = {"hours_are_complete", "features_are_from_the_past", "predictions_are_whole", "backtest_days_are_whole"}
ON_DEMAND = {"tuned_parameters", "backtest_forecasts", "backtest_scores"}


KEEPERS = {"automation", "hourly_issues", "late_issues", "missing_history", "retraining", "revised_truth"}

EVERYTHING = Settings(families="consumer_groups,grid_areas", entsoe_token="secret")


def parents(definitions: Definitions) -> dict[str, set[str]]:
    graph = definitions.resolve_asset_graph()
    return {key.to_user_string(): {p.to_user_string() for p in graph.get(key).parent_keys} for key in graph.get_all_asset_keys()}


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return build_definitions(Settings())


@pytest.fixture(scope="module")
def everything() -> Definitions:
    """The graph with every family and a token."""
    return build_definitions(EVERYTHING)


def test_definitions_are_loadable(definitions: Definitions) -> None:
    Definitions.validate_loadable(definitions)


def test_definitions_with_everything_on_are_loadable(everything: Definitions) -> None:
    Definitions.validate_loadable(everything)


def test_the_graph_is_the_agreed_one(definitions: Definitions) -> None:
    assert parents(definitions) == GRAPH


def test_a_family_brings_its_raw_asset_and_consumption_is_made_of_it(everything: Definitions) -> None:
    found = parents(everything)
    assert found["consumption"] == {"raw_load", "raw_settlement", "raw_consumer_groups", "raw_grid_areas"}
    assert found["warehouse"] == GRAPH["warehouse"] | {"raw_consumer_groups", "raw_grid_areas", "raw_tso_forecast"}


@pytest.mark.parametrize(("family", "asset"), [("consumer_groups", "raw_consumer_groups"), ("grid_areas", "raw_grid_areas")])
def test_one_family_is_on_without_the_other(family: str, asset: str) -> None:
    added = set(parents(build_definitions(Settings(families=family)))) - set(GRAPH)
    assert added == {asset}


def test_the_forecast_of_the_system_operator_needs_a_token(definitions: Definitions, everything: Definitions) -> None:
    assert "raw_tso_forecast" not in parents(definitions)
    assert parents(everything)["raw_tso_forecast"] == set()


def test_the_token_is_no_part_of_what_the_ui_shows(everything: Definitions) -> None:
    assert "secret" not in str([spec.metadata for spec in everything.resolve_all_asset_specs()])


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_every_asset_has_group_kinds_owner_and_a_description(definitions: Definitions, name: str) -> None:
    assert_described(definitions, name)


@pytest.mark.parametrize("name", ["raw_consumer_groups", "raw_grid_areas", "raw_tso_forecast"])
def test_assets_that_can_be_turned_on_are_described_too(everything: Definitions, name: str) -> None:
    assert_described(everything, name)


def assert_described(definitions: Definitions, name: str) -> None:
    node = definitions.resolve_asset_graph().get(AssetKey(name))
    assert node.group_name != "default"
    assert node.kinds
    assert node.owners
    assert node.description
    assert len(node.description) > 60


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_partitions_are_those_of_the_calendar_and_a_range_is_one_run(everything: Definitions, name: str) -> None:
    node = everything.resolve_asset_graph().get(AssetKey(name))
    assert node.partitions_def == CALENDARS[name]
    assert node.backfill_policy is not None
    assert node.backfill_policy.policy_type.value == "SINGLE_RUN"


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"models"}))
def test_every_table_shows_its_columns_with_units(everything: Definitions, name: str) -> None:
    schema = everything.resolve_asset_graph().get(AssetKey(name)).metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == list(TABLES[name].names)


def test_tables_of_assets_that_are_off_are_not_in_the_graph(definitions: Definitions) -> None:
    assert set(TABLES) - {"models"} - set(parents(definitions)) == {"raw_consumer_groups", "raw_grid_areas", "raw_tso_forecast"}


def test_every_asset_has_the_agreed_checks(definitions: Definitions) -> None:
    found: dict[str, set[str]] = {}
    for key in definitions.resolve_asset_graph().asset_check_keys:
        found.setdefault(key.asset_key.to_user_string(), set()).add(key.name)
    assert found == CHECKS


def test_checks_that_would_poison_what_follows_block(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking == BLOCKING


def test_every_asset_that_can_run_has_an_automation_condition_with_a_name_but_those_on_demand(everything: Definitions) -> None:
    graph = everything.resolve_asset_graph()
    conditions = {key.to_user_string(): graph.get(key).automation_condition for key in graph.executable_asset_keys}
    assert {name for name, condition in conditions.items() if condition is None} == ON_DEMAND
    assert all(condition.get_label() for condition in conditions.values() if condition is not None), conditions


def test_every_feed_that_is_on_is_watched(definitions: Definitions, everything: Definitions) -> None:
    watched = {"new_in_raw_load", "new_in_raw_settlement"}
    assert {one.name for one in definitions.sensors or ()} == KEEPERS | watched
    assert {one.name for one in everything.sensors or ()} == KEEPERS | watched | {
        "new_in_raw_consumer_groups",
        "new_in_raw_grid_areas",
    }


def test_every_sensor_is_on_by_default_and_says_what_it_does(everything: Definitions) -> None:
    for one in everything.sensors or ():
        assert isinstance(one, SensorDefinition)
        assert one.default_status is DefaultSensorStatus.RUNNING, one.name
        assert len(one.description or "") > 60, one.name


def test_nothing_is_watched_while_time_stands_still() -> None:
    still = build_definitions(Settings(now=datetime(2025, 10, 27, 9, tzinfo=UTC)))
    assert not still.sensors
