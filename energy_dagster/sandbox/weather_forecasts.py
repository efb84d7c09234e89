"""Simulated weather forecasts: the truth plus an error that grows with the lead and depends only on the hour and the run.

The error is built of layers. Layer k is smooth noise over the hours that fades in while the lead passes from one knot to the
next; so newer runs know more layers, consecutive runs agree mostly, and the error of a lead has the variance of its layers.
"""

from collections.abc import Mapping

import numpy as np

from energy_dagster.domain.catalogue import WEATHER_DELAY
from energy_dagster.sandbox.archive import Coordinates
from energy_dagster.sandbox.climate import Climate, Elements
from energy_dagster.sandbox.hours import FloatArray, HourArray
from energy_dagster.sandbox.noise import Field

RUN_EVERY_HOURS = 6
"""Runs start at 00, 06, 12 and 18 UTC."""

_DELAY_HOURS = int(WEATHER_DELAY.total_seconds() // 3600)
_ERROR_KNOT_HOURS = 12
_LEAD_KNOTS_DAYS = np.concatenate([[-0.001, 0.0], 1.35 + np.arange(17)])
"""Leads at which a layer is complete; a run read N days before its hour has a lead of N days and 6 to 11 hours."""

_STANDARD_ERRORS: Mapping[str, tuple[tuple[float, float, float, float], float]] = {
    "temperature": ((0.4, 0.8, 1.1, 1.5), 4.0),
    "wind": ((0.4, 0.8, 1.1, 1.4), 3.0),
    "humidity": ((3.0, 6.0, 8.0, 10.0), 14.0),
    "cloud": ((0.08, 0.15, 0.19, 0.23), 0.35),
}
"""Standard error by element at lead 0 and when read 1, 2, 3 days before, and where it tends to."""


def newest_run(hours: HourArray) -> HourArray:
    """Start of the newest run that can be read at each hour.

    >>> newest_run(np.array([11, 12])).tolist()
    [0, 6]
    """
    return (hours - _DELAY_HOURS) // RUN_EVERY_HOURS * RUN_EVERY_HOURS


def own_run(hours: HourArray) -> HourArray:
    """Start of the newest run that had started when each hour began."""
    return hours // RUN_EVERY_HOURS * RUN_EVERY_HOURS


def _layer_sizes(first: tuple[float, ...], limit: float) -> FloatArray:
    later = [limit - (limit - first[-1]) * float(np.exp(-step / 5)) for step in range(1, _LEAD_KNOTS_DAYS.size - len(first))]
    variances = np.square([*first, *later])
    return np.asarray(np.sqrt(np.diff(variances, prepend=0.0)), dtype=np.float64)


class WeatherForecasts:
    """Forecasts of the climate's truth by any run."""

    def __init__(self, seed: int, climate: Climate) -> None:
        self._climate = climate
        self._sizes = {element: _layer_sizes(*errors) for element, errors in _STANDARD_ERRORS.items()}
        self._layers = {
            element: [
                Field(seed, f"forecast/{element}/{layer}", knot_hours=_ERROR_KNOT_HOURS, turn_per_degree=0.2)
                for layer in range(sizes.size)
            ]
            for element, sizes in self._sizes.items()
        }

    def issued(self, place: Coordinates, *, hours: HourArray, runs: HourArray) -> Elements:
        """Weather of each hour as forecast by its run (the run's start, at or before the hour)."""
        truth = self._climate.truth(place, hours)
        at, lead_days = hours.astype(np.float64), (hours - runs) / 24

        def error(element: str) -> FloatArray:
            return self._error(element, at, lead_days=lead_days, longitude=place.longitude)

        return Elements(
            temperature=truth.temperature + error("temperature"),
            wind=np.clip(truth.wind + error("wind"), 0.1, None),
            humidity=np.clip(truth.humidity + error("humidity"), 20, 100),
            cloud=np.clip(truth.cloud + error("cloud"), 0, 1),
        )

    def _error(self, element: str, at: FloatArray, *, lead_days: FloatArray, longitude: float) -> FloatArray:
        total = np.zeros_like(at)
        for layer, size in enumerate(self._sizes[element]):
            start, stop = _LEAD_KNOTS_DAYS[layer], _LEAD_KNOTS_DAYS[layer + 1]
            known = np.clip((lead_days - start) / (stop - start), 0, 1)
            if known.any():
                total = total + size * known * self._layers[element][layer].at(at, longitude)
        return total
