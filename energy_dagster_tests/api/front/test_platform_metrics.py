"""What /metrics tells of the platform, read as Prometheus reads it."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

Samples = dict[tuple[str, tuple[str, ...]], float]


def scraped(data: Path, now: datetime) -> Samples:
    """Values by name and labels."""
    settings = Settings(data=str(data), now=now)
    with TestClient(create_app(settings, Store(settings.warehouse))) as client:
        text = client.get("/metrics").text
        assert client.get("/metrics").text.count("energy_warehouse_readable ") == text.count("energy_warehouse_readable ")
    families = text_string_to_metric_families(text)
    return {(sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples}


def test_the_age_of_the_newest_forecast_is_told_by_the_platforms_clock(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "warehouse", sample_frames(NOW), as_of=NOW)
    told = scraped(tmp_path, NOW + timedelta(hours=3))
    assert told["energy_forecast_age_seconds", ()] == 3 * 3600
    assert told["energy_forecast_issued_timestamp_seconds", ()] == NOW.timestamp()
    assert told["energy_warehouse_readable", ()] == 1


def test_each_table_tells_how_far_it_lags(tmp_path: Path) -> None:
    frames = sample_frames(NOW)
    write_snapshot(tmp_path / "warehouse", frames, as_of=NOW)
    told = scraped(tmp_path, NOW)
    newest = frames["raw_load"]["hour_utc"][frames["raw_load"]["consumption_mwh"].notna()].max()
    assert told["energy_table_lag_seconds", ("raw_load",)] == (NOW.replace(tzinfo=None) - newest).total_seconds()
    assert told["energy_table_rows", ("predictions",)] == len(frames["predictions"])
    assert told["energy_table_lag_seconds", ("raw_weather",)] < 0


def test_what_asks_for_a_look_is_counted_and_none_is_told_as_none(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "warehouse", sample_frames(NOW), as_of=NOW)
    told = scraped(tmp_path, NOW)
    assert told["energy_attention", ("check", "error")] == 0
    path = tmp_path / "warehouse" / (tmp_path / "warehouse" / "CURRENT").read_text()
    with duckdb.connect(str(path)) as connection:
        row = ["mirror", "hopsworks_features", "lag", "warning", NOW.replace(tzinfo=None), "behind"]
        connection.execute("INSERT INTO _attention VALUES (?, ?, ?, ?, ?, ?)", row)
    assert scraped(tmp_path, NOW)["energy_attention", ("mirror", "warning")] == 1


@pytest.mark.parametrize("damaged", [False, True])
def test_without_a_snapshot_that_can_be_read_only_that_is_told(tmp_path: Path, *, damaged: bool) -> None:
    if damaged:
        write_snapshot(tmp_path / "warehouse", sample_frames(NOW), as_of=NOW)
        (tmp_path / "warehouse" / (tmp_path / "warehouse" / "CURRENT").read_text()).write_bytes(b"no database")
    told = scraped(tmp_path, NOW)
    assert told["energy_warehouse_readable", ()] == 0
    assert not [name for name, _ in told if name.startswith(("energy_forecast", "energy_table", "energy_attention"))]
