"""The linear member: robust ridge regressions, one per local hour and class of leads, solved in closed form.

Straight lines carry what trees cannot: a level that moves beyond what was seen, and many small effects at once. Outliers weigh less
by Huber's rule (P. J. Huber, Robust Estimation of a Location Parameter, 1964), found by reweighting a few times.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from energy_dagster.domain.linear_inputs import INPUTS
from energy_dagster.domain.positions import Floats, Ints

LEAD_CLASSES: tuple[tuple[int, int], ...] = (
    *((lead, lead) for lead in range(1, 5)),
    (5, 6),
    (7, 8),
    (9, 12),
    (13, 21),
    (22, 33),
    (34, 45),
    (46, 48),
)
"""Leads, both ends included, that share a regression; they part where another day's hour becomes the newest known."""

LOCAL_HOURS = 24
SHRINKAGE, SHRINKAGE_ROWS = 0.01, 6.0
"""Ridge penalty as a share of the rows' weight: a constant, and more where rows are few."""

HUBER_WIDTH = 1.345
"""Standard deviations beyond which an error counts less; 95 % efficient for normal errors."""

REWEIGHTINGS = 4
FEWEST_ROWS = 60
"""Rows below which a class and hour takes the regression of its class over all hours."""

_FLAT = 1e-9


@dataclass(frozen=True)
class ClassRows:
    """Rows of one class of leads to learn from.

    Attributes:
        inputs: (rows, inputs), NaN where not known.
        target: log of consumption minus the level; every row has one.
        local_hours: local hour of the day of the forecast hours.
    """

    inputs: Floats
    target: Floats
    local_hours: Ints


@dataclass(frozen=True)
class LinearModel:
    """Regressions by lead class and local hour.

    Attributes:
        absent: (lead classes, inputs), what stands in for an input that is not known.
        intercepts: (lead classes, hours).
        slopes: (lead classes, hours, inputs).
    """

    absent: Floats
    intercepts: Floats
    slopes: Floats

    def predict(self, inputs: Floats, leads: Ints, local_hours: Ints) -> Floats:
        """The log of consumption minus the level; a row's value does not depend on the rows beside it.

        Args:
            inputs: (rows, inputs), NaN where not known.
            leads: lead hours, 1 to 48.
            local_hours: local hour of the day of the forecast hour.
        """
        classes = lead_class(leads)
        group = classes, local_hours
        known = np.where(np.isfinite(inputs), inputs, self.absent[classes])
        return np.asarray(self.intercepts[group] + (known * self.slopes[group]).sum(axis=1))

    def to_json(self) -> str:
        """As text."""
        fields = {"absent": self.absent, "intercepts": self.intercepts, "slopes": self.slopes}
        return json.dumps({"inputs": INPUTS} | {name: array.tolist() for name, array in fields.items()})

    @staticmethod
    def from_json(text: str) -> "LinearModel":
        """From text.

        Raises:
            ValueError: the text is no linear model, or one of other inputs or lead classes.
        """
        try:
            fields = json.loads(text)
            arrays = [np.asarray(fields[name], dtype=np.float64) for name in ("absent", "intercepts", "slopes")]
            inputs = tuple(fields["inputs"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"expected a linear model as text, found otherwise: {error}") from error
        groups, width = (len(LEAD_CLASSES), LOCAL_HOURS), len(INPUTS)
        if inputs != INPUTS or [array.shape for array in arrays] != [(groups[0], width), groups, (*groups, width)]:
            raise ValueError("a linear model of other inputs or lead classes than this code builds")
        return LinearModel(*arrays)


def lead_class(leads: Ints) -> Ints:
    """Number of the class of each lead.

    >>> lead_class(np.array([1, 13, 48])).tolist()
    [0, 7, 10]
    """
    return np.searchsorted(np.array([last for _, last in LEAD_CLASSES]), leads, side="left").astype(np.int64)


def fit_linear(rows_of: Callable[[int], ClassRows]) -> LinearModel:
    """Fit every regression, one class of leads after the other, so that only the rows of one are held.

    Args:
        rows_of: gives the rows of a class by its number.

    Raises:
        ValueError: a class has no row.
    """
    fitted = [_fit_class(rows_of(number)) for number in range(len(LEAD_CLASSES))]
    absent, intercepts, slopes = (np.stack(part) for part in zip(*fitted, strict=True))
    return LinearModel(absent, intercepts, slopes)


def _fit_class(rows: ClassRows) -> tuple[Floats, Floats, Floats]:
    if not len(rows.target):
        raise ValueError("expected rows to fit a linear model on, found none")
    known = np.isfinite(rows.inputs)
    absent = np.where(known, rows.inputs, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, rows.inputs, absent)
    by_hour = [np.flatnonzero(rows.local_hours == hour) for hour in range(LOCAL_HOURS)]
    few = min(map(len, by_hour)) < FEWEST_ROWS
    pooled = _ridge(filled, rows.target) if few else None
    parts = [
        pooled if pooled is not None and len(hour) < FEWEST_ROWS else _ridge(filled[hour], rows.target[hour]) for hour in by_hour
    ]
    return absent, np.array([intercept for intercept, _ in parts]), np.stack([slopes for _, slopes in parts])


def _ridge(inputs: Floats, target: Floats) -> tuple[float, Floats]:
    """Intercept and slopes that minimise Huber's loss plus the penalty on standardised slopes."""
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    used = scale > _FLAT
    standard = (inputs[:, used] - mean[used]) / scale[used]
    weight = np.ones(len(target))
    penalty = SHRINKAGE + SHRINKAGE_ROWS / len(target)
    for _ in range(REWEIGHTINGS):
        total = weight.sum()
        centre, middle = weight @ standard / total, weight @ target / total
        apart = standard - centre
        weighted = apart * weight[:, None]
        gram = apart.T @ weighted
        gram[np.diag_indices_from(gram)] += penalty * total
        slope = np.linalg.solve(gram, weighted.T @ (target - middle))
        error = target - middle - apart @ slope
        width = HUBER_WIDTH * max(1.4826 * float(np.median(np.abs(error))), _FLAT)
        weight = np.minimum(1.0, width / np.maximum(np.abs(error), _FLAT))
    slopes = np.zeros(inputs.shape[1])
    slopes[used] = slope / scale[used]
    return float(middle - centre @ slope - mean @ slopes), slopes
