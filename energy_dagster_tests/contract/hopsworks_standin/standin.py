"""A Hopsworks cluster on loopback, as far as the real client can tell.

REST over TLS on a port of its own, Arrow Flight with certificates on both sides on port 5005, and Kafka by librdkafka's mock
broker. Written from what hopsworks 5.2.1 asks and from the answers its code expects; no live server was ever asked. It has no
HopsFS data path (groups lie in a `file://` folder as if on storage of one's own), no Spark, no online store, no rights.
"""

from pathlib import Path

from energy_dagster_tests.contract.hopsworks_standin.broker import Broker
from energy_dagster_tests.contract.hopsworks_standin.certificates import make_certificates
from energy_dagster_tests.contract.hopsworks_standin.cluster import PROJECT, QUERY_SERVICE_NAME, USERNAME, Cluster
from energy_dagster_tests.contract.hopsworks_standin.faults import Faults
from energy_dagster_tests.contract.hopsworks_standin.flight import QueryService
from energy_dagster_tests.contract.hopsworks_standin.recording import Recorded, Recording
from energy_dagster_tests.contract.hopsworks_standin.rest import API_KEY, RestServer


class HopsworksStandIn:
    """The servers and the state behind them; one for a session of tests, emptied for each by `reset()`."""

    host = "localhost"
    project = PROJECT
    api_key = API_KEY

    def __init__(self, folder: Path) -> None:
        certificates = make_certificates(folder, query_service_name=QUERY_SERVICE_NAME, client_name=f"{PROJECT}__{USERNAME}")
        self.trust_store = certificates.authority_file
        self.faults = Faults()
        self.cluster = Cluster(folder=folder / "cluster", broker=Broker(), faults=self.faults, certificates=certificates)
        self._recording = Recording()
        self._query_service = QueryService(self.cluster, self._recording)
        self._rest = RestServer(self.cluster, self._recording)

    @property
    def port(self) -> int:
        """Port of the REST side."""
        return self._rest.server_port

    @property
    def requests(self) -> list[Recorded]:
        """All requests since the last reset, those of the query service among them, in order of their answers."""
        return list(self._recording.requests)

    @property
    def unknown_requests(self) -> list[Recorded]:
        """Requests that no route is for, or that the stand-in failed to answer."""
        return list(self._recording.unknown)

    def asked(self, method: str, path: str) -> list[Recorded]:
        """Requests of a method (`FLIGHT` for the query service) whose path has a regular expression somewhere."""
        return self._recording.matching(method, path)

    def check(self) -> None:
        """Fail where something was asked that nobody knows, or where a planned fault has met nothing.

        Raises:
            AssertionError: with the requests or the faults.
        """
        unknown, unmet = self.unknown_requests, self.faults.unmet
        assert unknown == [], f"the stand-in does not know {unknown}"
        assert unmet == [], f"planned and never met: {unmet}"

    def forget_unknown_requests(self) -> None:
        """For a test that asks for what is unknown on purpose."""
        self._recording.unknown.clear()

    def reset(self) -> None:
        """An empty cluster, no faults, no recording; what hangs is released."""
        self.faults.clear()
        self.cluster.reset()
        self._recording.clear()

    def close(self) -> None:
        """Stop the servers and free their ports."""
        self.faults.clear()
        self._rest.shutdown()
        self._rest.server_close()
        self._query_service.close()
