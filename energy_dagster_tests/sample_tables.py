"""The sample tables of the warehouse fixture: coherent, small, equal at every call."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.tables import (
    HORIZON_HOURS,
    LAG_HOURS,
    LEAD_BUCKETS,
    QUANTILES,
    TABLES,
    TOTAL,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
    lag_column,
    lead_bucket,
    quantile_column,
    weather_column,
)

LEVEL_MWH = {"DK1": 2300.0, "DK2": 1500.0}
HISTORY_DAYS = 15
SETTLED_DELAY = pd.Timedelta(days=8)
PRELIMINARY_DELAY = pd.Timedelta(hours=2)
LIVE_SPAN = pd.Timedelta(days=3)

Floats = npt.NDArray[np.float64]


def truth_frame(present: pd.Timestamp, days: int) -> pd.DataFrame:
    """Settled and preliminary consumption by area and hour, into the future as far as an issue reaches."""
    hours = pd.date_range(present - pd.Timedelta(days=days + HISTORY_DAYS), present + pd.Timedelta(hours=HORIZON_HOURS), freq="h")
    generator = np.random.default_rng(7)
    daily = np.sin((np.asarray(hours.hour, dtype=float) - 8) / 24 * 2 * np.pi)
    weekly = np.where(np.asarray(hours.dayofweek) < 5, 1.0, 0.88)
    frames = []
    for area, level in LEVEL_MWH.items():
        settled = level * (1 + 0.18 * daily) * weekly * (1 + generator.normal(0, 0.03, len(hours)))
        fast = settled * (1 + generator.normal(0, 0.004, len(hours)))
        frames.append(pd.DataFrame({"area": area, "hour_utc": hours, "settled": settled.round(3), "preliminary": fast.round(3)}))
    parts = pd.concat(frames, ignore_index=True)
    both = parts.groupby("hour_utc", as_index=False)[["settled", "preliminary"]].sum().assign(area="DK")
    truth = pd.concat([parts, both], ignore_index=True)
    week_before = truth[["area", "hour_utc", "preliminary"]].assign(hour_utc=truth["hour_utc"] + pd.Timedelta(hours=168))
    return truth.merge(week_before.rename(columns={"preliminary": "naive_mwh"}), on=["area", "hour_utc"], how="left")


def consumption_frame(truth: pd.DataFrame, present: pd.Timestamp) -> pd.DataFrame:
    """Both vintages as far as they are published, with one missing settled hour."""
    frames = []
    for vintage, delay in (("preliminary", PRELIMINARY_DELAY), ("settled", SETTLED_DELAY)):
        known = truth[truth["hour_utc"] + pd.Timedelta(hours=1) + delay <= present]
        frames.append(
            pd.DataFrame(
                {
                    "hour_utc": known["hour_utc"],
                    "area": known["area"],
                    "consumer_group": TOTAL,
                    "vintage": vintage,
                    "consumption_mwh": known[vintage],
                    "quality": "ok",
                    "published_mwh": known[vintage],
                    "source_version": "sample",
                    "fetched_at": known["hour_utc"] + pd.Timedelta(hours=1) + delay,
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    gap = (frame["vintage"] == "settled") & (frame["hour_utc"] == (present - pd.Timedelta(days=10)))
    frame[["consumption_mwh", "published_mwh", "fetched_at"]] = frame[["consumption_mwh", "published_mwh", "fetched_at"]].mask(gap)
    return frame.assign(quality=frame["quality"].mask(gap, "missing"), source_version=frame["source_version"].mask(gap, ""))


def raw_frame(consumption: pd.DataFrame, vintage: str) -> pd.DataFrame:
    """What a source gave of both price areas; it lacks the hour that is missing."""
    published = consumption[(consumption["vintage"] == vintage) & (consumption["area"] != "DK")].dropna(subset=["published_mwh"])
    rows = published[["hour_utc", "area", "consumer_group", "consumption_mwh", "source_version", "fetched_at"]]
    return rows.assign(other_mwh=np.nan, dataset=f"sample of {vintage}")


def parts_frame(consumption: pd.DataFrame, shares: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Raw hours of parts of DK1, each of a (place, consumer group) that has a share of its settled consumption."""
    whole = raw_frame(consumption, "settled").query("area == 'DK1'")
    frames = [
        whole.assign(area=place, consumer_group=group, consumption_mwh=whole["consumption_mwh"] * share, dataset="sample of parts")
        for (place, group), share in shares.items()
    ]
    return pd.concat(frames, ignore_index=True)


def tso_frame(truth: pd.DataFrame, present: pd.Timestamp) -> pd.DataFrame:
    """A day-ahead forecast of both price areas up to a day ahead, read the morning before."""
    known = truth[(truth["area"] != "DK") & (truth["hour_utc"] <= present + pd.Timedelta(hours=24))]
    rows = known[["hour_utc", "area"]].assign(forecast_mwh=(known["settled"] * 1.01).round(3))
    return rows.assign(fetched_at=rows["hour_utc"].dt.floor("D") - pd.Timedelta(hours=14))


def weather_frame(present: pd.Timestamp, days: int) -> pd.DataFrame:
    hours = pd.date_range(present - pd.Timedelta(days=days), present + pd.Timedelta(hours=HORIZON_HOURS), freq="h")
    values = dict(zip(WEATHER_COLUMNS, (12.5, 6.0, 74.0, 180.0), strict=True))
    frames = [
        pd.DataFrame({"hour_utc": hours, "area": area, "kind": "forecast", "available_at": hours.floor("D"), **values})
        for area in LEVEL_MWH
    ]
    weather = pd.concat(frames, ignore_index=True)
    return weather.assign(fetched_at=weather["available_at"])


def features_frame(truth: pd.DataFrame, present: pd.Timestamp) -> pd.DataFrame:
    """Feature rows with plausible calendars and lags; weather columns constant."""
    hours = truth["hour_utc"]
    local = hours.dt.tz_localize("UTC").dt.tz_convert("Europe/Copenhagen")
    known = hours + pd.Timedelta(hours=1) + PRELIMINARY_DELAY <= present
    settled = hours + pd.Timedelta(hours=1) + SETTLED_DELAY <= present
    columns: dict[str, object] = {
        "hour_utc": hours,
        "area": truth["area"],
        "consumer_group": TOTAL,
        "preliminary_mwh": truth["preliminary"].where(known),
        "settled_mwh": truth["settled"].where(settled),
        "local_hour": local.dt.hour,
        "day_of_week": local.dt.dayofweek,
        "day_of_year": local.dt.dayofyear,
        "day_kind": (local.dt.dayofweek - 4).clip(lower=0),
        "days_to_holiday": 7,
        "days_since_holiday": 7,
        "sun_elevation_deg": 20.0,
        "daylight_hours": 12.0,
        **{lag_column(lag): truth.groupby("area")["preliminary"].shift(lag) for lag in LAG_HOURS},
        "weekly_profile_mwh": truth["naive_mwh"],
        **{weather_column(name, day): 10.0 for name in WEATHER_COLUMNS for day in (0, *WEATHER_LEAD_DAYS)},
        "weather_run_at": hours.dt.floor("D"),
    }
    return pd.DataFrame(columns)


def predictions_frame(truth: pd.DataFrame, present: pd.Timestamp, days: int) -> pd.DataFrame:
    issues = pd.date_range(present - pd.Timedelta(days=days), present, freq="h")
    leads = list(range(1, HORIZON_HOURS + 1))
    grid = pd.MultiIndex.from_product([issues, leads], names=["issued_at", "lead_hours"]).to_frame(index=False)
    grid["hour_utc"] = grid["issued_at"] + pd.to_timedelta(grid["lead_hours"], unit="h")
    frame = grid.merge(truth, on="hour_utc").sort_values(["issued_at", "area", "hour_utc"], ignore_index=True)
    frame = _quantiles(frame)
    live = frame["issued_at"] > present - LIVE_SPAN
    frame = frame.assign(
        consumer_group=TOTAL,
        rung="full",
        origin=np.where(live, "live", "replay"),
        model_version=np.where(frame["issued_at"] < present - pd.Timedelta(days=5), "model-a", "model-b"),
        consumption_cutoff=frame["issued_at"] - pd.Timedelta(hours=3),
        weather_cutoff=frame["issued_at"].dt.floor("6h"),
        created_at=frame["issued_at"] + pd.Timedelta(minutes=1),
        run_id="run-1",
        revision=1,
        level_mwh=2000.0,
        recent_mwh=30.0,
        calendar_mwh=frame["q50"] - 2040.0,
        holiday_mwh=0.0,
        weather_mwh=4.0,
        other_mwh=6.0,
    )
    again = frame[frame["issued_at"] == present - pd.Timedelta(hours=6)]
    again = again.assign(
        revision=2, origin="replay", run_id="run-2", **{quantile_column(q): again[quantile_column(q)] + 100 for q in QUANTILES}
    )
    columns = [*TABLES["predictions"].names, "revision"]
    return pd.concat([frame, again], ignore_index=True)[columns]


def _quantiles(frame: pd.DataFrame) -> pd.DataFrame:
    """Forecast lines whose error and spread grow with the lead."""
    generator = np.random.default_rng(11)
    share = np.asarray(0.008 + 0.0006 * frame["lead_hours"], dtype=float)
    truth = np.asarray(frame["settled"], dtype=float)
    line = truth * (1 + generator.normal(0, 1, len(frame)) * share)
    columns: dict[str, Floats] = {quantile_column(q): (line + NormalDist().inv_cdf(q) * share * truth).round(3) for q in QUANTILES}
    return frame.assign(**columns)


def errors_frame(predictions: pd.DataFrame, consumption: pd.DataFrame) -> pd.DataFrame:
    """The error table that belongs to first-revision predictions and the consumption known of their hours."""
    first = predictions[predictions["revision"] == 1]
    actual = consumption.dropna(subset=["consumption_mwh"]).rename(columns={"consumption_mwh": "actual_mwh"})
    keys = ["area", "consumer_group", "hour_utc"]
    rows = first.merge(actual[[*keys, "vintage", "actual_mwh"]], on=keys)
    error = rows["q50"] - rows["actual_mwh"]
    gaps = {q: rows["actual_mwh"] - rows[quantile_column(q)] for q in QUANTILES}
    pinball = sum(np.maximum(q * gap, (q - 1) * gap) for q, gap in gaps.items()) / len(QUANTILES)
    rows = rows.assign(
        lead_bucket=_buckets(rows["lead_hours"]),
        error_mwh=error,
        abs_error_mwh=error.abs(),
        squared_error_mwh2=error**2,
        naive_abs_error_mwh=(rows["naive_mwh"] - rows["actual_mwh"]).abs(),
        pinball_mwh=pinball,
        inside_80=rows["actual_mwh"].between(rows["q10"], rows["q90"]).astype(float),
        inside_90=rows["actual_mwh"].between(rows["q05"], rows["q95"]).astype(float),
        live_issues=(rows["origin"] == "live").astype(int),
    )
    means = ["error_mwh", "abs_error_mwh", "squared_error_mwh2", "naive_abs_error_mwh", "pinball_mwh", "inside_80", "inside_90"]
    grouped = rows.groupby([*keys, "lead_bucket", "vintage", "actual_mwh"], as_index=False).agg(
        forecast_mwh=("q50", "mean"),
        naive_mwh=("naive_mwh", "last"),
        issues=("q50", "size"),
        live_issues=("live_issues", "sum"),
        **{name: (name, "mean") for name in means},
    )
    return grouped[list(TABLES["error_metrics"].names)]


def _buckets(leads: "pd.Series[int]") -> "pd.Series[str]":
    names = [next(lead_bucket(a, b) for a, b in LEAD_BUCKETS if a <= lead <= b) for lead in range(1, HORIZON_HOURS + 1)]
    return leads.map(dict(enumerate(names, start=1)))


def backtest_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """The first-revision predictions that were made at 10:00 local for the hours of the next local day."""
    rows = predictions[(predictions["revision"] == 1) & (predictions["area"] != "DK")]
    day, issued = (to_danish(rows[name]) for name in ("hour_utc", "issued_at"))
    ahead = (day.dt.normalize() - issued.dt.normalize()) == pd.Timedelta(days=1)
    rows = rows.assign(delivery_day=day.dt.normalize().astype("datetime64[us]"))[(issued.dt.hour == 10) & ahead]
    return rows[list(TABLES["backtest_forecasts"].names)]


def backtest_scores_frame(backtest: pd.DataFrame) -> pd.DataFrame:
    """Scores of each month and area of a backtest, equal for all."""
    month = backtest["delivery_day"].dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
    scores = pd.DataFrame({"month": month, "area": backtest["area"]}).drop_duplicates(ignore_index=True)
    for column in TABLES["backtest_scores"].columns:
        if column.dtype in ("double", "integer"):
            scores[column.name] = 0.4 if column.dtype == "double" else 24
    return scores.assign(breakdown="overall", group_name="all")[list(TABLES["backtest_scores"].names)]


def models_frame(present: pd.Timestamp) -> pd.DataFrame:
    week = pd.Timedelta(days=7)
    served = present.floor("D") - pd.Timedelta(days=5)
    frames = [
        _model(served - week, "model-a", verdict="champion", mae=42.0, champion_mae=None),
        _model(served, "model-b", verdict="champion", mae=38.5, champion_mae=41.2),
    ]
    return pd.DataFrame(frames)


def _model(serves_from: pd.Timestamp, version: str, *, verdict: str, mae: float, champion_mae: float | None) -> dict[str, object]:
    return {
        "model_version": version,
        "serves_from": serves_from,
        "trained_at": serves_from - pd.Timedelta(hours=6),
        "training_start": serves_from - pd.Timedelta(days=365),
        "training_end": serves_from - pd.Timedelta(hours=7),
        "training_rows": 26280,
        "holdout_mae_mwh": mae,
        "holdout_naive_mae_mwh": 70.0,
        "holdout_champion_mae_mwh": champion_mae,
        "holdout_skill": round(1 - mae / 70.0, 4),
        "holdout_coverage_80": 0.81,
        "verdict": verdict,
        "reason": "beats the weekly naive and is no worse than the champion",
        "parameters": '{"num_leaves": 63}',
        "areas": "DK1,DK2",
        "uses_weather": True,
        "importance": '{"lag_168h_mwh": 0.6, "temperature_c_day1": 0.4}',
        "code_version": "0.1.0+8c1f0e5a77d2",
        "inputs": '{"consumption_features": {"2026-06-01": "20260608T000412000000Z-8f14e45f"}}',
    }
