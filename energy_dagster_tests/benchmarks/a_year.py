"""A short year of forecasts and truth for the tests of the benchmarks."""

import numpy as np
import pandas as pd

from benchmarks.comparison import Entrant, standard_forecasts
from energy_dagster.domain.tables import QUANTILES, quantile_column

DAYS = 56
YEAR = pd.date_range("2022-05-31T22:00", periods=24 * DAYS, freq="h").as_unit("us")
"""Eight weeks of whole Danish summer days."""


def truth() -> pd.DataFrame:
    load = 2000 + 300 * np.sin(np.arange(len(YEAR)) / 24 * 2 * np.pi) + np.random.default_rng(0).normal(0, 20, len(YEAR))
    return pd.DataFrame({"area": "DK1", "hour_utc": YEAR, "consumption_mwh": load})


def forecasts(*, error: float, every_days: int = 1, seed: int = 1) -> pd.DataFrame:
    """Rows as peers write them, wrong by about `error` MWh."""
    noise = np.random.default_rng(seed).normal(0, error, len(YEAR))
    rows = pd.DataFrame({"area": "DK1", "consumer_group": "total", "hour_utc": YEAR, "lead_hours": 15 + np.arange(len(YEAR)) % 24})
    line = truth()["consumption_mwh"] + noise
    rows = rows.assign(**{quantile_column(level): line + error * 3 * (level - 0.5) for level in QUANTILES})
    return rows.iloc[np.flatnonzero(np.arange(len(YEAR)) // 24 % every_days == 0)]


def entrant(key: str, *, error: float, every_days: int = 1, has_quantiles: bool = True, seed: int = 1) -> Entrant:
    rows = standard_forecasts(forecasts(error=error, every_days=every_days, seed=seed), has_quantiles=has_quantiles)
    return Entrant(key=key, title=key, every_days=every_days, has_quantiles=has_quantiles, forecasts=rows)
