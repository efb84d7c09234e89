"""Production on Fargate: made, looked at through the API of AWS, changed behind Terraform's back, and taken away."""

from typing import Any

import boto3
import pytest
import yaml

from energy_dagster.instance_file import server_file
from energy_dagster.settings import Settings
from energy_dagster_tests.infrastructure.terraform.account import (
    EVERYBODY,
    Door,
    bucket_faults,
    buckets,
    doors,
    flows,
    listed,
    log_retention,
    managed_policies,
    role_faults,
    role_statements,
)
from energy_dagster_tests.infrastructure.terraform.conftest import OPERATORS, REGION
from energy_dagster_tests.infrastructure.terraform.tool import Change, Stack

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(900)]

NAME = "energy-production"
SERVICES = {"webserver", "daemon", "code", "api", "ui"}
ROLES = SERVICES | {"run"}

_BLOCK = 'module.platform.module.storage.aws_s3_bucket_public_access_block.this["lake"]'
LAKE_IS_OPEN = Change(_BLOCK, "aws_s3_bucket_public_access_block", "create")

GAPS_OF_THE_STAND_IN = {
    "aws_appautoscaling_target": {"tags_all"},
    "aws_db_parameter_group": {"parameter"},
    "aws_ecs_service": {"availability_zone_rebalancing", "enable_ecs_managed_tags", "health_check_grace_period_seconds"},
    "aws_vpc_security_group_egress_rule": {"description"},
    "aws_vpc_security_group_ingress_rule": {"description"},
}
"""Attributes that moto does not tell back, so that a second plan would set them again and again."""


def is_a_gap_of_the_stand_in(change: Change) -> bool:
    """Whether a planned change is no difference at all."""
    return change.action == "update" and set(change.attributes) <= GAPS_OF_THE_STAND_IN.get(change.kind, set())


def containers() -> dict[str, dict[str, Any]]:
    """The container of each task definition, with the definition's own fields beside it."""
    ecs = boto3.client("ecs")
    found = {}
    for arn in ecs.list_task_definitions()["taskDefinitionArns"]:
        definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        found[container["name"]] = {**definition, **container, "task_memory": definition["memory"]}
    return found


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    """The plain variables of a container."""
    return {variable["name"]: variable["value"] for variable in container["environment"]}


def test_buckets_are_closed_encrypted_and_versioned(fargate_stack: Stack) -> None:
    assert len(buckets(NAME)) == 3
    assert [fault for bucket in buckets(NAME) for fault in bucket_faults(bucket)] == []


def test_only_the_load_balancer_is_reached_from_outside(fargate_stack: Stack) -> None:
    assert doors(NAME) == {Door("alb", port, cidr) for port in (80, 443) for cidr in (EVERYBODY, OPERATORS)}


def test_each_part_reaches_what_it_needs(fargate_stack: Stack) -> None:
    assert flows(NAME) == {
        ("alb", "webserver", 3000),
        ("alb", "api", 8000),
        ("alb", "ui", 8001),
        ("webserver", "code", 4000),
        ("daemon", "code", 4000),
        *((role, "database", 5432) for role in ("webserver", "daemon", "code", "run")),
        *((role, "folder", 2049) for role in ("code", "run", "api", "ui")),
    }


def test_tasks_are_on_private_subnets_without_addresses(fargate_stack: Stack) -> None:
    ec2, ecs = boto3.client("ec2"), boto3.client("ecs")
    services = ecs.describe_services(cluster=NAME, services=sorted(SERVICES))["services"]
    assert {service["serviceName"] for service in services} == SERVICES
    for service in services:
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        subnets = ec2.describe_subnets(SubnetIds=network["subnets"])["Subnets"]
        assert network["assignPublicIp"] == "DISABLED"
        assert all("-private-" in tag["Value"] for net in subnets for tag in net["Tags"] if tag["Key"] == "Name")


def test_tasks_say_their_image_memory_and_health(fargate_stack: Stack) -> None:
    assert set(containers()) == ROLES
    for role, container in containers().items():
        assert container["image"].endswith(f"{NAME}:v1-{role if role in ('api', 'ui') else 'pipeline'}")
        assert str(container["memory"]) == str(container["task_memory"])
        assert ("healthCheck" in container) == (role != "run")
        assert container["networkMode"] == "awsvpc"


def test_secrets_reach_only_who_needs_them(fargate_stack: Stack) -> None:
    given = {role: {secret["name"] for secret in container.get("secrets", [])} for role, container in containers().items()}
    keys = {"ENERGY_ENTSOE_TOKEN", "ENERGY_ALERT_URLS"}
    assert given == {
        "webserver": {"ENERGY_POSTGRES_PASSWORD"},
        "daemon": {"ENERGY_POSTGRES_PASSWORD"},
        "code": {"ENERGY_POSTGRES_PASSWORD"} | keys,
        "run": {"ENERGY_POSTGRES_PASSWORD"} | keys,
        "api": set(),
        "ui": set(),
    }
    plain = {name for container in containers().values() for name in environment_of(container)}
    assert not plain & {"ENERGY_POSTGRES_PASSWORD", *keys}


def test_readers_mount_the_snapshots_read_only(fargate_stack: Stack) -> None:
    read_only = {role: mount["readOnly"] for role, container in containers().items() for mount in container["mountPoints"]}
    assert read_only == {"code": False, "run": False, "api": True, "ui": True}
    writers = {role for role, statement in role_statements(NAME) if "elasticfilesystem:ClientWrite" in listed(statement["Action"])}
    assert writers == {f"{NAME}-code", f"{NAME}-run"}


def test_settings_are_ones_that_the_program_knows(fargate_stack: Stack) -> None:
    known = {f"ENERGY_{name.upper()}" for name in Settings.model_fields}
    told = {name for container in containers().values() for name in environment_of(container) if name.startswith("ENERGY_")}
    assert told - known == set()


def test_the_instance_is_what_the_program_writes_plus_the_launcher(fargate_stack: Stack) -> None:
    told = yaml.safe_load(fargate_stack.outputs()["dagster_yaml"])
    launcher = told.pop("run_launcher")
    database = told["storage"]["postgres"]["postgres_db"]
    settings = Settings(
        postgres_host=database["hostname"],
        postgres_user="dagster",
        postgres_password="anything",
        postgres_sslmode="require",
        compute_logs_bucket=fargate_stack.outputs()["buckets"]["compute_logs"],
        compute_logs_region=REGION,
    )
    expected = yaml.safe_load(server_file(settings))
    expected["run_monitoring"]["start_timeout_seconds"] = 300
    assert told == expected
    assert launcher["config"]["task_definition"] == f"{NAME}-run"
    assert all(
        yaml.safe_load(environment_of(containers()[role])["DAGSTER_YAML"]) for role in ("webserver", "daemon", "code", "run")
    )


def test_the_launcher_takes_its_configuration(fargate_stack: Stack) -> None:
    launchers = pytest.importorskip("dagster_aws.ecs", reason="dagster-aws is not installed; it is in the extra aws")
    config = yaml.safe_load(fargate_stack.outputs()["dagster_yaml"])["run_launcher"]["config"]
    launcher = launchers.EcsRunLauncher(**config)
    assert launcher.task_definition.endswith(f"task-definition/{NAME}-run:1")
    task = {**config["run_task_kwargs"], "taskDefinition": launcher.task_definition}
    assert boto3.client("ecs").run_task(**task)["failures"] == []


def test_roles_are_scoped(fargate_stack: Stack) -> None:
    assert role_faults(NAME) == []
    assert managed_policies(NAME) == []


def test_only_the_web_server_and_the_daemon_start_runs_and_only_with_the_runs_roles(fargate_stack: Stack) -> None:
    starters = {}
    for role, statement in role_statements(NAME):
        if "iam:PassRole" in listed(statement["Action"]) and "github" not in role:
            starters[role] = {arn.rpartition("/")[2] for arn in listed(statement["Resource"])}
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
    assert starters == {f"{NAME}-{role}": {f"{NAME}-run", f"{NAME}-run-start"} for role in ("webserver", "daemon")}


def test_the_database_is_private_encrypted_and_backed_up(fargate_stack: Stack) -> None:
    (database,) = boto3.client("rds").describe_db_instances()["DBInstances"]
    assert not database["PubliclyAccessible"]
    assert database["StorageEncrypted"]
    assert database["MultiAZ"]
    assert database["BackupRetentionPeriod"] == 30
    assert database["MasterUserSecret"]["SecretArn"]


def test_http_is_redirected_and_hosts_are_told_apart(fargate_stack: Stack) -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    listeners = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    by_port = {listener["Port"]: listener for listener in listeners}
    assert by_port[80]["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    assert "TLS13" in by_port[443]["SslPolicy"]
    rules = client.describe_rules(ListenerArn=by_port[443]["ListenerArn"])["Rules"]
    asked = {}
    for rule in rules:
        values = {c["Field"]: c.get("HostHeaderConfig", c.get("SourceIpConfig", {})).get("Values") for c in rule["Conditions"]}
        if values:
            asked[values["host-header"][0]] = values.get("source-ip")
    assert asked == {"api.energy.example.org": None, "app.energy.example.org": None, "dagster.energy.example.org": [OPERATORS]}


def test_images_are_scanned_and_tags_stay(fargate_stack: Stack) -> None:
    (repository,) = boto3.client("ecr").describe_repositories()["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"]["scanOnPush"]


def test_every_log_ends(fargate_stack: Stack) -> None:
    kept = log_retention(NAME)
    assert {name.rpartition("/")[2] for name in kept} == ROLES | {"flow", "postgresql"}
    assert set(kept.values()) == {90}


def test_what_was_changed_behind_its_back_is_seen(fargate_stack: Stack) -> None:
    before = fargate_stack.planned_changes()
    assert [change for change in before if not is_a_gap_of_the_stand_in(change)] == []
    boto3.client("s3").delete_public_access_block(Bucket=fargate_stack.outputs()["buckets"]["lake"])
    assert fargate_stack.planned_changes() - before == {LAKE_IS_OPEN}


def test_destroy_leaves_nothing(fargate_stack: Stack) -> None:
    assert "Destroy complete!" in fargate_stack.destroy()
    assert fargate_stack.state() == []
    assert buckets(NAME) == []
    assert boto3.client("rds").describe_db_instances()["DBInstances"] == []
