"""Mirrors in the graph: only where Hopsworks is configured, in no one's way, and clear about what is missing."""

import sys
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, Definitions
from dagster._core.remote_representation.external_data import RepositorySnap  # what Dagster stores; nothing public does it
from dagster._serdes import serialize_value

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.feature_groups import GROUPS
from energy_dagster.instance import open_instance
from energy_dagster.partitions import DAYS, FEATURES_OF_A_TRAINING, ISSUE_HOURS, MONTHS, WEEKS, training_months
from energy_dagster.resources.hopsworks_client import INSTALL
from energy_dagster.settings import Settings
from energy_dagster.walk import QUIET
from energy_dagster_tests.brought_up import BroughtUp

KEY = "a-key-to-hide"
CALENDARS = {
    "hopsworks_features": ({"consumption_features", "warehouse"}, MONTHS),
    "hopsworks_predictions": ({"predictions", "warehouse"}, ISSUE_HOURS),
    "hopsworks_error_metrics": ({"error_metrics", "warehouse"}, DAYS),
    "hopsworks_model": ({"forecast_model", "warehouse"}, WEEKS),
    "hopsworks_training_data": ({"hopsworks_features"}, WEEKS),
}
CONFIGURED = {"hopsworks_host": "hopsworks.test", "hopsworks_project": "energy", "hopsworks_api_key": KEY}


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return build_definitions(Settings.model_validate(CONFIGURED))


def test_definitions_with_mirrors_are_loadable(definitions: Definitions) -> None:
    Definitions.validate_loadable(definitions)


def test_without_hopsworks_there_is_no_mirror() -> None:
    keys = build_definitions(Settings()).resolve_asset_graph().get_all_asset_keys()
    assert not [key for key in keys if key.path[-1].startswith("hopsworks")]


@pytest.mark.parametrize("name", CALENDARS)
def test_a_mirror_has_the_calendar_of_its_upstream_and_is_described(definitions: Definitions, name: str) -> None:
    above, calendar = CALENDARS[name]
    node = definitions.resolve_asset_graph().get(AssetKey(name))
    assert {key.to_user_string() for key in node.parent_keys} == above
    assert node.partitions_def == calendar
    assert node.backfill_policy is not None
    assert node.backfill_policy.policy_type.value == "SINGLE_RUN"
    assert (node.group_name, node.pools, node.kinds >= {"hopsworks"}) == ("feature_store", {"hopsworks"}, True)
    assert node.owners
    assert len(node.description or "") > 60


def test_nothing_of_the_platform_waits_for_a_mirror(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    below = {
        key.to_user_string(): {child.to_user_string() for child in graph.get(key).child_keys} for key in map(AssetKey, CALENDARS)
    }
    assert {name: children for name, children in below.items() if children} == {"hopsworks_features": {"hopsworks_training_data"}}


@pytest.mark.parametrize("week", ["2018-01-01", "2022-03-07", "2025-10-27", "2025-11-03"])
def test_the_months_of_a_training_are_those_of_its_mapping(week: str) -> None:
    start = WEEKS.time_window_for_partition_key(week).start
    mapped = FEATURES_OF_A_TRAINING.get_upstream_mapped_partitions_result_for_partitions(
        WEEKS.subset_with_partition_keys([week]), WEEKS, MONTHS
    )
    assert training_months(naive_utc(start)) == sorted(mapped.partitions_subset.get_partition_keys())


def test_every_mirrored_table_has_a_group() -> None:
    assert {"consumption_features", "predictions", "error_metrics"} == set(GROUPS)


def test_the_key_is_in_no_snapshot_of_the_repository(definitions: Definitions) -> None:
    snapshot = serialize_value(RepositorySnap.from_def(definitions.get_repository_def()))
    assert "HOPSWORKS_API_KEY" in snapshot
    assert KEY not in snapshot


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"hopsworks_host": "hopsworks.test"}, "found no HOPSWORKS_PROJECT, HOPSWORKS_API_KEY"),
        ({"hopsworks_host": "hopsworks.test", "hopsworks_api_key": KEY}, "found no HOPSWORKS_PROJECT"),
        ({"hopsworks_api_key": KEY, "hopsworks_project": "energy"}, "found no HOPSWORKS_HOST"),
        ({"training_source": "hopsworks"}, "for ENERGY_TRAINING_SOURCE=hopsworks, found no HOPSWORKS_HOST"),
    ],
)
def test_a_part_of_what_it_needs_is_named_and_the_key_is_not_shown(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ValueError, match=missing) as refused:
        Settings.model_validate(given)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("name", ["ENERGY_TRAINING_SOURCE", "TRAINING_SOURCE"])
def test_the_training_source_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for setting, value in zip(("HOST", "PROJECT", "API_KEY"), CONFIGURED.values(), strict=True):
        monkeypatch.setenv(f"HOPSWORKS_{setting}", value)
    monkeypatch.setenv(name, "hopsworks")
    settings = Settings()
    assert (settings.training_source, settings.mirrors_to_hopsworks) == ("hopsworks", True)


def test_without_the_extra_one_sentence_says_how_to_install_it_and_forecasts_go_on(
    own_copy: BroughtUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hopsworks", None)  # so that importing it fails, as where it is not installed
    with open_instance(own_copy.data) as instance:
        definitions = build_definitions(Settings.model_validate({**own_copy.settings.model_dump(), **CONFIGURED}))
        assert run(definitions, instance, "predictions", "2025-10-27T09")[0]
        success, told = run(definitions, instance, "hopsworks_predictions", "2025-10-27T09")
    assert not success
    assert told == f"1 of 1 partitions are not mirrored. 2025-10-27T09: {INSTALL}"
    assert not (Path(own_copy.settings.data) / "hopsworks").exists()


def run(definitions: Definitions, instance: DagsterInstance, asset: str, key: str) -> tuple[bool, str]:
    """Whether a run succeeded, and what it says where it did not."""
    tags = {"dagster/asset_partition_range_start": key, "dagster/asset_partition_range_end": key}
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[AssetKey(asset)], instance=instance, tags=tags, run_config=QUIET, raise_on_error=False
    )
    failures = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    return result.success, "".join(failed.description or "" for failed in failures if failed is not None)
