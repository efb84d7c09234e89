"""Fortnights of a history, and the days that speak for the season of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WINDOW_DAYS = 14
"""How many days are looked at."""

PRECEDING_DAYS = 56
"""Days before the window that it is compared with."""

YEAR_DAYS = 364
"""A year of whole weeks, so that weekdays lie on weekdays."""

SEASON_DAYS = 21
"""Days before and after the window, in each earlier year, that it is compared with."""

HISTORY_DAYS = 2 * YEAR_DAYS + PRECEDING_DAYS + WINDOW_DAYS
"""How far back is looked."""


@dataclass(frozen=True)
class Fortnights:
    """Which days belong to which window, and to the reference of each: 0 and 1, (windows, days). The first window is the newest."""

    windows: Floats
    references: Floats


def fortnights(days: int) -> Fortnights:
    """Windows end to end, back from the last day, each with the days that speak for its season.

    A reference is the eight weeks before the window, and the window's weeks and three more on both sides in each year before.

    Args:
        days: how many days there are.

    Returns:
        As many windows as have the eight weeks before them; none when there are fewer than ten weeks.

    >>> fortnights(98).references.sum(axis=1).tolist(), fortnights(98).windows[1].nonzero()[0][[0, -1]].tolist()
    ([56.0, 56.0, 56.0], [70, 83])
    """
    end = np.arange(days, WINDOW_DAYS + PRECEDING_DAYS - 1, -WINDOW_DAYS)[:, None]
    day, start = np.arange(days), end - WINDOW_DAYS
    near = np.zeros((len(end), days), dtype=bool)
    for back in range(YEAR_DAYS, days, YEAR_DAYS):
        near |= (day >= start - back - SEASON_DAYS) & (day < end - back + SEASON_DAYS)
    near |= (day >= start - PRECEDING_DAYS) & (day < start)
    return Fortnights(((day >= start) & (day < end)).astype(np.float64), near.astype(np.float64))
