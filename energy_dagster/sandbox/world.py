"""Everything simulated from one seed, generated when first asked for and kept for the process."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from energy_dagster.domain.catalogue import BALANCE, CONSUMER_CATEGORIES, GRID_AREAS
from energy_dagster.sandbox.climate import Climate
from energy_dagster.sandbox.consumers import consumer_categories, grid_areas
from energy_dagster.sandbox.corrections import Corrections
from energy_dagster.sandbox.history import FIRST_HOUR, History, simulate_history
from energy_dagster.sandbox.hours import hour_start
from energy_dagster.sandbox.scada import scada_balance
from energy_dagster.sandbox.weather_forecasts import WeatherForecasts

MADE_FROM_HISTORY: Mapping[str, Callable[[int, History], History]] = {
    BALANCE.name: scada_balance,
    CONSUMER_CATEGORIES.name: consumer_categories,
    GRID_AREAS.name: grid_areas,
}
"""Makers of the datasets that only some ask for."""


class World:
    """The climate, its forecasts and the datasets of one seed; they grow when a later year is asked for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.climate = Climate(seed)
        self.forecasts = WeatherForecasts(seed, self.climate)
        self.corrections = Corrections(seed)
        self._history = History(np.empty(0, dtype=np.int64), {}, {})
        self._made: dict[str, History] = {}

    def history(self, dataset: str, *, until: int) -> History:
        """A dataset, at least every hour before `until` and the first."""
        until = max(until, FIRST_HOUR + 1)
        if FIRST_HOUR + self._history.hours.size < until:
            self._history = simulate_history(self._seed, self.climate, last_year=hour_start(until).year)
            self._made = {}
        if dataset not in MADE_FROM_HISTORY:
            return self._history
        if dataset not in self._made:
            self._made[dataset] = MADE_FROM_HISTORY[dataset](self._seed, self._history)
        return self._made[dataset]


@lru_cache(maxsize=4)
def world(seed: int) -> World:
    """The world of a seed, one a process."""
    return World(seed)
