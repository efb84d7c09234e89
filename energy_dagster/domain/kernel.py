"""A robust kernel regression: many outputs from groups of inputs, in closed form, with its own left-out forecasts.

The forecast is the mean of a Gaussian process (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.2)
whose covariance is a sum: a linear part, which extrapolates; a radial part, which finds what similar states had in common; and a
part of the weather, both linear and radial, which is zero where either state has no weather, so that states without weather are
learned from too, and forecasts without weather are those of the other parts alone.

Outliers count less by Huber's rule (P. J. Huber, Robust Regression, 1973) through pseudo-values, so that one factorisation serves
all outputs. Forecasts for a learned state as if it had not been learned come from the same factorisation (Rasmussen and Williams,
section 5.4.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotri

from energy_dagster.domain.issue_states import GROUPS, WEATHER_GROUPS, States
from energy_dagster.domain.positions import Floats, Ints

_FLAT = 1e-6
_SCALED_BY_COLUMN = ("weekday", "holidays")
"""Groups of flags, whose columns vary in their own ways; the columns of other groups keep their proportions."""

_WITH_WEATHER = ("season", "newest day")
"""Groups beside which the radial part of the weather looks for similar states."""

FACTORS = ("recent", "calendar", "holiday", "weather")
"""What a forecast is explained by; groups of groups."""

_FACTOR_OF = {
    **dict.fromkeys(GROUPS[:6], "recent"),
    **dict.fromkeys(("weekday", "kind of day", "season"), "calendar"),
    "holidays": "holiday",
    **dict.fromkeys(WEATHER_GROUPS, "weather"),
}

Precision = type[np.float32] | type[np.float64]
_FITTED_IN: Precision = np.float32
"""Precision of a fit: half the time, and forecasts change by less than a thousandth of an output's width."""

_FARTHEST = 8.0
"""Standard deviations at which an input is cut off; holidays, which are rare, are not."""


_LINEAR = (2.85, 0.34, 0.32, 0.10, 0.07, 0.08, 1.06, 0.29, 0.5, 0.017)
_RADIAL = (0.295, 0.045, 0.066, 0.086, 0.025, 0.057, 0.33, 0.09, 0.54, 0.048)


def _weights(*values: float) -> dict[str, float]:
    return dict(zip(GROUPS, values, strict=True))


@dataclass(frozen=True)
class KernelParameters:
    """Covariances per group of inputs, in standard deviations of the outputs; chosen on years kept for choosing.

    Attributes:
        linear: variance of the linear part by group.
        radial: squared inverse length of the radial part by group.
        radial_variance: variance of the radial part.
        noise: variance of what cannot be forecast.
        huber_width: standard deviations of an error beyond which it counts less.
        weather_linear, weather_radial, weather_variance: the same of the weather part.
        weather_season: squared inverse length of the season and the newest day within the weather part.
    """

    linear: Mapping[str, float] = field(default_factory=lambda: _weights(*_LINEAR))
    radial: Mapping[str, float] = field(default_factory=lambda: _weights(*_RADIAL))
    radial_variance: float = 1.2
    noise: float = 0.67
    huber_width: float = 1.57
    weather_linear: float = 0.5
    weather_radial: float = 0.05
    weather_variance: float = 1.0
    weather_season: float = 0.06


HUBER_ROUNDS = 2
WEIGHTED_KEPT = 4
"""Weighted inputs kept of states: those of one set of parameters."""

_NORMAL = 1.4826
"""Standard deviation of a normal distribution as a multiple of the median absolute deviation."""


@dataclass(frozen=True, repr=False)
class Scale:
    """How the groups of inputs are brought to a common scale, as found in what was learned."""

    middle: Mapping[str, Floats]
    spread: Mapping[str, Floats]

    @staticmethod
    def of(states: States) -> "Scale":
        """The scale of states; a weather variable that none of them has is left out."""
        middle, spread = {}, {}
        for name, values in states.items():
            known = np.isfinite(values)
            count = known.sum(axis=0)
            if name in WEATHER_GROUPS and not count.any():
                continue
            mean = np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1)
            deviation = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0) / np.maximum(count, 1))
            if name not in (*_SCALED_BY_COLUMN, WEATHER_GROUPS[-1]):
                deviation = np.full_like(deviation, deviation.mean())
            middle[name], spread[name] = mean, np.where(deviation < _FLAT, 1.0, deviation)
        return Scale(middle, spread)

    def apply(self, states: States) -> "Scaled":
        """States on the common scale: an input that is not known is the middle, and without any weather there is none."""
        count = len(states[GROUPS[0]])
        inputs, has_weather = {}, np.full(count, any(name in self.middle for name in WEATHER_GROUPS))
        for name, middle in self.middle.items():
            values = states.get(name)
            scaled = np.full((count, len(middle)), np.nan) if values is None else (values - middle) / self.spread[name]
            if name in WEATHER_GROUPS:
                learned = self.spread[name] != 1.0
                has_weather &= np.isfinite(scaled[:, learned]).all(axis=1)
            limit = np.inf if name in _SCALED_BY_COLUMN else _FARTHEST
            inputs[name] = np.clip(np.where(np.isfinite(scaled), scaled, 0.0), -limit, limit)
        return Scaled(inputs, has_weather.astype(np.float64))


@dataclass(frozen=True, repr=False)
class Scaled:
    """States on a common scale, and which of them have weather (1 or 0); what was made of them is kept for the next question."""

    inputs: Mapping[str, Floats]
    has_weather: Floats
    weighted: dict[tuple[tuple[tuple[str, float], ...], Precision], Floats] = field(default_factory=dict, init=False)


def _only(states: Scaled, factors: tuple[str, ...]) -> Scaled:
    """States of which nothing but some factors is known."""
    inputs = {name: values if _FACTOR_OF[name] in factors else np.zeros_like(values) for name, values in states.inputs.items()}
    return Scaled(inputs, states.has_weather if "weather" in factors else np.zeros_like(states.has_weather))


def covariance(one: Scaled, other: Scaled, parameters: KernelParameters, *, precision: Precision = np.float64) -> Floats:
    """Covariance of the outputs at states with those at others, (one, other), in the given precision."""
    found = _radial(one, other, parameters.radial, parameters.radial_variance, precision)
    found += _products(one, other, parameters.linear, precision)
    weather = [name for name in WEATHER_GROUPS if name in one.inputs]
    if weather and one.has_weather.any() and other.has_weather.any():
        apart = dict.fromkeys(weather, parameters.weather_radial) | dict.fromkeys(_WITH_WEATHER, parameters.weather_season)
        part = _radial(one, other, apart, parameters.weather_variance, precision)
        part += _products(one, other, dict.fromkeys(weather, parameters.weather_linear), precision)
        part *= one.has_weather[:, None].astype(precision)
        part *= other.has_weather.astype(precision)
        found += part
    return found


def _weighted(states: Scaled, weights: Mapping[str, float], precision: Precision) -> Floats:
    """The inputs of some groups side by side, each group with the same say for its weight whatever its width; made once."""
    key = (tuple(weights.items()), precision)
    if key not in states.weighted:
        for oldest in list(states.weighted)[: max(len(states.weighted) + 1 - WEIGHTED_KEPT, 0)]:
            del states.weighted[oldest]
        parts = [states.inputs[name] * np.sqrt(weight / states.inputs[name].shape[1]) for name, weight in weights.items()]
        states.weighted[key] = np.hstack(parts).astype(precision)
    return states.weighted[key]


def _products(one: Scaled, other: Scaled, weights: Mapping[str, float], precision: Precision) -> Floats:
    return np.asarray(_weighted(one, weights, precision) @ _weighted(other, weights, precision).T)


def _radial(one: Scaled, other: Scaled, weights: Mapping[str, float], variance: float, precision: Precision) -> Floats:
    """Variance times exp of minus half the squared distance, weighted by group."""
    left, right = _weighted(one, weights, precision), _weighted(other, weights, precision)
    found = left @ right.T
    found -= (left**2).sum(axis=1)[:, None] / 2
    found -= (right**2).sum(axis=1) / 2
    np.minimum(found, 0.0, out=found)
    np.exp(found, out=found)
    found *= variance
    return np.asarray(found)


@dataclass(frozen=True, repr=False)
class Regression:
    """A fitted regression of several outputs.

    Attributes:
        scale: of the inputs.
        middle, width: of each output.
        weights: (learned states, outputs), single precision, so that what is kept is what forecasts.
    """

    scale: Scale
    middle: Floats
    width: Floats
    weights: "np.ndarray[tuple[int, int], np.dtype[np.float32]]"

    def contributions(self, learned: Scaled, states: States, parameters: KernelParameters) -> Floats:
        """What each of `FACTORS` adds to the outputs of states, (states, outputs, factors); they sum to what `predict` gives.

        A factor's part is the change of the forecast when it is added to those before it, the mean over the order of `FACTORS` and
        its reverse (Shapley values over two orders); what is said of a state of which nothing is known belongs to the calendar.
        """
        scaled = self.scale.apply(states)

        def said(factors: tuple[str, ...]) -> Floats:
            between = covariance(_only(scaled, factors), learned, parameters)
            return np.asarray(between @ self.weights.astype(np.float64) * self.width)

        empty, whole = said(()), said(FACTORS)
        onward = [empty, *(said(FACTORS[:number]) for number in range(1, len(FACTORS))), whole]
        back = [whole, *(said(FACTORS[number:]) for number in range(1, len(FACTORS))), empty]
        steps = [(np.diff(np.stack(onward), axis=0)), -np.diff(np.stack(back), axis=0)]
        parts = np.moveaxis((steps[0] + steps[1]) / 2, 0, -1).copy()
        parts[..., FACTORS.index("calendar")] += empty + self.middle
        return parts

    def predict(self, learned: Scaled, states: States, parameters: KernelParameters) -> Floats:
        """Outputs of states, (states, outputs).

        Args:
            learned: the states it was fitted on, scaled.
            states: those to forecast for.
            parameters: it was fitted with.
        """
        between = covariance(self.scale.apply(states), learned, parameters)
        return np.asarray(between @ self.weights.astype(np.float64) * self.width + self.middle)


@dataclass(frozen=True, repr=False)
class Fitted:
    """A regression and what it would have said of each learned state without it, (states, outputs)."""

    regression: Regression
    left_out: Floats | None


def fit_regression(states: States, outputs: Floats, parameters: KernelParameters, *, left_out: bool) -> Fitted:
    """Fit all outputs at once.

    Args:
        states: (states, ..) by group.
        outputs: (states, outputs), NaN where not known; such a value has no say.
        parameters: covariances.
        left_out: also say what each state would have got had it not been learned, for about three times the work.

    Raises:
        ValueError: an output has no value at all.
    """
    known = np.isfinite(outputs)
    if not len(outputs) or not known.any(axis=0).all():
        raise ValueError("expected values of every output to fit a regression on, found none")
    scale = Scale.of(states)
    learned = scale.apply(states)
    middle = _median(outputs)
    width = np.maximum(_NORMAL * _median(np.abs(outputs - middle)), _FLAT)
    target = np.where(known, (outputs - middle) / width, 0.0)
    gram = _Gram.of(covariance(learned, learned, parameters, precision=_FITTED_IN), known, parameters.noise)
    weights, pseudo = gram.solved(target)
    for _ in range(HUBER_ROUNDS):
        said = pseudo - parameters.noise * weights
        error = np.where(known, target - said, 0.0)
        limit = parameters.huber_width * _NORMAL * _median(np.where(known, np.abs(error), np.nan))
        weights, pseudo = gram.solved(said + np.clip(error, -limit, limit))
    regression = Regression(scale, middle, width, weights.astype(np.float32))
    if not left_out:
        return Fitted(regression, None)
    without = pseudo - weights / gram.inverse_diagonal()
    return Fitted(regression, without.astype(np.float64) * width + middle)


@dataclass(frozen=True, repr=False)
class _Gap:
    """The states for which an output is not known, with their part of the inverse covariance and its factor."""

    output: int
    states: Ints
    columns: Floats
    factor: tuple[Floats, bool]


@dataclass(frozen=True, repr=False)
class _Gram:
    """The factorised covariance of what was learned, noise included, and the gaps in it by output."""

    factor: tuple[Floats, bool]
    known: npt.NDArray[np.bool_]
    gaps: tuple[_Gap, ...]

    @staticmethod
    def of(covariances: Floats, known: npt.NDArray[np.bool_], noise: float) -> "_Gram":
        """Of the covariances of learned states, which are overwritten, and of which outputs are known, (states, outputs)."""
        covariances[np.diag_indices_from(covariances)] += noise
        factor = cho_factor(covariances, lower=True, overwrite_a=True, check_finite=False)
        rows = np.flatnonzero(~known.all(axis=1))
        inverse = cho_solve(factor, np.eye(len(known), dtype=_FITTED_IN)[:, rows], check_finite=False)
        gaps = []
        for output in np.flatnonzero(~known.all(axis=0)).tolist():
            here = ~known[rows, output]
            columns = inverse[:, here]
            gaps.append(_Gap(output, rows[here], columns, cho_factor(columns[rows[here]], lower=True)))
        return _Gram(factor, known, tuple(gaps))

    def solved(self, targets: Floats) -> tuple[Floats, Floats]:
        """Weights of targets, and the targets with those that are not known at what the others say of them: they weigh nothing."""
        filled = targets.astype(_FITTED_IN)
        weights = cho_solve(self.factor, filled, check_finite=False)
        for gap in self.gaps:
            step = cho_solve(gap.factor, weights[gap.states, gap.output])
            weights[:, gap.output] -= gap.columns @ step
            weights[gap.states, gap.output] = 0.0
            filled[gap.states, gap.output] -= step
        return weights, np.asarray(filled)

    def inverse_diagonal(self) -> Floats:
        """Diagonal of the inverse of each output's covariance, (states, outputs); 1 where the output is not known."""
        inverse, _ = spotri(self.factor[0], lower=1)
        diagonal = np.repeat(np.diag(inverse)[:, None], self.known.shape[1], axis=1)
        for gap in self.gaps:
            diagonal[:, gap.output] -= (gap.columns * cho_solve(gap.factor, gap.columns.T).T).sum(axis=1)
        return np.where(self.known, diagonal, 1.0)


def _median(values: Floats) -> Floats:
    """Of each column, over what is known; every column has a value."""
    if not np.isnan(values).any():
        return np.asarray(np.median(values, axis=0))
    ascending, known = np.sort(values, axis=0), np.isfinite(values).sum(axis=0)  # what is not known comes last
    columns = np.arange(values.shape[1])
    return np.asarray((ascending[(known - 1) // 2, columns] + ascending[known // 2, columns]) / 2)


def rows_of(states: States, rows: Ints) -> States:
    """The states at some rows."""
    return {name: values[rows] for name, values in states.items()}
