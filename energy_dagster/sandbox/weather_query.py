"""One question to the weather service: parsed from the address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

import numpy as np

from energy_dagster.sandbox.archive import Coordinates, WeatherVariable
from energy_dagster.sandbox.hours import HourArray, hour_number

MOST_PAST_DAYS, MOST_FORECAST_DAYS = 92, 16
DEFAULT_FORECAST_DAYS = 7
FIRST_DAY = date(2015, 1, 1)
"""The first day the service knows."""

_KNOWN: dict[str, WeatherVariable] = {name: name for name in get_args(WeatherVariable)}
_PREVIOUS_RUN = re.compile(r"(?P<variable>\w+?)_previous_day(?P<days>[1-7])")
_WIND_UNITS = ("kmh", "ms")


class BadWeatherRequest(ValueError):
    """A request the weather service refuses; the message is its reason."""


@dataclass(frozen=True)
class Wanted:
    """A variable wanted, as forecast some days before (0: by the newest run), under the name it was asked by."""

    label: str
    variable: WeatherVariable
    days_before: int


@dataclass(frozen=True)
class WeatherQuery:
    """What is asked: places, hours, variables, and whether wind is in m/s (else km/h)."""

    places: tuple[Coordinates, ...]
    hours: HourArray
    wanted: tuple[Wanted, ...]
    timezone: str
    wind_in_ms: bool


def parse_weather_query(parameters: Mapping[str, str], *, now: datetime, archive: bool) -> WeatherQuery:
    """Parse the parameters of an address; `archive` for the observed archive, which needs dates and knows no past runs.

    Raises:
        BadWeatherRequest: a parameter is missing, unknown or out of range.
    """
    timezone = parameters.get("timezone", "GMT")
    if timezone.upper() not in {"UTC", "GMT"}:
        raise BadWeatherRequest(f"Invalid timezone: this replica knows UTC and GMT, found '{timezone}'")
    unit = parameters.get("wind_speed_unit", "kmh")
    if unit not in _WIND_UNITS:
        raise BadWeatherRequest(f"Invalid wind_speed_unit: expected kmh or ms, found '{unit}'")
    first, last = _days(parameters, today=now.astimezone(UTC).date(), archive=archive)
    return WeatherQuery(
        places=_places(parameters),
        hours=np.arange(_midnight(first), _midnight(last + timedelta(days=1))),
        wanted=_wanted(parameters, archive=archive),
        timezone=timezone.upper(),
        wind_in_ms=unit == "ms",
    )


def _midnight(day: date) -> int:
    return hour_number(datetime.combine(day, time(), tzinfo=UTC))


def _required(parameters: Mapping[str, str], name: str) -> str:
    if not parameters.get(name):
        raise BadWeatherRequest(f"Parameter '{name}' is required")
    return parameters[name]


def _degrees(parameters: Mapping[str, str], name: str, *, most: float) -> list[float]:
    text = _required(parameters, name)
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as fault:
        raise BadWeatherRequest(f"Parameter '{name}' must be numbers, found '{text}'") from fault
    for value in values:
        if not abs(value) <= most:
            raise BadWeatherRequest(f"{name.title()} must be in range of -{most:g} to {most:g}°. Given: {value}.")
    return values


def _places(parameters: Mapping[str, str]) -> tuple[Coordinates, ...]:
    latitudes, longitudes = _degrees(parameters, "latitude", most=90), _degrees(parameters, "longitude", most=180)
    if len(latitudes) != len(longitudes):
        raise BadWeatherRequest("Parameter 'latitude' and 'longitude' must have the same number of elements")
    return tuple(Coordinates(*pair) for pair in zip(latitudes, longitudes, strict=True))


def _wanted(parameters: Mapping[str, str], *, archive: bool) -> tuple[Wanted, ...]:
    return tuple(_one_wanted(label, archive=archive) for label in dict.fromkeys(_required(parameters, "hourly").split(",")))


def _one_wanted(label: str, *, archive: bool) -> Wanted:
    previous = None if archive else _PREVIOUS_RUN.fullmatch(label)
    name, days = (label, 0) if previous is None else (previous["variable"], int(previous["days"]))
    if name not in _KNOWN:
        known = ", ".join(_KNOWN)
        raise BadWeatherRequest(f"Data corrupted at path ''. Cannot initialize hourly variable from '{label}'; known are {known}.")
    return Wanted(label, _KNOWN[name], days)


def _days(parameters: Mapping[str, str], *, today: date, archive: bool) -> tuple[date, date]:
    last = today if archive else today + timedelta(days=MOST_FORECAST_DAYS)
    if archive or "start_date" in parameters or "end_date" in parameters:
        if not archive and parameters.keys() & {"past_days", "forecast_days"}:
            raise BadWeatherRequest("Parameter 'start_date' and 'end_date' exclude 'past_days' and 'forecast_days'")
        start, end = (_day(parameters, name, last=last) for name in ("start_date", "end_date"))
        if start > end:
            raise BadWeatherRequest(f"Parameter 'start_date' ({start}) must not be after 'end_date' ({end})")
        return start, end
    past = _count(parameters, "past_days", default=0, most=MOST_PAST_DAYS)
    ahead = _count(parameters, "forecast_days", default=DEFAULT_FORECAST_DAYS, most=MOST_FORECAST_DAYS)
    return max(FIRST_DAY, today - timedelta(days=past)), today + timedelta(days=ahead - 1)


def _day(parameters: Mapping[str, str], name: str, *, last: date) -> date:
    text = _required(parameters, name)
    try:
        day = date.fromisoformat(text)
    except ValueError as fault:
        raise BadWeatherRequest(f"Parameter '{name}' must be a date yyyy-MM-dd, found '{text}'") from fault
    if not FIRST_DAY <= day <= last:
        raise BadWeatherRequest(f"Parameter '{name}' is out of allowed range from {FIRST_DAY} to {last}")
    return day


def _count(parameters: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise BadWeatherRequest(f"Parameter '{name}' is out of allowed range from 0 to {most}. Given '{text}'")
    return int(text)
