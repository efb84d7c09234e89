"""The query service: Arrow Flight with certificates on both sides."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.flight as flight
import pyarrow.parquet as pq

from energy_dagster_tests.contract.hopsworks_standin.cluster import VERSION, Cluster, Json
from energy_dagster_tests.contract.hopsworks_standin.faults import FaultKind
from energy_dagster_tests.contract.hopsworks_standin.query import NoRowsYet, QueryNotKnown, rows_of
from energy_dagster_tests.contract.hopsworks_standin.recording import FLIGHT, Recording
from energy_dagster_tests.contract.hopsworks_standin.relay import Relay

PORT = 5005
"""The client has it hard coded."""

ACTIONS = ("healthcheck", "get-version", "register-client-certificates", "create-training-dataset")
HALTING: tuple[FaultKind, ...] = ("unavailable", "hang", "unauthorized")


class QueryService(flight.FlightServerBase):  # type: ignore[misc]
    """Answers the queries that the REST side has prepared."""

    def __init__(self, cluster: Cluster, recording: Recording) -> None:
        self._cluster, self._recording = cluster, recording
        self._relay = Relay(PORT)
        certificates = cluster.certificates
        super().__init__(
            "grpc+tls://127.0.0.1:0",
            tls_certificates=[(certificates.server, certificates.server_key)],
            verify_client=True,
            root_certificates=certificates.authority.encode(),
        )
        self._relay.target_port = self.port

    def close(self) -> None:
        """Free the port and stop."""
        self._relay.close()
        self.shutdown()

    def cut_connections(self) -> None:
        """Break what is open: a client's next call connects anew."""
        self._relay.cut()

    def list_actions(self, _context: Any) -> list[tuple[str, str]]:
        return [(name, "") for name in ACTIONS]

    def do_action(self, _context: Any, action: Any) -> Iterator[Any]:
        body = action.body.to_pybytes() if action.body else b""
        result = self._answered(f"/do_action/{action.type}", body, lambda: self._act(action.type, body))
        yield flight.Result(result)

    def get_flight_info(self, _context: Any, descriptor: Any) -> Any:
        is_query = descriptor.descriptor_type == flight.DescriptorType.CMD
        asked = {"query": json.loads(descriptor.command)} if is_query else {"path": descriptor.path[0].decode()}
        ticket = json.dumps(asked).encode()
        endpoint = flight.FlightEndpoint(ticket, [])
        return self._answered("/get_flight_info", ticket, lambda: flight.FlightInfo(pa.schema([]), descriptor, [endpoint], -1, -1))

    def do_get(self, _context: Any, ticket: Any) -> Any:
        rows = self._answered("/do_get", ticket.ticket, lambda: self._rows(json.loads(ticket.ticket)))
        if self._cluster.faults.take(("stream_cut",), FLIGHT, "/do_get"):
            return flight.GeneratorStream(rows.schema, self._cut_in_the_middle(rows))
        return flight.RecordBatchStream(rows)

    def _answered(self, path: str, body: bytes, answer: Callable[[], Any]) -> Any:
        """An answer, recorded, unless a fault meets it."""
        faults = self._cluster.faults
        halting = faults.take(HALTING, FLIGHT, path)
        if halting is not None:
            statuses: dict[FaultKind, int] = {"unauthorized": 401, "unavailable": 503}
            self._recording.add(FLIGHT, path, body=body, status=statuses.get(halting))
            if halting == "unauthorized":
                raise flight.FlightUnauthenticatedError("the stand-in was told to know nobody")
            if halting == "hang":
                faults.hang()
            raise flight.FlightUnavailableError("the stand-in was told to be unavailable")
        try:
            answered = answer()
            if faults.take(("error_after",), FLIGHT, path):
                raise flight.FlightServerError("the stand-in was told to fail afterwards")  # noqa: TRY301 - recorded below
        except NoRowsYet as error:
            self._recording.add(FLIGHT, path, body=body, status=404)
            raise flight.FlightServerError(str(error)) from error
        except QueryNotKnown as error:
            self._recording.add(FLIGHT, path, body=body, status=404, unknown=True)
            raise flight.FlightServerError(str(error)) from error
        except Exception:
            self._recording.add(FLIGHT, path, body=body, status=500)
            raise
        self._recording.add(FLIGHT, path, body=body, status=200)
        return answered

    def _act(self, action: str, body: bytes) -> bytes:
        if action not in ACTIONS:
            raise QueryNotKnown(f"the stand-in knows no action {action!r}")
        if action == "get-version":
            return VERSION.encode()
        if action == "create-training-dataset":
            self._create_training_dataset(json.loads(body))
        return b"ok"

    def _create_training_dataset(self, asked: Json) -> None:
        """Rows of a view's query become one file of its training dataset."""
        datasets = self._cluster.training_datasets[asked["fv_name"], asked["fv_version"]]
        dataset = next(dataset for dataset in datasets if dataset["version"] == asked["tds_version"])
        folder = self._cluster.file(dataset["location"]) / dataset["name"]
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows_of(self._cluster, asked["query"]), folder / "part-0.parquet")

    def _rows(self, asked: Json) -> pa.Table:
        if "query" in asked:
            return rows_of(self._cluster, asked["query"])
        path = self._cluster.file(asked["path"])
        if not path.exists():
            raise NoRowsYet(f"No data found for path {asked['path']}.")
        return pq.read_table(path)

    def _cut_in_the_middle(self, rows: pa.Table) -> Iterator[pa.Table]:
        yield rows.slice(0, rows.num_rows // 2)
        self._relay.cut()
        yield rows.slice(rows.num_rows // 2)
