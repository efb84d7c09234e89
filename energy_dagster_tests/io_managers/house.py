"""A lake, its models and its warehouse in a folder."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from energy_dagster.domain.tables import RAW_LOAD, TABLES, Table
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Published, Warehouse
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.io_managers.samples import (
    RUN,
    later,
    load_rows,
)

MONTHS = ("2026-06-01", "2026-07-01", "2026-08-01", "2026-09-01")
PRESENT = later(1000)


@dataclass
class House:
    """A lake, its models and its warehouse in a folder."""

    folder: Path
    writes: int = field(default=0)

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / "lake"))

    @property
    def models(self) -> ModelStore:
        return ModelStore(str(self.folder / "lake"))

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(str(self.folder / "warehouse"))

    def write(self, table: Table, partition: str, frame: pd.DataFrame) -> None:
        self.writes += 1
        self.lake.write(table, partition, frame, at=later(self.writes), run_id=RUN)

    def write_load(self, month: int = 0, *, mwh: float = 1.0) -> None:
        start = MONTHS[month]
        self.write(RAW_LOAD, start, load_rows(start, f"{start[:8]}02", mwh=mwh))

    def publish(self, *, at: int, as_of: datetime = PRESENT, source: str = "sandbox") -> Published:
        return self.warehouse.publish(
            self.lake, self.models, as_of=as_of, published_at=later(at), source=source, simulated=source == "sandbox"
        )

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        path = self.warehouse.current()
        assert path is not None
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()

    def files(self) -> list[str]:
        """Snapshots and remains; neither the pointer nor the lock."""
        names = (path.name for path in (self.folder / "warehouse").iterdir())
        return sorted(name for name in names if name not in (POINTER, ".publishing"))

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(name) for name in (*TABLES, "_partitions", "_lineage")}
