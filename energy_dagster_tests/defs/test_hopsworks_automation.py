"""When mirrors run by themselves: once what they mirror is published, and again each hour while they lack something."""

from datetime import UTC, datetime
from typing import Any

import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetSelection,
    DagsterInstance,
    DagsterRunStatus,
    evaluate_automation_conditions,
)

from energy_dagster.definitions import build_definitions
from energy_dagster.settings import Settings

MIRRORED = {
    "consumption_features": "hopsworks_features",
    "predictions": "hopsworks_predictions",
    "error_metrics": "hopsworks_error_metrics",
    "forecast_model": "hopsworks_model",
}
KEYS = {
    "consumption_features": ("2025-08-01", "2025-09-01", "2025-10-01"),
    "predictions": ("2025-10-20T09", "2025-10-27T08", "2025-10-27T09"),
    "error_metrics": ("2025-10-20", "2025-10-26", "2025-10-27"),
    "forecast_model": ("2025-10-20", "2025-10-27"),
}
SETTINGS = Settings(hopsworks_host="hopsworks.test", hopsworks_project="energy", hopsworks_api_key="a-key")


class Published:
    """A platform whose upstream and mirrors are all there: only the mirrors' conditions are evaluated."""

    def __init__(self) -> None:
        self.instance = DagsterInstance.ephemeral()
        self.definitions = build_definitions(SETTINGS)
        self.cursor: Any = None  # dagster does not export its type
        for asset, keys in KEYS.items():
            for key in keys:
                self.make(asset, key)
                self.make(MIRRORED[asset], key)
        self.make("warehouse", None)
        for minute in (31, 32):
            self.requested(9, minute)

    def make(self, asset: str, partition: str | None) -> None:
        self.instance.report_runless_asset_event(AssetMaterialization(AssetKey(asset), partition=partition))

    def begin(self, asset: str, tags: dict[str, str], status: DagsterRunStatus = DagsterRunStatus.STARTED) -> None:
        job, key = self.definitions.resolve_implicit_global_asset_job_def(), AssetKey(asset)
        run = self.instance.create_run_for_job(
            job.get_subset(asset_selection={key}), tags=tags, asset_selection=frozenset({key}), status=DagsterRunStatus.STARTED
        )
        if status is DagsterRunStatus.FAILURE:
            self.instance.report_run_failed(run)

    def requested(self, hour: int, minute: int) -> dict[str, set[str | None]]:
        """What a tick asks for, of the mirrors."""
        result = evaluate_automation_conditions(
            self.definitions,
            self.instance,
            asset_selection=AssetSelection.assets(*MIRRORED.values()),
            evaluation_time=datetime(2025, 10, 27, hour, minute, tzinfo=UTC),
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        found = {name: result.get_requested_partitions(AssetKey(name)) for name in MIRRORED.values()}
        return {name: set(keys) for name, keys in found.items() if keys}


@pytest.fixture
def published() -> Published:
    return Published()


def test_nothing_is_mirrored_while_nothing_moves(published: Published) -> None:
    assert [published.requested(9, minute) for minute in (40, 41)] == [{}, {}]


@pytest.mark.parametrize("asset", MIRRORED)
def test_a_mirror_follows_what_moved_once_the_warehouse_is_published(published: Published, asset: str) -> None:
    key = KEYS[asset][-1]
    published.make(asset, key)
    assert [published.requested(9, minute) for minute in (40, 41)] == [{}, {}]
    published.make("warehouse", None)
    assert published.requested(9, 42) == {MIRRORED[asset]: {key}}
    published.make(MIRRORED[asset], key)
    published.make("warehouse", None)
    assert [published.requested(9, minute) for minute in (43, 44)] == [{}, {}]


def test_a_mirror_waits_while_the_warehouse_is_published(published: Published) -> None:
    published.make("predictions", "2025-10-27T09")
    published.begin("warehouse", {})
    published.make("warehouse", None)
    assert published.requested(9, 40) == {}


def test_a_revision_of_an_older_month_is_mirrored_too(published: Published) -> None:
    published.make("consumption_features", "2025-08-01")
    published.requested(9, 40)
    published.make("warehouse", None)
    assert published.requested(9, 41) == {"hopsworks_features": {"2025-08-01"}}


def test_a_day_that_is_judged_again_when_its_settlement_came_in_is_mirrored_again(published: Published) -> None:
    published.make("error_metrics", "2025-10-20")
    published.requested(9, 40)
    published.make("warehouse", None)
    assert published.requested(9, 41) == {"hopsworks_error_metrics": {"2025-10-20"}}


def test_an_old_issue_is_left_to_a_backfill(published: Published) -> None:
    published.make("predictions", "2025-10-20T10")
    published.requested(9, 40)
    published.make("warehouse", None)
    assert published.requested(9, 41) == {}


def test_what_is_missing_is_asked_for_each_hour(published: Published) -> None:
    published.make("predictions", "2025-10-27T07")
    published.make("warehouse", None)
    published.requested(9, 40)
    published.requested(9, 41)
    asked = [published.requested(hour, minute) for hour, minute in ((9, 50), (10, 24), (10, 25), (11, 24))]
    mirror = {"hopsworks_predictions": {"2025-10-27T07"}}
    assert asked == [{}, mirror, {}, mirror]


def test_what_has_failed_is_asked_for_again_within_the_hour(published: Published) -> None:
    published.begin("hopsworks_predictions", {"dagster/partition": "2025-10-27T09"}, DagsterRunStatus.FAILURE)
    asked = [published.requested(hour, minute) for hour, minute in ((9, 50), (10, 24), (10, 25))]
    assert asked == [{}, {"hopsworks_predictions": {"2025-10-27T09"}}, {}]
