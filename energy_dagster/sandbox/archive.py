"""What the replica answers from: datasets with a publication clock, and weather."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import pandas as pd

from energy_dagster.domain.catalogue import Dataset
from energy_dagster.sandbox.hours import FloatArray, HourArray

DataType = Literal["datetime", "string", "number"]
_ORDER: tuple[DataType, ...] = ("datetime", "string", "number")

WeatherVariable = Literal[
    "temperature_2m",
    "relative_humidity_2m",
    "wind_speed_10m",
    "cloud_cover",
    "shortwave_radiation",
    "apparent_temperature",
]
WeatherValues = Mapping[WeatherVariable, FloatArray]
"""Values by variable (degree Celsius, %, m/s, %, W/m2, degree Celsius); NaN where there is none."""


@dataclass(frozen=True)
class PublishedColumn:
    """A column of a dataset: its name, type and unit (empty when it has none)."""

    name: str
    data_type: DataType
    unit: str = ""


@dataclass(frozen=True)
class PublishedDataset:
    """A dataset of the portal.

    Attributes:
        name: its name in the address.
        time_column: the UTC start of the hour.
        key: columns that make a row unique, the time first.
        columns: every column in order.
        publication_delay: how long after an hour ends its row can be read.
    """

    name: str
    time_column: str
    key: tuple[str, ...]
    columns: tuple[PublishedColumn, ...]
    publication_delay: timedelta

    @classmethod
    def of(cls, source: Dataset, *more: PublishedColumn) -> "PublishedDataset":
        """A dataset as the catalogue declares it, with more columns than the catalogue asks for.

        Times come first, then texts, then numbers; each kind in the order given.
        """
        times = (source.time_column, source.local_time_column)
        version = () if source.version_column is None else (source.version_column,)
        columns = (
            *(PublishedColumn(name, "datetime") for name in times),
            *(PublishedColumn(name, "string") for name in (*version, *source.key[1:])),
            PublishedColumn(source.measure, "number", source.unit),
            *more,
        )
        return cls(
            name=source.name,
            time_column=source.time_column,
            key=source.key,
            columns=tuple(sorted(columns, key=lambda column: _ORDER.index(column.data_type))),
            publication_delay=source.publication_delay,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def data_type(self, name: str) -> DataType:
        """Type of a column.

        Raises:
            KeyError: no such column.
        """
        return {column.name: column.data_type for column in self.columns}[name]


@dataclass(frozen=True)
class Coordinates:
    """A place on the map, in degrees."""

    latitude: float
    longitude: float


class Archive(Protocol):
    """Everything that was or will be measured, shown as it had been published at a moment."""

    @property
    def source(self) -> Literal["simulated", "recorded"]:
        """Where the numbers come from, as labelled on every answer."""

    @property
    def datasets(self) -> Mapping[str, PublishedDataset]:
        """The datasets by name."""

    def rows(self, dataset: str, *, hours: range, now: datetime) -> pd.DataFrame:
        """Rows whose hour lies in `hours` and was published at `now`, ascending by the key, in the dataset's columns."""

    def first_hour(self, dataset: str) -> int | None:
        """The first hour a dataset has, however long ago; None when it has none. Cheap."""

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last hour of the total load, aware UTC; None when it is absent or goes on with the clock."""

    def observed(self, place: Coordinates, *, hours: HourArray, now: datetime) -> WeatherValues:
        """Observed weather; NaN where it was not in the observed archive at `now`."""

    def forecast(self, place: Coordinates, *, hours: HourArray, now: datetime, days_before: int) -> WeatherValues:
        """Weather forecasts of the newest run that could be read at `now` (an hour's own first run once it is past).

        With `days_before` above 0: of the newest run that could be read that many days before each hour; NaN where that
        moment is after `now`.
        """
