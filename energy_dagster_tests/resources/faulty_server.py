"""A server on loopback that answers as it is told, faults included."""

import json
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        body: bytes as they are, anything else as JSON.
        status: of the answer.
        headers: besides type and length, or instead of them.
        kind: content type.
        cut_after: bytes of the body after which the connection is reset.
        silent_seconds: before anything is said.
        drip_seconds: between two bytes of the body.
        chunks: makes a body that is too large to hold, sent in chunks.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut_after: int | None = None
    silent_seconds: float = 0.0
    drip_seconds: float = 0.0
    chunks: Callable[[], Iterable[bytes]] | None = None

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class FaultyServer:
    """What it will answer, in order, the last one for ever; and what it was asked."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def will(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faulty: FaultyServer

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.faulty.asked.append((address.path, dict(parse_qsl(address.query))))
        self.faulty.agents.append(self.headers["User-Agent"])
        reply = self.faulty.next()
        self.faulty.closing.wait(reply.silent_seconds)
        self.send_response_only(reply.status)
        length = {"Transfer-Encoding": "chunked"} if reply.chunks else {"Content-Length": str(len(reply.payload))}
        for name, value in {"Content-Type": reply.kind, **length, **reply.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.send_body(reply)

    def send_body(self, reply: Reply) -> None:
        if reply.chunks is not None:
            self.send_chunks(reply.chunks())
        elif reply.drip_seconds:
            self.send_drops(reply)
        else:
            self.wfile.write(reply.payload[: reply.cut_after])
        if reply.cut_after is not None:
            self.wfile.flush()
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # closing sends a reset

    def send_chunks(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def send_drops(self, reply: Reply) -> None:
        for byte in reply.payload:
            self.wfile.write(bytes([byte]))
            if self.faulty.closing.wait(reply.drip_seconds):
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    """A server that runs until the block ends."""
    server = FaultyServer("")
    with _Quiet(("127.0.0.1", 0), type("Handler", (_Handler,), {"faulty": server})) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        http.shutdown()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request: Any) -> None:
        socketserver.TCPServer.close_request(self, request)  # without the goodbye that would hide a reset

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked has hung up, as a client may."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
