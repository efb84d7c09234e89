"""From raw hours to `consumption`: complete hours, quality flags, estimates, and DK as the sum of its two halves.

What the source published is kept beside what can be used, and a flag says what became of it: `hour_flags` states the rules, and
`estimates` what is filled in. Whether a value is usable is judged by that value and older ones only, so a later hour never changes
what was known of an earlier one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from energy_dagster.domain.contracts import empty
from energy_dagster.domain.estimates import estimated
from energy_dagster.domain.hour_flags import Floats, Mask, quality_flags
from energy_dagster.domain.tables import AREAS, CONSUMPTION, TOTAL, Vintage

HALVES = ("DK1", "DK2")
WHOLE = "DK"
MIXED_VERSIONS = "mixed"
"""Version of DK where its halves have different ones."""

_RANK = {"ok": 0, "imputed": 1, "merged_dst": 1}
_UNUSABLE_RANK = 2
_RAW = ["consumption_mwh", "other_mwh", "source_version", "fetched_at"]


@dataclass(frozen=True)
class Published:
    """What one feed says of a window.

    Attributes:
        rows: of a raw consumption table, in any order; no two feeds of a vintage have the same series.
        vintage: what kind of truth they are.
        known_until: newest hour that could have been published, naive UTC; a gap before it is `missing`, not just late.
    """

    rows: pd.DataFrame
    vintage: Vintage
    known_until: datetime


def clean_consumption(published: Sequence[Published], *, start: datetime, end: datetime) -> pd.DataFrame:
    """Cleaned consumption of a window.

    Args:
        published: feeds in any order; the month before `start` serves to judge the hours after it.
        start: first hour wanted, naive UTC: the start of a month.
        end: hour after the last one wanted, naive UTC: the start of a month.

    Returns:
        Rows of `consumption` by vintage, area, group and hour: each hour once, for each series in the months the source has any
        hour of, and for DK in the hours both halves have. The same rows come out whether a month is cleaned alone or in a longer
        window.
    """
    cleaned = {
        (feed.vintage, str(area), str(group)): _clean_series(hours, feed, start=start, end=end, is_total=_is_total(area, group))
        for feed in published
        for (area, group), hours in feed.rows.groupby(["area", "consumer_group"])
    }
    frames = [
        rows.assign(vintage=vintage, area=area, consumer_group=group)
        for (vintage, area, group), rows in sorted(cleaned.items(), key=lambda item: item[0])
        if len(rows)
    ]
    if not frames:
        return empty(CONSUMPTION)
    halves = pd.concat(frames, ignore_index=True)[list(CONSUMPTION.names)]
    country = _whole_country(halves)
    return pd.concat([halves, country], ignore_index=True) if len(country) else halves


def _is_total(area: object, group: object) -> bool:
    """Whether a series is all consumption of a price area; a grid area's total is as small and jumpy as a group."""
    return group == TOTAL and area in AREAS


def _clean_series(hours: pd.DataFrame, feed: Published, *, start: datetime, end: datetime, is_total: bool) -> pd.DataFrame:
    raw = hours.set_index("hour_utc")[_RAW].sort_index()
    last = min(pd.Timestamp(end) - pd.Timedelta(hours=1), pd.Timestamp(feed.known_until))
    if last < pd.Timestamp(start) or not (raw.index >= start).any():
        return empty(CONSUMPTION)
    index = pd.date_range(min(raw.index[0], pd.Timestamp(start)), last, freq="h", unit="us")
    complete = raw.reindex(index)
    values: Floats = np.asarray(complete["consumption_mwh"], dtype=np.float64)
    flags = quality_flags(complete["consumption_mwh"], other=complete["other_mwh"], is_total=is_total)
    usable, quality = estimated(values, flags.to_numpy(), hours=index)
    cleaned = pd.DataFrame(
        {
            "hour_utc": index,
            "consumption_mwh": usable,
            "quality": quality,
            "published_mwh": values,
            "source_version": complete["source_version"].fillna("").to_numpy(),
            "fetched_at": complete["fetched_at"].to_numpy(),
        }
    )
    return cleaned[np.asarray(index >= pd.Timestamp(start)) & _in_months_of(index, pd.DatetimeIndex(raw.index))]


def _in_months_of(hours: pd.DatetimeIndex, known: pd.DatetimeIndex) -> Mask:
    """Whether each hour lies in a month the source has anything of, so that a series that ended is not missing for ever."""
    month, months = (times.to_numpy().astype("datetime64[M]") for times in (hours, known))
    return np.isin(month, np.unique(months))


def _whole_country(halves: pd.DataFrame) -> pd.DataFrame:
    """DK = DK1 + DK2 of each group and vintage, in the hours that both have.

    Its value is there where both are, and its quality is the worse: `ok`, then estimated, then any other flag; DK1's where they are
    equally bad. It was fetched when the later of the two was.
    """
    west, east = (halves[halves["area"] == area] for area in HALVES)
    both = west.merge(east, on=["hour_utc", "consumer_group", "vintage"], suffixes=("", "_east"))
    rank, rank_east = (both[name].map(_RANK).fillna(_UNUSABLE_RANK) for name in ("quality", "quality_east"))
    return both.assign(
        area=WHOLE,
        consumption_mwh=both["consumption_mwh"] + both["consumption_mwh_east"],
        quality=both["quality"].where(rank >= rank_east, both["quality_east"]),
        published_mwh=both["published_mwh"] + both["published_mwh_east"],
        source_version=both["source_version"].where(both["source_version"] == both["source_version_east"], MIXED_VERSIONS),
        fetched_at=both[["fetched_at", "fetched_at_east"]].max(axis=1),
    )[list(CONSUMPTION.names)]
