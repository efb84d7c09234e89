"""Quantiles from residuals: the conformal idea that tomorrow's errors look like those of forecasts already judged.

Residuals are log actual minus log forecast of issues that the model had not learned from, collected by lead bucket and local
hour (the hour before and after included, so that each cell is well filled).
"""

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.tables import LEAD_BUCKETS, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOURS_PER_DAY = 24
MEDIAN = QUANTILES.index(0.5)


def lead_bucket_number(leads: Ints) -> Ints:
    """Number of the lead bucket of each lead, as in `tables.LEAD_BUCKETS`.

    >>> lead_bucket_number(np.array([1, 6, 7, 48])).tolist()
    [0, 0, 1, 3]
    """
    return np.searchsorted(np.array([last for _, last in LEAD_BUCKETS]), leads, side="left").astype(np.int64)


def residual_quantiles(residuals: Floats, leads: Ints, local_hours: Ints) -> Floats:
    """Quantiles of log residuals by lead bucket and local hour.

    Args:
        residuals: log actual minus log forecast, one per judged row; NaN rows do not count.
        leads: lead hours of the rows.
        local_hours: local hour of the day of the rows.

    Returns:
        Array (lead buckets, 24, quantiles). A cell without a residual borrows from its bucket, then from all.

    Raises:
        ValueError: there is no residual at all.
    """
    known = np.isfinite(residuals)
    if not known.any():
        raise ValueError("expected at least one judged hour to calibrate on, found none")
    bucket, overall = lead_bucket_number(leads), np.quantile(residuals[known], QUANTILES)
    cells = np.empty((len(LEAD_BUCKETS), HOURS_PER_DAY, len(QUANTILES)))
    for b in range(len(LEAD_BUCKETS)):
        in_bucket = known & (bucket == b)
        cells[b] = np.quantile(residuals[in_bucket], QUANTILES) if in_bucket.any() else overall
        for hour in range(HOURS_PER_DAY):
            distance = np.abs((local_hours - hour + 12) % HOURS_PER_DAY - 12)
            near = in_bucket & (distance <= 1)
            if near.any():
                cells[b, hour] = np.quantile(residuals[near], QUANTILES)
    return cells


def median_shift(cells: Floats, leads: Ints, local_hours: Ints) -> Floats:
    """The log bias to add to a raw forecast so that its line is the median."""
    return np.asarray(cells[lead_bucket_number(leads), local_hours, MEDIAN])


def spread(line: Floats, cells: Floats, leads: Ints, local_hours: Ints) -> Floats:
    """Quantiles around a forecast line.

    Args:
        line: MWh, one per row.
        cells: as from `residual_quantiles`.
        leads: lead hours of the rows.
        local_hours: local hour of the day of the rows.

    Returns:
        MWh, array (rows, quantiles): ordered, positive, the 0.5 exactly the line.
    """
    offsets = cells[lead_bucket_number(leads), local_hours]
    quantiles = line[:, None] * np.exp(offsets - offsets[:, [MEDIAN]])
    quantiles[:, MEDIAN] = line
    return np.sort(quantiles, axis=1)
