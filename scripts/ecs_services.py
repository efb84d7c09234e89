"""The services of an environment on ECS: what they run, how they get other images, and how they get back what they had."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

SERVICES: Final = ("webserver", "daemon", "code", "api", "ui")
RUN: Final = "run"
"""Runs have no service: whoever starts one takes the newest task definition of the family."""

TARGETS: Final = ("pipeline", "api", "ui")
"""Images of a release, by the end of their tags; which of them a task needs is told by the one that it has."""

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


class RollOutFailed(Exception):
    """The services do not run what they should."""


@dataclass(frozen=True)
class Replacement:
    """A task definition in place of another; the service is None for the one that runs are started from."""

    service: str | None
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A task definition that stands, and the image that it should have."""

    service: str | None
    definition: dict[str, Any]
    image: str


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

    def changes(self, tag: str) -> list[Change]:
        """What stands on another tag; nothing is changed yet.

        Raises:
            RollOutFailed: a service or an image is missing.
        """
        found = [Change(role, definition, _image(definition, tag=tag)) for role, definition in self._standing()]
        self._check_images(sorted({change.image for change in found}))
        return [change for change in found if change.definition["containerDefinitions"][0]["image"] != change.image]

    def register(self, changes: Sequence[Change], *, record: Path) -> list[Replacement]:
        """Register task definitions with the new images; no service runs one yet. Each is in the record once it is there."""
        registered: list[Replacement] = []
        for change in changes:
            after = self._register(change)
            registered.append(Replacement(change.service, change.definition["taskDefinitionArn"], after))
            write_record(record, registered)
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

    def _standing(self) -> list[tuple[str | None, dict[str, Any]]]:
        told = self.ecs.describe_services(cluster=self.name, services=list(SERVICES))["services"]
        names = {service["serviceName"]: service["taskDefinition"] for service in told if service["status"] == "ACTIVE"}
        missing = sorted(set(SERVICES) - set(names))
        if missing:
            raise RollOutFailed(f"{self.name}: expected the services {', '.join(SERVICES)}; missing: {', '.join(missing)}")
        runs = self._definition(f"{self.name}-{RUN}")
        return [*((name, self._definition(arn)) for name, arn in names.items()), (None, runs)]

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

    def _register(self, change: Change) -> str:
        (container,) = change.definition["containerDefinitions"]
        asked = {name: change.definition[name] for name in KEPT if change.definition.get(name) is not None}
        asked["containerDefinitions"] = [{**container, "image": change.image}]
        if change.definition["tags"]:
            asked["tags"] = change.definition["tags"]
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
            if self._definition(definition)["status"] == "ACTIVE":
                self.ecs.deregister_task_definition(taskDefinition=definition)


def write_record(path: Path, replacements: Sequence[Replacement]) -> None:
    """Keep what a roll-out replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(step) for step in replacements], indent=1) + "\n", encoding="utf-8")


def read_record(path: Path) -> list[Replacement]:
    """What a roll-out replaced."""
    return [Replacement(**step) for step in json.loads(path.read_text(encoding="utf-8"))]


def _image(definition: dict[str, Any], *, tag: str) -> str:
    standing = definition["containerDefinitions"][0]["image"]
    repository, _, old = standing.rpartition(":")
    target = old.rpartition("-")[2]
    if target not in TARGETS:
        raise RollOutFailed(
            f"{definition['family']}: expected an image whose tag ends with -{', -'.join(TARGETS)}, found {standing}"
        )
    return f"{repository}:{tag}-{target}"


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
