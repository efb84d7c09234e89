"""`python -m api`: serve the API, or tell its contract. The port is ENERGY_API_PORT."""

import argparse
import json
import socket
import sys

from granian.constants import Interfaces
from granian.net import SocketSpec  # type: ignore[attr-defined]  # its own modules import it from there
from granian.server.mp import MPServer

from api.app import create_app
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store

LOOPBACK = "127.0.0.1"
DATA_WITHIN_SECONDS = 10
STOP_SECONDS = 10
"""Requests that are still answered when the server stops or reloads have this long."""


def contract() -> str:
    """The OpenAPI document as it is kept under docs/, so that a change of the contract is seen in review."""
    document = create_app(Settings(api_require_key=False), Store(Settings().warehouse)).openapi_schema.to_schema()
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


class ReloadingServer(MPServer):
    """Granian, whose workers may be replaced while requests come in: none is lost with the worker that goes.

    On Linux each worker would listen by a socket of its own, and what waits there is reset when it stops; here all listen by one
    that outlives them. And a connection is handed over only once its request has come: a worker that stops closes those it has
    read nothing from.
    """

    def _init_shared_socket(self) -> None:
        held = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._ssp, self._shd = None, held  # type: ignore[assignment]  # granian says None of what it fills later
        self._sso = socket.socket(fileno=held.get_fd())
        self._sso.set_inheritable(True)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):  # Linux has it
            self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DATA_WITHIN_SECONDS)


def main() -> None:
    """Serve until interrupted, on this machine only unless another address is asked for."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the REST API of the published warehouse.")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default %(default)s; 0.0.0.0 for everybody)")
    parser.add_argument("--port", type=int, default=Settings().api_port, help="port (default ENERGY_API_PORT, %(default)s)")
    parser.add_argument("--contract", action="store_true", help="print the OpenAPI document of the open API and end")
    arguments = parser.parse_args()
    if arguments.contract:
        sys.stdout.write(contract())
        return
    server = ReloadingServer(
        "api.app:from_environment",
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve()


if __name__ == "__main__":
    main()
