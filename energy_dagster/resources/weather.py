"""Weather from Open-Meteo: forecasts as they were 1, 2 and 3 days before an hour, the newest run ahead, and the archive."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.availability import HOUR, naive_utc
from energy_dagster.domain.catalogue import PLACES, WEATHER_ARCHIVE_DELAY, WEATHER_DELAY, WEATHER_RUN_EVERY, Place
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import RAW_WEATHER, WEATHER_COLUMNS, WEATHER_LEAD_DAYS
from energy_dagster.resources.portal import hours_of, years_of
from energy_dagster.resources.sources import SourceError, Sources

NAME = "Open-Meteo"
VARIABLES: dict[str, str] = {
    "temperature_c": "temperature_2m",
    "wind_speed_ms": "wind_speed_10m",
    "relative_humidity_pct": "relative_humidity_2m",
    "shortwave_radiation_wm2": "shortwave_radiation",
}
"""The service's names of our columns."""


class Weather(ConfigurableResource):  # type: ignore[type-arg]
    """Reads hourly weather of the price areas."""

    forecast_url: str = Field(description="Forecast service")
    archive_url: str = Field(description="Archive of observed weather")
    previous_runs_url: str = Field(description="Forecasts as they were made days before")
    api_key: str | None = Field(default=None, description="Key for commercial use")
    sources: Sources

    def fetch(self, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame:
        """Weather of a window, averaged over the places of each area by their weights.

        Args:
            start: first hour, naive UTC.
            end: hour after the last, naive UTC; may lie ahead.
            now: the present, aware UTC.

        Returns:
            Rows of `raw_weather`; hours that no service has a value for have no row.

        Raises:
            SourceError: a service is down, refuses the request, or answers another shape.
        """
        if start >= end:
            return empty(RAW_WEATHER)
        present = naive_utc(now)
        parts = [self._previous_runs(first, last) for first, last in years_of(start, end)]
        if start < present - WEATHER_ARCHIVE_DELAY:
            parts += [self._archive(first, last) for first, last in years_of(start, min(end, present - WEATHER_ARCHIVE_DELAY))]
        if end > present:
            parts.append(self._newest_run(max(start, present), end, present))
        known = [part for part in parts if len(part)]
        if not known:
            return empty(RAW_WEATHER)
        rows = pd.concat(known, ignore_index=True)[list(RAW_WEATHER.names)]
        rows = rows[rows["available_at"] <= present]  # an age counts from the run's start: some could not be read yet by that rule
        return rows.drop_duplicates(list(RAW_WEATHER.key), keep="last")  # the newest run can be as old as a run of days before

    def _previous_runs(self, start: datetime, end: datetime) -> pd.DataFrame:
        asked = {day: {ours: f"{name}_previous_day{day}" for ours, name in VARIABLES.items()} for day in WEATHER_LEAD_DAYS}
        names = [name for by_column in asked.values() for name in by_column.values()]
        tables = self._ask(self.previous_runs_url, "/v1/forecast", names, start, end)
        parts = []
        for day, columns in asked.items():
            rows = _areas(tables, columns, start, end)
            available = rows["hour_utc"] - timedelta(days=day) + WEATHER_DELAY
            parts.append(rows.assign(kind="forecast", available_at=available))
        return pd.concat(parts, ignore_index=True)

    def _archive(self, start: datetime, end: datetime) -> pd.DataFrame:
        rows = _areas(self._ask(self.archive_url, "/v1/archive", list(VARIABLES.values()), start, end), VARIABLES, start, end)
        return rows.assign(kind="observed", available_at=rows["hour_utc"] + HOUR + WEATHER_ARCHIVE_DELAY)

    def _newest_run(self, start: datetime, end: datetime, present: datetime) -> pd.DataFrame:
        """The run that can be read now; runs start every 6 hours and can be read 6 hours later."""
        rows = _areas(self._ask(self.forecast_url, "/v1/forecast", list(VARIABLES.values()), start, end), VARIABLES, start, end)
        midnight = present.replace(hour=0, minute=0, second=0, microsecond=0)
        run = midnight + (present - midnight) // WEATHER_RUN_EVERY * WEATHER_RUN_EVERY
        return rows.assign(kind="forecast", available_at=pd.Timestamp(run).as_unit("us"))

    def _ask(self, base: str, path: str, names: list[str], start: datetime, end: datetime) -> list[pd.DataFrame]:
        params = {
            "latitude": ",".join(f"{place.latitude}" for place in PLACES),
            "longitude": ",".join(f"{place.longitude}" for place in PLACES),
            "hourly": ",".join(names),
            "timezone": "UTC",
            "wind_speed_unit": "ms",
            "start_date": f"{start:%Y-%m-%d}",
            "end_date": f"{end - HOUR:%Y-%m-%d}",
        } | ({"apikey": self.api_key} if self.api_key else {})
        answer = self.sources.get(NAME, f"{base}{path}", params)
        if not isinstance(answer, list) or len(answer) != len(PLACES):
            raise SourceError(NAME, f"a list of {len(PLACES)} places", f"{type(answer).__name__}")
        tables = [_hourly(place, reply, names) for place, reply in zip(PLACES, answer, strict=True)]
        if any(not table["hour_utc"].equals(tables[0]["hour_utc"]) for table in tables):
            raise SourceError(NAME, "the same hours for every place", "hours that differ between places")
        return tables


def _hourly(place: Place, reply: Any, names: list[str]) -> pd.DataFrame:
    hourly = reply.get("hourly") if isinstance(reply, dict) else None
    if not isinstance(hourly, dict):
        raise SourceError(NAME, f"hourly values of {place.name}", "an answer without")
    absent = [name for name in ("time", *names) if name not in hourly]
    if absent:
        raise SourceError(NAME, f"hourly {', '.join(absent)} of {place.name}", "an answer without")
    try:
        values = {name: pd.to_numeric(pd.Series(hourly[name], dtype=object)).astype("float64") for name in names}
        hours = hours_of(pd.Series(hourly["time"], dtype=object))
    except (ValueError, TypeError) as error:
        raise SourceError(NAME, f"times and numbers of {place.name}", str(error)) from error
    uneven = [f"{len(column)} of {name}" for name, column in values.items() if len(column) != len(hours)]
    if uneven or hours.isna().any():
        raise SourceError(NAME, f"{len(hours)} hours and as many values of {place.name}", ", ".join(uneven) or "null times")
    return pd.DataFrame({"hour_utc": hours, **values})


def _areas(tables: list[pd.DataFrame], columns: Mapping[str, str], start: datetime, end: datetime) -> pd.DataFrame:
    """Weighted means per area; an hour without any value has no row."""
    parts = []
    for area in sorted({place.area for place in PLACES}):
        mine = [(place.weight, table) for place, table in zip(PLACES, tables, strict=True) if place.area == area]
        hours = mine[0][1]["hour_utc"]
        means = {ours: sum(weight * table[name] for weight, table in mine) for ours, name in columns.items()}
        parts.append(pd.DataFrame({"hour_utc": hours, "area": area, **means}))
    rows = pd.concat(parts, ignore_index=True).dropna(subset=list(WEATHER_COLUMNS), how="all")
    return rows[(rows["hour_utc"] >= start) & (rows["hour_utc"] < end)]
