"""Level 1: what the real client makes of faults while it writes and reads groups."""

import time
from typing import TYPE_CHECKING, Any

import pyarrow.flight as flight
import pytest

from energy_dagster_tests.contract.hopsworks_client import Login
from energy_dagster_tests.contract.hopsworks_standin.faults import Fault, FaultKind
from energy_dagster_tests.contract.standin_groups import KEY, group_of, hours, megawatt_hours, read

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

QUICK_KAFKA: dict[str, Any] = {"kafka_timeout": 1, "kafka_producer_config": {"message.timeout.ms": 1000, "log_level": 0}}
"""By itself the client waits 6 s for the offsets and 5 minutes for each row's delivery."""


@pytest.fixture
def delta_group(hopsworks_project: Any) -> Any:
    """A group of four hours, written straight to Delta files."""
    group = group_of(hopsworks_project, stream=False)
    group.insert(hours(4))
    return group


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("error_after", 500), ("unauthorized", 401)])
def test_rows_are_written_although_their_commit_is_not_registered(
    hopsworks_standin: "HopsworksStandIn", delta_group: Any, kind: FaultKind, status: int
) -> None:
    from hopsworks.client.exceptions import RestAPIError

    hopsworks_standin.faults.add(Fault(kind, method="POST", path="/commits$"))
    with pytest.raises(RestAPIError) as failed:
        delta_group.insert(hours(2, first_mwh=50))
    assert failed.value.response.status_code == status
    assert megawatt_hours(delta_group) == [50, 51, 2, 3]
    delta_group.insert(hours(2, first_mwh=50))
    assert megawatt_hours(delta_group) == [50, 51, 2, 3]


def test_a_group_created_by_a_request_that_failed_is_found_by_the_next(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from hopsworks.client.exceptions import RestAPIError

    hopsworks_standin.faults.add(Fault("error_after", method="POST", path="/featuregroups$"))
    with pytest.raises(RestAPIError):
        group_of(hopsworks_project, stream=False).insert(hours(2))
    group = group_of(hopsworks_project, stream=False)
    group.insert(hours(2))
    assert megawatt_hours(group) == [0, 1]


def test_a_broker_that_is_down_is_noticed_before_a_row_is_sent(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from confluent_kafka import KafkaException

    hopsworks_standin.faults.add(Fault("broker_down"))
    group = group_of(hopsworks_project, stream=True)
    with pytest.raises(KafkaException, match="Broker transport failure"):
        group.insert(hours(2), write_options=QUICK_KAFKA)
    group.insert(hours(2), write_options=QUICK_KAFKA)
    assert megawatt_hours(group) == [0, 1]


def test_a_broker_that_goes_down_before_the_rows_fails_the_insert(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    hopsworks_standin.faults.add(Fault("broker_down", after=1))
    with pytest.raises(FeatureStoreException, match="Failed to deliver row"):
        group_of(hopsworks_project, stream=True).insert(hours(2), write_options=QUICK_KAFKA)
    assert hopsworks_standin.asked("POST", "/executions$") == []


def test_a_failed_job_is_told_only_to_who_waits_and_the_next_job_moves_the_rows(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from hopsworks.client.exceptions import FeatureStoreException, JobExecutionException

    hopsworks_standin.faults.add(Fault("job_failed", times=2))
    group = group_of(hopsworks_project, stream=True)
    group.insert(hours(1))
    with pytest.raises(FeatureStoreException, match="No delta logs found"):
        read(group)
    with pytest.raises(JobExecutionException, match="Job failed"):
        group.insert(hours(2), wait=True)
    group.insert(hours(3), wait=True)
    assert megawatt_hours(group) == [0, 1, 2]


def test_a_running_job_is_only_warned_of_even_to_who_waits(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any) -> None:
    group = group_of(hopsworks_project, stream=True)
    group.insert(hours(1))
    hopsworks_standin.faults.add(Fault("job_running", times=None))
    with pytest.warns(UserWarning, match="already running, aborting new execution"):
        group.insert(hours(3), wait=True)
    assert megawatt_hours(group) == [0]
    hopsworks_standin.faults.clear()
    group.materialization_job.run(args="-op offline_fg_materialization", await_termination=True)
    assert megawatt_hours(group) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["unavailable", "stream_cut"])
def test_a_read_that_breaks_once_is_tried_again(hopsworks_standin: "HopsworksStandIn", delta_group: Any, kind: FaultKind) -> None:
    hopsworks_standin.faults.add(Fault(kind, method="FLIGHT", path="/do_get"))
    assert megawatt_hours(delta_group) == [0, 1, 2, 3]
    assert len(hopsworks_standin.asked("FLIGHT", "/do_get")) == 2


def test_a_read_that_is_cut_in_the_middle_each_time_fails_after_three(
    hopsworks_standin: "HopsworksStandIn", delta_group: Any
) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    hopsworks_standin.faults.add(Fault("stream_cut", times=None))
    with pytest.raises(FeatureStoreException, match="Could not read data") as failed:
        read(delta_group)
    assert isinstance(failed.value.__cause__, flight.FlightUnavailableError)
    assert len(hopsworks_standin.asked("FLIGHT", "/do_get")) == 3


@pytest.mark.parametrize(
    ("kind", "cause"), [("unauthorized", flight.FlightUnauthenticatedError), ("error_after", flight.FlightServerError)]
)
def test_a_read_that_is_refused_is_not_tried_again(
    hopsworks_standin: "HopsworksStandIn", delta_group: Any, kind: FaultKind, cause: type[Exception]
) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    hopsworks_standin.faults.add(Fault(kind, method="FLIGHT", path="/do_get"))
    with pytest.raises(FeatureStoreException) as failed:
        read(delta_group)
    assert isinstance(failed.value.__cause__, cause)
    assert len(hopsworks_standin.asked("FLIGHT", "/do_get")) == 1


def test_a_read_that_hangs_ends_with_the_timeout_given(hopsworks_standin: "HopsworksStandIn", delta_group: Any) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    hopsworks_standin.faults.add(Fault("hang", method="FLIGHT", path="/do_get"))
    began = time.monotonic()
    with pytest.raises(FeatureStoreException) as failed:
        delta_group.read(read_options={"arrow_flight_config": {"timeout": 1}})
    assert isinstance(failed.value.__cause__, flight.FlightTimedOutError)
    assert time.monotonic() - began < 10


def test_a_query_that_hangs_is_left_after_the_clients_patience(
    hopsworks_standin: "HopsworksStandIn", hopsworks_login: Login
) -> None:
    import requests

    group = group_of(hopsworks_login(timeout=(1.0, 1.0)), stream=False)
    group.insert(hours(1))
    hopsworks_standin.faults.add(Fault("hang", method="PUT", path="/featurestores/query"))
    with pytest.raises(requests.exceptions.ReadTimeout):
        read(group)


def test_rows_cannot_be_deleted_where_nothing_was_moved_yet(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any) -> None:
    from hopsworks.client.exceptions import FeatureStoreException

    hopsworks_standin.faults.add(Fault("job_failed"))
    group = group_of(hopsworks_project, stream=True)
    group.insert(hours(2))
    with pytest.raises(FeatureStoreException, match="is not DELTA enabled"):
        group.remove_rows(hours(1)[KEY])


def test_a_row_deleted_before_its_job_has_run_comes_back_with_the_job(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    group = group_of(hopsworks_project, stream=True)
    group.insert(hours(1))
    hopsworks_standin.faults.add(Fault("job_failed"))
    group.insert(hours(3))
    group.remove_rows(hours(3)[KEY])
    assert megawatt_hours(group) == []
    group.materialization_job.run(args="-op offline_fg_materialization", await_termination=True)
    assert megawatt_hours(group) == [0, 1, 2]
