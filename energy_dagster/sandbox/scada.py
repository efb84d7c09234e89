"""The older fast source: what the control room measured, with more noise, and now and then plainly wrong."""

from datetime import UTC, datetime

import numpy as np

from energy_dagster.domain.catalogue import BALANCE
from energy_dagster.sandbox.history import AREAS, GROSS, History
from energy_dagster.sandbox.hours import FloatArray, HourArray, hour_number, hour_start
from energy_dagster.sandbox.noise import autoregressive_noise, generator, white_noise

_JITTER = 0.008
_DRIFT = 0.010
"""Standard deviations as shares: from hour to hour, and over about a day."""

_TIMES_A_YEAR = (1, 2)
"""Fewest and most of each kind of defect per area."""

_SPIKE_FACTOR = (1.8, 3.0)
_SPIKE_HOURS, _ZERO_HOURS, _HOLE_HOURS = (1, 1), (1, 2), (2, 12)
"""Shortest and longest."""

_HOURS_TO_CHOOSE_FROM = 364 * 24
"""Of a year, from its first hour."""


def scada_balance(seed: int, history: History) -> History:
    """Total load by the control room, MWh, beside the production columns; NaN where an hour was never published."""
    loads = [
        _measured(seed, area, hours=history.hours, consumption=history.columns[GROSS][:, index]) for index, area in enumerate(AREAS)
    ]
    return History(history.hours, history.series, {**history.columns, BALANCE.measure: np.stack(loads, axis=1)})


def _measured(seed: int, area: str, *, hours: HourArray, consumption: FloatArray) -> FloatArray:
    jitter = white_noise(seed, f"scada/{area}/jitter", count=hours.size)
    drift = autoregressive_noise(seed, f"scada/{area}/drift", count=hours.size, memory=0.95)
    load = np.round(consumption * (1 + _JITTER * jitter + _DRIFT * drift), 2)
    for year in range(hour_start(int(hours[0])).year, hour_start(int(hours[-1])).year + 1):
        _spoil(load, generator(seed, f"scada/{area}/defects", year), new_year=_new_year(year) - int(hours[0]))
    return np.asarray(load, dtype=np.float64)


def _new_year(year: int) -> int:
    return hour_number(datetime(year, 1, 1, tzinfo=UTC))


def _spoil(load: FloatArray, chance: np.random.Generator, *, new_year: int) -> None:
    """Put a year's defects into a load whose first hour lies `-new_year` hours into the year."""
    for hours, factor in ((_SPIKE_HOURS, _SPIKE_FACTOR), (_ZERO_HOURS, (0.0, 0.0)), (_HOLE_HOURS, (np.nan, np.nan))):
        for _ in range(int(chance.integers(*_TIMES_A_YEAR, endpoint=True))):
            first = new_year + int(chance.integers(_HOURS_TO_CHOOSE_FROM))
            stop = first + int(chance.integers(*hours, endpoint=True))
            low, high = factor
            window = slice(max(0, first), max(0, stop))
            load[window] = np.round(load[window] * (low + (high - low) * chance.random()), 2)
