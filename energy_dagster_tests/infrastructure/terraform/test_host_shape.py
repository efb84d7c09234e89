"""Staging as one host: made, looked at through the API of AWS, changed behind Terraform's back, and taken away."""

import json
import urllib.parse

import boto3
import pytest

from energy_dagster_tests.infrastructure.terraform.account import (
    EVERYBODY,
    Door,
    bucket_faults,
    buckets,
    doors,
    flows,
    log_retention,
    managed_policies,
    role_faults,
)
from energy_dagster_tests.infrastructure.terraform.conftest import OPERATORS, REPOSITORY, STATE_BUCKET
from energy_dagster_tests.infrastructure.terraform.tool import Change, Stack

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(900)]

NAME = "energy-staging"
_BLOCK = 'module.platform.module.storage.aws_s3_bucket_public_access_block.this["lake"]'
LAKE_IS_OPEN = Change(_BLOCK, "aws_s3_bucket_public_access_block", "create")


def test_buckets_are_closed_encrypted_and_versioned(host_stack: Stack) -> None:
    assert len(buckets(NAME)) == 3
    assert [fault for bucket in buckets(NAME) for fault in bucket_faults(bucket)] == []


def test_the_host_is_reached_by_web_ports_only(host_stack: Stack) -> None:
    expected = {Door("host", port, cidr) for port in (80, 443) for cidr in (EVERYBODY, OPERATORS)}
    assert doors(NAME) == expected
    assert flows(NAME) == set()


def test_the_host_is_hard_to_misuse(host_stack: Stack) -> None:
    ec2 = boto3.client("ec2")
    host = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    volume = ec2.describe_volumes(VolumeIds=[host["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]])["Volumes"][0]
    assert host["MetadataOptions"]["HttpTokens"] == "required"
    assert host["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert volume["Encrypted"]
    assert host["IamInstanceProfile"]["Arn"].endswith(f"/{NAME}-host")
    assert "KeyName" not in host


def test_roles_are_scoped(host_stack: Stack) -> None:
    assert role_faults(NAME) == []
    assert managed_policies(NAME) == []


def test_workflows_of_one_repository_take_roles(host_stack: Stack) -> None:
    trusted = {}
    for purpose in ("plan", "deploy"):
        document = boto3.client("iam").get_role(RoleName=f"{NAME}-github-{purpose}")["Role"]["AssumeRolePolicyDocument"]
        read = document if isinstance(document, dict) else json.loads(urllib.parse.unquote(document))
        trusted[purpose] = read["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert trusted["deploy"] == f"repo:{REPOSITORY}:environment:staging"
    assert trusted["plan"] == [f"repo:{REPOSITORY}:pull_request", f"repo:{REPOSITORY}:ref:refs/heads/main"]


def test_secrets_have_no_value_in_the_state(host_stack: Stack) -> None:
    names = {secret["Name"] for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]}
    assert f"{NAME}/entsoe-token" in names
    assert names == set(host_stack.outputs()["secret_names"])
    state = host_stack.terraform.run(host_stack.root, "state", "pull")
    assert "aws_secretsmanager_secret_version" not in state


def test_the_state_lies_in_a_bucket_and_no_lock_is_left(host_stack: Stack) -> None:
    kept = [found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket=STATE_BUCKET)["Contents"]]
    assert kept == ["staging/terraform.tfstate"]


def test_logs_end_and_there_are_none_without_a_service(host_stack: Stack) -> None:
    assert log_retention(NAME) == {}


def test_what_was_changed_behind_its_back_is_seen(host_stack: Stack) -> None:
    assert host_stack.planned_changes() == set()
    boto3.client("s3").delete_public_access_block(Bucket=host_stack.outputs()["buckets"]["lake"])
    assert host_stack.planned_changes() == {LAKE_IS_OPEN}


def test_destroy_leaves_nothing(host_stack: Stack) -> None:
    assert "Destroy complete!" in host_stack.destroy()
    assert host_stack.state() == []
    assert buckets(NAME) == []
    assert doors(NAME) == set()
