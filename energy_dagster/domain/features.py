"""`consumption_features`: what is known of an hour 48 hours before it, in one code path for training, backtest and live.

Every column but the two consumption columns and the newest weather run was known at `hour_utc - 48 h`, or belongs to a
weather run whose age the column names, so any issue that forecasts the hour may use it. What depends on the issue (the
recent level, the last known hours, which weather run) is added by `domain.issues`.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calendar import calendar_features
from energy_dagster.domain.catalogue import SETTLEMENT, WEATHER_DELAY
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import (
    CONSUMPTION_FEATURES,
    HORIZON_HOURS,
    LAG_HOURS,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
    lag_column,
    weather_column,
)

PROFILE_LAGS = (168, 336, 504, 672)
WEST_SHARE = 0.55
"""Weight of DK1's weather in that of DK, about its share of the people."""


def hourly_features(consumption: pd.DataFrame, weather: pd.DataFrame, *, hours: pd.DatetimeIndex) -> pd.DataFrame:
    """Feature rows of a window, for every series that has consumption in or shortly before it.

    Only `ok` hours are features; an estimate is none. Series without a preliminary vintage (consumer groups and grid areas) are
    left out: they come too late to forecast from.

    Args:
        consumption: rows of `consumption`, reaching 28 days before the first hour.
        weather: rows of `raw_weather`; may be empty.
        hours: naive UTC hours wanted, complete; those that lie ahead have calendar, lags and weather only.

    Returns:
        Rows of `consumption_features` in the months in which, or in the month before which, the series has an `ok` hour.
    """
    if not len(hours):
        return empty(CONSUMPTION_FEATURES)
    usable = consumption[consumption["quality"] == "ok"]
    by_area = {str(area): rows for area, rows in weather.groupby("area")}
    frames = []
    for (area, group), rows in usable.groupby(["area", "consumer_group"]):
        if not (rows["vintage"] == "preliminary").any():
            continue
        series = _truths(rows, hours)
        frame = pd.concat(
            [series, calendar_features(hours, str(area)), _lags(rows, hours), _weather(by_area, str(area), hours)], axis=1
        )
        frame = frame[_alive(rows, hours)]
        frames.append(frame.assign(area=str(area), consumer_group=str(group)).rename_axis("hour_utc").reset_index())
    if not frames:
        return empty(CONSUMPTION_FEATURES)
    return pd.concat(frames, ignore_index=True)[list(CONSUMPTION_FEATURES.names)]


def _alive(rows: pd.DataFrame, hours: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Which hours lie in a month that has, or follows one that has, a usable hour of the series."""
    months = pd.DatetimeIndex(rows["hour_utc"]).to_period("M").unique()
    at = hours.to_period("M")
    return np.asarray(at.isin(months) | at.isin(months.shift(1)))


def _vintage(rows: pd.DataFrame, vintage: str) -> "pd.Series[float]":
    return rows[rows["vintage"] == vintage].set_index("hour_utc")["consumption_mwh"]


def _truths(rows: pd.DataFrame, hours: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame(
        {f"{vintage}_mwh": _vintage(rows, vintage).reindex(hours) for vintage in ("preliminary", "settled")}, index=hours
    )


def _lags(rows: pd.DataFrame, hours: pd.DatetimeIndex) -> pd.DataFrame:
    """Lag columns as known 48 hours before each hour: settled where settlement was out by then, else preliminary."""
    preliminary, settled = _vintage(rows, "preliminary"), _vintage(rows, "settled")
    settlement_takes = int(SETTLEMENT.publication_delay / pd.Timedelta(hours=1)) + 1
    lags = {}
    for lag in LAG_HOURS:
        at = hours - pd.Timedelta(hours=lag)
        value = preliminary.reindex(at).to_numpy()
        if lag - HORIZON_HOURS >= settlement_takes:
            corrected = settled.reindex(at).to_numpy()
            value = np.where(np.isnan(corrected), value, corrected)
        lags[lag_column(lag)] = value
    frame = pd.DataFrame(lags, index=hours)
    return frame.assign(weekly_profile_mwh=frame[[lag_column(lag) for lag in PROFILE_LAGS]].mean(axis=1))


def _weather(by_area: dict[str, pd.DataFrame], area: str, hours: pd.DatetimeIndex) -> pd.DataFrame:
    if area == "DK" and {"DK1", "DK2"} <= by_area.keys():
        west, east = (_weather(by_area, half, hours) for half in ("DK1", "DK2"))
        mixed = west.drop(columns="weather_run_at") * WEST_SHARE + east.drop(columns="weather_run_at") * (1 - WEST_SHARE)
        return mixed.assign(
            weather_run_at=west["weather_run_at"].where(west["weather_run_at"] > east["weather_run_at"], east["weather_run_at"])
        )
    rows = by_area.get(area)
    forecasts = None if rows is None else rows[rows["kind"] == "forecast"]
    if forecasts is None or not len(forecasts):
        names = [weather_column(name, day) for day in (*WEATHER_LEAD_DAYS, 0) for name in WEATHER_COLUMNS]
        nothing = pd.DataFrame(np.nan, index=hours, columns=names)
        return nothing.assign(weather_run_at=pd.Series(pd.NaT, index=hours, dtype="datetime64[us]"))
    return _weather_runs(forecasts, hours)


def _weather_runs(forecasts: pd.DataFrame, hours: pd.DatetimeIndex) -> pd.DataFrame:
    """Forecasts of the wanted hours by the age of their run, and by the newest run.

    A run of one of the ages never takes the place of the newest: it may be younger than an issue that knew the newest.
    """
    age = forecasts["hour_utc"] + WEATHER_DELAY - forecasts["available_at"]
    parts = []
    for day in WEATHER_LEAD_DAYS:
        run = forecasts[age == pd.Timedelta(days=day)].set_index("hour_utc")[list(WEATHER_COLUMNS)].reindex(hours)
        parts.append(run.rename(columns={name: weather_column(name, day) for name in WEATHER_COLUMNS}))
    by_run = forecasts.assign(has_no_age=~age.isin(pd.to_timedelta(WEATHER_LEAD_DAYS, unit="D"))).sort_values(
        ["has_no_age", "available_at"]
    )
    newest = by_run.drop_duplicates("hour_utc", keep="last").set_index("hour_utc")
    newest = newest[[*WEATHER_COLUMNS, "available_at"]].reindex(hours)
    names = {name: weather_column(name, 0) for name in WEATHER_COLUMNS} | {"available_at": "weather_run_at"}
    return pd.concat([*parts, newest.rename(columns=names)], axis=1)
