"""A real webhook on loopback that keeps what it was sent, and can go away and come back on the same port."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-token-to-hide"


@dataclass
class Webhook:
    """What was sent to it, and how it answers."""

    ever: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    port: int = 0
    _seen: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Its address as Apprise reads it."""
        return f"json://user:{SECRET}@127.0.0.1:{self.port}/{SECRET}"

    @property
    def pulse(self) -> str:
        """Its address as a dead man's switch."""
        return f"http://127.0.0.1:{self.port}/ping/{SECRET}"

    def titles(self) -> list[str]:
        """Of the messages since it was last asked, in order."""
        told = [message["title"] for message in self.ever[self._seen :]]
        self._seen = len(self.ever)
        return told

    def up(self) -> None:
        """Listen, on the port it had."""
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if hook.status < 400:
                    hook.ever.append(body)
                self._answer()

            def do_GET(self) -> None:
                hook.asked.append(self.path)
                self._answer()

            def _answer(self) -> None:
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *said: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that listens until the block ends."""
    hook = Webhook()
    hook.up()
    try:
        yield hook
    finally:
        hook.down()
