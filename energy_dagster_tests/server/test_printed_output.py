"""What a server's steps print lies in S3, is read from there by others, and goes with the log lines of old runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterEventType, DagsterInstance, Definitions, asset, in_process_executor

from energy_dagster.defs.run_logs import forget_logs
from energy_dagster.instance_file import server_file
from energy_dagster.settings import Settings
from energy_dagster_tests.server.postgres import Postgres

pytest.importorskip("dagster_aws", reason="needs the extra aws; chosen with make test-server")
pytestmark = pytest.mark.server
BUCKET = "printed"


@asset
def raw_load() -> int:
    print("said by the step")
    return 1


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """An S3 on loopback with the bucket: its address and a client."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=address)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        yield address, client
    finally:
        server.stop()


def test_printed_output_lies_in_the_bucket_until_it_is_old(
    database: Postgres, s3: tuple[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, client = s3
    monkeypatch.setenv("ENERGY_POSTGRES_URL", database.url)
    settings = Settings(postgres_url=database.url, compute_logs_bucket=BUCKET, compute_logs_endpoint=address)
    (tmp_path / "dagster.yaml").write_text(server_file(settings))

    def kept() -> list[str]:
        return [held["Key"] for held in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    with DagsterInstance.from_config(str(tmp_path)) as instance:
        made = Definitions([raw_load], executor=in_process_executor).resolve_implicit_global_asset_job_def()
        run_id = made.execute_in_process(instance=instance).run_id
        [captured] = instance.all_logs(run_id, of_type=DagsterEventType.LOGS_CAPTURED)
    assert captured.dagster_event is not None
    key = captured.dagster_event.logs_captured_data.file_key
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "dagster.yaml").write_text(server_file(settings))
    with DagsterInstance.from_config(str(tmp_path / "elsewhere")) as other:
        told = other.compute_log_manager.get_log_data([run_id, "compute_logs", key])
        assert told.stdout is not None
        assert b"said by the step" in told.stdout
        assert any(run_id in name for name in kept())
        forget_logs(other, before=datetime.now(UTC) + timedelta(minutes=1))
        assert not any(run_id in name for name in kept())
