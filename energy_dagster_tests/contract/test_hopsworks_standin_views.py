"""Level 1: feature views and training datasets of the real client."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from energy_dagster_tests.contract.standin_groups import group_of, hours

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")


@pytest.fixture
def view(hopsworks_project: Any) -> Any:
    """A view of all features of a group of eight hours, its label the consumption."""
    group = group_of(hopsworks_project, stream=False)
    group.insert(hours(8))
    store = hopsworks_project.get_feature_store()
    return store.get_or_create_feature_view(name="load", version=1, query=group.select_all(), labels=["consumption_mwh"])


def test_a_view_is_found_again_and_absent_once_deleted(hopsworks_project: Any, view: Any) -> None:
    store = hopsworks_project.get_feature_store()
    assert store.get_feature_view("load", version=1).name == view.name
    with pytest.warns(Warning, match="All jobs associated to feature view"):
        view.delete()
    assert store.get_feature_view("load", version=1) is None


def test_a_batch_holds_the_features_of_a_span_of_event_time(view: Any) -> None:
    assert len(view.get_batch_data()) == 8
    batch = view.get_batch_data(start_time="2026-03-01 02:00", end_time="2026-03-01 05:00")
    assert sorted(batch["hour_utc"].dt.hour) == [2, 3, 4]
    assert "consumption_mwh" not in batch.columns


def test_a_split_parts_features_and_labels_without_loss(hopsworks_standin: "HopsworksStandIn", view: Any) -> None:
    train_features, test_features, train_labels, test_labels = view.train_test_split(test_size=0.25)
    assert (len(train_features), len(test_features)) == (6, 2)
    assert sorted([*train_labels["consumption_mwh"], *test_labels["consumption_mwh"]]) == list(range(8))
    assert [request.status for request in hopsworks_standin.asked("POST", "/trainingdatasets/version/1/statistics$")] == [200]


def test_a_split_by_time_keeps_the_test_after_the_training_and_makes_times_text(view: Any) -> None:
    """The client computes statistics of the very frame that it returns, and has made its times text for them."""
    train_features, test_features, _, _ = view.train_test_split(
        train_start="2026-03-01 00:00", train_end="2026-03-01 05:00", test_start="2026-03-01 05:00", test_end="2026-03-01 08:00"
    )
    assert sorted(train_features["hour_utc"]) == [f"2026-03-01 0{hour}:00:00" for hour in range(5)]
    assert sorted(pd.to_datetime(test_features["hour_utc"]).dt.hour) == [5, 6, 7]


def test_training_data_are_written_once_and_read_again(hopsworks_standin: "HopsworksStandIn", view: Any) -> None:
    version, _ = view.create_training_data(data_format="parquet")
    assert len(hopsworks_standin.asked("FLIGHT", "create-training-dataset")) == 1
    features, labels = view.get_training_data(version)
    assert len(features) == 8
    assert sorted(labels["consumption_mwh"]) == list(range(8))
