"""Public holidays of the country an area lies in, as the share of its people who are off.

Denmark's day off on 5 June counts, and in countries of federal states a holiday of some of them counts by their people.
"""

from datetime import date
from functools import lru_cache

import holidays

DANISH_CONSTITUTION_DAY = (6, 5)
"""Most of Denmark takes it off, though it is no public holiday by law."""

_COUNTRY_OF_PREFIX = {"UK": "GB", "EL": "GR"}
_PEOPLE_MILLIONS = {
    "BW": 11.1,
    "BY": 13.1,
    "BE": 3.7,
    "BB": 2.5,
    "HB": 0.7,
    "HH": 1.8,
    "HE": 6.3,
    "MV": 1.6,
    "NI": 8.0,
    "NW": 17.9,
    "RP": 4.1,
    "SL": 1.0,
    "SN": 4.1,
    "ST": 2.2,
    "SH": 2.9,
    "TH": 2.1,
}
"""People of the German states in 2019. Source: Destatis, Bevoelkerung nach Bundeslaendern, rounded."""

_WEIGHTED = {"DE": _PEOPLE_MILLIONS}


def country_of(area: str) -> str | None:
    """ISO code of the country of a price area, as its name begins with it; None for a name that begins with no country's.

    >>> country_of("DK1"), country_of("DE-LU"), country_of("SE3"), country_of("North")
    ('DK', 'DE', 'SE', None)
    """
    prefix = area[:2].upper()
    code = _COUNTRY_OF_PREFIX.get(prefix, prefix)
    is_prefix = len(area) == len(prefix) or not area[2].isalpha()
    return code if is_prefix and code in holidays.list_supported_countries() else None


@lru_cache(maxsize=512)
def holiday_shares(area: str, year: int) -> dict[date, float]:
    """Share of the people who are off on each public holiday of a year, above 0 and at most 1; empty for an unknown country.

    >>> holiday_shares("DK1", 2026)[date(2026, 6, 5)]
    1.0
    >>> (
    ...     round(holiday_shares("DE-LU", 2019)[date(2019, 6, 20)], 2),
    ...     date(2019, 6, 20) in holiday_shares("DK1", 2019),
    ... )  # Corpus Christi
    (0.64, False)
    """
    country = country_of(area)
    if country is None:
        return {}
    shares = dict.fromkeys(holidays.country_holidays(country, years=year), 1.0)
    weights = _WEIGHTED.get(country, {})
    for state, people in weights.items():
        for day in holidays.country_holidays(country, subdiv=state, years=year):
            if shares.get(day) != 1.0:
                shares[day] = shares.get(day, 0.0) + people / sum(weights.values())
    if country == "DK":
        shares[date(year, *DANISH_CONSTITUTION_DAY)] = 1.0
    return shares


def holiday_share(area: str, day: date) -> float:
    """Share of the people of an area's country who have a public holiday on a local day, 0 to 1."""
    return min(holiday_shares(area, day.year).get(day, 0.0), 1.0)
