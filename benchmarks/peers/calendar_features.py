"""What a competent user tells a model about the hours: the clock on the wall, the season, and the holidays."""

import holidays
import pandas as pd
import protocol

HALF_HOLIDAYS = ("12-24", "12-31", "06-05")
"""Christmas Eve, New Year's Eve and Constitution Day: no public holidays in Denmark, yet days off for most."""


def calendar(hours_utc: pd.DatetimeIndex, country: str) -> pd.DataFrame:
    """Hour and weekday on the wall, day of the year, and whether the day, its eve and its morrow are holidays; all numbers."""
    local = protocol.danish_clock(hours_utc)
    days = pd.Series(local.normalize(), hours_utc)
    off = holidays.country_holidays(country, years=range(local[0].year - 1, local[-1].year + 2))
    free = {pd.Timestamp(day) for day in off}
    if country == "DK":
        free |= {pd.Timestamp(f"{year}-{day}") for year in off.years for day in HALF_HOLIDAYS}
    one_day = pd.Timedelta(days=1)
    return pd.DataFrame(
        {
            "clock_hour": local.hour,
            "weekday": local.weekday,
            "day_of_year": local.dayofyear,
            "holiday": days.isin(free).astype(int),
            "holiday_before": (days - one_day).isin(free).astype(int),
            "holiday_after": (days + one_day).isin(free).astype(int),
        },
        hours_utc,
    )
