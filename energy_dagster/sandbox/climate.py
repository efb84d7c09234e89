"""Simulated Danish weather: smooth in space, seasonal and daily, with highs and lows passing from west to east.

The numbers are rounded climatology of Denmark (8.9 degrees mean, January 1.5, July 17.5; 5 m/s wind inland).
"""

from dataclasses import dataclass

import numpy as np

from energy_dagster.sandbox.archive import Coordinates, WeatherValues
from energy_dagster.sandbox.hours import FloatArray, HourArray
from energy_dagster.sandbox.noise import Field

_HOURS_PER_YEAR = 8765.82
_FIRST_SOLSTICE = -264.0
"""Hours from 1970-01-01 back to the winter solstice of 1969."""

_LAG_OF_COLD_HOURS = 900.0
"""How long the coldest day comes after the shortest one."""


@dataclass(frozen=True)
class Elements:
    """Weather of a place: temperature (degree Celsius), wind (m/s), relative humidity (%), cloud cover (0 to 1)."""

    temperature: FloatArray
    wind: FloatArray
    humidity: FloatArray
    cloud: FloatArray


def winterness(hours: FloatArray, *, lag_hours: float = 0.0) -> FloatArray:
    """1 on the shortest day (plus a lag), -1 half a year later."""
    return np.asarray(np.cos(2 * np.pi * (hours - _FIRST_SOLSTICE - lag_hours) / _HOURS_PER_YEAR), dtype=np.float64)


def sine_of_sun_elevation(place: Coordinates, hours: FloatArray) -> FloatArray:
    """Sine of the sun's elevation, to about a degree: declination as a cosine, no equation of time."""
    declination = np.radians(-23.44 * winterness(hours))
    hour_angle = 2 * np.pi * (hours - 12 + place.longitude / 15) / 24
    latitude = np.radians(place.latitude)
    return np.asarray(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle), dtype=np.float64
    )


def radiation(place: Coordinates, hours: FloatArray, cloud: FloatArray) -> FloatArray:
    """Shortwave radiation on level ground, W/m2: mean of the hour BEFORE the label, as the real service gives it."""
    sine = np.clip(sine_of_sun_elevation(place, hours - 0.5), 0, None)
    return np.asarray(960 * sine**1.15 * (1 - 0.74 * cloud**2.2), dtype=np.float64)


def apparent_temperature(elements: Elements) -> FloatArray:
    """Steadman's apparent temperature (as used by the Australian Bureau of Meteorology), degree Celsius."""
    saturation = np.exp(17.27 * elements.temperature / (237.7 + elements.temperature))
    vapour = elements.humidity / 100 * 6.105 * saturation
    return np.asarray(elements.temperature + 0.33 * vapour - 0.70 * elements.wind - 4.0, dtype=np.float64)


def weather_values(place: Coordinates, hours: FloatArray, elements: Elements) -> WeatherValues:
    """Every variable of the service from the elements."""
    return {
        "temperature_2m": elements.temperature,
        "relative_humidity_2m": elements.humidity,
        "wind_speed_10m": elements.wind,
        "cloud_cover": 100 * elements.cloud,
        "shortwave_radiation": radiation(place, hours, elements.cloud),
        "apparent_temperature": apparent_temperature(elements),
    }


class Climate:
    """The true weather anywhere around Denmark at any hour, decided by the seed alone."""

    def __init__(self, seed: int) -> None:
        def field(name: str, knot_hours: int, turn: float) -> Field:
            return Field(seed, f"climate/{name}", knot_hours=knot_hours, turn_per_degree=turn)

        self._warm_season = field("season", 720, 0.01)
        self._warm_week = field("week", 150, 0.06)
        self._warm_day = field("day", 40, 0.10)
        self._cloud = field("cloud", 14, 0.18)
        self._cloud_week = field("cloud week", 90, 0.06)
        self._wind = field("wind", 20, 0.14)
        self._wind_week = field("wind week", 80, 0.06)
        self._humid = field("humid", 18, 0.12)

    def truth(self, place: Coordinates, hours: HourArray | FloatArray) -> Elements:
        """The weather that really was, or will be."""
        at, east = np.asarray(hours, dtype=np.float64), place.longitude
        cloud = 1 / (1 + np.exp(-0.5 - 1.5 * self._cloud.at(at, east) - 1.2 * self._cloud_week.at(at, east)))
        sun = sine_of_sun_elevation(place, at - 2.5)
        daily = (1.6 + 3.2 * (1 - cloud)) * (sun - np.sin(np.radians(place.latitude)) * np.sin(np.radians(-23.44 * winterness(at))))
        passing = 1.3 * self._warm_season.at(at, east) + 2.9 * self._warm_week.at(at, east) + 1.7 * self._warm_day.at(at, east)
        season = winterness(at, lag_hours=_LAG_OF_COLD_HOURS)
        sheltered = -0.25 * (place.latitude - 56) - (0.08 * (east - 10.5)) * season
        temperature = 9.2 - 8.0 * season + sheltered + passing + 2.2 * daily + 1.5 * (cloud - 0.6) * winterness(at)
        gusts = 0.36 * self._wind.at(at, east) + 0.26 * self._wind_week.at(at, east)
        wind = (5.2 - 0.3 * (east - 10.5)) * (1 + 0.14 * winterness(at)) * np.exp(gusts - 0.1) + 0.8 * np.clip(sun, 0, None)
        humidity = 81 + 6 * winterness(at) - 9 * daily + 12 * (cloud - 0.6) + 5 * self._humid.at(at, east)
        return Elements(temperature, np.clip(wind, 0.1, None), np.clip(humidity, 25, 100), cloud)
