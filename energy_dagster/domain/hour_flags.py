"""What becomes of a published hour: the rules by which `cleaning` flags the hours of one series.

An hour is judged by its own value and older ones, so whether it is `ok` never changes when later hours come. One rule also looks
at the hour after: that of the autumn night. It turns a `spike` into `merged_dst`, neither of which is used; only in a consumer
group, which has no such spikes, it can take back an `ok`.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.danish_time import clocks_go_back

SPIKE_ABOVE, SPIKE_BELOW = 1.7, 0.45
"""A total is a spike when its ratio to the usual is beyond these. Of 69,000 recorded hours of DK1 and DK2 the good ones lie within
0.48 and 1.45, and the known spikes at 1.77, 1.82 and 2.19."""

GROUP_SPIKE_ABOVE = 20.0
"""The same for a consumer group or grid area, which has no lower limit: the recorded ones go from 0.14 to 7.8 of the usual over
Christmas, when shops and schools close. Beyond is a wrong unit or a lost decimal point."""

IMPOSSIBLE_MWH = 50_000.0
"""No series has an hour above this, seven times what all of Denmark takes at its peak: kWh taken for MWh, or a placeholder. The
usual cannot judge it, for it learns within days what comes every day."""

MERGED_ABOVE, MERGED_BELOW = 1.5, 2.7
"""Ratio to the usual of an hour that holds two; recorded autumn nights, added up, lie at 1.66 to 2.09."""

USUAL_DAYS = 7
USUAL_NEEDS_DAYS = 3
"""The usual is the median of the same UTC hour on the seven days before, and unknown with fewer than three of them."""

STUCK_HOURS = 3
"""A total that is the same for so many hours is stuck from the last of them on; recorded ones repeat a value once, never twice."""

DUPLICATE_TOLERANCE = 0.005
"""Two values of one hour are the same when they differ by no more than this share of the larger."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


def quality_flags(
    values: "pd.Series[float]",
    *,
    other: "pd.Series[float] | None" = None,
    is_total: bool = True,
    largest_mwh: float = IMPOSSIBLE_MWH,
) -> "pd.Series[str]":
    """The quality of each hour of one series.

    Of several rules that apply the first gives the flag:

    - `missing`: no value.
    - `negative`: below zero.
    - `duplicate`: the source gave another value too, more than 0.5 % away.
    - `zero`: exactly zero; only a total, for a small group may stand still.
    - `merged_dst`: on the night when clocks go back, one of the two hours from 02:00 holds 1.5 to 2.7 times the usual, and the
      other is missing or zero: a client merged them. Both get the flag. Where the present one is of about the usual size the
      client dropped the other, which is `missing`.
    - `spike`: the ratio to the usual is above 1.7 (1.5 in the two hours from 02:00 of that night) or below 0.45; of a group,
      above 20. Beyond `largest_mwh` always.
    - `stuck`: the third and further hours of the very same value; only a total.

    Args:
        values: MWh on a complete hourly index, naive UTC, null where the source has nothing.
        other: another value that the source gave for the hour, MWh, on the same index; null where there is none.
        is_total: whether the series is all consumption of a price area, which is large and smooth.
        largest_mwh: above it an hour is impossible; infinite where other countries are larger than Denmark.

    Returns:
        `ok` or a flag of `QUALITIES` other than `imputed`, for each hour.
    """
    hourly: Floats = np.asarray(values, dtype=np.float64)
    another = hourly if other is None else np.asarray(other, dtype=np.float64)
    ratio = _against_usual(hourly, largest_mwh)
    first = clocks_go_back(pd.DatetimeIndex(values.index))
    with np.errstate(invalid="ignore"):
        rules = {
            "missing": np.isnan(hourly),
            "negative": hourly < 0,
            "duplicate": _differ(hourly, another),
            "zero": (hourly == 0) & is_total,
            "spike": (hourly > largest_mwh) | _is_spike(ratio, doubled=first | _next(first), is_total=is_total),
            "stuck": _is_stuck(hourly) & is_total,
        }
    flags = np.select(list(rules.values()), list(rules), "ok").astype(object)
    merged = _merged(hourly, ratio, flags, first=first)
    return pd.Series(np.where(merged, "merged_dst", flags), index=values.index, dtype=object)


def _against_usual(values: Floats, largest_mwh: float) -> Floats:
    """Ratio of each possible value to the usual; NaN where there is no such value or the usual is unknown."""
    plausible = np.where((values > 0) & (values <= largest_mwh), values, np.nan)
    padded = np.concatenate([np.full(24 * USUAL_DAYS, np.nan), plausible])
    before = np.stack([padded[24 * day : 24 * day + len(values)] for day in range(USUAL_DAYS)])
    before.sort(axis=0)  # null last
    known = np.isfinite(before).sum(axis=0)
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, USUAL_DAYS - 1)
    middle = np.take_along_axis(before, np.stack([low, high]), axis=0).mean(axis=0)
    return np.asarray(plausible / np.where(known >= USUAL_NEEDS_DAYS, middle, np.nan), dtype=np.float64)


def _differ(values: Floats, other: Floats) -> Mask:
    return np.asarray(np.abs(values - other) > DUPLICATE_TOLERANCE * np.maximum(np.abs(values), np.abs(other)))


def _is_spike(ratio: Floats, *, doubled: Mask, is_total: bool) -> Mask:
    if not is_total:
        return np.asarray(ratio > GROUP_SPIKE_ABOVE)
    return np.asarray((ratio > np.where(doubled, MERGED_ABOVE, SPIKE_ABOVE)) | (ratio < SPIKE_BELOW))


def _is_stuck(values: Floats) -> Mask:
    repeats = np.diff(values, prepend=np.nan) == 0
    stuck = repeats
    for _ in range(STUCK_HOURS - 2):
        stuck = repeats & _next(stuck)
    return np.asarray(stuck)


def _merged(values: Floats, ratio: Floats, flags: Flags, *, first: Mask) -> Mask:
    """Both hours of a doubled one where either holds about the sum and its twin is gone."""
    holds_sum = (ratio > MERGED_ABOVE) & (ratio < MERGED_BELOW) & np.isin(flags, ["ok", "spike"])
    gone = (np.isnan(values) | (values == 0)) & (flags != "duplicate")
    merged = np.zeros(len(values), dtype=np.bool_)
    merged[:-1] = first[:-1] & ((holds_sum[:-1] & gone[1:]) | (gone[:-1] & holds_sum[1:]))
    return np.asarray(merged | _next(merged))


def _next(mask: Mask) -> Mask:
    """True one hour after the mask is."""
    return np.concatenate([[False], mask[:-1]]) if len(mask) else mask
