"""Synthetic loads as somebody might have recorded them, and the folders they lie in."""

from pathlib import Path

import numpy as np
import pandas as pd

from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.model import TREES, Recipe
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import RAW_WEATHER
from energy_dagster.storage.recorded_load import WEATHER, recorded_history

FIRST, LAST = "2025-09-25", "2026-04-12"
"""Two hundred days over the change to summer time on 29 March."""

FEW_TREES = 40


def load_of(first: str = FIRST, last: str = LAST, *, level: float = 2000.0, seed: int = 0) -> "pd.Series[float]":
    """MWh by naive UTC hour of whole days, both included: a day by the local clock, a working week, and noise."""
    hours = pd.date_range(first, pd.Timestamp(last) + pd.Timedelta(hours=23), freq="h", unit="us", name="hour_utc")
    local = to_danish(pd.Series(hours)).dt
    day = 1 + 0.2 * np.sin((local.hour.to_numpy() - 9) / 24 * 2 * np.pi)
    week = np.where(local.dayofweek.to_numpy() < 5, 1.0, 0.88)
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.02, len(hours)))
    return pd.Series(level * day * week * noise, hours)


def without(load: "pd.Series[float]", first: str | pd.Timestamp, last: str | pd.Timestamp) -> "pd.Series[float]":
    """The load with a gap, both ends included."""
    return load.mask((load.index >= pd.Timestamp(first)) & (load.index <= pd.Timestamp(last)))


def history_of(load: "pd.Series[float]", area: str = "DK1", weather: pd.DataFrame | None = None) -> SeriesHistory:
    """The series of a load, without weather by default."""
    return recorded_history(load, area, empty(RAW_WEATHER) if weather is None else weather)


def quick_recipe(seed: int = 1) -> Recipe:
    """A recipe of a few trees, which also a process of its own keeps to."""
    return Recipe(seed, trees={**TREES, "num_iterations": FEW_TREES})


def portal_rows(load: "pd.Series[float]", area: str) -> pd.DataFrame:
    """Rows of the portal's dataset of the load."""
    return pd.DataFrame({"TimeUTC": load.index, "PriceArea": area, LOAD.measure: load.to_numpy()})


def write_portal(folder: Path, *rows: pd.DataFrame) -> Path:
    """The portal's dataset of the load as a file; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pd.concat(rows).to_parquet(folder / f"{LOAD.name}.parquet", index=False)
    return folder


def write_weather(folder: Path, *, hours: pd.DatetimeIndex) -> None:
    """Observed weather of some hours, labelled by their ends."""
    wave = np.sin(np.arange(len(hours)) / 60)
    columns = {"temp_mean_past1h": 6 + 4 * wave, "humidity_past1h": 75 + 10 * wave, "wind_speed_past1h": 6 + wave}
    frame = pd.DataFrame({"HourLabel_probablyUTC": hours + pd.Timedelta(hours=1), **columns})
    frame.to_parquet(folder / WEATHER, index=False)
