"""How wrong a forecast was. MAE judges the median; skill is against the weekly naive on the same hours."""

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.tables import QUANTILES

Floats = npt.NDArray[np.float64]


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
    levels = np.asarray(QUANTILES)
    error = actual[:, None] - quantiles
    return np.asarray(np.maximum(levels * error, (levels - 1) * error).mean(axis=1))


def inside(actual: Floats, quantiles: Floats, low: float, high: float) -> npt.NDArray[np.bool_]:
    """Whether the actual lies between two quantile levels, ends included.

    >>> inside(np.array([5.0]), np.linspace(0, 10, 11)[None, :], 0.1, 0.9).tolist()
    [True]
    """
    first, last = QUANTILES.index(low), QUANTILES.index(high)
    return np.asarray((actual >= quantiles[:, first]) & (actual <= quantiles[:, last]))


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
