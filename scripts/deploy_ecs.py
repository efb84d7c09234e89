"""Roll an image tag out to the services of an environment on ECS, or take a roll-out back.

Only images change: each task definition is registered again with the image of the tag, and everything else as it stands. What a
roll-out replaces is written to a file first, so that it can be taken back, by `back`, whatever happens afterwards.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SERVICES: Final = ("webserver", "daemon", "code", "api", "ui")
RUN: Final = "run"
"""Runs have no service: whoever starts one takes the newest task definition of the family."""

TARGETS: Final = {"api": "api", "ui": "ui"}
PIPELINE: Final = "pipeline"
"""Target of the Dockerfile for every role that has none of its own."""

KEPT: Final = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
    "ephemeralStorage",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
)
"""What a task definition says itself; the rest is what ECS says about it."""

DONE, FAILED, NOT_TAKEN_BACK = 0, 1, 2


class RollOutFailed(Exception):
    """The services do not run what they should."""


@dataclass(frozen=True)
class Replacement:
    """A task definition in place of another; the service is None for the one that runs are started from."""

    service: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Patience:
    """How long services may take, and how often they are looked at."""

    seconds: float
    between: float


@dataclass(frozen=True)
class Cluster:
    """The services of one environment."""

    name: str
    ecs: Any
    ecr: Any

    def prepare(self, tag: str) -> list[Replacement]:
        """Register what the tag needs; nothing runs it yet, and what stands already is left out.

        Raises:
            RollOutFailed: a service or an image is missing.
        """
        standing = self._standing()
        definitions = {role: self._definition(arn) for role, arn in standing.items()}
        wanted = {role: _image(definition, role=role, tag=tag) for role, definition in definitions.items()}
        self._check_images(sorted(set(wanted.values())))
        registered: list[Replacement] = []
        try:
            for role, definition in definitions.items():
                if definition["containerDefinitions"][0]["image"] != wanted[role]:
                    after = self._register(definition, image=wanted[role])
                    registered.append(Replacement(None if role == RUN else role, standing[role], after))
        except (BotoCoreError, ClientError):
            self._retire(step.after for step in registered)
            raise
        return registered

    def roll_out(self, replacements: Sequence[Replacement], *, patience: Patience) -> None:
        """Let every service run its new task definition, and wait until all do.

        Raises:
            RollOutFailed: one of them does not, or ECS took it back.
        """
        self._update({step.service: step.after for step in replacements if step.service}, patience=patience)

    def take_back(self, replacements: Sequence[Replacement], *, patience: Patience) -> None:
        """Let every service run what it ran before; may be called again.

        Raises:
            RollOutFailed: one of them does not.
        """
        # The runs' first: the web server and the daemon look up the newest one when they start.
        self._retire(step.after for step in replacements if step.service is None)
        self._update({step.service: step.before for step in replacements if step.service}, patience=patience)
        self._retire(step.after for step in replacements if step.service)

    def _standing(self) -> dict[str, str]:
        told = self.ecs.describe_services(cluster=self.name, services=list(SERVICES))["services"]
        standing = {service["serviceName"]: service["taskDefinition"] for service in told if service["status"] == "ACTIVE"}
        missing = sorted(set(SERVICES) - set(standing))
        if missing:
            raise RollOutFailed(f"{self.name}: expected the services {', '.join(SERVICES)}; missing: {', '.join(missing)}")
        family = f"{self.name}-{RUN}"
        return {**standing, RUN: self._definition(family)["taskDefinitionArn"]}

    def _definition(self, name: str) -> dict[str, Any]:
        told = self.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])
        return {**told["taskDefinition"], "tags": told.get("tags", [])}

    def _check_images(self, images: Sequence[str]) -> None:
        repository = images[0].partition("/")[2].rpartition(":")[0]
        tags = [image.rpartition(":")[2] for image in images]
        found = self.ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag} for tag in tags])["images"]
        missing = sorted(set(tags) - {image["imageId"].get("imageTag") for image in found})
        if missing:
            raise RollOutFailed(f"{repository}: expected images tagged {', '.join(tags)}; missing: {', '.join(missing)}")

    def _register(self, definition: dict[str, Any], *, image: str) -> str:
        (container,) = definition["containerDefinitions"]
        asked = {name: definition[name] for name in KEPT if definition.get(name) is not None}
        asked["containerDefinitions"] = [{**container, "image": image}]
        if definition["tags"]:
            asked["tags"] = definition["tags"]
        return str(self.ecs.register_task_definition(**asked)["taskDefinition"]["taskDefinitionArn"])

    def _update(self, wanted: dict[str, str], *, patience: Patience) -> None:
        for service, definition in wanted.items():
            self.ecs.update_service(cluster=self.name, service=service, taskDefinition=definition)
        until, taken = time.monotonic() + patience.seconds, set[str]()
        while waiting := self._waiting(wanted, taken):
            if time.monotonic() > until:
                raise RollOutFailed(f"{self.name}: not done within {patience.seconds:.0f} s: {'; '.join(waiting)}")
            time.sleep(patience.between)

    def _waiting(self, wanted: dict[str, str], taken: set[str]) -> list[str]:
        if not wanted:
            return []
        told = self.ecs.describe_services(cluster=self.name, services=list(wanted))["services"]
        states = [_state(service, wanted=wanted[service["serviceName"]], taken=taken) for service in told]
        return [state for state in states if state is not None]

    def _retire(self, definitions: Iterable[str]) -> None:
        for definition in definitions:
            self.ecs.deregister_task_definition(taskDefinition=definition)


def write_record(path: Path, replacements: Sequence[Replacement]) -> None:
    """Keep what a roll-out replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(step) for step in replacements], indent=1) + "\n", encoding="utf-8")


def read_record(path: Path) -> list[Replacement]:
    """What a roll-out replaced."""
    return [Replacement(**step) for step in json.loads(path.read_text(encoding="utf-8"))]


def main(arguments: list[str] | None = None) -> int:
    """Roll out or take back; 1 when it failed and all is as it was, 2 when it is not."""
    given = _parser().parse_args(arguments)
    patience = Patience(given.seconds, given.between)
    try:
        cluster = Cluster(f"energy-{given.environment}", boto3.client("ecs"), boto3.client("ecr"))
        if given.command == "back":
            return _take_back(cluster, read_record(given.record), patience)
        write_record(given.record, [])  # a folder that cannot be written is found before anything is registered
        replacements = cluster.prepare(given.tag)
        write_record(given.record, replacements)
    except (RollOutFailed, BotoCoreError, ClientError, OSError) as problem:
        sys.stderr.write(f"nothing was changed: {problem}\n")
        return FAILED
    try:
        cluster.roll_out(replacements, patience=patience)
    except (RollOutFailed, BotoCoreError, ClientError) as problem:
        sys.stderr.write(f"{problem}\n")
        return _take_back(cluster, replacements, patience) or FAILED
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


def _image(definition: dict[str, Any], *, role: str, tag: str) -> str:
    repository = definition["containerDefinitions"][0]["image"].rpartition(":")[0]
    return f"{repository}:{tag}-{TARGETS.get(role, PIPELINE)}"


def _state(service: dict[str, Any], *, wanted: str, taken: set[str]) -> str | None:
    """What a service still has to do, None once it is done; those that took their definition are added to `taken`.

    Raises:
        RollOutFailed: ECS gave up, or went back by its circuit breaker.
    """
    name, deployments = service["serviceName"], service["deployments"]
    for deployment in deployments:
        if deployment["taskDefinition"] == wanted and deployment.get("rolloutState") == "FAILED":
            raise RollOutFailed(f"{name}: {deployment.get('rolloutStateReason', 'ECS gave up and told no reason')}")
    if service["taskDefinition"] == wanted:
        taken.add(name)
    elif name in taken:
        raise RollOutFailed(f"{name}: ECS went back to {service['taskDefinition']}")
    running, desired = service["runningCount"], service["desiredCount"]
    settled = len(deployments) == 1 and deployments[0].get("rolloutState", "COMPLETED") == "COMPLETED"
    if name in taken and settled and running == desired:
        return None
    return f"{name} runs {running} of {desired}"


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
