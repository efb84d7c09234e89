"""The settings: where they come from, and what they refuse."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from energy_dagster.definitions import build_definitions
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
        (Settings(source="recorded:measurements"), False),
    ],
)
def test_the_graph_runs_itself_only_where_time_moves(settings: Settings, *, runs_itself: bool) -> None:
    sensors = list(build_definitions(settings).sensors or [])
    assert bool(sensors) is runs_itself
