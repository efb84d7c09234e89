"""A roll-out on ECS: what it changes, what it leaves, and that whatever fails ends where it began."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend

from energy_dagster_tests.infrastructure.workflows.account import NAME, NEW, OLD, REPOSITORY, TARGETS, Environment, environment
from scripts import deploy_ecs
from scripts.ecs_services import SERVICES

pytestmark = pytest.mark.workflows

PLENTY, LITTLE = "20", "0.5"
"""Seconds that services may take."""


@pytest.fixture
def staging() -> Iterator[Environment]:
    """Staging on the old tag, with the images of the new one in the registry."""
    with environment() as made:
        made.push(NEW)
        yield made


def deploy(record: Path, *, tag: str = NEW, seconds: str = PLENTY) -> int:
    """`make deploy`, in this process."""
    rest = ["--environment", "staging", "--tag", tag, "--record", str(record), "--seconds", seconds, "--between", "0.05"]
    return deploy_ecs.main(["out", *rest])


def take_back(record: Path) -> int:
    """`make take-back`, in this process."""
    return deploy_ecs.main(["back", "--environment", "staging", "--record", str(record), "--seconds", PLENTY, "--between", "0.05"])


def once_updated(staging: Environment, service: str, happens: Callable[[], None]) -> threading.Thread:
    """Let something happen as soon as a service was told its new task definition."""

    def watch() -> None:
        until = time.monotonic() + 20
        while staging.service(service).task_definition == staging.before[service] and time.monotonic() < until:
            time.sleep(0.01)
        happens()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def expected_images(tag: str) -> dict[str, str]:
    """The image of each role."""
    roles = (*SERVICES, "run")
    return {role: f"{REPOSITORY}:{tag}-{role if role in TARGETS else 'pipeline'}" for role in roles}


def test_every_service_and_the_runs_get_the_image_of_their_target(staging: Environment, tmp_path: Path) -> None:
    assert staging.images() == expected_images(OLD)
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    assert staging.images() == expected_images(NEW)


def test_nothing_but_the_image_changes(staging: Environment, tmp_path: Path) -> None:
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    ecs, said_by_ecs = boto3.client("ecs"), {"taskDefinitionArn", "revision", "containerDefinitions", "registeredAt"}
    for role, after in staging.running().items():
        old, new = (ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]) for arn in (staging.before[role], after))
        assert new["tags"] == old["tags"] == [{"key": "Environment", "value": "staging"}]
        rest = [{k: v for k, v in told["taskDefinition"].items() if k not in said_by_ecs} for told in (old, new)]
        assert rest[0] == rest[1]
        container = {**staging.container(staging.before[role]), "image": staging.container(after)["image"]}
        assert staging.container(after) == container


def test_the_same_tag_again_changes_nothing(staging: Environment, tmp_path: Path) -> None:
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    running, active = staging.running(), staging.active()
    assert deploy(tmp_path / "again") == deploy_ecs.DONE
    assert (staging.running(), staging.active()) == (running, active)


def test_a_roll_out_is_taken_back(staging: Environment, tmp_path: Path) -> None:
    before = staging.active()
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    assert take_back(tmp_path / "record") == deploy_ecs.DONE
    assert staging.running() == staging.before
    assert staging.active() == before, "runs take the newest definition, so the new one must be gone"


def test_taking_back_may_be_started_again(staging: Environment, tmp_path: Path) -> None:
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    assert [take_back(tmp_path / "record") for _ in range(2)] == [deploy_ecs.DONE] * 2
    assert staging.running() == staging.before


def test_an_older_tag_is_rolled_out_as_any_other(staging: Environment, tmp_path: Path) -> None:
    assert deploy(tmp_path / "record") == deploy_ecs.DONE
    assert deploy(tmp_path / "older", tag=OLD) == deploy_ecs.DONE
    assert staging.images() == expected_images(OLD)


def test_a_service_that_fails_takes_all_back(staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    active, service = staging.active(), staging.service("api")

    def fail() -> None:
        told = {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start", "taskDefinition": service.task_definition}
        service.deployments.append({**service.deployments[0], **told, "status": "ACTIVE"})
        went_back.wait(timeout=20)
        service.deployments.pop()

    went_back = threading.Event()
    update = once_updated(staging, "api", fail)
    service.running_count = 0  # it does not start at once
    watcher = threading.Thread(target=_when_back, args=(staging, went_back, service))
    watcher.start()
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    update.join()
    watcher.join()
    told = capsys.readouterr().err
    assert "api: tasks failed to start" in told
    assert f"{NAME} runs what it ran before" in told
    assert staging.running() == staging.before
    assert staging.active() == active


def _when_back(staging: Environment, went_back: threading.Event, service: object) -> None:
    """Once the old definition is asked for again, its tasks run."""
    until = time.monotonic() + 20
    while staging.service("api").task_definition == staging.before["api"] and time.monotonic() < until:
        time.sleep(0.01)
    while staging.service("api").task_definition != staging.before["api"] and time.monotonic() < until:
        time.sleep(0.01)
    staging.service("api").running_count = 1
    went_back.set()


def test_what_ecs_took_back_itself_is_seen(staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = staging.service("ui")
    service.running_count = 0

    def circuit_breaker() -> None:
        time.sleep(0.5)  # seen on its way first
        service.task_definition, service.running_count = staging.before["ui"], 1

    update = once_updated(staging, "ui", circuit_breaker)
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    update.join()
    assert f"ui: ECS went back to {staging.before['ui']}" in capsys.readouterr().err
    assert staging.running() == staging.before


def test_services_that_do_not_come_up_in_time_say_so(
    staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staging.service("daemon").running_count = 0
    assert deploy(tmp_path / "record", seconds=LITTLE) == deploy_ecs.NOT_TAKEN_BACK
    told = capsys.readouterr().err
    assert "not done within 0 s: daemon runs 0 of 1" in told
    assert "NOT TAKEN BACK" in told
    assert {role: arn for role, arn in staging.running().items() if arn != staging.before[role]} == {}


@pytest.mark.parametrize("pushed", [(), ("pipeline", "api")])
def test_a_missing_image_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], pushed: tuple[str, ...]) -> None:
    with environment() as staging:
        staging.push(NEW, pushed)
        active = staging.active()
        assert deploy(tmp_path / "record") == deploy_ecs.FAILED
        told = capsys.readouterr().err
        assert told.startswith("nothing was changed")
        assert f"{NEW}-ui" in told.rpartition("missing: ")[2]
        assert (staging.running(), staging.active()) == (staging.before, active)


def test_an_image_of_no_known_target_changes_nothing(
    staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ecs = boto3.client("ecs")
    other = ecs.register_task_definition(
        family="other", containerDefinitions=[{"name": "api", "image": "energy:v1", "memory": 512}]
    )
    ecs.update_service(cluster=NAME, service="api", taskDefinition=other["taskDefinition"]["taskDefinitionArn"])
    active = staging.active()
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    assert "other: expected an image whose tag ends with -pipeline, -api, -ui, found energy:v1" in capsys.readouterr().err
    assert staging.active() == active


def test_what_was_registered_before_a_refusal_is_retired(
    staging: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    active, moto_registers = staging.active(), EC2ContainerServiceBackend.register_task_definition

    def refuse_the_runs(self: EC2ContainerServiceBackend, *given: Any, **named: Any) -> Any:
        if "energy-staging-run" in (*given, *named.values()):
            raise InvalidParameterException("not today")
        return moto_registers(self, *given, **named)

    monkeypatch.setattr(EC2ContainerServiceBackend, "register_task_definition", refuse_the_runs)
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    assert "not today" in capsys.readouterr().err
    assert (staging.running(), staging.active()) == (staging.before, active)


def test_a_missing_service_changes_nothing(staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("ecs").delete_service(cluster=NAME, service="code", force=True)
    active = staging.active()
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    assert "missing: code" in capsys.readouterr().err
    assert staging.active() == active


def test_a_record_that_cannot_be_written_changes_nothing(staging: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    active = staging.active()
    assert deploy(tmp_path / "file" / "record") == deploy_ecs.FAILED
    assert (staging.running(), staging.active()) == (staging.before, active)


def test_without_aws_the_reason_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert deploy(tmp_path / "record") == deploy_ecs.FAILED
    assert "region" in capsys.readouterr().err
