"""Days that nothing in the calendar or the weather announces, about six a year and area."""

from datetime import UTC, datetime

import numpy as np

from energy_dagster.sandbox.hours import FloatArray, HourArray, hour_number, hour_start
from energy_dagster.sandbox.noise import generator

_FEWEST, _MOST = 4, 8

_KINDS: tuple[tuple[str, float, float, float], ...] = (
    ("storm", 14.0, 5.0, -0.09),
    ("match evening", 19.0, 1.5, 0.05),
    ("large site stands still", 12.0, 8.0, -0.07),
    ("cold workshops", 9.0, 4.0, 0.05),
)
"""Kind, UTC hour of its middle, hours it is wide, largest change as a share."""


def odd_day_factor(seed: int, area: str, *, hours: HourArray) -> FloatArray:
    """What odd days make of consecutive hours: 1 where nothing is odd."""
    factor = np.ones(hours.size)
    for year in range(hour_start(int(hours[0])).year, hour_start(int(hours[-1])).year + 1):
        chance = generator(seed, f"odd days/{area}", year)
        new_year = hour_number(datetime(year, 1, 1, tzinfo=UTC))
        for _ in range(int(chance.integers(_FEWEST, _MOST, endpoint=True))):
            _, middle, width, change = _KINDS[int(chance.integers(len(_KINDS)))]
            centre = new_year + 24 * int(chance.integers(364)) + middle - hours[0]
            size = change * chance.uniform(0.6, 1.3)
            first, stop = (int(np.clip(centre + side * 4 * width, 0, hours.size)) for side in (-1, 1))
            near = np.arange(first, stop)
            factor[first:stop] *= 1 + size * np.exp(-0.5 * ((near - centre) / width) ** 2)
    return factor
