"""The platform as it runs in a cloud: history in PostgreSQL, lake and printed output in S3, API and app over what was published."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import s3fs
from dagster import DagsterInstance

from energy_dagster.settings import Settings
from energy_dagster.walk import Walk
from energy_dagster_tests.brought_up import NOW, small_walks
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.server.platform import Platform, platform
from energy_dagster_tests.server.postgres import Postgres

pytest.importorskip("dagster_aws", reason="needs the extra aws; chosen with make test-server")
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

HOUR = "2025-10-24T05"
"""An hour that no issue was made for."""


@dataclass(frozen=True)
class Cloud:
    """A platform over a database and a bucket, brought up to `NOW`."""

    platform: Platform
    settings: Settings
    bucket: str

    def objects(self, prefix: str) -> set[str]:
        """What lies below a prefix of the bucket."""
        return set(s3fs.S3FileSystem(skip_instance_cache=True).find(f"{self.bucket}/{prefix}"))


@pytest.fixture(scope="module")
def cloud(database: Postgres, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    data = tmp_path_factory.mktemp("cloud") / "data"
    settings = Settings(
        data=str(data),
        now=NOW,
        postgres_url=database.url,
        lake_url=f"s3://{bucket}/lake",
        compute_logs_bucket=bucket,
        compute_logs_prefix="printed",
        compute_logs_endpoint=os.environ["AWS_ENDPOINT_URL"],
    )
    variables = {"ENERGY_DATA": str(data), "ENERGY_LAKE_URL": f"s3://{bucket}/lake", "ENERGY_NOW": NOW.isoformat()}
    home = data / "dagster"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENERGY_POSTGRES_URL", database.url)
        with platform(home, settings, module="energy_dagster.definitions", **variables) as made:
            with small_walks(), DagsterInstance.from_config(str(home)) as instance:
                Walk(settings, instance, now=NOW).forecast(lambda _step: None, history_days=220, replay_days=1)
            made.start("code", "web", "daemon")
            yield Cloud(made, settings, bucket)


@pytest.fixture(scope="module")
def issued(cloud: Cloud) -> str:
    """The id of a run that the daemon launched, which made an issue that was missing."""
    before = cloud.objects("lake/predictions")
    run_id = cloud.platform.materialize("predictions", HOUR)
    assert cloud.platform.finished(run_id) == "SUCCESS", cloud.platform.logs()[-4000:]
    [new] = cloud.objects("lake/predictions") - before
    assert f"/predictions/{HOUR}/" in new
    assert cloud.platform.finished(cloud.platform.materialize("warehouse")) == "SUCCESS", cloud.platform.logs()[-4000:]
    return run_id


def test_nothing_of_the_lake_lies_on_the_disk(cloud: Cloud, issued: str) -> None:
    assert not (Path(cloud.settings.data) / "lake").exists()
    assert {path.split("/")[2] for path in cloud.objects("lake")} >= {
        "raw_load",
        "consumption_features",
        "forecast_model",
        "predictions",
    }


def test_what_a_run_printed_is_read_back_by_a_web_server_that_has_no_file_of_it(cloud: Cloud, issued: str) -> None:
    assert any(issued in path for path in cloud.objects("printed"))
    cloud.platform.kill("web")
    shutil.rmtree(cloud.platform.home / "storage", ignore_errors=True)
    cloud.platform.start("web")
    said = cloud.platform.printed(issued)
    assert "predictions" in said
    assert "STEP_SUCCESS" in said


@contextmanager
def serving(cloud: Cloud, module: str, variable: str) -> Iterator[str]:
    """The address of the API or the app over what was published."""
    port = free_port()
    with (cloud.platform.home / f"{module}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env=cloud.platform.environment | {variable: str(port)}, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            try:
                httpx.get(address, timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def test_the_api_serves_the_issue(cloud: Cloud, issued: str) -> None:
    with serving(cloud, "api", "ENERGY_API_PORT") as address:
        said = httpx.get(f"{address}/v1/forecasts", params={"area": "DK1", "issued_at": f"{HOUR}:00:00Z"}, timeout=30)
    assert said.status_code == 200, said.text
    assert {row["issued_at"] for row in said.json()["rows"]} == {f"{HOUR}:00:00Z"}


def test_the_app_shows_a_forecast(cloud: Cloud, issued: str) -> None:
    with serving(cloud, "ui", "ENERGY_UI_PORT") as address:
        said = httpx.get(f"{address}/forecast", timeout=60)
    assert said.status_code == 200, said.text
