"""Simulated electricity consumption of the two Danish price areas.

One hour's consumption of an area is a product of
- a level (2,310 MWh/h in the west, 1,450 in the east at the start of 2022, before the weather) that grows 1.5 % a year;
- a mild annual wave (light), and a daily profile in Danish local time: workday, Saturday or Sunday, each in a winter and a summer
  shape; public holidays count as Sundays, half holidays (1 May, Constitution Day) and bridge days lie between, Christmas to
  New Year and the industrial holiday of weeks 28 to 30 are lower still;
- heating below 15 degrees through a temperature smoothed over a day and chilled by the wind, and a little cooling;
- roof-top solar, growing over the years, that takes its share out of what is metered around noon;
- electric boilers that switch on when the wind blows (power to heat);
- odd days, about six a year, that nothing announces: storms, big matches, large sites standing still;
- AR(1) noise of 1.5 % and a slower drift of 1.8 %.

Measured over 2018-2025 with seed 7: the weekly naive has a MAPE of 5.4 % in the west and 5.2 % in the east (the recorded real load:
5.8 % and 4.7 %); means are 2,380 and 1,500 MWh/h, the west ranges from 1,375 to 3,955.
A plain LightGBM that knows no load of the last 48 hours and one place's day-old weather forecast has 3.0 % in the west (2025).
"""

from dataclasses import dataclass

import numpy as np

from energy_dagster.domain.catalogue import PLACES
from energy_dagster.sandbox.archive import Coordinates
from energy_dagster.sandbox.climate import Climate, Elements, radiation, winterness
from energy_dagster.sandbox.danish_days import DaySchedule
from energy_dagster.sandbox.hours import FloatArray, HourArray
from energy_dagster.sandbox.noise import SmoothNoise, autoregressive_noise, fading_mean
from energy_dagster.sandbox.odd_days import odd_day_factor

WARM_UP_HOURS = 240
"""Hours of weather before the first one, for the smoothed temperature to settle."""

_HOURS_PER_YEAR = 8765.82
_LEVEL_HOUR = 455_832
"""2022-01-01T00:00Z, when the levels below hold."""
_TREND_PER_YEAR = 0.015
_HEATING_BELOW_C = 15.0
_COOLING_ABOVE_C = 20.0
_TEMPERATURE_MEMORY = 0.95
"""Share of yesterday's warmth a house keeps from one hour to the next: a time constant of about 20 hours."""


@dataclass(frozen=True)
class AreaHabits:
    """How an area consumes: MWh/h at the level hour, and shares of it per unit of weather."""

    area: str
    level_mwh: float
    homes: float
    heating_per_degree: float
    solar_per_kw_m2: float
    power_to_heat: float


HABITS: tuple[AreaHabits, ...] = (
    AreaHabits("DK1", 2310, homes=0.9, heating_per_degree=0.0105, solar_per_kw_m2=0.16, power_to_heat=0.14),
    AreaHabits("DK2", 1450, homes=1.15, heating_per_degree=0.0125, solar_per_kw_m2=0.11, power_to_heat=0.09),
)


@dataclass(frozen=True)
class Demand:
    """Consumption of an area in MWh by hour, of which power to heat, and the weather that made it."""

    consumption_mwh: FloatArray
    power_to_heat_mwh: FloatArray
    radiation_wm2: FloatArray
    wind_ms: FloatArray


@dataclass(frozen=True)
class _AreaWeather:
    temperature: FloatArray
    wind: FloatArray
    radiation: FloatArray


def _area_weather(climate: Climate, area: str, hours: HourArray) -> _AreaWeather:
    at = hours.astype(np.float64)
    parts: list[tuple[float, Elements, FloatArray]] = []
    for place in (place for place in PLACES if place.area == area):
        where = Coordinates(place.latitude, place.longitude)
        elements = climate.truth(where, hours)
        parts.append((place.weight, elements, radiation(where, at + 1, elements.cloud)))
    return _AreaWeather(
        temperature=np.asarray(sum(weight * elements.temperature for weight, elements, _ in parts), dtype=np.float64),
        wind=np.asarray(sum(weight * elements.wind for weight, elements, _ in parts), dtype=np.float64),
        radiation=np.asarray(sum(weight * sun for weight, _, sun in parts), dtype=np.float64),
    )


def _weather_factor(habits: AreaHabits, weather: _AreaWeather, *, years: FloatArray) -> FloatArray:
    felt = weather.temperature - 0.25 * (weather.wind - 5)
    smoothed = fading_mean(felt, memory=_TEMPERATURE_MEMORY)
    heating = habits.heating_per_degree * np.clip(_HEATING_BELOW_C - smoothed, 0, None)
    cooling = 0.006 * np.clip(weather.temperature - _COOLING_ABOVE_C, 0, None)
    roofs = np.clip(0.7 + 0.1 * years, 0.2, None)
    return np.asarray(1 + heating + cooling - habits.solar_per_kw_m2 * roofs * weather.radiation / 1000, dtype=np.float64)


def _noise_factor(seed: int, area: str, hours: HourArray) -> FloatArray:
    fast = autoregressive_noise(seed, f"demand/{area}", count=hours.size, memory=0.93)
    slow = SmoothNoise(seed, f"demand/{area}/slow", knot_hours=48).at(hours.astype(np.float64))
    return np.asarray(1 + 0.015 * fast + 0.018 * slow, dtype=np.float64)


def simulate_demand(seed: int, climate: Climate, *, habits: AreaHabits, days: DaySchedule) -> Demand:
    """Consumption of an area over the hours of a schedule, which always start at the same hour.

    The noise remembers, so the first hour is fixed; the last one may lie anywhere without changing a value before it.
    """
    hours = days.hours
    warm = np.arange(hours[0] - WARM_UP_HOURS, hours[-1] + 1)
    weather = _area_weather(climate, habits.area, warm)
    years = (hours - _LEVEL_HOUR) / _HOURS_PER_YEAR
    long_years = (warm - _LEVEL_HOUR) / _HOURS_PER_YEAR
    level = habits.level_mwh * (1 + _TREND_PER_YEAR) ** years * (1 + 0.03 * winterness(hours.astype(np.float64)))
    factor = days.factor(homes=habits.homes) * _weather_factor(habits, weather, years=long_years)[WARM_UP_HOURS:]
    unusual = odd_day_factor(seed, habits.area, hours=hours) * _noise_factor(seed, habits.area, hours)
    wind = weather.wind[WARM_UP_HOURS:]
    cheap = 1 / (1 + np.exp(-(wind - 8.5) / 1.2))
    power_to_heat = habits.level_mwh * habits.power_to_heat * cheap * (0.6 + 0.4 * winterness(hours.astype(np.float64)))
    return Demand(
        consumption_mwh=np.asarray(level * factor * unusual + power_to_heat, dtype=np.float64),
        power_to_heat_mwh=np.asarray(power_to_heat, dtype=np.float64),
        radiation_wm2=weather.radiation[WARM_UP_HOURS:],
        wind_ms=wind,
    )
