"""REST over TLS."""

import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from energy_dagster_tests.contract.hopsworks_standin import routes_files, routes_groups, routes_models, routes_project, routes_views
from energy_dagster_tests.contract.hopsworks_standin.cluster import Cluster
from energy_dagster_tests.contract.hopsworks_standin.faults import FaultKind
from energy_dagster_tests.contract.hopsworks_standin.recording import Recording
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, error

PREFIX = "/hopsworks-api/api"
API_KEY = "key-of-the-stand-in"
ALL_ROUTES = (
    routes_project.ROUTES,
    routes_groups.ROUTES,
    routes_views.ROUTES,
    routes_files.ROUTES,
    routes_models.ROUTES,
)
WRONG_KEY = error(401, 320002, "Api key not found")
UNAVAILABLE = Reply(b"<html><body><h1>503 Service Unavailable</h1></body></html>", 503)
FAILED_AFTERWARDS = error(500, 120000, "Something went wrong after all was done")
UNKNOWN_CODE = 999999
"""An error code the client takes for nothing it knows."""

HALTING: tuple[FaultKind, ...] = ("unavailable", "hang", "unauthorized")


@dataclass(frozen=True)
class Exchange:
    """A reply (None: the connection closes without one) and whether nobody knew the request."""

    reply: Reply | None
    unknown: bool = False


def exchanged(cluster: Cluster, request: Request, authorization: str | None) -> Exchange:
    """What becomes of a request: faults first, then the key, then the routes."""
    halting = cluster.faults.take(HALTING, request.method, request.path)
    if halting == "hang":
        cluster.faults.hang()
        return Exchange(None)
    if halting == "unavailable":
        return Exchange(UNAVAILABLE)
    if halting == "unauthorized" or authorization != f"ApiKey {API_KEY}":
        return Exchange(WRONG_KEY)
    for routes in ALL_ROUTES:
        reply = routes.reply(cluster, request)
        if reply is not None:
            failed = cluster.faults.take(("error_after",), request.method, request.path)
            return Exchange(FAILED_AFTERWARDS if failed else reply)
    message = f"The stand-in knows no route for {request.method} {request.path}"
    return Exchange(error(404, UNKNOWN_CODE, message), unknown=True)


class RestServer(ThreadingHTTPServer):
    """The server on a port of its own choice."""

    daemon_threads = True

    def __init__(self, cluster: Cluster, recording: Recording) -> None:
        self.cluster, self.recording = cluster, recording
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cluster.certificates.server_file, cluster.certificates.server_key_file)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: RestServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name for it
        """What came is in the recording."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(url.path.removeprefix(PREFIX))
        request = Request(self.command, path, parse_qs(url.query), body, self.headers.get("Content-Type") or "")
        recording = self.server.recording
        try:
            exchange = exchanged(self.server.cluster, request, self.headers.get("Authorization"))
        except Exception as fault:  # noqa: BLE001 - a mistake of the stand-in's must fail the test
            exchange = Exchange(error(500, UNKNOWN_CODE, f"The stand-in failed: {fault!r}"), unknown=True)
        status = None if exchange.reply is None else exchange.reply.status
        recording.add(request.method, path, query=url.query, body=body, status=status, unknown=exchange.unknown)
        if exchange.reply is None:
            self.close_connection = True
        else:
            self._send(exchange.reply)

    def _send(self, reply: Reply) -> None:
        is_bytes = isinstance(reply.body, bytes)
        payload = reply.body if is_bytes else b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/octet-stream" if is_bytes else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - the base calls them so
