"""Synthetic raw history: two areas, both vintages and weather, small and equal at every call.

A `RawHistory` holds the truth of every hour, also of those that lie ahead; `known_until` and the weather's `available_at`
decide what was published. `at_issue` and `rewritten` are the two ways to take the future away.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.availability import newest_published_hour
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT, WEATHER_DELAY, Dataset
from energy_dagster.domain.cleaning import Published, clean_consumption
from energy_dagster.domain.features import hourly_features
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import TOTAL, WEATHER_COLUMNS, WEATHER_LEAD_DAYS

LEVEL_MWH = {"DK1": 2300.0, "DK2": 1500.0}
AHEAD = timedelta(hours=72)
START = datetime(2026, 2, 1)  # noqa: DTZ001 - naive UTC
RUN_HOURS = 6

Floats = npt.NDArray[np.float64]


def at(text: str) -> datetime:
    """A naive UTC time from ISO text."""
    return datetime.fromisoformat(text)


def hour_index(start: datetime, end: datetime) -> pd.DatetimeIndex:
    """Hours from start up to, not including, end."""
    return pd.date_range(start, end, freq="h", unit="us", inclusive="left")


@dataclass(frozen=True, repr=False)
class RawHistory:
    """Raw rows by source, from `start`; `now` is the present as which they are read."""

    load: pd.DataFrame
    settlement: pd.DataFrame
    weather: pd.DataFrame
    start: datetime
    now: datetime

    @property
    def published(self) -> tuple[Published, Published]:
        due = [newest_published_hour(dataset, self.now) for dataset in (LOAD, SETTLEMENT)]
        return Published(self.load, "preliminary", due[0]), Published(self.settlement, "settled", due[1])

    def consumption(self) -> pd.DataFrame:
        return clean_consumption(self.published, start=self.start, end=self.now + AHEAD)

    def features(self) -> pd.DataFrame:
        return hourly_features(self.consumption(), self.weather, hours=hour_index(self.start, self.now + AHEAD))

    @cached_property
    def histories(self) -> dict[str, SeriesHistory]:
        return series_histories(self.features())


def raw_history(*, days: int = 75, start: datetime = START, noise: float = 0.02, seed: int = 0) -> RawHistory:
    """A history up to 15:00 on a day, three hours into a weather run, with truth and weather over the 72 hours after it."""
    rng = np.random.default_rng(seed)
    now = start + timedelta(days=days, hours=15)
    hours = hour_index(start, now + AHEAD)
    loads, settlements, weathers = [], [], []
    for number, (area, level) in enumerate(LEVEL_MWH.items()):
        weather = observed_weather(hours, rng)
        truth = level * demand(hours, weather["temperature_c"].to_numpy()) * np.exp(rng.normal(0, noise, len(hours)))
        loads.append(raw_rows(hours, area, truth * np.exp(rng.normal(0, 0.004, len(hours)))))
        settlements.append(raw_rows(hours, area, truth, dataset=SETTLEMENT))
        weathers.append(forecast_rows(hours, area, weather, now=now, rng=np.random.default_rng(seed + number)))
    return RawHistory(pd.concat(loads), pd.concat(settlements), pd.concat(weathers), start, now)


def series_of(start: datetime, mwh: Floats, *, area: str = "DK1", weather: Floats | None = None) -> SeriesHistory:
    """A series of fast consumption, and of weather where it is given, (ages of a run, hours, variables); the newest run is none."""
    count = len(mwh)
    unknown, bare = np.full(count, np.nan), np.zeros((count, 0))
    no_weather = np.full((1 + len(WEATHER_LEAD_DAYS), count, len(WEATHER_COLUMNS)), np.nan)
    known = no_weather if weather is None else weather
    return SeriesHistory(area, pd.Timestamp(start), mwh, unknown, bare, bare, known, unknown)


def demand(hours: pd.DatetimeIndex, temperature: Floats) -> Floats:
    """Consumption relative to its level: a day, a working week, and heating."""
    day = 1 + 0.2 * np.sin((hours.hour.to_numpy() - 8) / 24 * 2 * np.pi)
    week = np.where(hours.dayofweek.to_numpy() < 5, 1.0, 0.88)
    return np.asarray(day * week * (1 - 0.01 * (temperature - 8)), dtype=np.float64)


def observed_weather(hours: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """Weather that wanders slowly."""
    wander = 4 * np.sin(np.arange(len(hours)) / 60 + rng.uniform(0, 6))
    sun = np.clip(np.sin((hours.hour.to_numpy() - 6) / 12 * np.pi), 0, 1)
    values = (6 + wander + 3 * sun, 6 + 2 * rng.random(len(hours)), 70 + 10 * rng.random(len(hours)), 400 * sun)
    return pd.DataFrame(dict(zip(WEATHER_COLUMNS, values, strict=True)), index=hours)


def raw_rows(
    hours: pd.DatetimeIndex, area: str, values: Floats, *, group: str = TOTAL, other: Floats | None = None, dataset: Dataset = LOAD
) -> pd.DataFrame:
    """Rows of a raw consumption table of one series, read as soon as they could be."""
    fetched = (hours + timedelta(hours=1) + dataset.publication_delay).as_unit("us")
    return pd.DataFrame(
        {
            "hour_utc": hours,
            "area": area,
            "consumer_group": group,
            "consumption_mwh": values,
            "other_mwh": np.full(len(hours), np.nan) if other is None else other,
            "dataset": dataset.name,
            "source_version": "synthetic",
            "fetched_at": fetched,
        }
    )


def forecast_rows(
    hours: pd.DatetimeIndex, area: str, weather: pd.DataFrame, *, now: datetime, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of `raw_weather`: runs of one to three days before each hour, the newest run for the hours ahead, the observed."""
    runs = [(day, pd.Series(hours - timedelta(days=day) + WEATHER_DELAY)) for day in WEATHER_LEAD_DAYS]
    newest_run = now.replace(hour=now.hour // RUN_HOURS * RUN_HOURS, minute=0)
    parts = []
    for day, available in [*runs, (0, pd.Series(pd.Timestamp(newest_run), index=range(len(hours))))]:
        wrong = weather + rng.normal(0, 0.2 + 0.2 * day, weather.shape)
        rows = wrong.rename_axis("hour_utc").reset_index().assign(area=area, kind="forecast")
        rows = rows.assign(available_at=available.dt.as_unit("us"))
        known = rows["available_at"] <= now
        parts.append(rows[known & (rows["hour_utc"] >= now)] if day == 0 else rows[known])
    seen = weather.rename_axis("hour_utc").reset_index()
    seen = seen.assign(area=area, kind="observed", available_at=seen["hour_utc"] + timedelta(days=5, hours=1))
    parts.append(seen[seen["available_at"] <= now])
    rows = pd.concat(parts, ignore_index=True)
    return rows.drop_duplicates(["area", "hour_utc", "kind", "available_at"], keep="last")


def published_by(dataset: Dataset, rows: pd.DataFrame, moment: datetime) -> "pd.Series[bool]":
    """Which raw rows of a dataset could be read at a moment."""
    return rows["hour_utc"] <= newest_published_hour(dataset, moment)


def at_issue(history: RawHistory, moment: datetime) -> RawHistory:
    """The same history without any row that could not be read at a moment; the clock stays."""
    return replace(
        history,
        load=history.load[published_by(LOAD, history.load, moment)],
        settlement=history.settlement[published_by(SETTLEMENT, history.settlement, moment)],
        weather=history.weather[history.weather["available_at"] <= moment],
    )


def rewritten(history: RawHistory, moment: datetime, *, seed: int) -> RawHistory:
    """The same history with every value that could not be read at a moment replaced by another, odd ones among them."""
    rng = np.random.default_rng(seed)
    weather, unread = history.weather.copy(), history.weather["available_at"] > moment
    weather.loc[unread, list(WEATHER_COLUMNS)] = rng.uniform(-50, 50, (int(unread.sum()), len(WEATHER_COLUMNS)))
    return replace(
        history,
        load=_rewritten(history.load, published_by(LOAD, history.load, moment), rng),
        settlement=_rewritten(history.settlement, published_by(SETTLEMENT, history.settlement, moment), rng),
        weather=weather,
    )


def _rewritten(rows: pd.DataFrame, published: "pd.Series[bool]", rng: np.random.Generator) -> pd.DataFrame:
    other = rng.choice([0.0, -100.0, np.nan, 1.0, 3000.0, 50000.0], len(rows)) * rng.uniform(0.5, 1.5, len(rows))
    return rows.assign(consumption_mwh=np.where(published, rows["consumption_mwh"], other))
