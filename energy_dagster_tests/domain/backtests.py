"""Small backtests to score."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.tables import QUANTILES, quantile_column

Floats = npt.NDArray[np.float64]


def hours_from(first: str, count: int) -> pd.DatetimeIndex:
    """Naive UTC hours in a row."""
    return pd.date_range(first, periods=count, freq="h", unit="us")


def backtest(
    hours: pd.DatetimeIndex,
    line: Sequence[float] | Floats,
    *,
    lead: int | Sequence[int] = 1,
    area: str = "DK1",
    naive: Sequence[float | None] | Floats | None = None,
    spread_mwh: float = 100.0,
) -> pd.DataFrame:
    """Forecasts whose quantile q lies (q - 0.5) * spread off the line: P10 to P90 is 0.8 spreads wide."""
    middle = np.asarray(line, dtype=np.float64)
    quantiles = {quantile_column(level): middle + spread_mwh * (level - 0.5) for level in QUANTILES}
    identity = {"area": area, "consumer_group": "total", "hour_utc": hours, "lead_hours": lead}
    usual = np.full(len(hours), np.nan) if naive is None else np.asarray(naive, dtype=np.float64)
    frame = pd.DataFrame({**identity, **quantiles, "naive_mwh": usual})
    return frame.assign(issued_at=frame["hour_utc"] - pd.to_timedelta(frame["lead_hours"], unit="h"))


def truth_of(hours: pd.DatetimeIndex, values: Sequence[float | None] | Floats, *, area: str = "DK1") -> pd.DataFrame:
    """The consumption of an area."""
    return pd.DataFrame({"area": area, "hour_utc": hours, "consumption_mwh": np.asarray(values, dtype=np.float64)})


def rolling_year(*, seed: int = 0, error_mwh: float = 100.0, days: int = 365) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts issued every third hour for leads 1 to 48, and their truth; the errors go with the day."""
    generator = np.random.default_rng(seed)
    hours = hours_from("2022-01-01", 24 * (days + 3))
    actual = 2000 + 400 * np.sin(np.arange(len(hours)) * np.pi / 12)
    day_error = np.repeat(np.random.default_rng(99).normal(size=days + 3), 24)
    issue = np.repeat(np.arange(0, 24 * days, 3), 48)
    lead = np.tile(np.arange(1, 49), 8 * days)
    at = issue + lead
    line = actual[at] + error_mwh * (day_error[at] + generator.normal(size=len(at)))
    naive = actual[at] + 250 * generator.normal(size=len(at))
    return backtest(hours[at], line, lead=lead.tolist(), naive=naive, spread_mwh=300.0), truth_of(hours, actual)
