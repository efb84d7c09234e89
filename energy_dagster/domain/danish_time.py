"""Danish clocks in and out: naive UTC hours as the clocks on the wall, and back. The zone is `calendar.DENMARK`.

Clocks skip 02:00 to 03:00 on the last Sunday of March, and go through 02:00 to 03:00 twice on the last of October.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calendar import DENMARK


def to_danish(hours_utc: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """Naive UTC times as naive Danish ones; null stays null.

    >>> to_danish(pd.Series(pd.to_datetime(["2026-10-25T00:00", "2026-10-25T01:00"]))).dt.hour.tolist()
    [2, 2]
    """
    return hours_utc.dt.tz_localize("UTC").dt.tz_convert(DENMARK).dt.tz_localize(None)


def from_danish(
    local: "pd.Series[pd.Timestamp]", *, series: "pd.Series[str] | None" = None, ascending: bool = True
) -> "pd.Series[pd.Timestamp]":
    """Naive Danish times as naive UTC ones; null stays null.

    Args:
        local: naive Danish times in the order of the source.
        series: which series each time belongs to, where rows of several are mixed; None where all belong to one.
        ascending: whether the source's times ascend, so that of two equal ones the earlier comes first.

    Returns:
        UTC times in the same order. Of a time that occurs twice on a night in October the first is summer time, and the second
        normal time (the other way round in a descending source). One that stands alone counts as the first.

    Raises:
        ValueError: a time that the clocks skip, or one that a series has more often than the clocks do.

    >>> night = pd.Series(pd.to_datetime(["2026-10-25T02:00", "2026-10-25T02:00", "2026-10-25T03:00"]))
    >>> from_danish(night).dt.hour.tolist()
    [0, 1, 2]
    >>> from_danish(pd.Series(pd.to_datetime(["2026-03-29T02:00"])))
    Traceback (most recent call last):
        ...
    ValueError: expected times of Danish clocks, found 2026-03-29 02:00, which the clocks skip
    """
    summer = np.full(len(local), fill_value=True)
    skipped = local.notna() & local.dt.tz_localize(DENMARK, ambiguous=summer, nonexistent="NaT").isna()
    if skipped.any():
        raise ValueError(f"expected times of Danish clocks, found {_named(local[skipped])}, which the clocks skip")
    doubled = local.notna() & local.dt.tz_localize(DENMARK, ambiguous="NaT").isna()
    rows = pd.DataFrame({"time": local, "series": "" if series is None else series})[doubled]
    occurrence = rows.groupby(["time", "series"]).cumcount()
    too_many = rows.loc[occurrence > 1, "time"]
    if len(too_many):
        raise ValueError(f"expected each time at most twice in a series, found {_named(too_many)} more often")
    summer[doubled.to_numpy()] = (occurrence == 0).to_numpy() == ascending
    return local.dt.tz_localize(DENMARK, ambiguous=summer).dt.tz_convert("UTC").dt.tz_localize(None)


def clocks_agree(hours_utc: "pd.Series[pd.Timestamp]", local: "pd.Series[pd.Timestamp]") -> "pd.Series[bool]":
    """Whether each Danish time is what the clocks show at its UTC time; False where either is null.

    >>> utc = pd.Series(pd.to_datetime(["2026-07-01T10:00", "2026-07-01T10:00"]))
    >>> clocks_agree(utc, pd.Series(pd.to_datetime(["2026-07-01T12:00", "2026-07-01T11:00"]))).tolist()
    [True, False]
    """
    return to_danish(hours_utc) == local


def clocks_go_back(hours_utc: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Which naive UTC hours are the first of two that Danish clocks show alike; the second is the hour after.

    >>> clocks_go_back(pd.date_range("2026-10-24T23:00", periods=4, freq="h")).tolist()
    [False, True, False, False]
    """
    starts = pd.Series(hours_utc)
    return np.asarray(to_danish(starts) == to_danish(starts + pd.Timedelta(hours=1)))


def _named(times: "pd.Series[pd.Timestamp]") -> str:
    return ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in sorted(times.unique()))
