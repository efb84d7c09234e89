"""`python -m api`: serve the API. The port is ENERGY_API_PORT."""

import argparse

from granian.constants import Interfaces
from granian.server import Server

from energy_dagster.settings import Settings

LOOPBACK = "127.0.0.1"


def main() -> None:
    """Serve until interrupted, on this machine only unless another address is asked for."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the REST API of the published warehouse.")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default %(default)s; 0.0.0.0 for everybody)")
    parser.add_argument("--port", type=int, default=Settings().api_port, help="port (default ENERGY_API_PORT, %(default)s)")
    arguments = parser.parse_args()
    server = Server(
        "api.app:from_environment", address=arguments.host, port=arguments.port, interface=Interfaces.ASGI, factory=True
    )
    server.serve()


if __name__ == "__main__":
    main()
