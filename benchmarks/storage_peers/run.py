"""The stores beside ours: Dagster's DuckDB IO manager, and Parquet that is overwritten. One measurement a process, as JSON."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from dagster import HourlyPartitionsDefinition, MonthlyPartitionsDefinition, build_output_context
from dagster_duckdb_pandas import DuckDBPandasIOManager
from workload import MONTHS, SIZES, measured, month_of, side_by_side, tell, timed

PARTITIONS = MonthlyPartitionsDefinition(start_date="2020-01-01")
QUERY = "SELECT * FROM public.consumption WHERE area = ? AND hour_utc >= ? AND hour_utc < ? ORDER BY hour_utc"
FORECAST_COLUMNS = 30
ROWS_OF_AN_ISSUE = 144
ROWS_AT_ONCE = 50_000


class StockDuckDB:
    """The IO manager of dagster-duckdb-pandas, as its documentation has it; readers open the file for each question."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "warehouse.duckdb"
        self.manager = DuckDBPandasIOManager(database=str(self.path), schema="public").create_io_manager(None)

    def write(self, month: str, frame: pd.DataFrame) -> None:
        """A month."""
        context = build_output_context(
            asset_key="consumption",
            partition_key=month,
            asset_partitions_def=PARTITIONS,
            definition_metadata={"partition_expr": "hour_utc"},
            resource_config={"database": str(self.path), "schema": "public", "connection_config": {}},
        )
        self.manager.handle_output(context, frame)

    def ask(self, area: str, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """How many hours of a series there are in a window."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return len(connection.execute(QUERY, [area, start, end]).fetchall())

    def read_whole(self) -> None:
        """Every row of a partition is of one write."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            said = connection.execute(
                "SELECT MIN(quality), MAX(quality) FROM public.consumption GROUP BY month(hour_utc)"
            ).fetchall()
        for low, high in said:
            if low != high:
                raise RuntimeError("a partition of two writes")


class OverwrittenParquet:
    """One file a partition, replaced in its place, as `to_parquet` does; each question reads the files of its months."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "consumption"
        self.folder.mkdir()

    def write(self, month: str, frame: pd.DataFrame) -> None:
        """A month."""
        frame.to_parquet(self.folder / f"{month}.parquet", index=False)

    def ask(self, area: str, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """How many hours of a series there are in a window."""
        months = [month for month in MONTHS if pd.Timestamp(month) < end and pd.Timestamp(month) + pd.offsets.MonthBegin() > start]
        filters = [("area", "==", area), ("hour_utc", ">=", start), ("hour_utc", "<", end)]
        return len(pd.concat([pd.read_parquet(self.folder / f"{month}.parquet", filters=filters) for month in months]))

    def read_whole(self) -> None:
        """Every row of a partition is of one write."""
        for path in sorted(self.folder.glob("*.parquet")):
            if pd.read_parquet(path, columns=["quality"])["quality"].unique().size > 1:
                raise RuntimeError("a partition of two writes")


STORES: dict[str, Any] = {"stock_duckdb": StockDuckDB, "overwritten_parquet": OverwrittenParquet}


def concurrency(store: Any) -> dict[str, int]:
    for month in MONTHS[:4]:
        store.write(month, month_of(month, 3).assign(quality="first"))

    def write(writer: int, count: int) -> None:
        month = MONTHS[(writer + count) % 4]
        store.write(month, month_of(month, 3).assign(quality=f"{writer} {count}"))

    return side_by_side(write, store.read_whole)


def one_more_hour(folder: Path, megabytes: int) -> dict[str, float]:
    """Add one issue of forecasts to a file of some size through the stock IO manager, which writes in its place."""
    path = folder / "forecasts.duckdb"
    names = [f"q{number:02d}" for number in range(FORECAST_COLUMNS)]
    issue, generator = 0, np.random.default_rng(1)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS public")
        while not path.exists() or path.stat().st_size < megabytes * 1e6:
            rows = pd.DataFrame(generator.normal(1000, 100, size=(ROWS_AT_ONCE, FORECAST_COLUMNS)), columns=names)
            rows.insert(0, "issued_at", pd.Timestamp("2020-01-01") + pd.Timedelta(hours=issue))
            connection.register("incoming", rows)
            verb = "INSERT INTO public.forecasts" if issue else "CREATE TABLE public.forecasts AS"
            connection.execute(f"{verb} SELECT * FROM incoming")
            connection.unregister("incoming")
            connection.execute("CHECKPOINT")
            issue += 1
    manager = DuckDBPandasIOManager(database=str(path), schema="public").create_io_manager(None)
    rows = pd.DataFrame(generator.normal(1000, 100, size=(ROWS_OF_AN_ISSUE, FORECAST_COLUMNS)), columns=names)
    rows.insert(0, "issued_at", pd.Timestamp("2025-01-01"))
    context = build_output_context(
        asset_key="forecasts",
        partition_key="2025-01-01-00:00",
        asset_partitions_def=HourlyPartitionsDefinition(start_date="2020-01-01-00:00"),
        definition_metadata={"partition_expr": "issued_at"},
        resource_config={"database": str(path), "schema": "public", "connection_config": {}},
    )
    return {"megabytes": path.stat().st_size / 1e6, "seconds": timed(lambda: manager.handle_output(context, rows))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store", choices=list(STORES))
    parser.add_argument("what", choices=["size", "concurrency", "hour"])
    parser.add_argument("--series", type=int, choices=SIZES)
    parser.add_argument("--megabytes", type=int)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if asked.what == "hour":
            tell(one_more_hour(folder, asked.megabytes))
            return
        store = STORES[asked.store](folder)
        if asked.what == "concurrency":
            tell(concurrency(store))
        else:
            tell(measured(asked.series, write=store.write, ready=lambda: None, ask=store.ask))


if __name__ == "__main__":
    main()
