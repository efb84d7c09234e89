"""`energy simulate` refuses what cannot be simulated, and keeps to itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_dagster.cli import cli
from energy_dagster.cli_simulate import secluded


def simulated(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *arguments])


def test_days_that_are_not_over_are_refused(tmp_path: Path) -> None:
    start = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    result = simulated("--days", "1", "--from", start, "--data", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "expected days that are over, found 1 from" in result.output


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    result = simulated("--days", "1", "--from", "2025-10-24T00:20:00Z", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "expected an empty folder for the simulation" in result.output
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_simulation_reaches_nothing_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outside = {
        "ENERGY_SOURCE": "live",
        "ENERGY_LAKE_URL": "s3://bucket/lake",
        "ENERGY_EXPERIMENTS": "online",
        "HOPSWORKS_HOST": "hopsworks.example",
        "HOPSWORKS_PROJECT": "energy",
        "HOPSWORKS_API_KEY": "secret",
        "TRAINING_SOURCE": "hopsworks",
    }
    for name, value in outside.items():
        monkeypatch.setenv(name, value)
    settings = secluded(tmp_path, tmp_path / "now", seed=7)
    assert settings.source == "sandbox"
    assert settings.lake == f"{tmp_path}/lake"
    assert settings.experiments == "off"
    assert (settings.hopsworks_host, settings.hopsworks_project, settings.hopsworks_api_key) == ("simulated",) * 3
    assert settings.training_source == "lake"
