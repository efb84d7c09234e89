"""Terraform with its provider, a stand-in for AWS on loopback, and an environment in each shape."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import boto3
import pytest

from energy_dagster_tests.infrastructure.terraform.tool import (
    PROJECT,
    Stack,
    Terraform,
    TerraformFailed,
    copy_sources,
    find_provider_mirror,
    give_up,
)
from energy_dagster_tests.ports import free_port

REGION: Final = "eu-west-1"
STATE_BUCKET: Final = "state"
SERVER: Final = "energy_dagster_tests.infrastructure.terraform.aws_stand_in"
SERVER_SECONDS: Final = 60
MACHINE_IMAGE: Final = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101"
OPERATORS: Final = "203.0.113.0/24"
REPOSITORY: Final = "owner/energy-dagster"


@pytest.fixture(scope="package")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with the AWS provider, over a copy of the project's; skips where one of them is not to be had."""
    if shutil.which("terraform") is None:
        give_up("no terraform on PATH")
    mirror = find_provider_mirror()
    options = (f"-plugin-dir={mirror}",) if mirror else ()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    environment |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    tool = Terraform(copy_sources(tmp_path_factory.mktemp("terraform")), options, environment)
    try:
        tool.initialize("bootstrap")
    except (TerraformFailed, subprocess.TimeoutExpired) as problem:
        give_up(f"the AWS provider is neither on this machine nor to be had: {str(problem)[-300:]}")
    return tool


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty AWS on loopback; boto3 and Terraform are told of it by the environment alone."""
    port = free_port()
    log = tmp_path_factory.mktemp("aws") / "log"
    command = [
        sys.executable,
        "-m",
        "energy_dagster_tests.infrastructure.terraform.aws_stand_in",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with log.open("wb") as out, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        server = subprocess.Popen(command, cwd=PROJECT, stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait_for(port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def host_stack(terraform: Terraform, aws: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Staging as one host, applied."""
    image = boto3.client("ec2").register_image(
        Name=MACHINE_IMAGE, Architecture="x86_64", RootDeviceName="/dev/sda1", VirtualizationType="hvm"
    )
    assert image["ImageId"]
    return _applied(terraform, tmp_path_factory.mktemp("host"), aws, "staging", "host")


@pytest.fixture(scope="module")
def fargate_stack(terraform: Terraform, aws: str, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Production on Fargate, applied."""
    return _applied(terraform, tmp_path_factory.mktemp("fargate"), aws, "production", "fargate")


def _applied(terraform: Terraform, folder: Path, aws: str, environment: str, shape: str) -> Stack:
    """An environment whose state lies, locked, in a bucket, as a user's does."""
    boto3.client("s3").create_bucket(Bucket=STATE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    certificate = boto3.client("acm").request_certificate(DomainName="*.energy.example.org")["CertificateArn"]
    credentials = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    told = Terraform(copy_sources(folder), terraform.plugin_options, {**terraform.environment, **credentials})
    root = f"environments/{environment}"
    places = [f"-backend-config={line}" for line in (f"bucket={STATE_BUCKET}", f"region={REGION}", "use_path_style=true")]
    told.initialize(root, "-reconfigure", *places)
    stack = Stack(
        told,
        root,
        {
            "shape": shape,
            "domain": "energy.example.org",
            "certificate_arn": certificate,
            "image_tag": "v1",
            "operator_cidrs": [OPERATORS],
            "integrations": ["entsoe-token", "alert-urls"],
            "mails": ["operators@example.org"],
            "host": {"image_owner": "self"},
            "github": {"repository": REPOSITORY, "create_provider": True, "state_bucket": STATE_BUCKET},
            "protected": False,
        },
    )
    assert aws
    stack.apply()
    return stack


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"the stand-in for AWS did not answer in {SERVER_SECONDS} s: {log.read_text()[-1000:]}")
