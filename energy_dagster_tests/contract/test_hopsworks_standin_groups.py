"""Level 1: feature groups of the real client in both modes: by way of Kafka and a job, and straight to Delta files."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from energy_dagster_tests.contract.standin_groups import KEY, MONTH, group_of, hours, megawatt_hours, read

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

both_modes = pytest.mark.parametrize("stream", [pytest.param(True, id="stream"), pytest.param(False, id="delta")])


@both_modes
def test_a_group_is_created_with_its_first_rows(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any, stream: bool
) -> None:
    group = group_of(hopsworks_project, stream=stream)
    assert hopsworks_standin.asked("POST", "/featuregroups$") == []
    group.insert(hours(3))
    assert [request.status for request in hopsworks_standin.asked("POST", "/featuregroups$")] == [201]
    assert group_of(hopsworks_project, stream=stream).id == group.id


@both_modes
def test_rows_come_back_as_they_went(hopsworks_project: Any, stream: bool) -> None:
    group = group_of(hopsworks_project, stream=stream)
    group.insert(hours(5))
    pd.testing.assert_frame_equal(read(group), hours(5))


@both_modes
def test_the_same_keys_again_are_updates_and_missing_ones_stay(hopsworks_project: Any, stream: bool) -> None:
    group = group_of(hopsworks_project, stream=stream)
    group.insert(hours(4))
    group.insert(hours(2, first_mwh=100))
    assert megawatt_hours(group) == [100, 101, 2, 3]


@both_modes
def test_a_part_comes_back_by_partition_by_time_and_by_area(hopsworks_project: Any, stream: bool) -> None:
    group = group_of(hopsworks_project, stream=stream)
    group.insert(pd.concat([hours(4), hours(4, area="DK2", first_mwh=10)], ignore_index=True))
    assert len(read(group.filter(group.month == MONTH))) == 8
    assert megawatt_hours(group.filter(group.area == "DK2")) == [10, 11, 12, 13]
    start, end = pd.Timestamp("2026-03-01T01:00"), pd.Timestamp("2026-03-01T03:00")
    within = (group.hour_utc >= start) & (group.hour_utc < end) & group.area.isin(["DK1", "DK"])
    assert megawatt_hours(group.filter(within)) == [1, 2]
    assert megawatt_hours(group.filter((group.consumption_mwh > 12) | (group.consumption_mwh < 1))) == [0, 13]
    assert list(group.select(["area"]).read().columns) == ["area"]


@both_modes
def test_rows_are_deleted_by_their_whole_key(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any, stream: bool) -> None:
    group = group_of(hopsworks_project, stream=stream)
    group.insert(hours(4))
    group.remove_rows(hours(2)[KEY])
    assert megawatt_hours(group) == [2, 3]
    newest = max(group.commit_details().items())[1]
    assert (newest["rowsInserted"], newest["rowsDeleted"]) == (0, 2)


def test_rows_of_a_streamed_group_in_hudi_cannot_be_deleted(hopsworks_project: Any) -> None:
    group = group_of(hopsworks_project, stream=True, time_travel_format="HUDI")
    group.insert(hours(2))
    with pytest.raises(NotImplementedError, match="when using the Spark engine"):
        group.remove_rows(hours(1)[KEY])


@both_modes
def test_times_with_a_zone_come_back_in_utc_without_one(hopsworks_project: Any, stream: bool) -> None:
    local = hours(2, start="2026-03-01T01:00")
    local["hour_utc"] = local["hour_utc"].dt.tz_localize("Europe/Copenhagen")
    group = group_of(hopsworks_project, stream=stream)
    group.insert(local)
    pd.testing.assert_frame_equal(read(group), hours(2))


def test_a_key_twice_in_one_frame_multiplies_delta_rows(hopsworks_project: Any) -> None:
    twice = pd.concat([hours(1), hours(1)], ignore_index=True)
    group = group_of(hopsworks_project, stream=False)
    group.insert(twice)
    group.insert(twice)
    assert megawatt_hours(group) == [0, 0, 0, 0]


def test_a_key_twice_in_one_frame_leaves_the_last_row_of_a_streamed_group(hopsworks_project: Any) -> None:
    group = group_of(hopsworks_project, stream=True)
    group.insert(pd.concat([hours(1), hours(1, first_mwh=7)], ignore_index=True))
    assert megawatt_hours(group) == [7]


def test_a_frame_of_other_columns_is_refused_before_it_is_sent(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    group = group_of(hopsworks_project, stream=False)
    group.insert(hours(1))
    with pytest.raises(FeatureStoreException, match="not compatible"):
        group.insert(hours(1).assign(quality="ok"))
    assert len(hopsworks_standin.asked("POST", "/commits$")) == 1


def test_a_deleted_group_is_absent_and_its_rows_are_gone(hopsworks_project: Any) -> None:
    group = group_of(hopsworks_project, stream=False)
    group.insert(hours(3))
    with pytest.warns(Warning, match="All jobs associated to feature group"):
        group.delete()
    assert hopsworks_project.get_feature_store().get_feature_group("consumption", version=1) is None
    again = group_of(hopsworks_project, stream=False)
    again.insert(hours(1))
    assert megawatt_hours(again) == [0]
