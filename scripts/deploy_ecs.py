"""Roll an image tag out to the services of an environment on ECS, or take a roll-out back.

Only images change: each task definition is registered again with the image of the tag, and everything else as it stands. What a
roll-out replaces is written to a file first, so that it can be taken back, by `back`, whatever happens afterwards.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.ecs_services import Cluster, Patience, Replacement, RollOutFailed, read_record, write_record

DONE, FAILED, NOT_TAKEN_BACK = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Roll out or take back; 1 when it failed and all is as it was, 2 when it is not."""
    given = _parser().parse_args(arguments)
    patience = Patience(given.seconds, given.between)
    try:
        cluster = Cluster(f"energy-{given.environment}", boto3.client("ecs"), boto3.client("ecr"))
        if given.command == "back":
            return _take_back(cluster, read_record(given.record), patience)
        changes = cluster.changes(given.tag)
        write_record(given.record, [])
    except (RollOutFailed, BotoCoreError, ClientError, OSError) as problem:
        sys.stderr.write(f"nothing was changed: {problem}\n")
        return FAILED
    try:
        replacements = cluster.register(changes, record=given.record)
        cluster.roll_out(replacements, patience=patience)
    except (RollOutFailed, BotoCoreError, ClientError) as problem:
        sys.stderr.write(f"{problem}\n")
        return _take_back(cluster, read_record(given.record), patience) or FAILED
    sys.stdout.write(f"{cluster.name} runs {given.tag}: {len(replacements)} task definitions replaced\n")
    return DONE


def _take_back(cluster: Cluster, replacements: Sequence[Replacement], patience: Patience) -> int:
    try:
        cluster.take_back(replacements, patience=patience)
    except (RollOutFailed, BotoCoreError, ClientError) as problem:
        sys.stderr.write(f"NOT TAKEN BACK, look at the services by hand: {problem}\n")
        return NOT_TAKEN_BACK
    sys.stderr.write(f"{cluster.name} runs what it ran before\n")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (("out", "roll a tag out; taken back when it fails"), ("back", "take a roll-out back")):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--environment", required=True, choices=("staging", "production"))
        command.add_argument("--record", type=Path, required=True, help="file of what was replaced")
        command.add_argument("--seconds", type=float, default=900, help="how long the services may take")
        command.add_argument("--between", type=float, default=10, help=argparse.SUPPRESS)
        if name == "out":
            command.add_argument("--tag", required=True, help="tag of the release, like v0.1.0, without the target")
    return parser


if __name__ == "__main__":
    sys.exit(main())
