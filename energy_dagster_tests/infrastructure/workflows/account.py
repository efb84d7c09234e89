"""An environment on ECS in a stand-in for AWS, as Terraform leaves it, and what its services run."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecr.models import ecr_backends
from moto.ecs.models import ecs_backends
from moto.server import ThreadedMotoServer

from scripts.ecs_services import SERVICES

REGION: Final = "eu-west-1"
NAME: Final = "energy-staging"
OLD, NEW = "v0.1.0", "v0.2.0"
TARGETS: Final = ("pipeline", "api", "ui")
REPOSITORY: Final = f"{DEFAULT_ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/{NAME}"


@dataclass
class Environment:
    """The stand-in's own view, so that a test can let a service fail, which moto never does by itself."""

    before: dict[str, str] = field(default_factory=dict)

    def service(self, name: str) -> Any:
        """The service as the stand-in holds it."""
        return ecs_backends[DEFAULT_ACCOUNT_ID][REGION].services[f"{NAME}:{name}"]

    def running(self) -> dict[str, str]:
        """The task definition of each service, and the newest that runs are started from."""
        ecs = boto3.client("ecs")
        services = ecs.describe_services(cluster=NAME, services=list(SERVICES))["services"]
        runs = ecs.list_task_definitions(familyPrefix=f"{NAME}-run", status="ACTIVE")["taskDefinitionArns"]
        return {**{service["serviceName"]: service["taskDefinition"] for service in services}, "run": max(runs)}

    def images(self) -> dict[str, str]:
        """The image of each of them."""
        return {role: self.container(arn)["image"] for role, arn in self.running().items()}

    def container(self, definition: str) -> dict[str, Any]:
        """The one container of a task definition."""
        told = boto3.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
        return dict(told["containerDefinitions"][0])

    def active(self) -> set[str]:
        """Task definitions that may be started."""
        return set(boto3.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"])

    def push(self, tag: str, targets: tuple[str, ...] = TARGETS) -> None:
        """Put images into the registry."""
        for target in targets:
            layer = f"sha256:{hashlib.sha256(f'{tag}{target}'.encode()).hexdigest()}"
            manifest = {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": layer},
                "layers": [],
            }
            boto3.client("ecr").put_image(repositoryName=NAME, imageManifest=json.dumps(manifest), imageTag=f"{tag}-{target}")


@contextmanager
def environment() -> Iterator[Environment]:
    """Staging with its five services and the definition of runs, all on the old tag; boto3 finds it by the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("MOTO_ECS_SERVICE_RUNNING", "1")
        try:
            yield _made()
        finally:
            for backends in (ecs_backends, ecr_backends):
                backends[DEFAULT_ACCOUNT_ID][REGION].reset()
            server.stop()


def _made() -> Environment:
    ecs = boto3.client("ecs")
    boto3.client("ecr").create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    ecs.create_cluster(clusterName=NAME)
    made = Environment()
    made.push(OLD)
    for role in (*SERVICES, "run"):
        target = role if role in TARGETS else "pipeline"
        definition = ecs.register_task_definition(
            family=f"{NAME}-{role}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            taskRoleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/{NAME}-{role}",
            executionRoleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/{NAME}-{role}-start",
            containerDefinitions=[
                {
                    "name": role,
                    "image": f"{REPOSITORY}:{OLD}-{target}",
                    "memory": 512,
                    "environment": [{"name": "ENERGY_SOURCE", "value": "sandbox"}],
                    "secrets": [{"name": "ENERGY_POSTGRES_PASSWORD", "valueFrom": "arn:of:a:secret"}],
                }
            ],
            volumes=[{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}],
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            tags=[{"key": "Environment", "value": "staging"}],
        )["taskDefinition"]["taskDefinitionArn"]
        if role != "run":
            ecs.create_service(cluster=NAME, serviceName=role, taskDefinition=definition, desiredCount=1)
    made.before = made.running()
    return made
