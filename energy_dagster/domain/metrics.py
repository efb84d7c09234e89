"""How wrong a forecast was. MAE judges the median; skill is against the weekly naive on the same hours."""

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.tables import QUANTILES

Floats = npt.NDArray[np.float64]


DECILES: tuple[float, ...] = tuple(tenth / 10 for tenth in range(1, 10))
"""The levels that published comparisons take the mean pinball loss over."""


def pinball_losses(actual: Floats, quantiles: Floats) -> Floats:
    """Pinball loss at each quantile level: level * (y - q) where the actual y is above the quantile q, else (1 - level) * (q - y).

    Source: Koenker and Bassett (1978); proper for quantiles by Gneiting and Raftery (2007), section 6.1.

    Args:
        actual: MWh, one per row.
        quantiles: MWh, (rows, levels of `tables.QUANTILES`).

    Returns:
        MWh, (rows, levels).

    >>> pinball_losses(np.array([10.0]), np.full((1, 11), 0.0)).tolist()
    [[0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.5]]
    """
    levels = np.asarray(QUANTILES)
    error = actual[:, None] - quantiles
    return np.asarray(np.maximum(levels * error, (levels - 1) * error))


def pinball_loss(actual: Floats, quantiles: Floats) -> Floats:
    """Mean pinball loss over the quantile levels.

    Args:
        actual: MWh, one per row.
        quantiles: MWh, (rows, levels of `tables.QUANTILES`).

    Returns:
        MWh, one per row.

    >>> pinball_loss(np.array([10.0]), np.full((1, 11), 10.0)).tolist()
    [0.0]
    """
    return np.asarray(pinball_losses(actual, quantiles).mean(axis=1))


def decile_pinball_loss(actual: Floats, quantiles: Floats) -> Floats:
    """Mean pinball loss over the levels 0.1 to 0.9 alone, as published comparisons state it.

    Args:
        actual: MWh, one per row.
        quantiles: MWh, (rows, levels of `tables.QUANTILES`).

    Returns:
        MWh, one per row.

    >>> steps = np.array([[1.0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 19]])
    >>> decile_pinball_loss(np.array([10.0]), steps).round(3).tolist()  # (.8 + 1.2 + 1.2 + .8 + 0 + .8 + 1.2 + 1.2 + .8) / 9
    [0.889]
    """
    columns = [QUANTILES.index(level) for level in DECILES]
    return np.asarray(pinball_losses(actual, quantiles)[:, columns].mean(axis=1))


def inside(actual: Floats, quantiles: Floats, low: float, high: float) -> npt.NDArray[np.bool_]:
    """Whether the actual lies between two quantile levels, ends included.

    >>> inside(np.array([5.0]), np.linspace(0, 10, 11)[None, :], 0.1, 0.9).tolist()
    [True]
    """
    first, last = QUANTILES.index(low), QUANTILES.index(high)
    return np.asarray((actual >= quantiles[:, first]) & (actual <= quantiles[:, last]))


def interval_width(quantiles: Floats, low: float, high: float) -> Floats:
    """Distance between two quantile levels, MWh, one per row; of two intervals with the same coverage the narrower is better.

    >>> interval_width(np.linspace(0, 10, 11)[None, :], 0.1, 0.9).tolist()
    [8.0]
    """
    first, last = QUANTILES.index(low), QUANTILES.index(high)
    return np.asarray(quantiles[:, last] - quantiles[:, first])


def absolute_percentage_error(actual: Floats, forecast: Floats) -> Floats:
    """100 * |forecast - actual| / |actual|, one per row; NaN where the actual is zero.

    Source: Hyndman and Koehler (2006), section 2.2, who warn of its weight on small actuals.

    >>> absolute_percentage_error(np.array([200.0, 50.0, 0.0]), np.array([190.0, 60.0, 1.0])).tolist()
    [5.0, 20.0, nan]
    """
    undefined = np.full(actual.shape, np.nan)
    return np.asarray(np.divide(100 * np.abs(forecast - actual), np.abs(actual), out=undefined, where=actual != 0))


def skill(mae: float, naive_mae: float) -> float:
    """1 - MAE / MAE of the weekly naive: 1 is perfect, 0 is the naive, below 0 is worse.

    Raises:
        ValueError: the naive's MAE is not positive.

    >>> skill(50.0, 100.0)
    0.5
    """
    if not naive_mae > 0:
        raise ValueError(f"expected a positive MAE of the naive, found {naive_mae}")
    return 1 - mae / naive_mae
