"""Quantiles from residuals: the conformal idea that tomorrow's errors look like those of forecasts already judged.

Residuals are log actual minus log forecast of issues that the model had not learned from. Their quantiles by lead bucket and local
hour (the hour before and after included, so that each cell is well filled) give the shape of the band. How wide it is on kinds of
days, and of late, comes from conformity scores: a residual as a share of the band's edge on its side (Romano, Patterson and Candes,
Conformalized quantile regression, 2019), whose 80 % quantile is 1 where P10 to P90 hold what they say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.calendar import BRIDGE, CHRISTMAS, HOLIDAY, SATURDAY, SUNDAY
from energy_dagster.domain.tables import LEAD_BUCKETS, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOURS_PER_DAY = 24
MEDIAN = QUANTILES.index(0.5)
BAND = 0.8
"""Share of actuals that P10 to P90 hold; conformity scores are of these edges."""

LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)

DAY_TYPES = ("workday", "weekend", "special")
"""Kinds of days whose bands differ in width; special are holidays, bridge days and those around Christmas."""

_TYPE_OF_KIND = {SATURDAY: 1, SUNDAY: 1, HOLIDAY: 2, BRIDGE: 2, CHRISTMAS: 2}
SHRUNK_BY_DAYS = 8.0
"""Days of a type at which its own width has half a say."""

NEAR_HOURS = 2
HOURS_OWN_SAY = 0.5
"""Power of what the newest errors of an hour and those near it ask for beyond all others; some eight weeks are few."""

NARROWEST, WIDEST = 0.5, 3.0
_LEAST_EDGE = 1e-6


def lead_bucket_number(leads: Ints) -> Ints:
    """Number of the lead bucket of each lead, as in `tables.LEAD_BUCKETS`.

    >>> lead_bucket_number(np.array([1, 6, 7, 48])).tolist()
    [0, 0, 1, 3]
    """
    return np.searchsorted(np.array([last for _, last in LEAD_BUCKETS]), leads, side="left").astype(np.int64)


def day_type_number(kinds: Floats) -> Ints:
    """Number of the day type of each kind of day of `calendar`; an unknown kind is a workday.

    >>> day_type_number(np.array([0.0, 1, 2, 3, 4, 5, np.nan])).tolist()
    [0, 1, 1, 2, 2, 2, 0]
    """
    types = np.array([_TYPE_OF_KIND.get(kind, 0) for kind in range(CHRISTMAS + 1)], dtype=np.int64)
    return types[np.nan_to_num(kinds).astype(np.int64)]


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
            near = in_bucket & (_hours_apart(local_hours, hour) <= 1)
            if near.any():
                cells[b, hour] = np.quantile(residuals[near], QUANTILES)
    return cells


def _hours_apart(local_hours: Ints, hour: int) -> Ints:
    """Hours between hours of the day, across midnight where that is shorter."""
    return np.asarray(np.abs((local_hours - hour + 12) % HOURS_PER_DAY - 12))


@dataclass(frozen=True)
class Rows:
    """What a band depends on, one entry per row: lead hours, local hours of the day, numbers of `DAY_TYPES`."""

    leads: Ints
    local_hours: Ints
    day_types: Ints

    def __getitem__(self, rows: Any) -> "Rows":
        return Rows(self.leads[rows], self.local_hours[rows], self.day_types[rows])


@dataclass(frozen=True)
class Calibration:
    """Quantiles around a forecast line.

    Attributes:
        cells: as from `residual_quantiles`.
        type_widths: factor of the width on each of `DAY_TYPES`.
        recent_widths: factor of the width by lead bucket and local hour, from the newest errors.
    """

    cells: Floats
    type_widths: Floats = field(default_factory=lambda: np.ones(len(DAY_TYPES)))
    recent_widths: Floats = field(default_factory=lambda: np.ones((len(LEAD_BUCKETS), HOURS_PER_DAY)))

    def median_shift(self, rows: Rows) -> Floats:
        """The log bias to add to a raw forecast so that its line is the median."""
        return np.asarray(self.cells[lead_bucket_number(rows.leads), rows.local_hours, MEDIAN])

    def offsets(self, rows: Rows) -> Floats:
        """Log distances of the quantiles from the line, (rows, quantiles), in order."""
        bucket = lead_bucket_number(rows.leads)
        apart = self.cells[bucket, rows.local_hours] - self.cells[bucket, rows.local_hours, MEDIAN][:, None]
        widths = self.type_widths[rows.day_types] * self.recent_widths[bucket, rows.local_hours]
        return np.asarray(apart * widths[:, None])

    def spread(self, line: Floats, rows: Rows) -> Floats:
        """Quantiles around a forecast line.

        Args:
            line: MWh, one per row.
            rows: of the line.

        Returns:
            MWh, array (rows, quantiles): ordered, positive, the 0.5 exactly the line.
        """
        quantiles = line[:, None] * np.exp(self.offsets(rows))
        quantiles[:, MEDIAN] = line
        return np.sort(quantiles, axis=1)

    def conformity(self, residuals: Floats, rows: Rows) -> Floats:
        """Each residual from the line as a share of P90's distance where it is above, of P10's where below; at most 1 is inside."""
        offsets = self.offsets(rows)
        edge = np.where(residuals > 0, offsets[:, HIGH], -offsets[:, LOW])
        return np.asarray(np.abs(residuals) / np.maximum(edge, _LEAST_EDGE))

    def widened(self, scores: Floats, rows: Rows, weights: Floats) -> "Calibration":
        """The same with the widths that would have held 80 % of scored residuals.

        By lead bucket and overall in equal parts; and by local hour, as far as the hours near it have a say of their own.

        Args:
            scores: of `conformity` under this calibration; NaN rows do not count.
            rows: of the scores.
            weights: how much each row counts.
        """
        known = np.isfinite(scores) & (weights > 0)
        if not known.any():
            return self
        overall, bucket = weighted_quantile(scores[known], weights[known], BAND), lead_bucket_number(rows.leads)
        of_bucket = np.full(len(LEAD_BUCKETS), overall)
        for number in range(len(LEAD_BUCKETS)):
            here = known & (bucket == number)
            if here.any():
                of_bucket[number] = np.sqrt(overall * weighted_quantile(scores[here], weights[here], BAND))
        of_hour = np.ones(HOURS_PER_DAY)
        for hour in range(HOURS_PER_DAY):
            near = known & (_hours_apart(rows.local_hours, hour) <= NEAR_HOURS)
            if near.any():
                own = weighted_quantile(scores[near], weights[near], BAND)
                of_hour[hour] = (own / max(overall, _LEAST_EDGE)) ** HOURS_OWN_SAY
        factors = of_bucket[:, None] * of_hour
        return replace(self, recent_widths=np.clip(self.recent_widths * factors, NARROWEST, WIDEST))

    def to_fields(self) -> dict[str, Any]:
        """As plain lists."""
        return {name: np.asarray(getattr(self, name)).tolist() for name in ("cells", "type_widths", "recent_widths")}

    @staticmethod
    def from_fields(fields: Mapping[str, Any]) -> "Calibration":
        """From plain lists.

        Raises:
            KeyError: a list is absent.
        """
        return Calibration(*(np.asarray(fields[name], dtype=np.float64) for name in ("cells", "type_widths", "recent_widths")))


def calibrate(residuals: Floats, rows: Rows, days: Ints) -> Calibration:
    """The shape of the band and its width on types of days, from residuals of a year or more.

    Args:
        residuals: log actual minus log forecast; NaN rows do not count.
        rows: of the residuals.
        days: number of the day each row belongs to: rows of a day go together.

    Raises:
        ValueError: there is no residual at all.
    """
    shape = Calibration(residual_quantiles(residuals, rows.leads, rows.local_hours))
    scores = shape.conformity(residuals - shape.median_shift(rows), rows)
    known = np.isfinite(scores)
    even = np.ones(len(scores))
    overall = weighted_quantile(scores[known], even[known], BAND)
    widths = np.ones(len(DAY_TYPES))
    for number in range(len(DAY_TYPES)):
        of_type = known & (rows.day_types == number)
        count = len(np.unique(days[of_type]))
        if count:
            own = weighted_quantile(scores[of_type], even[of_type], BAND)
            widths[number] = (own / max(overall, _LEAST_EDGE)) ** (count / (count + SHRUNK_BY_DAYS))
    return replace(shape, type_widths=np.clip(widths, NARROWEST, WIDEST))


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """The smallest value that, with all smaller ones, has at least a share of the weight.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 0.7)
    2.0
    """
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(share, level - 1e-12)), len(values) - 1)]])
