"""Why a forecast is what it is: how much of it comes from recent consumption, the calendar, a holiday, the weather.

The kernel member says in logs what each adds to the level of the last week. Differences of logs become MWh by their logarithmic
mean, so that the parts add up to the forecast exactly (B. W. Ang, Decomposition analysis for policymaking in energy, 2004). What
the trees say otherwise, and the correction of the median, is `other`.
"""

import numpy as np

from energy_dagster.domain.kernel import FACTORS
from energy_dagster.domain.positions import Floats

PARTS = (*FACTORS, "other")
COLUMNS = ("level_mwh", *(f"{part}_mwh" for part in PARTS))
"""Columns of an explanation: the level, and what each part adds to it; together they are the line."""

_SAME = 1e-12


def explained(line: Floats, level: Floats, contributions: Floats) -> Floats:
    """The parts of forecasts, MWh.

    Args:
        line: MWh, one per forecast.
        level: log of the level of the issue.
        contributions: log, (forecasts, `kernel.FACTORS`); NaN where there are none.

    Returns:
        MWh, (forecasts, `COLUMNS`): the sum of a row is its line; NaN where there are no contributions.

    >>> parts = explained(np.array([110.0]), np.log([100.0]), np.array([[0.05, 0.02, 0.0, 0.01]]))
    >>> round(float(parts.sum()), 6), parts.round(1).tolist()
    (110.0, [[100.0, 5.2, 2.1, 0.0, 1.0, 1.6]])
    """
    rise = np.log(line) - level
    base = np.exp(level)
    mean = np.where(np.abs(rise) < _SAME, base, (line - base) / np.where(np.abs(rise) < _SAME, 1.0, rise))
    other = rise - contributions.sum(axis=1)
    return np.column_stack([base + 0 * other, np.column_stack([contributions, other]) * mean[:, None]])
