"""A stand-in for the W&B service on loopback: what the real client asks while it uploads runs and artifacts, with faults.

It is strict: a route, a GraphQL operation or a file that it does not know is noted in `unexpected`, and the fixture fails the test.
It shows how the client behaves. It cannot show what the service itself does with what it is sent.
"""

import gzip
import json
import re
import sys
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from energy_dagster_tests.contract.wandb_standin_account import Account, UnknownOperation

Kind = Literal["500", "401", "403", "hang", "dies"]
KEY = "5" * 40
OPERATION = re.compile(r"(?:query|mutation)\s+(\w+)")


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        name: of the GraphQL operation, or method and route of any other.
        variables: of the operation.
        key: by which the caller made himself known.
    """

    name: str
    variables: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Fault:
    """What goes wrong: from the very first request on, from the first of a name on, or at those of a name alone."""

    kind: Kind
    since: str | None = None
    only: str | None = None


class WandbStandin:
    """The stand-in and what it holds; `account` outlives a stop, as that of the service would."""

    def __init__(self) -> None:
        self.account = Account()
        self.requests: list[Request] = []
        self.unexpected: list[str] = []
        self.fault: Fault | None = None
        self._server: ThreadingHTTPServer | None = None
        self._released = threading.Event()
        self._lock = threading.Lock()
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it listens, or listened."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, at the same port as before."""
        handler = type("Handler", (_Handler,), {"standin": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Listen no more, and let go of who waits."""
        self._released.set()
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def heal(self) -> None:
        """No fault any more, and there again where it had died."""
        self.fault = None
        self._released.set()
        self._released = threading.Event()
        if self._server is None:
            self.start()

    def named(self, name: str) -> list[Request]:
        """The requests of a name."""
        return [request for request in self.requests if request.name == name]

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, bytes] | None:
        """Status and body; None for none at all."""
        path = unquote(urlsplit(target).path)
        asked = json.loads(body) if path == "/graphql" else {}
        name = asked.get("operationName") or _operation(asked.get("query", "")) if asked else f"{method} {_route(path)}"
        request = Request(name, asked.get("variables") or {}, _key_of(headers.get("authorization", "")))
        with self._lock:
            self.requests.append(request)
            fault = self._fault_of(request)
        if fault is not None:
            return self._faulty(fault.kind)
        if path.startswith("/storage/"):
            return self._stored(method, path, body)
        if request.key != KEY:
            return 401, b'{"errors": [{"message": "user is not logged in"}]}'
        with self._lock:
            return self._answered(request, asked, path, body)

    def _fault_of(self, request: Request) -> Fault | None:
        fault = self.fault
        if fault is None or (fault.since is not None and not self.named(fault.since)):
            return None
        return fault if fault.only in (None, request.name) else None

    def _faulty(self, kind: Kind) -> tuple[int, bytes] | None:
        if kind == "hang":
            self._released.wait(120)
            return None
        if kind == "dies":
            threading.Thread(target=self.stop, daemon=True).start()
            return None
        return int(kind), json.dumps({"errors": [{"message": f"told to answer {kind}"}]}).encode()

    def _stored(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "PUT":
            self.account.storage[path] = body
            return 200, b""
        if method == "GET" and path in self.account.storage:
            return 200, self.account.storage[path]
        self.unexpected.append(f"{method} {path}")
        return 404, b""

    def _answered(self, request: Request, asked: dict[str, Any], path: str, body: bytes) -> tuple[int, bytes]:
        try:
            if asked:
                return 200, json.dumps({"data": self.account.asked(request.name, request.variables, self.url)}).encode()
            if request.name == "POST /files/file_stream":
                self.account.streamed(path, json.loads(body))
                return 200, b'{"limits": {}}'
        except UnknownOperation as unknown:
            self.unexpected.append(f"{unknown}: {asked.get('query', '')[:2000]}")
            return 200, json.dumps({"data": None, "errors": [{"message": f"the stand-in knows no {unknown}"}]}).encode()
        self.unexpected.append(request.name)
        return 404, b"{}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was ended is no error; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: WandbStandin

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
        return gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    def _handle(self) -> None:
        answer = self.standin.answer(self.command, self.path, self.headers, self._body())
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_CONNECT = _handle  # noqa: N815 - as the base class looks for them


def _operation(query: str) -> str:
    found = OPERATION.search(query)
    return found[1] if found else f"an operation without a name: {query[:80]}"


def _route(path: str) -> str:
    """A path without what differs from run to run.

    >>> _route("/files/team/project/run/file_stream")
    '/files/file_stream'
    """
    parts = path.strip("/").split("/")
    return f"/{parts[0]}/{parts[-1]}" if parts[0] == "files" else f"/{parts[0]}"


def _key_of(authorization: str) -> str:
    kind, _, value = authorization.partition(" ")
    return b64decode(value).decode().partition(":")[2] if kind.lower() == "basic" else value


@contextmanager
def wandb_standin() -> Iterator[WandbStandin]:
    """A stand-in for a block.

    Raises:
        AssertionError: it was asked what it does not know.
    """
    standin = WandbStandin()
    try:
        yield standin
    finally:
        standin.stop()
    assert standin.unexpected == [], standin.unexpected
