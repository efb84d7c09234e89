"""What an account holds, read with boto3, in the words that the tests ask in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import boto3

EVERYBODY: Final = "0.0.0.0/0"


@dataclass(frozen=True)
class Door:
    """A TCP port of a security group that a network may reach."""

    group: str
    port: int
    cidr: str


def buckets(prefix: str) -> list[str]:
    """Names of the buckets of an environment."""
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    return sorted(name for name in names if name.startswith(prefix))


def bucket_faults(bucket: str) -> list[str]:
    """What a bucket lacks of: closed to the public, encrypted, versioned, TLS only, with a lifecycle."""
    s3 = boto3.client("s3")
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    held = {
        "public access block": len(closed) == 4 and all(closed.values()),
        "encryption": rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256",
        "versions": s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled",
        "TLS only": any(refuses_without_tls(statement) for statement in statements),
        "only refusals in the policy": all(statement["Effect"] == "Deny" for statement in statements),
        "lifecycle": [rule["Status"] for rule in lifecycle] == ["Enabled"],
    }
    return [f"{bucket}: {name}" for name, holds in held.items() if not holds]


def refuses_without_tls(statement: dict[str, Any]) -> bool:
    """Whether a statement refuses whoever asks in the clear."""
    return bool(statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}})


def doors(prefix: str) -> set[Door]:
    """Every port that is open to a network, of the security groups of an environment and of the ones that AWS makes."""
    found = set()
    for group in boto3.client("ec2").describe_security_groups()["SecurityGroups"]:
        for rule in group["IpPermissions"]:
            for network in rule["IpRanges"]:
                assert rule["IpProtocol"] == "tcp", f"{group['GroupName']} takes {rule['IpProtocol']}"
                assert rule["FromPort"] == rule["ToPort"], f"{group['GroupName']} opens a range of ports"
                found.add(Door(group["GroupName"].removeprefix(f"{prefix}-"), rule["FromPort"], network["CidrIp"]))
    return found


def flows(prefix: str) -> set[tuple[str, str, int]]:
    """Which group reaches which, at which port, by the rules where a connection arrives."""
    groups = {group["GroupId"]: group for group in boto3.client("ec2").describe_security_groups()["SecurityGroups"]}
    name = {key: group["GroupName"].removeprefix(f"{prefix}-") for key, group in groups.items()}
    return {
        (name[source["GroupId"]], name[key], rule["FromPort"])
        for key, group in groups.items()
        if group["GroupName"].startswith(prefix)
        for rule in group["IpPermissions"]
        for source in rule["UserIdGroupPairs"]
    }


def role_statements(prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role of an environment."""
    iam = boto3.client("iam")
    for role in iam.list_roles()["Roles"]:
        if role["RoleName"].startswith(prefix):
            for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
                for statement in document["Statement"]:
                    yield role["RoleName"], statement


def listed(value: str | list[str]) -> list[str]:
    """A field of a policy that is one text or several."""
    return [value] if isinstance(value, str) else value


UNSCOPABLE: Final = frozenset(
    {
        "ecr:GetAuthorizationToken",
        "ecs:DeregisterTaskDefinition",
        "ecs:DescribeTaskDefinition",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
)
"""Actions for which AWS knows no resource narrower than all."""


def role_faults(prefix: str) -> list[str]:
    """Statements that allow more than named actions on named resources; reading how things are set up may be wider."""
    faults = []
    for role, statement in role_statements(prefix):
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if any(action == "*" or action.endswith(":*") for action in actions) or statement["Effect"] != "Allow":
            faults.append(f"{role}: {actions}")
        if "*" in resources:
            changing = [action for action in actions if action not in UNSCOPABLE and not _only_describes(action)]
            faults.extend(f"{role}: {action} on everything" for action in changing)
    return faults


def managed_policies(prefix: str) -> list[str]:
    """Policies of AWS that a role of the environment has: they allow more than is needed, so there is none."""
    iam = boto3.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(prefix)]
    return [p["PolicyName"] for role in roles for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


def log_retention(prefix: str) -> dict[str, int | None]:
    """Days that each log group of an environment keeps its lines."""
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in groups if prefix in group["logGroupName"]}


def _only_describes(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "List", "Get")) and not action.startswith(("s3:", "secretsmanager:"))
