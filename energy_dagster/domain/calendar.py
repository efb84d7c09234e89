"""The Danish calendar: local time, holidays, bridge days, daylight.

Hours come in as naive UTC starts; everything else is in Europe/Copenhagen, where a delivery day has 23, 24 or 25 hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from energy_dagster.domain.days_off import holiday_share

DENMARK = ZoneInfo("Europe/Copenhagen")
DAY_AHEAD_STANDS = time(10)
"""Local time on the day before at which the day-ahead product is fixed; the market's gate closes at 12:00."""

WORKDAY, SATURDAY, SUNDAY, HOLIDAY, BRIDGE, CHRISTMAS = range(6)
"""Kinds of day, as in the column `day_kind`."""

FIRST_DAY_OF_WEEKEND = 5
HOLIDAY_REACH_DAYS = 7
_LATITUDE_DEG, _LONGITUDE_DEG = 55.9, 10.8
_CHRISTMAS_DAYS = frozenset({(12, day) for day in (24, 27, 28, 29, 30, 31)})
MOST_PEOPLE = 0.5
"""Share of the people off from which on a day is a public holiday."""


def delivery_day_hours(day: date) -> list[datetime]:
    """Every hour of a local calendar day, as aware UTC starts.

    >>> [len(delivery_day_hours(date(2026, m, d))) for m, d in ((3, 29), (6, 1), (10, 25))]
    [23, 24, 25]
    """
    start = datetime.combine(day, time(), DENMARK).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), DENMARK).astimezone(UTC)
    return [start + timedelta(hours=n) for n in range(int((end - start) / timedelta(hours=1)))]


def day_ahead_issue(day: date) -> datetime:
    """The moment, aware UTC, at which the day-ahead product of a delivery day is fixed: 10:00 local on the day before.

    >>> day_ahead_issue(date(2026, 7, 2)).isoformat()
    '2026-07-01T08:00:00+00:00'
    """
    return datetime.combine(day - timedelta(days=1), DAY_AHEAD_STANDS, DENMARK).astimezone(UTC)


@lru_cache(maxsize=65536)
def is_public_holiday(day: date, area: str = "DK") -> bool:
    """Whether most people of an area's country have a public holiday on a local day.

    >>> is_public_holiday(date(2026, 4, 3)), is_public_holiday(date(2026, 4, 7))
    (True, False)
    """
    return holiday_share(area, day) >= MOST_PEOPLE


def day_kind(day: date, area: str = "DK") -> int:
    """Kind of a local day: WORKDAY, SATURDAY, SUNDAY, HOLIDAY, BRIDGE (a workday between two days off) or CHRISTMAS.

    >>> day_kind(date(2026, 5, 15)) == BRIDGE  # the Friday after Ascension Day
    True
    """
    if is_public_holiday(day, area):
        return HOLIDAY
    if (day.month, day.day) in _CHRISTMAS_DAYS:
        return CHRISTMAS
    if day.weekday() >= 5:
        return SATURDAY if day.weekday() == 5 else SUNDAY
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    if _is_off(before, area) and _is_off(after, area) and (is_public_holiday(before, area) or is_public_holiday(after, area)):
        return BRIDGE
    return WORKDAY


def _is_off(day: date, area: str) -> bool:
    return day.weekday() >= 5 or is_public_holiday(day, area)


@lru_cache(maxsize=65536)
def days_to_holiday(day: date, direction: int, area: str = "DK") -> int:
    """Days from a day to the nearest public holiday ahead (direction 1) or behind (-1), at most 7; 0 on one."""
    for distance in range(HOLIDAY_REACH_DAYS):
        if is_public_holiday(day + timedelta(days=direction * distance), area):
            return distance
    return HOLIDAY_REACH_DAYS


def sun_elevation(hours: pd.DatetimeIndex) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Height of the sun over Denmark, degrees, in the middle of each UTC hour.

    Source: the low-precision formulas of the NOAA solar calculator (declination and equation of time by day of year).
    """
    middle = hours + pd.Timedelta(minutes=30)
    day_angle = 2 * np.pi * (middle.dayofyear.to_numpy() - 1 + middle.hour.to_numpy() / 24) / 365
    declination = _declination(day_angle)
    equation_minutes = 229.18 * (
        0.000075
        + 0.001868 * np.cos(day_angle)
        - 0.032077 * np.sin(day_angle)
        - 0.014615 * np.cos(2 * day_angle)
        - 0.040849 * np.sin(2 * day_angle)
    )
    solar_minutes = middle.hour.to_numpy() * 60 + middle.minute.to_numpy() + equation_minutes + 4 * _LONGITUDE_DEG
    hour_angle = np.radians(solar_minutes / 4 - 180)
    latitude = np.radians(_LATITUDE_DEG)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))), dtype=np.float64)


def daylight_length(day_of_year: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Hours between sunrise and sunset over Denmark for days of the year.

    Source: the sunrise equation with the declination of the NOAA solar calculator.
    """
    declination = _declination(2 * np.pi * (day_of_year - 1) / 365)
    cosine = -np.tan(np.radians(_LATITUDE_DEG)) * np.tan(declination)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))) * 2 / 15, dtype=np.float64)


def _declination(day_angle: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(
        0.006918
        - 0.399912 * np.cos(day_angle)
        + 0.070257 * np.sin(day_angle)
        - 0.006758 * np.cos(2 * day_angle)
        + 0.000907 * np.sin(2 * day_angle),
        dtype=np.float64,
    )


def calendar_features(hours: pd.DatetimeIndex, area: str = "DK") -> pd.DataFrame:
    """Calendar columns of naive UTC hours.

    Args:
        hours: naive UTC hour starts, length n.
        area: whose country's holidays count; clocks are Danish, as in all of central Europe.

    Returns:
        A frame of n rows, indexed by the hours, with the columns of `tables.CALENDAR_FEATURES`.
    """
    local = hours.tz_localize("UTC").tz_convert(DENMARK)
    day_number = local.tz_localize(None).normalize()
    days = pd.Series(day_number.unique())
    by_day = pd.DataFrame(
        {
            "day_kind": [day_kind(day.date(), area) for day in days],
            "days_to_holiday": [days_to_holiday(day.date(), 1, area) for day in days],
            "days_since_holiday": [days_to_holiday(day.date(), -1, area) for day in days],
        },
        index=pd.DatetimeIndex(days),
        dtype=np.int64,
    ).reindex(day_number)
    day_of_year = local.dayofyear.to_numpy().astype(np.int64)
    return pd.DataFrame(
        {
            "local_hour": local.hour.to_numpy().astype(np.int64),
            "day_of_week": local.dayofweek.to_numpy().astype(np.int64),
            "day_of_year": day_of_year,
            "day_kind": by_day["day_kind"].to_numpy(),
            "days_to_holiday": by_day["days_to_holiday"].to_numpy(),
            "days_since_holiday": by_day["days_since_holiday"].to_numpy(),
            "sun_elevation_deg": sun_elevation(hours),
            "daylight_hours": daylight_length(day_of_year),
        },
        index=hours,
    )
