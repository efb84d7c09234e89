"""From raw hours to `consumption`: complete hours, quality flags, and DK as the sum of its two halves.

Raw values are never altered; a value that is not usable is null in `consumption` and its flag says why. Whether a value is
usable is judged by that value and older ones only, so a later hour never changes what was known of an earlier one.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import CONSUMPTION, TOTAL, Vintage

SPIKE_ABOVE, SPIKE_BELOW = 1.7, 0.5
"""A value is a spike when its ratio to the median of the same hour on the seven days before is beyond these."""

SPIKE_DAYS = 7
SPIKE_NEEDS_DAYS = 3
"""How many of the seven days must have a value before a spike is called."""

HALVES = ("DK1", "DK2")


def quality_flags(values: "pd.Series[float]") -> "pd.Series[str]":
    """The quality of each hour of one area.

    Args:
        values: MWh on a complete hourly index, null where the source has nothing.

    Returns:
        `ok`, `missing`, `zero`, `negative` or `spike` for each hour.
    """
    plausible = values.where(values > 0)
    before = pd.concat([plausible.shift(24 * day) for day in range(1, SPIKE_DAYS + 1)], axis=1)
    usual = before.median(axis=1).where(before.notna().sum(axis=1) >= SPIKE_NEEDS_DAYS)
    ratio = plausible / usual
    conditions = [values.isna(), values == 0, values < 0, (ratio > SPIKE_ABOVE) | (ratio < SPIKE_BELOW)]
    return pd.Series(np.select(conditions, ["missing", "zero", "negative", "spike"], "ok"), index=values.index, dtype=object)


def clean_consumption(
    raw: Mapping[Vintage, pd.DataFrame], *, start: datetime, end: datetime, known_until: Mapping[Vintage, datetime]
) -> pd.DataFrame:
    """Cleaned consumption of a window.

    Args:
        raw: rows of `raw_load` and `raw_settlement` by vintage; hours before `start` serve to judge those after it.
        start: first hour wanted, naive UTC.
        end: hour after the last one wanted, naive UTC.
        known_until: newest hour that could have been published, by vintage; a gap before it is `missing`, not just late.

    Returns:
        Rows of `consumption` for each area in the months the source has any hour of, and for DK where both halves are there.
        The same rows come out whether a month is cleaned alone or in a longer window.
    """
    frames = [
        cleaned
        for vintage, rows in raw.items()
        for area, hours in rows.groupby("area")
        if len(cleaned := _clean_area(hours, str(area), vintage, start, end, known_until[vintage]))
    ]
    if not frames:
        return empty(CONSUMPTION)
    halves = pd.concat(frames, ignore_index=True)
    return pd.concat([halves, _whole_country(halves)], ignore_index=True)


def _clean_area(
    hours: pd.DataFrame, area: str, vintage: Vintage, start: datetime, end: datetime, known_until: datetime
) -> pd.DataFrame:
    values = hours.set_index("hour_utc")["consumption_mwh"].sort_index()
    if not (values.index >= start).any():
        return empty(CONSUMPTION)
    last = min(pd.Timestamp(end) - pd.Timedelta(hours=1), pd.Timestamp(known_until))
    index = pd.date_range(min(values.index[0], pd.Timestamp(start)), last, freq="h", unit="us")
    complete = values.reindex(index)
    quality = quality_flags(complete)
    cleaned = pd.DataFrame(
        {
            "hour_utc": index,
            "area": area,
            "consumer_group": TOTAL,
            "vintage": vintage,
            "consumption_mwh": complete.where(quality == "ok").to_numpy(),
            "quality": quality.to_numpy(),
        }
    )
    return cleaned[(cleaned["hour_utc"] >= start) & _in_months_of(cleaned["hour_utc"], values.index)]


def _in_months_of(hours: "pd.Series[pd.Timestamp]", known: "pd.Index[pd.Timestamp]") -> "pd.Series[bool]":
    """Whether each hour lies in a month the source has anything of, so that a series that ended is not missing for ever."""
    return hours.dt.to_period("M").isin(pd.DatetimeIndex(known).to_period("M").unique())


def _whole_country(halves: pd.DataFrame) -> pd.DataFrame:
    """DK = DK1 + DK2, in the hours that both have; its quality is ok only where both are."""
    west, east = (halves[halves["area"] == area] for area in HALVES)
    both = west.merge(east, on=["hour_utc", "consumer_group", "vintage"], suffixes=("", "_east"))
    quality = both["quality"].where(both["quality"] != "ok", both["quality_east"])
    return both.assign(area="DK", consumption_mwh=both["consumption_mwh"] + both["consumption_mwh_east"], quality=quality)[
        list(CONSUMPTION.names)
    ]
