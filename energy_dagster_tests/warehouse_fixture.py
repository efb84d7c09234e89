"""Real snapshots for tests: small coherent tables, written as the publisher writes them.

    folder = tmp_path / "warehouse"
    write_snapshot(folder, sample_frames(NOW), as_of=NOW)
    store = Store(folder)

Around `AUTUMN` lies a local day of 25 hours (2026-10-25), around `SPRING` one of 23 (2026-03-29).
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import pandas as pd

from energy_dagster.domain.tables import TABLES, TOTAL
from energy_dagster.store.schema import POINTER, SUFFIX, create_all
from energy_dagster_tests.sample_tables import (
    backtest_frame,
    backtest_scores_frame,
    consumption_frame,
    errors_frame,
    features_frame,
    models_frame,
    parts_frame,
    predictions_frame,
    raw_frame,
    truth_frame,
    tso_frame,
    weather_frame,
)

NOW = datetime(2026, 6, 17, 9, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 27, 9, tzinfo=UTC)
SPRING = datetime(2026, 3, 31, 9, tzinfo=UTC)

VERSION = "20260601T000000Z-sample"
CODE = "0.1.0+8c1f0e5a77d2"
_PARTITION_FORMAT = {"predictions": "%Y-%m-%d-%H:%M", "error_metrics": "%Y-%m-%d", "models": "%Y-%m-%d"}


def write_snapshot(folder: str | Path, frames: dict[str, pd.DataFrame], *, as_of: datetime, source: str = "sandbox") -> str:
    """Publish the frames (keys are table names, absent tables stay empty) as a new snapshot; returns its id."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    published_at = datetime.now(UTC).replace(tzinfo=None)
    snapshot_id = f"{published_at:%Y%m%dT%H%M%S%f}Z-{uuid4().hex[:8]}"
    path = folder / f"{snapshot_id}{SUFFIX}"
    with duckdb.connect(str(path)) as connection:
        for statement in create_all():
            connection.execute(statement)
        connection.execute(
            "INSERT INTO _snapshot VALUES (?, ?, ?, ?, ?)",
            [snapshot_id, published_at, as_of.astimezone(UTC).replace(tzinfo=None), source, source == "sandbox"],
        )
        for table, frame in frames.items():
            _insert(connection, table, with_warehouse_columns(table, frame))
    pointer = folder / f".{POINTER}.{snapshot_id}"
    pointer.write_text(path.name, encoding="utf-8")
    pointer.replace(folder / POINTER)
    return snapshot_id


def with_warehouse_columns(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `_partition`, and `revision` where the table keeps revisions, unless it has them."""
    if TABLES[table].append_only and "revision" not in frame:
        frame = frame.assign(revision=1)
    if "_partition" in frame:
        return frame
    times = pd.to_datetime(frame[TABLES[table].partition_column])
    return frame.assign(_partition=times.dt.strftime(_PARTITION_FORMAT.get(table, "%Y-%m")))


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    connection.register("incoming", frame)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    connection.unregister("incoming")
    revision = "revision" if TABLES[table].append_only else "1"
    asset = "forecast_model" if table == "models" else table
    connection.execute(
        f"INSERT INTO _partitions SELECT DISTINCT '{asset}', _partition, '{VERSION}-' || {revision}, {revision}, true, "
        f"'{CODE}', 'sample' FROM {table}"
    )


def sample_frames(now: datetime, *, days: int = 12) -> dict[str, pd.DataFrame]:
    """Every table, small: three areas, an issue every hour of the last `days` days up to `now`, truth in both vintages.

    The consumer groups and the grid area are raw only: every other table holds the totals of the price areas.
    The issue six hours before `now` has a second, replayed revision; the issues of the last three days are live.
    """
    present = pd.Timestamp(now.astimezone(UTC).replace(tzinfo=None)).floor("h")
    truth = truth_frame(present, days)
    consumption = consumption_frame(truth, present)
    predictions = predictions_frame(truth, present, days)
    backtest = backtest_frame(predictions)
    return {
        "raw_load": raw_frame(consumption, "preliminary"),
        "raw_settlement": raw_frame(consumption, "settled"),
        "raw_consumer_groups": parts_frame(
            consumption, {("Region Nordjylland", "Privat"): 0.1, ("Region Nordjylland", "Erhverv"): 0.2}
        ),
        "raw_grid_areas": parts_frame(consumption, {("131", TOTAL): 0.3}),
        "raw_tso_forecast": tso_frame(truth, present),
        "raw_weather": weather_frame(present, days),
        "consumption": consumption,
        "consumption_features": features_frame(truth, present),
        "predictions": predictions,
        "error_metrics": errors_frame(predictions, consumption),
        "backtest_forecasts": backtest,
        "backtest_scores": backtest_scores_frame(backtest),
        "models": models_frame(present),
    }
