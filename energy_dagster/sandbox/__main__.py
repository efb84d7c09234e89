"""Run the replica as a server of its own: `python -m energy_dagster.sandbox --port 8900`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta

from granian.constants import Interfaces
from granian.server.embed import Server
from pydantic import ValidationError

from energy_dagster.sandbox.app import create_replica, open_archive
from energy_dagster.sandbox.archive import Archive
from energy_dagster.sandbox.fault_script import BadFault, FaultScript, ScriptedFault, kinds_told, parse_fault
from energy_dagster.sandbox.faults import DESCRIPTION_OF, WEATHER_SERVICES, with_faults
from energy_dagster.sandbox.recorded import NoRecordedData
from energy_dagster.settings import Settings


def _fault(text: str) -> ScriptedFault:
    try:
        return parse_fault(text)
    except BadFault as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m energy_dagster.sandbox",
        description="Serve the portal's replica.",
        epilog=f"""NAME is a dataset, meta/<dataset> for its description, or one of {", ".join(WEATHER_SERVICES)}.
Faults given for the same name follow each other. KIND is one of

{kinds_told()}
""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", help="sandbox or recorded:<folder> (default: ENERGY_SOURCE, else sandbox)")
    parser.add_argument("--now", help="pretend this is the present, ISO 8601 with a zone; it stands still")
    parser.add_argument("--seed", type=int, help="seed of the simulated data")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--one-request-per", type=float, metavar="SECONDS", help="answer 429 to a dataset asked again earlier")
    parser.add_argument(
        "--fault",
        action="append",
        type=_fault,
        default=[],
        metavar="NAME=KIND[:N]",
        help="answer wrongly, with :N the first N requests only; can be given again",
    )
    return parser.parse_args()


def _check_names(faults: Sequence[ScriptedFault], archive: Archive) -> None:
    known = (*archive.datasets, *WEATHER_SERVICES)
    for fault in faults:
        if fault.name.removeprefix(DESCRIPTION_OF) not in known:
            raise BadFault(f"expected a fault of one of {', '.join(known)}; found {fault.name!r}")


def main() -> int:
    """Serve until interrupted; 2 when the arguments cannot be used."""
    arguments = _arguments()
    given = {name: getattr(arguments, name) for name in ("source", "now", "seed") if getattr(arguments, name) is not None}
    try:
        settings = Settings(**given)
        archive = open_archive(settings.source, seed=settings.seed)
        _check_names(arguments.fault, archive)
    except (ValidationError, ValueError, NoRecordedData) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    period = None if arguments.one_request_per is None else timedelta(seconds=arguments.one_request_per)
    replica = create_replica(archive, clock=settings.present, one_request_per=period)
    faulty = with_faults(replica, FaultScript(arguments.fault), clock=settings.present)
    server = Server(faulty, address=arguments.address, port=arguments.port, interface=Interfaces.ASGI)
    sys.stdout.write(f"replica ({archive.source}) on http://{arguments.address}:{arguments.port}\n")
    sys.stdout.flush()
    asyncio.run(server.serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
