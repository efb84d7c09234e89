"""Synthetic rows of `error_metrics`: days that are hard or easy, hours that are more so."""

from datetime import timedelta

import numpy as np
import pandas as pd

from energy_dagster.domain.error_drift import HISTORY_DAYS
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster_tests.domain.synthetic import at

UNTIL = at("2026-11-20")


def errors(*, days: int = HISTORY_DAYS, seed: int = 0, areas: tuple[str, ...] = ("DK", "DK1", "DK2")) -> pd.DataFrame:
    """Rows of `error_metrics`, preliminary, of the days up to `UNTIL`."""
    rng = np.random.default_rng(seed)
    hours = pd.date_range(UNTIL - timedelta(days=days), UNTIL, freq="h", unit="us", inclusive="left")
    parts = []
    for area in areas:
        naive = 60 * np.exp(np.repeat(rng.normal(0, 0.3, days), 24) + rng.normal(0, 0.8, len(hours)))
        for bucket in LEAD_BUCKET_NAMES:
            wrong = 30 * np.exp(np.repeat(rng.normal(0, 0.25, days), 24) + rng.normal(0, 0.8, len(hours)))
            part = {"hour_utc": hours, "area": area, "lead_bucket": bucket, "abs_error_mwh": wrong, "naive_abs_error_mwh": naive}
            parts.append(pd.DataFrame(part).assign(inside_80=rng.binomial(6, 0.8, len(hours)) / 6))
    rows = pd.concat(parts, ignore_index=True).assign(consumer_group="total", vintage="preliminary", issues=6, live_issues=0)
    rows["squared_error_mwh2"] = rows["abs_error_mwh"] ** 2
    same = dict.fromkeys(("actual_mwh", "forecast_mwh", "naive_mwh", "error_mwh", "pinball_mwh", "inside_90"), 1.0)
    return rows.assign(**same)


def since(rows: pd.DataFrame, days: float) -> "pd.Series[bool]":
    return rows["hour_utc"] >= UNTIL - timedelta(days=days)


def larger(rows: pd.DataFrame, which: "pd.Series[bool]", times: float) -> pd.DataFrame:
    return rows.assign(abs_error_mwh=rows["abs_error_mwh"].where(~which, rows["abs_error_mwh"] * times))
