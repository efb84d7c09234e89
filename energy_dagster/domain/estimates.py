"""Values for hours that have none, so that days add up: halves of a merged pair, and short gaps.

Nothing learns from an estimate or is judged by it, so it may look at the hour after the gap.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.hour_flags import SPIKE_ABOVE, SPIKE_BELOW, Flags, Floats

GAP_HOURS = 3
"""The longest gap that is filled."""

WEEK_HOURS = 168

Positions = npt.NDArray[np.int64]


def estimated(values: Floats, flags: Flags, *, hours: pd.DatetimeIndex) -> tuple[Floats, Flags]:
    """The values that are usable or can be estimated, and the flags with `imputed` among them.

    A gap of at most three `missing` hours between two `ok` ones becomes `imputed`, if the hour after it lies in the same month: a
    month gives the same whether or not the next one is there, and hours that are merely late are never filled. The two hours of a
    merged pair get half of their sum each.

    Args:
        values: MWh as published by a complete series of hours.
        flags: of `quality_flags`.
        hours: naive UTC starts.
    """
    usable = np.where(flags == "ok", values, np.nan)
    pairs = np.flatnonzero(flags == "merged_dst").reshape(-1, 2)
    filled, quality = usable.copy(), flags.copy()
    filled[pairs] = np.nansum(values[pairs], axis=1, keepdims=True) / 2
    gap, before, after = _short_gaps(flags, hours)
    filled[gap] = _across(usable, gap, before=before, after=after)
    quality[gap] = "imputed"
    return filled, quality


def _short_gaps(flags: Flags, hours: pd.DatetimeIndex) -> tuple[Positions, Positions, Positions]:
    """Positions of the hours to fill, and for each of them of the `ok` hours before and after its gap."""
    there = np.flatnonzero(flags != "missing")
    missing = np.flatnonzero(flags == "missing")
    at = np.searchsorted(there, missing)
    inside = (at > 0) & (at < len(there))
    gap, before, after = missing[inside], there[at[inside] - 1], there[at[inside]]
    month = hours.to_numpy().astype("datetime64[M]")
    short = (after - before - 1 <= GAP_HOURS) & (flags[before] == "ok") & (flags[after] == "ok") & (month[after] == month[gap])
    return gap[short], before[short], after[short]


def _across(usable: Floats, gap: Positions, *, before: Positions, after: Positions) -> Floats:
    """The same hour of the week before, times the ratio of the neighbours to theirs, which changes evenly over the gap.

    Where the week before has no such hours, or the neighbours' ratio is that of a spike, a straight line between the neighbours.
    """
    share = (gap - before) / (after - before)
    last_week = np.concatenate([np.full(WEEK_HOURS, np.nan), usable])[: len(usable)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.stack([usable[at] / last_week[at] for at in (before, after)])
    ratios = np.where((ratios >= SPIKE_BELOW) & (ratios <= SPIKE_ABOVE), ratios, np.nan)
    by_week = last_week[gap] * (ratios[0] + (ratios[1] - ratios[0]) * share)
    straight = usable[before] + (usable[after] - usable[before]) * share
    return np.where(np.isnan(by_week), straight, by_week)
