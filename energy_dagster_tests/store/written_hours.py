"""Consumption written down by hand, for tests whose numbers are worked out by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from energy_dagster.domain.tables import TOTAL, Quality, Vintage
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW, write_snapshot

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Written:
    """One row of `consumption`; `hour_utc` is aware UTC."""

    hour_utc: datetime
    vintage: Vintage
    consumption_mwh: float | None
    quality: Quality = "ok"
    published_mwh: float | None = None
    area: str = "DK1"
    consumer_group: str = TOTAL


def store_of(folder: Path, rows: Sequence[Written]) -> Store:
    """A store over a warehouse that holds these hours and nothing else."""
    frame = pd.DataFrame([vars(row) for row in rows]).astype({"consumption_mwh": float, "published_mwh": float})
    naive = frame["hour_utc"].dt.tz_localize(None)
    write_snapshot(folder, {"consumption": frame.assign(hour_utc=naive, source_version="", fetched_at=naive)}, as_of=NOW)
    return Store(folder)


def both(start: datetime, values: Sequence[tuple[float, float]], *, area: str = "DK1", group: str = TOTAL) -> list[Written]:
    """Hours from `start` on that are ok in both vintages, each with its preliminary and its settled MWh."""
    vintages: tuple[Vintage, ...] = ("preliminary", "settled")
    return [
        Written(start + number * HOUR, vintage, value, area=area, consumer_group=group)
        for number, pair in enumerate(values)
        for vintage, value in zip(vintages, pair, strict=True)
    ]
