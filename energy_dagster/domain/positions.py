"""Looking things up in hourly arrays by position: values, rows and means of the hours before; NaN where nothing is known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STEPS = 2**30
"""Steps per unit (log MWh, degree, m/s, W/m2) in which means are summed."""


def value_at(values: Floats, positions: Ints) -> Floats:
    """The value at each position."""
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside, values[np.where(inside, positions, 0)], np.nan)


def rows_at(values: Floats, positions: Ints) -> Floats:
    """The row of a matrix at each position."""
    inside = (positions >= 0) & (positions < len(values))
    return np.where(inside[:, None], values[np.where(inside, positions, 0)], np.nan)


@dataclass(frozen=True, repr=False)
class RunningSums:
    """Sums and counts of the known values up to each position, from which the mean of any stretch is read off.

    Summed in whole steps, so that a mean is the same to the last bit however long a history was loaded.
    """

    sums: Ints
    counts: Ints

    @staticmethod
    def of(values: Floats) -> "RunningSums":
        """Of an hourly array; NaN is not known."""
        known = np.isfinite(values)
        steps = np.rint(np.where(known, values, 0.0) * _STEPS).astype(np.int64)
        return RunningSums(*(np.concatenate([[0], np.cumsum(part)]) for part in (steps, known)))

    def mean_before(self, last: Ints, width: int, needed: int) -> Floats:
        """Mean of the `width` values up to and including position `last`; NaN where fewer than `needed` are known."""
        stop = np.clip(last + 1, 0, len(self.sums) - 1)
        begin = np.clip(last + 1 - width, 0, len(self.sums) - 1)
        count = self.counts[stop] - self.counts[begin]
        mean = (self.sums[stop] - self.sums[begin]) / (np.maximum(count, 1) * _STEPS)
        return np.where(count >= needed, mean, np.nan)


def hours_late(y: Floats, newest: Ints, *, most: int) -> Floats:
    """How many hours the newest hour with a value lies behind the newest that is due, at most `most`."""
    index = np.where(np.isfinite(y), np.arange(len(y), dtype=float), np.nan)
    filled = np.asarray(pd.Series(index).ffill(), dtype=np.float64)
    last = value_at(filled, np.minimum(newest, len(y) - 1))
    return np.clip(np.where(np.isnan(last), most, newest - last), 0, most)
