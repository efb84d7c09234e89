"""The weather service's protocol (open-meteo.com) as routes: forecast, previous runs and observed archive on one host."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap

from energy_dagster.sandbox.archive import Archive, Coordinates, WeatherValues, WeatherVariable
from energy_dagster.sandbox.weather_query import BadWeatherRequest, Wanted, WeatherQuery, parse_weather_query

KMH_PER_MS = 3.6

_UNITS: Mapping[WeatherVariable, str] = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "wind_speed_10m": "km/h",
    "cloud_cover": "%",
    "shortwave_radiation": "W/m²",
    "apparent_temperature": "°C",
}
_DECIMALS: Mapping[WeatherVariable, int] = {
    "temperature_2m": 1,
    "relative_humidity_2m": 0,
    "wind_speed_10m": 2,
    "cloud_cover": 0,
    "shortwave_radiation": 1,
    "apparent_temperature": 1,
}

AnyRequest = Request[Any, Any, Any]
Answer = dict[str, Any] | list[dict[str, Any]]


def weather_routes(archive: Archive, *, clock: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of the weather service over an archive."""

    @get("/v1/forecast", sync_to_thread=False)
    def forecast(request: AnyRequest) -> Answer:
        now = clock()
        query = parse_weather_query(request.query_params, now=now, archive=False)

        def values(place: Coordinates, days_before: int) -> WeatherValues:
            return archive.forecast(place, hours=query.hours, now=now, days_before=days_before)

        return _answer(query, values)

    @get("/v1/archive", sync_to_thread=False)
    def observed(request: AnyRequest) -> Answer:
        now = clock()
        query = parse_weather_query(request.query_params, now=now, archive=True)

        def values(place: Coordinates, _: int) -> WeatherValues:
            return archive.observed(place, hours=query.hours, now=now)

        return _answer(query, values)

    return [forecast, observed]


def _answer(query: WeatherQuery, values: Callable[[Coordinates, int], WeatherValues]) -> Answer:
    answers = []
    for index, place in enumerate(query.places):
        by_age = {age: values(place, age) for age in sorted({wanted.days_before for wanted in query.wanted})}
        answers.append(_place_answer(query, place, by_age) | ({"location_id": index} if index else {}))
    return answers[0] if len(answers) == 1 else answers


def _place_answer(query: WeatherQuery, place: Coordinates, by_age: Mapping[int, WeatherValues]) -> dict[str, Any]:
    times = np.datetime_as_string(query.hours.astype("datetime64[h]").astype("datetime64[m]"), unit="m").tolist()
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "generationtime_ms": 0.0,
        "utc_offset_seconds": 0,
        "timezone": query.timezone,
        "timezone_abbreviation": query.timezone,
        "elevation": 0.0,
        "hourly_units": {"time": "iso8601"} | {wanted.label: _unit(query, wanted) for wanted in query.wanted},
        "hourly": {"time": times} | {wanted.label: _numbers(query, wanted, by_age) for wanted in query.wanted},
    }


def _unit(query: WeatherQuery, wanted: Wanted) -> str:
    return "m/s" if query.wind_in_ms and wanted.variable == "wind_speed_10m" else _UNITS[wanted.variable]


def _numbers(query: WeatherQuery, wanted: Wanted, by_age: Mapping[int, WeatherValues]) -> list[float | int]:
    values = by_age[wanted.days_before][wanted.variable]
    if wanted.variable == "wind_speed_10m" and not query.wind_in_ms:
        values = values * KMH_PER_MS
    decimals = _DECIMALS[wanted.variable]
    return list(np.round(values, decimals).tolist())  # NaN becomes null in JSON


def _bad(_: AnyRequest, fault: BadWeatherRequest) -> Response[dict[str, Any]]:
    return Response({"error": True, "reason": str(fault)}, status_code=400)


WEATHER_REFUSALS: ExceptionHandlersMap = {BadWeatherRequest: _bad}
"""How a fault is answered."""
