"""The simulated past and near future of the two price areas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from energy_dagster.sandbox.climate import Climate
from energy_dagster.sandbox.danish_days import DaySchedule
from energy_dagster.sandbox.demand import HABITS, Demand, simulate_demand
from energy_dagster.sandbox.hours import FloatArray, HourArray, hour_number
from energy_dagster.sandbox.noise import SmoothNoise, white_noise

FIRST_HOUR = hour_number(datetime(2014, 12, 31, 23, tzinfo=UTC))
"""Danish midnight of 2015-01-01, where the real total-load dataset begins too."""

AREAS: tuple[str, ...] = tuple(habits.area for habits in HABITS)

GROSS, TRANSMISSION_LOSS = "GrossConsumptionMWh", "GridLossTransmissionMWh"
"""Columns of the history that other datasets are made from: final settlement, MWh."""

_PRELIMINARY_NOISE = 0.005
_PRELIMINARY_BIAS = 0.005

_OFFSHORE_MW = {"DK1": 1400.0, "DK2": 1000.0}
_ONSHORE_MW = {"DK1": 3900.0, "DK2": 750.0}
_SOLAR_MW_PER_KW_M2 = {"DK1": 2200.0, "DK2": 1000.0}
_GREAT_BELT_MW = 590.0


@dataclass(frozen=True)
class History:
    """Consecutive hours from FIRST_HOUR of several series.

    Attributes:
        hours: the hours.
        series: texts that tell the series apart, by column, in the order of the series.
        columns: hours x series by the name the portal gives the column; NaN where the row is missing.
    """

    hours: HourArray
    series: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, FloatArray]


def _preliminary_error(seed: int, area: str, hours: HourArray) -> FloatArray:
    noise = white_noise(seed, f"preliminary/{area}", count=hours.size)
    bias = np.tanh(SmoothNoise(seed, f"preliminary/{area}/bias", knot_hours=1440).at(hours.astype(np.float64)))
    return np.asarray(_PRELIMINARY_NOISE * noise + _PRELIMINARY_BIAS * bias, dtype=np.float64)


def _share_of_wind(wind_ms: FloatArray, *, half_at_ms: float) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-(wind_ms - half_at_ms) / 1.6)), dtype=np.float64)


def _area_columns(seed: int, area: str, hours: HourArray, demand: Demand) -> dict[str, FloatArray]:
    gross = np.round(demand.consumption_mwh, 6)
    offshore = _OFFSHORE_MW[area] * _share_of_wind(demand.wind_ms, half_at_ms=6.5)
    onshore = _ONSHORE_MW[area] * _share_of_wind(demand.wind_ms, half_at_ms=8.0)
    return {
        "GrossCon": np.round(gross * (1 + _preliminary_error(seed, area, hours)), 2),
        "OffshoreWindPower": np.round(offshore, 2),
        "OnshoreWindPower": np.round(onshore, 2),
        "SolarPower": np.round(_SOLAR_MW_PER_KW_M2[area] * demand.radiation_wm2 / 1000, 2),
        "ExchangeGreatBelt": _great_belt(area, offshore + onshore),
        GROSS: gross,
        TRANSMISSION_LOSS: np.round(18 + 0.004 * gross + 0.006 * (offshore + onshore), 6),
        "PowerToHeatMWh": np.round(demand.power_to_heat_mwh, 6),
    }


def _great_belt(area: str, wind_power: FloatArray) -> FloatArray:
    westward = np.clip(_GREAT_BELT_MW * (0.6 - wind_power / 3000), -_GREAT_BELT_MW, _GREAT_BELT_MW)
    return np.asarray(np.round(westward if area == "DK1" else -westward, 2), dtype=np.float64)


def simulate_history(seed: int, climate: Climate, *, last_year: int) -> History:
    """Every hour up to the end of a year (UTC); a longer history repeats the shorter one to the last digit published."""
    hours = np.arange(FIRST_HOUR, hour_number(datetime(last_year + 1, 1, 1, tzinfo=UTC)))
    days = DaySchedule.of(hours)
    areas = [_area_columns(seed, habits.area, hours, simulate_demand(seed, climate, habits=habits, days=days)) for habits in HABITS]
    columns = {name: np.stack([area[name] for area in areas], axis=1) for name in areas[0]}
    return History(hours, {"PriceArea": AREAS}, columns)
