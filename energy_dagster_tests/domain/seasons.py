"""Synthetic features over years: seasons, weather that wanders for days, consumption that follows it."""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.drift import INPUTS, LAGS
from energy_dagster.domain.tables import TOTAL

Floats = npt.NDArray[np.float64]
UNTIL = datetime(2026, 11, 20, 6)  # noqa: DTZ001 - naive UTC


def seasonal_features(*, days: int, area: str = "DK1", seed: int = 0) -> pd.DataFrame:
    """Features of one series whose newest hour is the one before `UNTIL`; only the columns that drift is looked for in."""
    rng = np.random.default_rng(seed)
    hours = pd.date_range(end=UNTIL - timedelta(hours=1), periods=days * 24, freq="h", unit="us")
    year = np.cos((hours.dayofyear.to_numpy() - 20) / 365.25 * 2 * np.pi)
    day = np.cos((hours.hour.to_numpy() - 14) / 24 * 2 * np.pi)
    temperature = 8.5 - 8 * year + 2.5 * day + wandering(rng, len(hours), days=4) * 3.5
    wind = 5.5 * np.exp(0.4 * wandering(rng, len(hours), days=1))
    humidity = np.clip(78 + 6 * year - 8 * day + 8 * wandering(rng, len(hours), days=1), 20, 100)
    sun = np.clip(day - 0.55 * year - 0.1, 0, None) * 500 * np.exp(0.3 * wandering(rng, len(hours), days=1))
    week = np.where(hours.dayofweek.to_numpy() < 5, 1.0, 0.88)
    load = 2300 * week * (1 + 0.18 * day + 0.1 * year - 0.006 * (temperature - 8)) * np.exp(rng.normal(0, 0.02, len(hours)))
    weather = {
        "temperature_c": temperature,
        "wind_speed_ms": wind,
        "relative_humidity_pct": humidity,
        "shortwave_radiation_wm2": sun,
    }
    columns = {name: load if name == INPUTS[0] else weather[name.rsplit("_day", 1)[0]] for name in INPUTS}
    frame = pd.DataFrame(columns, index=hours)
    lags = {name: frame[INPUTS[0]].shift(lag).bfill() for name, lag in LAGS.items()}
    frame = frame.assign(**lags, area=area, consumer_group=TOTAL)
    return frame.rename_axis("hour_utc").reset_index()


def wandering(rng: np.random.Generator, hours: int, *, days: float) -> Floats:
    """An autoregressive process of variance 1 that forgets within some days."""
    from scipy.signal import lfilter

    keep = np.exp(-1 / (24 * days))
    noise = rng.normal(0, np.sqrt(1 - keep**2), hours)
    noise[0] = rng.normal()
    return np.asarray(lfilter([1.0], [1.0, -keep], noise), dtype=np.float64)
