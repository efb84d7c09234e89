"""The settings: where they come from, and what they refuse."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from energy_dagster.definitions import build_definitions, raw_assets_of
from energy_dagster.sandbox.recorded import NoRecordedData
from energy_dagster.settings import Settings


def test_the_defaults_need_no_account() -> None:
    settings = Settings()
    assert settings.source == "sandbox"
    assert settings.simulated
    assert settings.weather_key is None


def test_the_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_SOURCE", "live")
    monkeypatch.setenv("ENERGY_API_PORT", "9000")
    settings = Settings()
    assert (settings.source, settings.api_port, settings.simulated) == ("live", 9000, False)


def test_weights_and_biases_is_set_by_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_BASE_URL"):
        monkeypatch.setenv(name, name.lower())
    settings = Settings()
    assert settings.wandb_api_key == "wandb_api_key"
    assert (settings.wandb_project, settings.wandb_entity, settings.wandb_base_url) == (
        "wandb_project",
        "wandb_entity",
        "wandb_base_url",
    )
    assert "wandb_api_key='" not in repr(settings)


def test_trainings_are_recorded_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENERGY_EXPERIMENTS")
    assert Settings().experiments == "auto"
    with pytest.raises(ValidationError, match="'auto', 'offline', 'online' or 'off'"):
        Settings(experiments="sometimes")  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["", "simulated", "recorded:", "recorded"])
def test_a_source_of_no_known_kind_is_refused(source: str) -> None:
    with pytest.raises(ValidationError, match="expected sandbox, live or recorded:<folder>"):
        Settings(source=source)


def test_a_present_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(now=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


def test_the_lake_lies_in_the_data_folder_unless_told_otherwise() -> None:
    assert Settings(data="somewhere/").lake == "somewhere/lake"
    assert Settings(data="somewhere", lake_url="s3://bucket/lake").lake == "s3://bucket/lake"


def test_the_recorded_folder_is_named_by_the_source() -> None:
    assert Settings(source="recorded:measurements").recorded_folder == Path("measurements")
    assert Settings().recorded_folder is None


@pytest.mark.parametrize(
    ("settings", "runs_itself"),
    [
        (Settings(), True),
        (Settings(source="live"), True),
        (Settings(now=datetime(2025, 1, 1, tzinfo=UTC)), False),
    ],
)
def test_the_graph_runs_itself_only_where_time_moves(settings: Settings, *, runs_itself: bool) -> None:
    sensors = list(build_definitions(settings).sensors or [])
    assert bool(sensors) is runs_itself


def test_recorded_data_do_not_run_themselves_and_feed_only_what_was_recorded(tmp_path: Path) -> None:
    hours = pd.date_range("2022-01-01", periods=3, freq="h")
    rows = pd.DataFrame({"TimeUTC": hours, "TimeDK": hours, "PriceArea": "DK1", "GrossCon": 1.0, "Version": "Final"})
    rows.to_parquet(tmp_path / "GenerationProdTypeExchange.parquet")
    settings = Settings(source=f"recorded:{tmp_path}", families="consumer_groups")
    assert not list(build_definitions(settings).sensors or [])
    assert raw_assets_of(settings) == ("raw_load", "raw_weather")


def test_a_recorded_folder_without_data_is_refused_when_the_graph_is_built(tmp_path: Path) -> None:
    with pytest.raises(NoRecordedData, match="expected Parquet files named after datasets"):
        build_definitions(Settings(source=f"recorded:{tmp_path}"))


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("total", "total"),
        ("", "total"),
        ("consumer_groups", "total,consumer_groups"),
        (" grid_areas , total", "total,grid_areas"),
    ],
)
def test_the_total_is_read_whatever_else_is(asked: str, read: str) -> None:
    assert Settings(families=asked).families == read


def test_a_family_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected some of total, consumer_groups, grid_areas, found wind"):
        Settings(families="total,wind")


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        (Settings(data="somewhere"), "somewhere/quarantine"),
        (Settings(lake_url="s3://bucket/lake"), "s3://bucket/quarantine"),
        (Settings(lake_url="s3://bucket/deep/lake/"), "s3://bucket/deep/quarantine"),
        (Settings(lake_url="s3://bucket"), "s3://bucket-quarantine"),
        (Settings(lake_url="/lake"), "/lake-quarantine"),
    ],
)
def test_the_quarantine_lies_beside_the_lake(settings: Settings, folder: str) -> None:
    assert settings.quarantine == folder
