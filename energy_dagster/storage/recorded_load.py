"""Recorded consumption of any area, from a folder of Parquet files: what a backtest on other people's data reads.

Three shapes are known: a dataset of the portal (`TimeUTC` or `HourUTC`, `PriceArea`, a measure), a long table (a time, an area, a
load), and a table of one area (a time, a load) in a file named after it, as `de_lu_load.parquet` for DE-LU.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from energy_dagster.domain.catalogue import DATASETS
from energy_dagster.domain.features import hourly_features
from energy_dagster.domain.hour_flags import quality_flags
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import AREAS, TOTAL, WEATHER_COLUMNS

TIMES = ("TimeUTC", "HourUTC", "hour_utc", "time_utc", "Time", "time", "timestamp", "datetime")
AREA_NAMES = ("PriceArea", "area", "Area", "zone", "bidding_zone")
LOADS = (
    *("GrossCon", "TotalLoad", "GrossConsumptionMWh", "load_mwh", "consumption_mwh", "actual_mwh"),
    *("LoadMW", "load_mw", "LoadMWh", "load", "Load"),
)
WEATHER = "weather_dk_mean_observed.parquet"
"""Observed weather, one value for the whole country; its label is the end of the hour."""

_HOUR_LABEL = "HourLabel"
_WEATHER_COLUMNS = {
    "temp_mean_past1h": "temperature_c",
    "humidity_past1h": "relative_humidity_pct",
    "wind_speed_past1h": "wind_speed_ms",
}
AHEAD_HOURS = 72
"""Hours after the newest recorded one that a history reaches, without values."""


class NoSuchRecording(Exception):
    """A folder does not hold what was asked for; the message says what it holds."""


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say which file is damaged."""
    try:
        yield
    except (pa.ArrowException, OSError) as fault:
        told = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise NoSuchRecording(f"{path}: expected a Parquet file, found otherwise ({told})") from fault


@dataclass(frozen=True)
class Recording:
    """A file that holds the load of areas, and in which columns."""

    path: Path
    time: str
    load: str
    area: str | None
    areas: tuple[str, ...]


def recordings_in(folder: Path) -> list[Recording]:
    """Every file of a folder that holds loads; datasets of the portal first.

    Raises:
        NoSuchRecording: there is no such folder, or no file in it holds any.
    """
    if not folder.is_dir():
        raise NoSuchRecording(f"{folder}: expected a folder of Parquet files, found no such folder")
    files = sorted(folder.glob("*.parquet"), key=lambda path: (path.stem not in DATASETS, path.name))
    found = [recording for path in files if (recording := _recording(path)) is not None]
    if not found:
        names = ", ".join(path.name for path in files) or "no Parquet file"
        raise NoSuchRecording(
            f"{folder}: expected a file with a time column ({', '.join(TIMES)}) and a load ({', '.join(LOADS)}), found {names}"
        )
    return found


def _recording(path: Path) -> Recording | None:
    with _reading(path):
        schema = pq.read_schema(path)
    time, load, area = (next((name for name in names if name in schema.names), None) for names in (TIMES, LOADS, AREA_NAMES))
    if time is None or load is None or not pa.types.is_timestamp(schema.field(time).type):
        return None
    if path.stem in DATASETS and DATASETS[path.stem].group_column is not None:
        return None
    if area is None:
        return Recording(path, time, load, None, (path.stem.lower().split("_load")[0].replace("_", "-").upper(),))
    with _reading(path):
        values = pq.read_table(path, columns=[area]).column(0).unique().to_pylist()
    return Recording(path, time, load, area, tuple(sorted(str(value) for value in values if value is not None)))


def read_load(folder: Path, area: str) -> "pd.Series[float]":
    """MWh of an area by naive UTC hour, as recorded: complete hours, null where nothing was.

    Values within an hour are averaged, as those of power are.

    Raises:
        NoSuchRecording: no file holds the area, and the message names those there are; or a file is damaged.
    """
    recordings = recordings_in(folder)
    holding = next((recording for recording in recordings if area in recording.areas), None)
    if holding is None:
        there = sorted({name for recording in recordings for name in recording.areas})
        raise NoSuchRecording(f"{folder}: expected recordings of {area}, found those of {', '.join(there)}")
    columns = [holding.time, holding.load, *([holding.area] if holding.area else [])]
    with _reading(holding.path):
        frame = pd.read_parquet(holding.path, columns=columns)
    if holding.area:
        frame = frame[frame[holding.area].astype(str) == area]
    times = pd.DatetimeIndex(frame[holding.time])
    times = (times.tz_convert("UTC").tz_localize(None) if times.tz is not None else times).floor("h").as_unit("us")
    values = pd.Series(pd.to_numeric(frame[holding.load], errors="coerce").to_numpy(np.float64), times)
    hourly = values.groupby(level=0).mean()
    if not len(hourly.dropna()):
        raise NoSuchRecording(f"{holding.path}: expected loads of {area} in {holding.load}, found none")
    return hourly.reindex(pd.date_range(hourly.index[0], hourly.index[-1], freq="h", unit="us", name="hour_utc"))


def read_weather(folder: Path) -> pd.DataFrame:
    """Observed weather by naive UTC start of the hour, in the columns of `tables.WEATHER_COLUMNS`; null where not recorded.

    Raises:
        NoSuchRecording: the folder holds none, or in another shape.
    """
    path = folder / WEATHER
    if not path.is_file():
        raise NoSuchRecording(f"{folder}: expected observed weather in {WEATHER}, found no such file; choose --weather none")
    with _reading(path):
        frame = pd.read_parquet(path)
    label = next((name for name in frame.columns if name.startswith(_HOUR_LABEL)), None)
    if label is None:
        raise NoSuchRecording(f"{path}: expected a column {_HOUR_LABEL}.., found {', '.join(frame.columns)}")
    hours = (pd.DatetimeIndex(frame[label]) - pd.Timedelta(hours=1)).as_unit("us")
    renamed = frame.rename(columns=_WEATHER_COLUMNS).set_index(hours.rename("hour_utc"))
    return renamed.reindex(columns=list(WEATHER_COLUMNS)).astype(np.float64)


def recorded_history(load: "pd.Series[float]", area: str, weather: pd.DataFrame) -> SeriesHistory:
    """The hourly features of a recorded load.

    Args:
        load: of `read_load`; hours that fail the rules of `hour_flags` are left out.
        area: its area.
        weather: rows of `raw_weather` of the area; may be empty.

    Raises:
        NoSuchRecording: no hour can be used.
    """
    flags = quality_flags(load, largest_mwh=np.inf) if area not in AREAS else quality_flags(load)
    if not (flags == "ok").any():
        raise NoSuchRecording(f"expected hours of {area} that can be used, found {flags.value_counts().to_dict()}")
    consumption = pd.DataFrame(
        {
            "hour_utc": load.index,
            "area": area,
            "consumer_group": TOTAL,
            "vintage": "preliminary",
            "consumption_mwh": load.to_numpy(),
            "quality": flags.to_numpy(),
        }
    )
    end = load.index[-1] + pd.Timedelta(hours=AHEAD_HOURS)
    hours = pd.date_range(load.index[0], end, freq="h", unit="us")
    histories: Mapping[str, SeriesHistory] = series_histories(hourly_features(consumption, weather, hours=hours))
    return histories[area]
