"""The replica's simulated archive: Danish consumption and weather that never were, the same for everyone with the seed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.catalogue import LOAD, SETTLEMENT, WEATHER_ARCHIVE_DELAY, Dataset
from energy_dagster.sandbox.archive import Coordinates, PublishedColumn, PublishedDataset, WeatherValues
from energy_dagster.sandbox.climate import Elements, weather_values
from energy_dagster.sandbox.history import AREAS, FIRST_HOUR, world
from energy_dagster.sandbox.hours import HourArray, hour_number, local_stamps, published_before, utc_stamps
from energy_dagster.sandbox.weather_forecasts import newest_run, own_run

FINAL_AFTER = timedelta(days=10)
"""Age from which the source calls a row of the total load `Final`; the number itself does not change."""


def _dataset(source: Dataset, *, local_column: str, version: tuple[str, ...], measures: tuple[str, ...]) -> PublishedDataset:
    return PublishedDataset(
        name=source.name,
        time_column=source.time_column,
        key=(source.time_column, source.area_column),
        columns=(
            PublishedColumn(source.time_column, "datetime"),
            PublishedColumn(local_column, "datetime"),
            *(PublishedColumn(name, "string") for name in (*version, source.area_column)),
            *(PublishedColumn(name, "number", "MWh") for name in measures),
        ),
        publication_delay=source.publication_delay,
    )


_LOAD: Final = _dataset(
    LOAD,
    local_column="TimeDK",
    version=("Version",),
    measures=("GrossCon", "OffshoreWindPower", "OnshoreWindPower", "SolarPower", "ExchangeGreatBelt"),
)
_SETTLEMENT: Final = _dataset(
    SETTLEMENT,
    local_column="HourDK",
    version=(),
    measures=("GrossConsumptionMWh", "GridLossTransmissionMWh", "PowerToHeatMWh"),
)


class SimulatedArchive:
    """Simulated total load, settlement and weather from 2015 on, decided by the seed alone.

    Nothing is generated before the first question; the history is then kept for the process.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @property
    def source(self) -> Literal["simulated"]:
        """The label of the answers."""
        return "simulated"

    @property
    def datasets(self) -> Mapping[str, PublishedDataset]:
        """The datasets by name."""
        return {dataset.name: dataset for dataset in (_LOAD, _SETTLEMENT)}

    def span(self) -> None:
        """The simulated load goes on with the clock."""
        return

    def rows(self, dataset: str, *, hours: range, now: datetime) -> pd.DataFrame:
        """Rows whose hour lies in `hours` and was published at `now`, ascending by the key, in the dataset's columns."""
        shape = self.datasets[dataset]
        published = max(FIRST_HOUR, published_before(now, shape.publication_delay))
        first, stop = (int(np.clip(hour, FIRST_HOUR, published)) for hour in (hours.start, hours.stop))
        history = world(self._seed).history(until=stop)
        window = slice(first - FIRST_HOUR, max(first, stop) - FIRST_HOUR)
        labels = _labels(shape, history.hours[window], now=now)
        columns = {name: history.columns[name][window].ravel() for name in shape.names if name not in labels}
        return pd.DataFrame(labels | columns, columns=list(shape.names))

    def observed(self, place: Coordinates, *, hours: HourArray, now: datetime) -> WeatherValues:
        """The true weather; NaN where it is not in the observed archive at `now`."""
        truth = world(self._seed).climate.truth(place, hours)
        return _masked(place, hours, truth, known=hours < published_before(now, WEATHER_ARCHIVE_DELAY))

    def forecast(self, place: Coordinates, *, hours: HourArray, now: datetime, days_before: int) -> WeatherValues:
        """Forecasts of the newest run that could be read at `now`, or `days_before` each hour; see `Archive`."""
        present = hour_number(now)
        if days_before == 0:
            newest = newest_run(np.array([present]))[0]
            runs, known = np.minimum(own_run(hours), newest), np.ones(hours.size, dtype=np.bool_)
        else:
            asked = hours - 24 * days_before
            runs, known = newest_run(asked), asked <= present
        issued = world(self._seed).forecasts.issued(place, hours=hours, runs=runs)
        return _masked(place, hours, issued, known=known)


def _labels(shape: PublishedDataset, hours: HourArray, *, now: datetime) -> dict[str, Any]:
    each = np.repeat(hours, len(AREAS))
    labels: dict[str, Any] = {
        name: utc_stamps(each) if name == shape.time_column else local_stamps(each)
        for name in shape.names
        if shape.data_type(name) == "datetime"
    }
    labels["PriceArea"] = np.array(AREAS * hours.size, dtype=object)
    if "Version" in shape.names:
        labels["Version"] = np.where(each < published_before(now, FINAL_AFTER), "Final", "Initial").astype(object)
    return labels


def _masked(place: Coordinates, hours: HourArray, elements: Elements, *, known: npt.NDArray[np.bool_]) -> WeatherValues:
    values = weather_values(place, hours.astype(np.float64), elements)
    return {variable: np.where(known, numbers, np.nan) for variable, numbers in values.items()}
