"""The replica's simulated archive: Danish consumption and weather that never were, the same for everyone with the seed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.catalogue import BALANCE, CONSUMER_CATEGORIES, GRID_AREAS, LOAD, SETTLEMENT, WEATHER_ARCHIVE_DELAY
from energy_dagster.sandbox.archive import Coordinates, PublishedColumn, PublishedDataset, WeatherValues
from energy_dagster.sandbox.climate import Elements, weather_values
from energy_dagster.sandbox.history import FIRST_HOUR, TRANSMISSION_LOSS
from energy_dagster.sandbox.hours import HourArray, hour_number, local_stamps, published_before, utc_stamps
from energy_dagster.sandbox.weather_forecasts import newest_run, own_run
from energy_dagster.sandbox.world import world

FINAL_AFTER = timedelta(days=10)
"""Age from which the source calls a row of the total load `Final`; the number itself does not change."""


_PRODUCTION: Final = tuple(
    PublishedColumn(name, "number", "MWh") for name in ("OffshoreWindPower", "OnshoreWindPower", "SolarPower", "ExchangeGreatBelt")
)
_DATASETS: Final[Mapping[str, PublishedDataset]] = {
    dataset.name: dataset
    for dataset in (
        PublishedDataset.of(LOAD, *_PRODUCTION),
        PublishedDataset.of(BALANCE, *_PRODUCTION),
        PublishedDataset.of(
            SETTLEMENT, *(PublishedColumn(name, "number", "MWh") for name in (TRANSMISSION_LOSS, "PowerToHeatMWh"))
        ),
        PublishedDataset.of(CONSUMER_CATEGORIES, PublishedColumn("ConsumerCategory3", "string")),
        PublishedDataset.of(GRID_AREAS, PublishedColumn("Date", "datetime"), PublishedColumn("GridCompanyName", "string")),
    )
}
_LOCAL_DAY = "Date"


class SimulatedArchive:
    """Simulated consumption and weather from 2015 on, decided by the seed alone.

    Nothing is generated before the first question; what was is kept for the process. The total load and its settlement come
    first; every other dataset is made from them when it is asked for, so whoever never asks pays nothing.
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
        return _DATASETS

    def first_hour(self, dataset: str) -> int:
        """Every dataset begins with the history."""
        del dataset
        return FIRST_HOUR

    def span(self) -> None:
        """The simulated load goes on with the clock."""
        return

    def rows(self, dataset: str, *, hours: range, now: datetime) -> pd.DataFrame:
        """Rows whose hour lies in `hours` and was published at `now`, ascending by the key, in the dataset's columns."""
        shape, here = _DATASETS[dataset], world(self._seed)
        published = max(FIRST_HOUR, published_before(now, shape.publication_delay))
        first, stop = (int(np.clip(hour, FIRST_HOUR, published)) for hour in (hours.start, hours.stop))
        history = here.history(dataset, until=stop)
        window = slice(first - FIRST_HOUR, max(first, stop) - FIRST_HOUR)
        wanted = history.hours[window]
        values = {name: numbers[window] for name, numbers in history.columns.items() if name in shape.names}
        if dataset == SETTLEMENT.name:
            values[SETTLEMENT.measure] = here.corrections.as_settled(values[SETTLEMENT.measure], hours=wanted, now=now)
        labels = _labels(shape, wanted, series=history.series, now=now)
        rows = pd.DataFrame(labels | {name: numbers.ravel() for name, numbers in values.items()}, columns=list(shape.names))
        return rows[rows[BALANCE.measure].notna()] if dataset == BALANCE.name else rows

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


def _labels(shape: PublishedDataset, hours: HourArray, *, series: Mapping[str, tuple[str, ...]], now: datetime) -> dict[str, Any]:
    each = np.repeat(hours, len(next(iter(series.values()), ())))
    labels: dict[str, Any] = {
        name: utc_stamps(each) if name == shape.time_column else local_stamps(each)
        for name in shape.names
        if shape.data_type(name) == "datetime"
    }
    if _LOCAL_DAY in labels:
        labels[_LOCAL_DAY] = labels[_LOCAL_DAY].normalize()
    labels |= {name: np.array(texts * hours.size, dtype=object) for name, texts in series.items()}
    if "Version" in shape.names:
        labels["Version"] = np.where(each < published_before(now, FINAL_AFTER), "Final", "Initial").astype(object)
    return labels


def _masked(place: Coordinates, hours: HourArray, elements: Elements, *, known: npt.NDArray[np.bool_]) -> WeatherValues:
    values = weather_values(place, hours.astype(np.float64), elements)
    return {variable: np.where(known, numbers, np.nan) for variable, numbers in values.items()}
