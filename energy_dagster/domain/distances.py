"""How far two distributions lie apart, taken from counts in cells, so that any two stretches of a history can be compared at once.

Sources: Smirnov (1948), "Table for estimating the goodness of fit of empirical distributions", for the distance; Siddiqi (2006),
"Credit Risk Scorecards", for the index; Yurdakul and Naranjo (2020), "Statistical properties of the population stability index",
who show that its customary thresholds (0.1, 0.25) have no stated error rate.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CELLS = 200
"""Quantiles of its own history on which an input's distributions are kept: distances are right to half a percent."""

LEAST_PROBABILITY = 0.001
"""What an empty tenth counts as in the index, whose logarithm has no zero."""

_DECILES = np.arange(1, 10) / 10


def counts_by_day(values: Floats) -> Floats:
    """How many hours of each day lie in each cell between quantiles of all the values.

    Args:
        values: (days, hours), NaN where unknown; at least one is known.

    Returns:
        (days, cells); what is unknown lies in none.

    >>> counts_by_day(np.array([[1.0, 2.0], [3.0, np.nan]])).sum(axis=1).tolist()
    [2.0, 1.0]
    """
    edges = np.nanquantile(values, np.linspace(0, 1, CELLS + 1)[1:-1])
    cell = np.where(np.isnan(values), CELLS, np.searchsorted(edges, values))
    flat = cell + (CELLS + 1) * np.arange(len(values))[:, None]
    counts = np.bincount(flat.ravel(), minlength=len(values) * (CELLS + 1)).reshape(len(values), CELLS + 1)
    return counts[:, :CELLS].astype(np.float64)


def kolmogorov_smirnov(sample: Floats, reference: Floats) -> Floats:
    """The largest difference between two cumulative distributions, 0 to 1, of counts in the same cells.

    Args:
        sample: counts, (..., cells).
        reference: the same.

    Returns:
        One distance each; NaN where one of the two is empty.

    >>> kolmogorov_smirnov(np.array([2.0, 2.0, 0.0]), np.array([0.0, 2.0, 2.0])).item()
    0.5
    """
    return np.asarray(np.abs(_cumulative(sample) - _cumulative(reference)).max(axis=-1))


def population_stability_index(sample: Floats, reference: Floats) -> Floats:
    """Sum over tenths of the reference of (p - q) * log(p / q), where p is the sample's share of a tenth and q the reference's.

    Args:
        sample: counts in ordered cells, (..., cells).
        reference: counts in the same cells; a tenth is as many of them as hold it.

    Returns:
        One index each, never negative; 0 for equal shares, NaN where one of the two is empty.

    >>> population_stability_index(np.ones(10), np.full(10, 7.0)).item()
    0.0
    """
    below, expected = _cumulative(sample), _cumulative(reference)
    cut = np.stack([(expected < tenth - 1e-9).sum(axis=-1) for tenth in _DECILES], axis=-1)
    p, q = (np.maximum(_shares(np.take_along_axis(of, cut, axis=-1)), LEAST_PROBABILITY) for of in (below, expected))
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def _cumulative(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts.cumsum(axis=-1), total, out=np.full(counts.shape, np.nan), where=total > 0))


def _shares(cumulative: Floats) -> Floats:
    return np.diff(cumulative, axis=-1, prepend=0.0, append=1.0)
