"""The configuration of the instance: one template, which Dagster itself takes, without a password in it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from dagster import DagsterInstance
from dagster._config import validate_config  # what an instance is checked by; nothing public does it without making one
from dagster._core.instance.config import dagster_instance_config_schema

from energy_dagster.cli import cli
from energy_dagster.instance_file import NoDatabase, laptop_file, server_file
from energy_dagster.settings import Settings

PARTS = {"postgres_host": "db.example.org", "postgres_user": "o'brien: #1", "postgres_password": "a-password-to-hide"}


def read(text: str) -> dict[str, Any]:
    """The configuration, when Dagster takes it."""
    told: dict[str, Any] = yaml.safe_load(text)
    checked = validate_config(dagster_instance_config_schema(), told)
    assert checked.success, checked.errors
    return told


def test_the_file_of_the_project_is_the_laptops() -> None:
    project = Path(__file__).parent.parent / "dagster.yaml"
    assert project.read_text(encoding="utf-8") == laptop_file(), "expected dagster.yaml as `energy instance` prints it"


def test_dagster_takes_the_laptops_file(tmp_path: Path) -> None:
    assert set(read(laptop_file())) == {
        "telemetry",
        "nux",
        "run_launcher",
        "run_coordinator",
        "concurrency",
        "run_monitoring",
        "retention",
    }
    (tmp_path / "dagster.yaml").write_text(laptop_file())
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 2  # type: ignore[union-attr]


def test_a_servers_file_names_where_the_password_is_read() -> None:
    told = read(server_file(Settings(postgres_url="postgresql://me:a-password-to-hide@db/dagster")))
    assert told["storage"] == {"postgres": {"postgres_url": {"env": "ENERGY_POSTGRES_URL"}}}


def test_a_server_can_be_named_in_parts_of_any_text() -> None:
    text = server_file(Settings(**PARTS, postgres_sslmode="require"))  # type: ignore[arg-type]
    assert "to-hide" not in text
    assert read(text)["storage"]["postgres"]["postgres_db"] == {
        "hostname": "db.example.org",
        "port": 5432,
        "username": "o'brien: #1",
        "password": {"env": "ENERGY_POSTGRES_PASSWORD"},
        "db_name": "dagster",
        "params": {"connect_timeout": 10, "sslmode": "require"},
    }


def test_a_server_has_a_queue_retries_and_timeouts() -> None:
    told = read(server_file(Settings(**PARTS, concurrent_runs=6)))  # type: ignore[arg-type]
    assert told["concurrency"] == {
        "runs": {"max_concurrent_runs": 6, "tag_concurrency_limits": [{"key": "dagster/backfill", "limit": 1}]},
        "pools": {"default_limit": 1, "granularity": "run"},
    }
    assert told["run_retries"] == {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": False}
    assert told["run_monitoring"]["max_runtime_seconds"] == 3600
    assert "compute_logs" not in told


def test_what_steps_print_goes_to_a_bucket_where_one_is_named() -> None:
    bucket = {"compute_logs_bucket": "logs", "compute_logs_region": "eu-north-1"}
    told = read(server_file(Settings(**PARTS, **bucket)))["compute_logs"]  # type: ignore[arg-type]
    assert told["class"] == "S3ComputeLogManager"
    assert told["config"] == {
        "bucket": "logs",
        "prefix": "dagster",
        "region": "eu-north-1",
        "skip_empty_files": True,
        "upload_interval": 30,
    }


def test_a_server_without_a_database_is_refused() -> None:
    with pytest.raises(NoDatabase, match="expected ENERGY_POSTGRES_URL, or ENERGY_POSTGRES_HOST and ENERGY_POSTGRES_USER"):
        server_file(Settings(postgres_host="db"))


def test_the_command_writes_the_file_into_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = CliRunner().invoke(cli, ["instance", "--server", "--write", "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "found neither" in refused.output
    monkeypatch.setenv("ENERGY_POSTGRES_URL", "postgresql://me:a-password-to-hide@db/dagster")
    written = CliRunner().invoke(cli, ["instance", "--server", "--write", "--data", str(tmp_path)])
    assert written.exit_code == 0, written.output
    assert "ENERGY_POSTGRES_URL" in (tmp_path / "dagster" / "dagster.yaml").read_text()
    assert [path.name for path in (tmp_path / "dagster").iterdir()] == ["dagster.yaml"]
    assert CliRunner().invoke(cli, ["instance"]).output == laptop_file()
