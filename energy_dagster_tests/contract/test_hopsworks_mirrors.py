"""Level 1: a day of the platform goes to Hopsworks and comes back equal, by the real client."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from dagster import AssetKey

from energy_dagster.defs.feature_store import UPSTREAM
from energy_dagster.defs.mirror_lag import mirror_lags
from energy_dagster.defs.mirroring import partition_of
from energy_dagster.domain.forecasting import make_issues
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, Table
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.own_registry import DATASET, model_of, number_of
from energy_dagster.partitions import DAYS, FEATURE_REACH_HOURS, ISSUE_HOURS, MONTHS, keys_between
from energy_dagster.resources import hopsworks_client
from energy_dagster_tests.brought_up import NOW, TREES, BroughtUp
from energy_dagster_tests.contract.mirrored_platform import MirroredPlatform, certificates_below, metadata_of, settings_with

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

WEEK = "2025-10-27"
TABLES = {
    "hopsworks_features": (CONSUMPTION_FEATURES, MONTHS, ("2025-09-01", "2025-10-01")),
    "hopsworks_predictions": (PREDICTIONS, ISSUE_HOURS, tuple(f"2025-10-27T{hour:02d}" for hour in range(6, 10))),
    "hopsworks_error_metrics": (ERROR_METRICS, DAYS, ("2025-10-26", "2025-10-27")),
}


@pytest.fixture
def platform(hopsworks_standin: "HopsworksStandIn", own_copy: BroughtUp) -> Iterator[MirroredPlatform]:
    with open_instance(own_copy.data) as instance:
        yield MirroredPlatform(settings_with(hopsworks_standin, own_copy.settings), instance)
    hopsworks_client.log_out()


@pytest.mark.parametrize("mirror", TABLES)
def test_a_table_is_mirrored_and_comes_back_equal(
    hopsworks_standin: "HopsworksStandIn", platform: MirroredPlatform, mirror: str
) -> None:
    table, calendar, keys = TABLES[mirror]
    result = platform.run(mirror, keys[0], keys[-1])
    assert result.success
    assert platform.statuses(mirror, keys) == ["materialized"] * len(keys)
    store = platform.hopsworks().feature_store()
    for key in keys:
        pd.testing.assert_frame_equal(store.read(table, partition_of(calendar, key)), rows_in_lake(platform, table, key))
    told = metadata_of(result, mirror)
    assert [one["group version"] for one in told] == [1] * len(keys)
    assert [one["dagster/row_count"] for one in told] == [len(rows_in_lake(platform, table, key)) for key in keys]
    assert told[0]["page in Hopsworks"].startswith(f"https://localhost:{hopsworks_standin.port}/p/119/fs/67/fg/")
    assert told[0]["seconds"] > 0


def rows_in_lake(platform: MirroredPlatform, table: Table, key: str) -> pd.DataFrame:
    return platform.lake.read(table, [key])


def test_a_group_says_what_its_columns_mean(hopsworks_standin: "HopsworksStandIn", platform: MirroredPlatform) -> None:
    platform.run("hopsworks_error_metrics", "2025-10-26")
    (group,) = hopsworks_standin.cluster.groups.values()
    told = {feature["name"]: feature for feature in group["features"]}
    assert told["squared_error_mwh2"]["description"] == "Mean squared error of the issues [MWh2]"
    assert {name for name, feature in told.items() if feature["primary"]} == {"area", "consumer_group", "lead_bucket", "vintage"}
    assert {name for name, feature in told.items() if feature["partition"]} == {"partition_month"}
    assert group["eventTime"] == "hour_utc"


def test_the_champion_is_registered_and_predicts_the_same(platform: MirroredPlatform) -> None:
    result = platform.run("hopsworks_model", WEEK)
    assert result.success
    champion = platform.models.champion(at_or_before=WEEK)
    assert champion is not None
    number = number_of(champion.version, platform.models.versions())
    (told,) = metadata_of(result, "hopsworks_model")
    assert (told["registry version"], told["added"]) == (number, True)
    assert champion.model.meta.model_version in told["model"]
    files = platform.hopsworks().registry().fetch(number)
    assert files == platform.models.contents(champion.version)
    features = platform.lake.read(CONSUMPTION_FEATURES, months_before(NOW))
    issues = [pd.Timestamp("2025-10-27T09:00")]
    said = [
        make_issues(features, {pd.Timestamp(WEEK): model}, issues=issues).rows for model in (champion.model, model_of(files or {}))
    ]
    pd.testing.assert_frame_equal(said[0], said[1], check_exact=True)
    assert (said[0]["rung"] == "full").all()
    again = metadata_of(platform.run("hopsworks_model", WEEK), "hopsworks_model")
    assert [one["added"] for one in again] == [False]


def months_before(now: datetime) -> list[str]:
    return keys_between(MONTHS, now - timedelta(hours=FEATURE_REACH_HOURS), now)


def test_a_model_that_is_trained_from_hopsworks_is_that_of_the_lake(
    hopsworks_standin: "HopsworksStandIn", own_copy: BroughtUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from energy_dagster.domain import model

    monkeypatch.setitem(model.TREES, "num_iterations", TREES)
    with open_instance(own_copy.data) as instance:
        from_lake = MirroredPlatform(settings_with(hopsworks_standin, own_copy.settings), instance)
        assert from_lake.run("forecast_model", WEEK).success
        source = settings_with(hopsworks_standin, own_copy.settings, training_source="hopsworks")
        from_hopsworks = MirroredPlatform(source, instance)
        assert from_hopsworks.run("forecast_model", WEEK).success
        *_, lakes, hopsworks = (version for version in from_lake.models.versions() if version.partition == WEEK)
        made = metadata_of(from_hopsworks.run("hopsworks_model", WEEK), "hopsworks_model")
    hopsworks_client.log_out()
    files = [from_lake.models.contents(version) for version in (lakes, hopsworks)]
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {"meta.json"}
    metas = [from_lake.models.read_meta(version) for version in (lakes, hopsworks)]
    assert metas[0].calibration == metas[1].calibration
    assert metas[0].training_rows == metas[1].training_rows
    assert metas[0].held_out == metas[1].held_out
    assert metas[1].inputs[DATASET] == {"training_features 1": "1"}
    assert metas[0].inputs["consumption_features"] == metas[1].inputs["consumption_features"]
    assert DATASET not in metas[0].inputs
    assert metas[1].verdict == "champion"
    assert "trained from training dataset 1 of training_features 1" in made[0]["model"]


def test_training_data_are_made_when_wanted_and_months_that_lag_are_mirrored_first(platform: MirroredPlatform) -> None:
    result = platform.run("hopsworks_training_data", WEEK)
    assert result.success
    (told,) = metadata_of(result, "hopsworks_training_data")
    assert (told["feature view"], told["training dataset version"]) == ("training_features", 1)
    months = platform.lake.partitions("consumption_features")
    assert told["dagster/row_count"] == len(platform.lake.read(CONSUMPTION_FEATURES, months))


def test_certificates_are_private_and_gone_after_the_login(platform: MirroredPlatform) -> None:
    assert platform.run("hopsworks_error_metrics", "2025-10-26").success
    (folder,) = certificates_below(platform.settings.data)
    assert {place.stat().st_mode & 0o777 for place in (folder, folder.parent)} == {0o700}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    hopsworks_client.log_out()
    assert certificates_below(platform.settings.data) == []


def test_one_login_serves_many_partitions(hopsworks_standin: "HopsworksStandIn", platform: MirroredPlatform) -> None:
    platform.run("hopsworks_predictions", "2025-10-27T06", "2025-10-27T09")
    assert len(hopsworks_standin.asked("GET", "/credentials$")) == 1


def test_a_mirror_that_is_made_again_follows_what_was_made_above_it(platform: MirroredPlatform) -> None:
    mirrored = {AssetKey("hopsworks_error_metrics"): UPSTREAM[AssetKey("hopsworks_error_metrics")]}
    (before,) = mirror_lags(platform.instance, mirrored)
    assert before.missing > 0
    assert before.since is not None
    assert platform.run("hopsworks_error_metrics", before.first, before.last).success
    (after,) = mirror_lags(platform.instance, mirrored)
    assert (after.missing, after.older, after.since) == (0, 0, None)
    assert platform.run("error_metrics", "2025-10-26").success
    (behind,) = mirror_lags(platform.instance, mirrored)
    assert (behind.missing, behind.older, behind.first, behind.last) == (0, 1, "2025-10-26", "2025-10-26")
