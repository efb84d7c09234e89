"""Small lake partitions and a tiny model, equal at every call."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

import lightgbm as lgb
import numpy as np
import pandas as pd

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.calibration import Calibration
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.issue_plan import DAY_AHEAD
from energy_dagster.domain.issues import FEATURES
from energy_dagster.domain.kernel import KernelParameters
from energy_dagster.domain.kernel_member import KernelMember, fit_kernel
from energy_dagster.domain.model import Engine, HoldoutScores, ModelMeta, Recipe, TrainedModel
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import LEAD_BUCKETS, QUANTILES, TABLES, TOTAL, Table
from energy_dagster_tests.domain.synthetic import at, series_of
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
RUN = "8f14e45f-ceea"
NAMES = tuple(TABLES)


@lru_cache(maxsize=1)
def _frames() -> dict[str, pd.DataFrame]:
    frames = sample_frames(NOW, days=1)
    first = frames["predictions"].query("revision == 1").drop(columns="revision")
    return frames | {"predictions": first}


def frame_of(table: Table) -> pd.DataFrame:
    """Sample rows of a table, as an asset returns them."""
    return _frames()[table.name].copy()


def load_rows(start: str, end: str, *, mwh: float = 1000.0, fetched: datetime = AT) -> pd.DataFrame:
    """Rows of `raw_load` for DK1, every hour of `[start, end)`, as read at a moment."""
    hours = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    values = {"consumption_mwh": mwh, "other_mwh": np.nan}
    labels = {"dataset": LOAD.name, "source_version": "Final", "fetched_at": pd.Timestamp(naive_utc(fetched)).as_unit("us")}
    return pd.DataFrame({"hour_utc": hours, "area": "DK1", "consumer_group": TOTAL, **values, **labels})


def weather_rows(start: str, end: str, *, celsius: float = 10.0) -> pd.DataFrame:
    """Rows of `raw_weather` for DK1, every hour of `[start, end)`, all of one run, so that months can say the same key."""
    hours = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    values = {"temperature_c": celsius, "wind_speed_ms": 5.0, "relative_humidity_pct": 80.0, "shortwave_radiation_wm2": 0.0}
    run = pd.Timestamp("2026-01-01").as_unit("us")
    return pd.DataFrame({"hour_utc": hours, "area": "DK1", "kind": "forecast", "available_at": run, **values, "fetched_at": run})


def prediction_rows(issued_at: str, *, mwh: float = 1000.0, run_id: str = "run-1") -> pd.DataFrame:
    """The issue of one hour, with another line."""
    frame = frame_of(TABLES["predictions"])
    issue = frame[frame["issued_at"] == frame["issued_at"].min()]
    moved = pd.Timestamp(issued_at) - issue["issued_at"]
    hours = issue["hour_utc"] + moved
    return pd.DataFrame(issue.assign(issued_at=pd.Timestamp(issued_at), hour_utc=hours, q50=mwh, run_id=run_id))


def later(hours: int) -> datetime:
    """A time of writing some hours on."""
    return AT + timedelta(hours=hours)


@lru_cache(maxsize=1)
def _booster() -> lgb.Booster:
    generator = np.random.default_rng(7)
    matrix = generator.normal(size=(200, len(FEATURES)))
    data = lgb.Dataset(matrix, matrix[:, 0] * 2 + matrix[:, 1], params={"verbosity": -1})
    return lgb.train({"num_iterations": 5, "num_threads": 1, "verbosity": -1, "min_data_in_leaf": 5}, data)


@lru_cache(maxsize=1)
def tiny_history() -> SeriesHistory:
    """A hundred days of consumption of DK1 and nothing else."""
    day = np.sin(np.arange(100 * 24) / 24 * 2 * np.pi)
    return series_of(at("2026-01-01"), 2000 * np.exp(0.1 * day + 0.02 * np.random.default_rng(8).normal(size=len(day))))


@lru_cache(maxsize=1)
def _kernel() -> KernelMember:
    history = tiny_history()
    member, _ = fit_kernel(history, first=0, cut=len(history), plan=DAY_AHEAD, parameters=KernelParameters())
    return member


def tiny_model(
    version: str = "lgbm-a", *, verdict: Literal["champion", "challenger"] = "champion", serves_from: str = "2026-06-01T00:00:00"
) -> TrainedModel:
    """A real model of five trees and one regression."""
    meta = ModelMeta(
        model_version=version,
        serves_from=serves_from,
        trained_at="2026-06-01T00:00:00",
        training_start="2024-06-01T00:00:00",
        training_end="2026-05-31T00:00:00",
        training_rows=200,
        areas=("DK1",),
        uses_weather=True,
        verdict=verdict,
        reason="a test",
        parameters=Recipe(7).to_fields(),
        importance={"lead_hours": 1.0},
        scores=HoldoutScores(mae_mwh=40.0, naive_mae_mwh=70.0, rival_mae_mwh=None, champion_mae_mwh=None, coverage_80=0.8),
        calibration={"DK1": Calibration(np.zeros((len(LEAD_BUCKETS), 24, len(QUANTILES)))).to_fields()},
    )
    return TrainedModel(Engine(_booster(), {"DK1": _kernel()}), meta)
