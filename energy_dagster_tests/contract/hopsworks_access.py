"""The platform's own way to the stand-in, and small partitions of the mirrored tables."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.feature_groups import Partition
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, Column, Table
from energy_dagster.resources.hopsworks_client import Access
from energy_dagster.resources.hopsworks_groups import HopsworksFeatureStore, Mode

if TYPE_CHECKING:  # the stand-in needs packages that only some environments have
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

SECONDS = 60.0


def partition(key: str, start: str, end: str) -> Partition:
    """A partition from its key and its times, naive UTC."""
    return Partition(key, pd.Timestamp(start), pd.Timestamp(end))


MONTH = partition("2026-03-01", "2026-03-01", "2026-04-01")
NEXT_MONTH = partition("2026-04-01", "2026-04-01", "2026-05-01")
HOUR = partition("2026-03-03T11", "2026-03-03T11:00", "2026-03-03T12:00")
NEXT_HOUR = partition("2026-03-03T12", "2026-03-03T12:00", "2026-03-03T13:00")
DAY = partition("2026-03-02", "2026-03-02", "2026-03-03")
NEXT_DAY = partition("2026-03-03", "2026-03-03", "2026-03-04")
TABLES: dict[str, tuple[Table, Partition, Partition]] = {
    "features": (CONSUMPTION_FEATURES, MONTH, NEXT_MONTH),
    "predictions": (PREDICTIONS, HOUR, NEXT_HOUR),
    "error_metrics": (ERROR_METRICS, DAY, NEXT_DAY),
}
"""Each mirrored table with two partitions that follow one another."""


def access_to(standin: "HopsworksStandIn", folder: Path, *, seconds: float = SECONDS, key: str | None = None) -> Access:
    """How the platform reaches the stand-in."""
    trusted = str(standin.trust_store)
    return Access(standin.host, standin.port, standin.project, key or standin.api_key, trusted, str(folder / "hopsworks"), seconds)


def groups_in(access: Access, mode: Mode = "delta") -> HopsworksFeatureStore:
    """Its feature groups."""
    return HopsworksFeatureStore(access, mode)


def rows_of(table: Table, of: Partition, count: int, *, first_mwh: float = 0.1) -> pd.DataFrame:
    """Rows of a partition: hours of DK1, other numbers in each row, nulls in every third row where a column may have them."""
    hours = pd.date_range(of.start, periods=count, freq="h", unit="us")
    frame = pd.DataFrame({column.name: _values(column, hours, number, first_mwh) for number, column in enumerate(table.columns)})
    known: dict[str, Any] = {"area": "DK1", "consumer_group": "total", "hour_utc": hours}
    if "issued_at" in table.names:
        known |= {"issued_at": pd.Timestamp(of.start), "hour_utc": hours + pd.Timedelta(hours=1)}
    return conform(table, frame.assign(**known))


def _values(column: Column, hours: pd.DatetimeIndex, number: int, first_mwh: float) -> object:
    """Numbers that no float of less than 64 bits holds, times to the microsecond."""
    count = len(hours)
    make: dict[str, Callable[[], object]] = {
        "timestamp": lambda: pd.Series(hours + pd.Timedelta(microseconds=number + 1)),
        "double": lambda: pd.Series(first_mwh + np.arange(count) / 7 + number, dtype="float64"),
        "integer": lambda: pd.Series(np.arange(count) + number, dtype="int64"),
        "boolean": lambda: pd.Series(np.arange(count) % 2 == 0),
        "string": lambda: pd.Series([f"{column.name} {row}, æøå" for row in range(count)], dtype="object"),
    }
    values = make[column.dtype]()
    assert isinstance(values, pd.Series)
    return values.mask(values.index % 3 == 2) if column.nullable else values
