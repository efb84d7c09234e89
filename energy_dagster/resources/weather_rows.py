"""Rows of `raw_weather` from the answers of Open-Meteo's three services, and what to ask them for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd

from energy_dagster.domain.availability import HOUR
from energy_dagster.domain.catalogue import PLACES, WEATHER_ARCHIVE_DELAY, WEATHER_DELAY, WEATHER_RUN_EVERY, Place
from energy_dagster.domain.tables import WEATHER_COLUMNS, WEATHER_LEAD_DAYS
from energy_dagster.resources.portal_rows import hours_of
from energy_dagster.resources.sources import SourceError

NAME = "Open-Meteo"
VARIABLES: dict[str, str] = {
    "temperature_c": "temperature_2m",
    "wind_speed_ms": "wind_speed_10m",
    "relative_humidity_pct": "relative_humidity_2m",
    "shortwave_radiation_wm2": "shortwave_radiation",
}
"""The service's names of our columns."""

POSSIBLE: dict[str, tuple[float, float]] = {
    "temperature_2m": (-60.0, 60.0),
    "wind_speed_10m": (0.0, 100.0),
    "relative_humidity_2m": (0.0, 100.0),
    "shortwave_radiation": (0.0, 1500.0),
}
"""Least and most that Danish weather can be, in the units asked for; anything beyond is no measurement, and read as none."""

Service = Literal["previous_runs", "archive", "newest_run"]
PATHS: dict[Service, str] = {"previous_runs": "/v1/forecast", "archive": "/v1/archive", "newest_run": "/v1/forecast"}
AGED = "_previous_day"
"""Parts a variable's name from the age of the run, in days."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """One request to one service.

    Attributes:
        service: whom.
        start: first hour, naive UTC.
        end: hour after the last, naive UTC.
        present: when it was asked, naive UTC; what the newest run was depends on it.
    """

    service: Service
    start: datetime
    end: datetime
    present: datetime

    @property
    def names(self) -> list[str]:
        """The values to ask for, by the service's names."""
        if self.service == "previous_runs":
            return [_aged(name, day) for day in WEATHER_LEAD_DAYS for name in VARIABLES.values()]
        return list(VARIABLES.values())

    @property
    def params(self) -> dict[str, str]:
        """The query: whole days, all places at once."""
        return _places() | {
            "hourly": ",".join(self.names),
            "timezone": "UTC",
            "wind_speed_unit": "ms",
            "start_date": f"{self.start:%Y-%m-%d}",
            "end_date": f"{self.end - HOUR:%Y-%m-%d}",
        }


def question_of(url: str, params: Mapping[str, str], *, present: datetime) -> Question:
    """The question that a request put: whole days, as it names no hours.

    Args:
        url: address it went to.
        params: its query.
        present: when it was asked, naive UTC.

    Raises:
        SourceError: it is none of weather, or of other places than the catalogue has now.
    """
    places = {name: params.get(name) for name in _places()}
    if places != _places():
        raise SourceError(NAME, "a request for the places of the catalogue", f"one for {places}")
    try:
        start = datetime.strptime(params["start_date"], "%Y-%m-%d")  # noqa: DTZ007 - naive UTC, as the tables
        end = datetime.strptime(params["end_date"], "%Y-%m-%d") + ONE_DAY  # noqa: DTZ007
    except (KeyError, ValueError) as error:
        raise SourceError(NAME, "a request with a start_date and an end_date", f"another ({error})") from error
    if url.endswith(PATHS["archive"]):
        return Question("archive", start, end, present)
    if AGED in params.get("hourly", ""):
        return Question("previous_runs", start, end, present)
    return Question("newest_run", max(start, present), end, present)


def weather_rows(question: Question, answer: Any) -> pd.DataFrame:
    """What a service said, averaged over the places of each area by their weights.

    Returns:
        Rows of `raw_weather` but for `fetched_at`, of the question's window; an hour without any value has no row. Hours may come
        in any order; a value that cannot be is null.

    Raises:
        SourceError: the answer has another shape than the service is known for.
    """
    if not isinstance(answer, list) or len(answer) != len(PLACES):
        raise SourceError(NAME, f"a list of {len(PLACES)} places", f"{type(answer).__name__}")
    tables = [_hourly(place, reply, question.names) for place, reply in zip(PLACES, answer, strict=True)]
    if any(not table["hour_utc"].equals(tables[0]["hour_utc"]) for table in tables):
        raise SourceError(NAME, "the same hours for every place", "hours that differ between places")
    if question.service == "previous_runs":
        return pd.concat([_run_of_day(day, tables, question) for day in WEATHER_LEAD_DAYS], ignore_index=True)
    rows = _areas(tables, VARIABLES, question)
    if question.service == "archive":
        return rows.assign(kind="observed", available_at=rows["hour_utc"] + HOUR + WEATHER_ARCHIVE_DELAY)
    return rows.assign(kind="forecast", available_at=pd.Timestamp(_newest_run_at(question.present)).as_unit("us"))


def _newest_run_at(present: datetime) -> datetime:
    """When the run that can be read now could first be: runs start every 6 hours and can be read 6 hours later."""
    midnight = present.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (present - midnight) // WEATHER_RUN_EVERY * WEATHER_RUN_EVERY


def _run_of_day(day: int, tables: list[pd.DataFrame], question: Question) -> pd.DataFrame:
    rows = _areas(tables, {ours: _aged(name, day) for ours, name in VARIABLES.items()}, question)
    return rows.assign(kind="forecast", available_at=rows["hour_utc"] - timedelta(days=day) + WEATHER_DELAY)


def _aged(name: str, day: int) -> str:
    return f"{name}{AGED}{day}"


def _places() -> dict[str, str]:
    return {
        "latitude": ",".join(f"{place.latitude}" for place in PLACES),
        "longitude": ",".join(f"{place.longitude}" for place in PLACES),
    }


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
    between = hours[hours != hours.dt.floor("h")]
    if len(between):
        raise SourceError(NAME, f"times that begin an hour, of {place.name}", f"{between.iloc[0].isoformat()}")
    possible = {name: column.where(column.between(*POSSIBLE[name.partition(AGED)[0]])) for name, column in values.items()}
    return pd.DataFrame({"hour_utc": hours, **possible}).sort_values("hour_utc", kind="stable", ignore_index=True)


def _areas(tables: list[pd.DataFrame], columns: Mapping[str, str], question: Question) -> pd.DataFrame:
    """Weighted means per area within the window; an hour without any value has no row."""
    parts = []
    for area in sorted({place.area for place in PLACES}):
        mine = [(place.weight, table) for place, table in zip(PLACES, tables, strict=True) if place.area == area]
        hours = mine[0][1]["hour_utc"]
        means = {ours: sum(weight * table[name] for weight, table in mine) for ours, name in columns.items()}
        parts.append(pd.DataFrame({"hour_utc": hours, "area": area, **means}))
    rows = pd.concat(parts, ignore_index=True).dropna(subset=list(WEATHER_COLUMNS), how="all")
    return rows[(rows["hour_utc"] >= question.start) & (rows["hour_utc"] < question.end)]
