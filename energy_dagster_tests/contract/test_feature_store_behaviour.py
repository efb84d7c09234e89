"""Level 0: what every feature store does, the lake and Hopsworks in both of its modes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster.domain.contracts import TableContractError
from energy_dagster.domain.feature_groups import Partition
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, Table
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.lake_feature_store import LakeFeatureStore
from energy_dagster.resources import hopsworks_client
from energy_dagster.resources.feature_store import FeatureStore
from energy_dagster_tests.contract.hopsworks_access import (
    DAY,
    MONTH,
    NEXT_DAY,
    NEXT_MONTH,
    TABLES,
    access_to,
    groups_in,
    rows_of,
)

each_table = pytest.mark.parametrize(("table", "partition", "following"), TABLES.values(), ids=TABLES)


@pytest.fixture(params=["lake", "hopsworks-delta", "hopsworks-stream"])
def feature_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FeatureStore]:
    if request.param == "lake":
        yield LakeFeatureStore(Lake(str(tmp_path / "lake")), lambda: datetime.now(UTC), "a-run")
        return
    standin = request.getfixturevalue("hopsworks_standin")
    yield groups_in(access_to(standin, tmp_path), "stream" if request.param.endswith("stream") else "delta")
    hopsworks_client.log_out()


@each_table
def test_a_partition_comes_back_to_the_last_digit(
    feature_store: FeatureStore, table: Table, partition: Partition, following: Partition
) -> None:
    rows = rows_of(table, partition, 7)
    replaced = feature_store.replace(table, partition, rows)
    assert (replaced.group, replaced.version, replaced.rows, replaced.deleted) == (table.name, 1, 7, 0)
    pd.testing.assert_frame_equal(feature_store.read(table, partition), rows, check_exact=True)


@each_table
def test_the_same_rows_again_change_nothing(
    feature_store: FeatureStore, table: Table, partition: Partition, following: Partition
) -> None:
    rows = rows_of(table, partition, 5)
    assert [feature_store.replace(table, partition, rows).deleted for _ in range(2)] == [0, 0]
    pd.testing.assert_frame_equal(feature_store.read(table, partition), rows)


def test_rows_that_are_gone_leave_and_those_that_changed_change(feature_store: FeatureStore) -> None:
    feature_store.replace(ERROR_METRICS, DAY, rows_of(ERROR_METRICS, DAY, 6))
    fewer = rows_of(ERROR_METRICS, DAY, 4, first_mwh=50)
    assert feature_store.replace(ERROR_METRICS, DAY, fewer).deleted == 2
    pd.testing.assert_frame_equal(feature_store.read(ERROR_METRICS, DAY), fewer)


def test_a_partition_without_rows_is_emptied(feature_store: FeatureStore) -> None:
    rows = rows_of(ERROR_METRICS, DAY, 3)
    assert feature_store.replace(ERROR_METRICS, NEXT_DAY, rows[:0]).rows == 0
    feature_store.replace(ERROR_METRICS, DAY, rows)
    assert feature_store.replace(ERROR_METRICS, DAY, rows[:0]).deleted == 3
    assert feature_store.read(ERROR_METRICS, DAY).empty


@each_table
def test_other_partitions_stay_as_they_are(
    feature_store: FeatureStore, table: Table, partition: Partition, following: Partition
) -> None:
    first, second = rows_of(table, partition, 5), rows_of(table, following, 4)
    feature_store.replace(table, partition, first)
    feature_store.replace(table, following, second)
    feature_store.replace(table, following, second)
    pd.testing.assert_frame_equal(feature_store.read(table, partition), first)


def test_a_partition_that_was_never_written_has_no_rows_but_the_types(feature_store: FeatureStore) -> None:
    found = feature_store.read(CONSUMPTION_FEATURES, MONTH)
    assert found.empty
    assert list(found.columns) == list(CONSUMPTION_FEATURES.names)
    assert found.dtypes["hour_utc"] == "datetime64[us]"


def test_a_key_twice_is_refused_before_anything_is_written(feature_store: FeatureStore) -> None:
    rows = rows_of(ERROR_METRICS, DAY, 3)
    with pytest.raises(TableContractError, match="expected each key once, found 3 repeated"):
        feature_store.replace(ERROR_METRICS, DAY, pd.concat([rows, rows]))
    assert feature_store.read(ERROR_METRICS, DAY).empty


def test_an_hour_that_a_month_looked_ahead_to_is_the_next_months_in_training_data(feature_store: FeatureStore) -> None:
    hours_of_march = 31 * 24
    looking_ahead = rows_of(CONSUMPTION_FEATURES, MONTH, hours_of_march + 3)
    april = rows_of(CONSUMPTION_FEATURES, NEXT_MONTH, 2, first_mwh=900)
    feature_store.replace(CONSUMPTION_FEATURES, MONTH, looking_ahead)
    feature_store.replace(CONSUMPTION_FEATURES, NEXT_MONTH, april)
    pd.testing.assert_frame_equal(feature_store.read(CONSUMPTION_FEATURES, MONTH), looking_ahead)
    data = feature_store.training_data([MONTH, NEXT_MONTH], "a test")
    expected = pd.concat([looking_ahead[:hours_of_march], april, looking_ahead[hours_of_march + 2 :]], ignore_index=True)
    pd.testing.assert_frame_equal(data.rows, expected)
    march_alone = feature_store.training_data([MONTH], "a test")
    pd.testing.assert_frame_equal(march_alone.rows, looking_ahead)
    if data.dataset is not None and march_alone.dataset is not None:
        assert march_alone.dataset.version == data.dataset.version + 1
