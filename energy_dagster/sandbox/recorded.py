"""The replica's recorded archive: Parquet files named after the datasets, shown with the publication clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from energy_dagster.domain.catalogue import DATASETS, LOAD, WEATHER_ARCHIVE_DELAY
from energy_dagster.sandbox.archive import Coordinates, DataType, PublishedColumn, PublishedDataset, WeatherValues, WeatherVariable
from energy_dagster.sandbox.hours import FloatArray, HourArray, published_before

TIME_COLUMNS = ("TimeUTC", "HourUTC")
"""A Parquet file with one of these columns is a dataset; any other file is not."""

WEATHER_FILE = "weather_dk_mean_observed.parquet"
"""Observed weather, one value for the whole country; its label is the END of the hour."""

UNDECLARED_DELAY = timedelta(hours=2)
"""Publication delay of a dataset that the catalogue does not know."""

_NOT_IN_KEY = ("TimeUTC", "HourUTC", "TimeDK", "HourDK", "Version")
_PANDAS_INDEX = "__index_level_"
"""How pandas names an index that it saved along with the columns."""

_NO_HOUR = -(10**8)
"""An hour nothing was recorded for."""

_WEATHER_LABEL = "HourLabel_probablyUTC"
_WEATHER_COLUMNS: Mapping[str, WeatherVariable] = {
    "temp_mean_past1h": "temperature_2m",
    "humidity_past1h": "relative_humidity_2m",
    "wind_speed_past1h": "wind_speed_10m",
}


class NoRecordedData(Exception):
    """A folder of recorded data cannot be used.

    Attributes:
        folder: the folder.
        reason: what was found in it.
    """

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: expected Parquet files named after datasets, with a TimeUTC or HourUTC column, but {reason}")
        self.folder = folder
        self.reason = reason


def _data_type(kind: pa.DataType) -> DataType:
    if pa.types.is_timestamp(kind):
        return "datetime"
    return "number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) else "string"


def _dataset(name: str, schema: pa.Schema) -> PublishedDataset | None:
    time_column = next((column for column in TIME_COLUMNS if column in schema.names), None)
    if time_column is None or not pa.types.is_timestamp(schema.field(time_column).type):
        return None
    fields = (field for field in schema if not field.name.startswith(_PANDAS_INDEX))
    columns = tuple(PublishedColumn(field.name, _data_type(field.type)) for field in fields)
    labels = tuple(c.name for c in columns if c.data_type == "string" and c.name not in _NOT_IN_KEY)
    delay = DATASETS[name].publication_delay if name in DATASETS else UNDECLARED_DELAY
    return PublishedDataset(name, time_column, (time_column, *labels), columns, delay)


def _datasets(folder: Path) -> dict[str, PublishedDataset]:
    if not folder.is_dir():
        raise NoRecordedData(folder, "there is no such folder")
    files = sorted(folder.glob("*.parquet"))
    found: dict[str, PublishedDataset] = {}
    for file in files:
        try:
            dataset = _dataset(file.stem, pq.read_schema(file))
        except pa.ArrowInvalid as fault:
            raise NoRecordedData(folder, f"{file.name} cannot be read as Parquet ({fault})") from fault
        if dataset is not None:
            found[dataset.name] = dataset
    if not found:
        names = ", ".join(file.name for file in files) or "no Parquet file at all"
        raise NoRecordedData(folder, f"found {names}")
    return found


def _naive_utc(stamps: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    return (stamps.dt.tz_convert("UTC").dt.tz_localize(None) if stamps.dt.tz is not None else stamps).astype("datetime64[ns]")


def _hour_numbers(stamps: "pd.Series[pd.Timestamp]") -> HourArray:
    return _naive_utc(stamps).to_numpy().astype("datetime64[h]").astype(np.int64)


class RecordedArchive:
    """Real data from a folder; a dataset is read when it is first asked for.

    Weather forecasts were not recorded: they answer with no values.

    Raises:
        NoRecordedData: the folder is missing or holds no dataset.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shapes = _datasets(folder)
        self._frames: dict[str, tuple[HourArray, pd.DataFrame]] = {}

    @property
    def source(self) -> Literal["recorded"]:
        """The label of the answers."""
        return "recorded"

    @property
    def datasets(self) -> Mapping[str, PublishedDataset]:
        """The datasets found in the folder, by name."""
        return self._shapes

    def first_hour(self, dataset: str) -> int | None:
        """The first hour a dataset has; None when its file is empty. The file is read once and kept."""
        numbers, _ = self._frame(dataset)
        return int(numbers[0]) if numbers.size else None

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last hour of the total load, aware UTC; None when it was not recorded."""
        if LOAD.name not in self._shapes:
            return None
        stamps = self._frame(LOAD.name)[1][self._shapes[LOAD.name].time_column]
        if stamps.empty:
            return None
        return stamps.iloc[0].to_pydatetime().replace(tzinfo=UTC), stamps.iloc[-1].to_pydatetime().replace(tzinfo=UTC)

    def rows(self, dataset: str, *, hours: range, now: datetime) -> pd.DataFrame:
        """Rows whose hour lies in `hours` and was published at `now`, ascending by the key, in the dataset's columns."""
        numbers, frame = self._frame(dataset)
        stop = min(hours.stop, published_before(now, self._shapes[dataset].publication_delay))
        first, last = np.searchsorted(numbers, [hours.start, stop])
        return frame.iloc[first:last]

    def observed(self, place: Coordinates, *, hours: HourArray, now: datetime) -> WeatherValues:
        """Observed weather of the whole country, whatever the place; NaN where there is none or it was not yet published."""
        del place  # one value stands for the country
        published = hours < published_before(now, WEATHER_ARCHIVE_DELAY)
        known = self._weather.reindex(np.where(published, hours, _NO_HOUR))
        return _nothing(hours) | {name: known[column].to_numpy(dtype=np.float64) for column, name in _WEATHER_COLUMNS.items()}

    def forecast(self, place: Coordinates, *, hours: HourArray, now: datetime, days_before: int) -> WeatherValues:
        """NaN throughout: no weather forecast was recorded."""
        del place, now, days_before
        return _nothing(hours)

    def _frame(self, name: str) -> tuple[HourArray, pd.DataFrame]:
        if name not in self._frames:
            shape = self._shapes[name]
            table = pq.read_table(self._folder / f"{name}.parquet", columns=list(shape.names))
            frame = table.to_pandas(ignore_metadata=True)
            for column in (column.name for column in shape.columns if column.data_type == "datetime"):
                frame[column] = _naive_utc(frame[column])
            frame = frame.sort_values(list(shape.key), kind="stable", ignore_index=True)
            self._frames[name] = (_hour_numbers(frame[shape.time_column]), frame)
        return self._frames[name]

    @cached_property
    def _weather(self) -> pd.DataFrame:
        file = self._folder / WEATHER_FILE
        if not file.exists():
            return pd.DataFrame(columns=list(_WEATHER_COLUMNS), dtype=np.float64)
        frame = pd.read_parquet(file)
        end_of_hour = _hour_numbers(frame[_WEATHER_LABEL])
        return frame.set_index(end_of_hour - 1)[list(_WEATHER_COLUMNS)].groupby(level=0).first()


def _nothing(hours: HourArray) -> dict[WeatherVariable, FloatArray]:
    return {variable: np.full(hours.size, np.nan) for variable in get_args(WeatherVariable)}
