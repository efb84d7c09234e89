"""The series a backtest runs on: of a recorded folder, or of the lake."""

from pathlib import Path
from typing import Literal

import pandas as pd

from energy_dagster.domain.contracts import empty
from energy_dagster.domain.features import hourly_features
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import CONSUMPTION, RAW_WEATHER, TOTAL, WEATHER_COLUMNS
from energy_dagster.domain.weather_errors import as_forecasts
from energy_dagster.io_managers.lake import Lake
from energy_dagster.settings import Settings
from energy_dagster.storage.recorded_load import AHEAD_HOURS, NoSuchRecording, read_load, read_weather, recorded_history

WeatherMode = Literal["none", "observed", "forecast"]


def history_of(settings: Settings, area: str, weather: WeatherMode) -> SeriesHistory:
    """The series of an area.

    Args:
        settings: where the data is.
        area: a price area, or any area that a recorded folder holds.
        weather: none; observed, as if forecasts were perfect; or forecast. Where only observations were recorded, `forecast` means
            those with simulated errors of a day-ahead forecast.

    Raises:
        NoSuchRecording: the folder or the lake does not hold the area, or no weather.
    """
    folder = settings.recorded_folder
    return _recorded(folder, area, weather, seed=settings.seed) if folder is not None else _from_lake(settings.lake, area, weather)


def simulated_of(settings: Settings, weather: WeatherMode) -> tuple[str, ...]:
    """What of a series is simulated, in words."""
    if settings.recorded_folder is not None:
        return ("errors of the weather forecasts",) if weather == "forecast" else ()
    return () if not settings.simulated else ("consumption",) if weather == "none" else ("consumption", "weather")


def _recorded(folder: Path, area: str, weather: WeatherMode, *, seed: int) -> SeriesHistory:
    load, rows = read_load(folder, area), empty(RAW_WEATHER)
    if weather != "none":
        rows = as_forecasts(read_weather(folder), area, with_errors=weather == "forecast", seed=seed)
    return recorded_history(load, area, rows)


def _from_lake(root: str, area: str, weather: WeatherMode) -> SeriesHistory:
    lake = Lake(root)
    rows = lake.read(CONSUMPTION, lake.partitions(CONSUMPTION.name))
    rows = rows[(rows["area"] == area) & (rows["consumer_group"] == TOTAL)]
    if not len(rows):
        raise NoSuchRecording(
            f"expected consumption of {area} in the lake {root}, found none; `energy forecast` or `energy backfill` bring it in"
        )
    told = lake.read(RAW_WEATHER, lake.partitions(RAW_WEATHER.name)) if weather != "none" else empty(RAW_WEATHER)
    if weather == "observed":
        told = _as_if_foreseen(told)
    end = rows["hour_utc"].max() + pd.Timedelta(hours=AHEAD_HOURS)
    return series_histories(hourly_features(rows, told, hours=pd.date_range(rows["hour_utc"].min(), end, freq="h", unit="us")))[
        area
    ]


def _as_if_foreseen(weather: pd.DataFrame) -> pd.DataFrame:
    seen = weather[weather["kind"] == "observed"].drop_duplicates(["area", "hour_utc"], keep="last")
    parts = [
        as_forecasts(rows.set_index("hour_utc")[list(WEATHER_COLUMNS)], str(area), with_errors=False, seed=0)
        for area, rows in seen.groupby("area")
    ]
    return pd.concat(parts, ignore_index=True) if parts else empty(RAW_WEATHER)
