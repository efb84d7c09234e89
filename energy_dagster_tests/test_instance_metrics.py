"""What the Dagster instance tells Prometheus, read as Prometheus reads it."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    Config,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Output,
    asset,
    materialize,
)
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from energy_dagster.cli import cli
from energy_dagster.instance import open_instance
from energy_dagster.instance_metrics import InstanceMetrics, run_name
from energy_dagster_tests.ports import free_port

CHECK = AssetCheckKey(AssetKey("raw_load"), "fresh")
Samples = dict[tuple[str, tuple[str, ...]], float]


class Told(Config):
    """Whether it fails."""

    fails: bool = False


@asset(check_specs=[AssetCheckSpec("fresh", asset="raw_load")])
def raw_load(config: Told):  # type: ignore[no-untyped-def]  # dagster reads the annotation of what is yielded
    """An asset that fails as told, and whose check always finds something."""
    if config.fails:
        raise RuntimeError("no")
    yield Output(None)
    yield AssetCheckResult(passed=False, check_name="fresh", severity=AssetCheckSeverity.WARN)


def run(instance: DagsterInstance, *, fails: bool = False) -> None:
    config = {"ops": {"raw_load": {"config": {"fails": fails}}}}
    materialize([raw_load], instance=instance, run_config=config, raise_on_error=False)


def parsed(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples}


def scraped(instance: DagsterInstance, *, now: datetime | None = None) -> Samples:
    registry = CollectorRegistry()
    registry.register(InstanceMetrics(instance, [CHECK], lambda: now or datetime.now(UTC)))
    return parsed(generate_latest(registry).decode())


def test_runs_failures_and_checks_are_told() -> None:
    with DagsterInstance.ephemeral() as instance:
        run(instance)
        run(instance, fails=True)
        told = scraped(instance)
        assert told["energy_runs_ended_last_day", ("success",)] == 1
        assert told["energy_runs_ended_last_day", ("failure",)] == 1
        assert told["energy_failed_runs_standing", ()] == 1
        assert told["energy_checks_failing", ("warning",)] == 1
        assert told["energy_checks_failing", ("error",)] == 0
        assert scraped(instance, now=datetime.now(UTC) + timedelta(days=2))["energy_runs_ended_last_day", ("success",)] == 0


def test_the_queue_and_how_long_its_oldest_has_waited_are_told() -> None:
    with DagsterInstance.ephemeral() as instance:
        instance.add_run(
            DagsterRun("lake_upkeep", run_id="11111111-1111-1111-1111-111111111111", status=DagsterRunStatus.NOT_STARTED)
        )
        instance.add_run(DagsterRun("lake_upkeep", run_id="22222222-2222-2222-2222-222222222222", status=DagsterRunStatus.STARTED))
        told = scraped(instance, now=datetime.now(UTC) + timedelta(minutes=10))
    assert (told["energy_runs_queued", ()], told["energy_runs_going", ()]) == (1, 1)
    assert told["energy_runs_oldest_queued_seconds", ()] == pytest.approx(600, abs=30)


def test_a_run_is_named_after_what_it_makes() -> None:
    few = DagsterRun("__ASSET_JOB", asset_selection=frozenset({AssetKey("b"), AssetKey("a")}))
    many = DagsterRun("__ASSET_JOB", asset_selection=frozenset(map(AssetKey, "abcdef")))
    checks = DagsterRun("__ASSET_JOB", asset_selection=frozenset(), asset_check_selection=frozenset({CHECK}))
    assert [run_name(one) for one in (few, many, checks, DagsterRun("lake_upkeep"))] == ["a+b", "6 assets", "checks", "lake_upkeep"]


def test_the_textfile_is_whole_and_holds_how_long_runs_took(tmp_path: Path) -> None:
    with open_instance(tmp_path / "data") as instance:
        run(instance)
    file = tmp_path / "energy.prom"
    done = CliRunner().invoke(cli, ["metrics", "--data", str(tmp_path / "data"), "--textfile", str(file)])
    assert done.exit_code == 0, done.output
    told = parsed(file.read_text())
    assert [labels[0] for name, labels in told if name == "energy_run_duration_seconds"] == ["newest", "median", "longest"]
    assert [path.name for path in tmp_path.glob("energy*")] == ["energy.prom"]


def test_scrapes_are_answered(tmp_path: Path) -> None:
    with open_instance(tmp_path) as instance:
        run(instance)
    port = free_port()
    command = [sys.executable, "-m", "energy_dagster.cli", "metrics", "--data", str(tmp_path), "--listen", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as serving:
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    told = parsed(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text)
                    break
                except httpx.ConnectError:
                    assert serving.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.3)
        finally:
            serving.terminate()
    assert told["energy_runs_ended_last_day", ("success",)] == 1


def test_without_an_instance_it_says_so(tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["metrics", "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "expected a Dagster instance in" in refused.output
    assert list(tmp_path.iterdir()) == []
