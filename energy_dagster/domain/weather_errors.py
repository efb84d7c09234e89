"""Observed weather as if it had been forecast: perfect, or with errors as large as those of a day-ahead forecast.

For backtests where no forecasts were recorded. The errors are simulated and wander from hour to hour; nothing made with them shows
how good real weather forecasts would be.
"""

from datetime import timedelta

import numpy as np
import pandas as pd

from energy_dagster.domain.catalogue import WEATHER_DELAY
from energy_dagster.domain.positions import Floats
from energy_dagster.domain.tables import WEATHER_COLUMNS, WEATHER_LEAD_DAYS

ERROR_OF = {"temperature_c": 1.2, "wind_speed_ms": 1.1, "relative_humidity_pct": 7.0, "shortwave_radiation_wm2": 60.0}
"""Standard deviation of a day-ahead error of a country's mean, a choice on the large side; it grows with the root of the days."""

FROM_HOUR_TO_HOUR = 0.9
"""Correlation of the errors of neighbouring hours."""


def as_forecasts(observed: pd.DataFrame, area: str, *, with_errors: bool, seed: int) -> pd.DataFrame:
    """Rows of `raw_weather` in which runs of one to three days before each hour told its weather.

    Args:
        observed: `tables.WEATHER_COLUMNS` by naive UTC hour.
        area: of the rows.
        with_errors: whether the runs err.
        seed: of the errors.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for day in WEATHER_LEAD_DAYS:
        told = observed.copy()
        if with_errors:
            for name in WEATHER_COLUMNS:
                told[name] += ERROR_OF[name] * np.sqrt(day) * _wander(len(observed), rng)
            told["wind_speed_ms"] = told["wind_speed_ms"].clip(lower=0)
            told["relative_humidity_pct"] = told["relative_humidity_pct"].clip(0, 100)
            told["shortwave_radiation_wm2"] = told["shortwave_radiation_wm2"].clip(lower=0)
        rows = told.rename_axis("hour_utc").reset_index()
        parts.append(rows.assign(area=area, kind="forecast", available_at=rows["hour_utc"] - timedelta(days=day) + WEATHER_DELAY))
    return pd.concat(parts, ignore_index=True)


def _wander(count: int, rng: np.random.Generator) -> Floats:
    """A stationary sequence of unit variance."""
    noise = rng.normal(size=count) * np.sqrt(1 - FROM_HOUR_TO_HOUR**2)
    noise[:1] *= (1 - FROM_HOUR_TO_HOUR) / np.sqrt(1 - FROM_HOUR_TO_HOUR**2)  # the first has no hour before it
    smooth = pd.Series(noise).ewm(alpha=1 - FROM_HOUR_TO_HOUR, adjust=False).mean() / (1 - FROM_HOUR_TO_HOUR)
    return np.asarray(smooth, dtype=np.float64)
