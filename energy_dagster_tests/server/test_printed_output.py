"""What a server's steps print lies in S3, is read from there by others, and goes with the log lines of old runs."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import s3fs
from dagster import DagsterEventType, DagsterInstance, Definitions, asset, in_process_executor

from energy_dagster.defs.run_logs import forget_logs
from energy_dagster.instance_file import server_file
from energy_dagster.settings import Settings
from energy_dagster_tests.server.postgres import Postgres

pytest.importorskip("dagster_aws", reason="needs the extra aws; chosen with make test-server")
pytestmark = pytest.mark.server


@asset
def raw_load() -> int:
    print("said by the step")
    return 1


def test_printed_output_lies_in_the_bucket_until_it_is_old(
    database: Postgres, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERGY_POSTGRES_URL", database.url)
    address = os.environ["AWS_ENDPOINT_URL"]
    settings = Settings(postgres_url=database.url, compute_logs_bucket=bucket, compute_logs_endpoint=address)
    (tmp_path / "dagster.yaml").write_text(server_file(settings))

    def kept() -> list[str]:
        return [str(path) for path in s3fs.S3FileSystem(skip_instance_cache=True).find(bucket)]

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
