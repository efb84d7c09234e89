"""`python -m ui`: serve the app as the environment says."""

import argparse

from energy_dagster.settings import Settings
from ui.app import LOOPBACK, serve


def main() -> None:
    """Serve until interrupted, on this machine only unless another address is asked for."""
    parser = argparse.ArgumentParser(prog="python -m ui", description="Serve the forecast page and the monitoring page.")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default %(default)s; 0.0.0.0 for everybody)")
    serve(Settings(), host=parser.parse_args().host)


if __name__ == "__main__":
    main()
