"""Level 1: the real Hopsworks client logs in at the stand-in; what the stand-in records and refuses."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from energy_dagster_tests.contract.hopsworks_client import Login, log_out
from energy_dagster_tests.contract.hopsworks_standin.faults import Fault, FaultKind

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

VERSIONS = "/variables/versions"


def ask(*path: str, method: str = "GET") -> Any:
    """A request as the client sends it, for what its own methods would not ask."""
    from hopsworks_common import client

    return client._get_instance()._send_request(method, list(path))  # there is no public way


def test_a_login_leads_to_the_project_and_its_feature_store(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any) -> None:
    assert hopsworks_project.name == "energy"
    assert hopsworks_project.get_feature_store().name == "energy_featurestore"
    assert [request.path for request in hopsworks_standin.requests][:2] == [VERSIONS, "/project/getProjectInfo/energy"]


def test_certificates_lie_in_a_private_folder_and_go_with_the_login(hopsworks_project: Any, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "client_key.pem").stat().st_mode & 0o777 == 0o600
    log_out()
    assert not folder.exists()


def test_nobody_is_logged_in_from_an_earlier_test() -> None:
    import hopsworks
    from hopsworks_common import client

    with pytest.raises(Exception, match="Couldn't find client"):
        client._get_instance()  # the singleton itself
    with pytest.raises(Exception, match="No project is set"):
        hopsworks.get_current_project()


def test_a_server_of_an_authority_that_is_not_trusted_is_refused(hopsworks_login: Login) -> None:
    import certifi
    from hopsworks.client.exceptions import HopsworksSSLClientError

    with pytest.raises(HopsworksSSLClientError):
        hopsworks_login(trust_store=Path(certifi.where()))


def test_a_wrong_key_is_refused_in_the_servers_words(hopsworks_login: Login) -> None:
    from hopsworks.client.exceptions import RestAPIError

    with pytest.raises(RestAPIError, match="Api key not found") as refused:
        hopsworks_login(api_key="another")
    assert refused.value.response.status_code == 401
    assert refused.value.error_code == 320002


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("error_after", 500), ("unauthorized", 401)])
def test_a_server_that_fails_at_login_is_told_by_its_status(
    hopsworks_standin: "HopsworksStandIn", hopsworks_login: Login, kind: FaultKind, status: int
) -> None:
    from hopsworks.client.exceptions import RestAPIError

    hopsworks_standin.faults.add(Fault(kind, path=VERSIONS))
    with pytest.raises(RestAPIError) as failed:
        hopsworks_login()
    assert failed.value.response.status_code == status
    assert hopsworks_login().name == "energy"


def test_a_server_that_hangs_is_left_after_the_clients_patience(
    hopsworks_standin: "HopsworksStandIn", hopsworks_login: Login
) -> None:
    import requests

    hopsworks_standin.faults.add(Fault("hang", path=VERSIONS))
    with pytest.raises(requests.exceptions.ReadTimeout):
        hopsworks_login(timeout=(1.0, 0.5))


def test_a_request_that_is_released_finds_its_connection_closed(
    hopsworks_standin: "HopsworksStandIn", hopsworks_login: Login
) -> None:
    import requests

    hopsworks_standin.faults.add(Fault("hang", path=VERSIONS))
    release = threading.Timer(0.5, hopsworks_standin.faults.release)
    release.start()
    with pytest.raises(requests.exceptions.ConnectionError):
        hopsworks_login()
    release.join()


def test_a_login_that_fails_ends_the_earlier_one_and_leaves_its_project_behind(hopsworks_login: Login) -> None:
    import hopsworks
    from hopsworks.client.exceptions import RestAPIError

    earlier = hopsworks_login()
    with pytest.raises(RestAPIError):
        hopsworks_login(api_key="another")
    with pytest.raises(Exception, match="Couldn't find client"):
        earlier.get_feature_store()
    assert hopsworks.get_current_project() is earlier


def test_a_server_of_another_version_is_only_warned_of(hopsworks_standin: "HopsworksStandIn", hopsworks_login: Login) -> None:
    hopsworks_standin.faults.add(Fault("wrong_version"))
    with pytest.warns(UserWarning, match=r"may not be compatible .* 4\.7\.0"):
        assert hopsworks_login().name == "energy"


def test_an_unknown_request_is_answered_clearly_and_fails_the_test(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any
) -> None:
    from hopsworks.client.exceptions import RestAPIError

    with pytest.raises(RestAPIError, match="knows no route for POST /no/such/thing") as unknown:
        ask("no", "such", "thing", method="POST")
    assert unknown.value.response.status_code == 404
    assert [(request.method, request.path) for request in hopsworks_standin.unknown_requests] == [("POST", "/no/such/thing")]
    with pytest.raises(AssertionError, match="/no/such/thing"):
        hopsworks_standin.check()
    hopsworks_standin.forget_unknown_requests()


def test_a_fault_that_met_nothing_fails_the_test(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any) -> None:
    hopsworks_standin.faults.add(Fault("unavailable", path="/never/asked"))
    with pytest.raises(AssertionError, match="/never/asked"):
        hopsworks_standin.check()
    hopsworks_standin.faults.clear()


def test_requests_are_recorded_with_status_and_size(hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any) -> None:
    (credentials,) = hopsworks_standin.asked("GET", "/credentials$")
    assert (credentials.status, credentials.body_bytes) == (200, 0)
    assert hopsworks_standin.asked("POST", "") == []
