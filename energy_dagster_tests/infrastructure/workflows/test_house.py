"""What holds of the workflows here and no linter knows: make targets, pins, versions, permissions, times."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from energy_dagster_tests.infrastructure.workflows.linters import ACTIONS, PROJECT, WORKFLOWS

pytestmark = pytest.mark.workflows

_USES = re.compile(r"^\s*(?:- )?uses: (?P<action>[^@\s]+)(?:@(?P<commit>\S+))?(?: # (?P<comment>.+))?$", re.MULTILINE)
_TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
_CALLED = re.compile(r"\bmake ([a-z][a-z-]*)")


def read(name: str) -> dict[str, Any]:
    """A workflow; YAML reads `on` as true."""
    return dict(yaml.safe_load((PROJECT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job with its workflow's name before its own."""
    for file in WORKFLOWS:
        for name, job in read(file.stem)["jobs"].items():
            yield f"{file.stem}/{name}", job


def targets() -> set[str]:
    """Targets of the Makefile that are meant to be called."""
    return set(_TARGET.findall((PROJECT / "Makefile").read_text(encoding="utf-8")))


def targets_of(job: dict[str, Any]) -> set[str]:
    """Targets that a job calls, by name or by its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    called = {*matrix.get("make", []), *(entry["make"] for entry in matrix.get("include", []) if "make" in entry)}
    return called.union(*(_CALLED.findall(step.get("run", "")) for step in job.get("steps", [])))


def targets_of_workflow(name: str) -> set[str]:
    """Targets that a workflow calls in any of its jobs."""
    return set[str]().union(*(targets_of(job) for job in read(name)["jobs"].values()))


def test_every_target_that_is_called_is_there() -> None:
    unknown = {f"{name}: make {target}" for name, job in jobs() for target in targets_of(job) - targets()}
    assert unknown == set()


def test_every_proof_is_called_somewhere() -> None:
    called = set[str]().union(*(targets_of(job) for _, job in jobs()))
    proofs = {target for target in targets() if target.startswith("test")} | {"check", "audit"}
    assert proofs - called == {"test-quick"}, "quick tests are among all tests"


def test_what_runs_on_one_machine_runs_on_github() -> None:
    by_hand = set(_CALLED.findall((PROJECT / ".ci" / "run").read_text(encoding="utf-8"))) - {"setup"}
    assert by_hand
    assert by_hand - targets_of_workflow("ci") == set()


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    loose = []
    for file in (*WORKFLOWS, *ACTIONS):
        for uses in _USES.finditer(file.read_text(encoding="utf-8")):
            own = uses["action"].startswith("./")
            if not own and not (re.fullmatch(r"[0-9a-f]{40}", uses["commit"] or "") and re.match(r"v\d", uses["comment"] or "")):
                loose.append(f"{file.name}: {uses[0].strip()}")
    assert loose == []


def test_an_action_is_one_commit_everywhere() -> None:
    commits = defaultdict(set)
    for file in (*WORKFLOWS, *ACTIONS):
        for uses in _USES.finditer(file.read_text(encoding="utf-8")):
            commits["/".join(uses["action"].split("/")[:2])].add((uses["commit"], uses["comment"]))
    assert {action: pins for action, pins in commits.items() if len(pins) > 1 and not action.startswith("./")} == {}


def test_own_workflows_and_actions_that_are_used_are_there() -> None:
    used = {uses["action"] for file in WORKFLOWS for uses in _USES.finditer(file.read_text(encoding="utf-8"))}
    own = {PROJECT / name for name in used if name.startswith("./")}
    assert own
    assert {path.name for path in own if not (path.is_file() or (path / "action.yml").is_file())} == set()


def test_every_version_of_python_that_is_promised_is_tested() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = {kind.rpartition(" ")[2] for kind in project["classifiers"] if re.search(r"Python :: 3\.\d+$", kind)}
    matrix = read("ci")["jobs"]["test"]["strategy"]["matrix"]
    assert set(matrix["python"]) == promised
    assert {entry["python"] for entry in matrix["include"] if entry["make"] == "test-contract"} == promised
    least, most = sorted(promised, key=lambda version: int(version.partition(".")[2]))[:: len(promised) - 1]
    assert project["requires-python"] == f">={least},<3.{int(most.partition('.')[2]) + 1}"


def test_each_job_is_given_what_it_needs_and_no_more_time_than_it_takes() -> None:
    careless = []
    for name, job in jobs():
        if "permissions" not in job:
            careless.append(f"{name}: no permissions")
        if "uses" not in job and "timeout-minutes" not in job:
            careless.append(f"{name}: no end")
    assert [read(file.stem)["permissions"] for file in WORKFLOWS] == [{}] * len(WORKFLOWS)
    assert careless == []


def test_no_job_that_writes_to_the_repository_runs_the_project() -> None:
    writes = {
        name: job for name, job in jobs() if "write" in (job["permissions"].get("contents"), job["permissions"].get("attestations"))
    }
    assert set(writes) == {"release/sign", "release/publish"}
    assert [name for name, job in writes.items() if any("checkout" in step.get("uses", "") for step in job["steps"])] == []


def test_only_a_deployment_and_a_plan_take_a_role_and_only_there() -> None:
    takers = {name for name, job in jobs() for step in job.get("steps", []) if "configure-aws-credentials" in step.get("uses", "")}
    assert takers == {"deploy/deploy", "infrastructure/plan"}
    assert read("deploy")["jobs"]["deploy"]["environment"]["name"] == "${{ inputs.environment }}"


def test_production_waits_for_staging_and_the_release_for_production() -> None:
    release = read("release")["jobs"]
    assert release["staging"]["needs"] == "sign"
    assert release["sign"]["needs"] == ["test", "build"]
    assert release["production"]["needs"] == "staging"
    assert "production" in release["publish"]["needs"]
    assert [release[name]["with"]["environment"] for name in ("staging", "production")] == ["staging", "production"]
