"""Rolling origins: stretches of time, each forecast by what was published before it, to judge one recipe after another by.

What an origin learns from and what it is judged by are looked up once; judging a recipe takes only its covariances, one solve for
each regression, and trees for each new set of their parameters.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.issue_plan import DAY_AHEAD, IssuePlan
from energy_dagster.domain.issues import issue_matrix
from energy_dagster.domain.kernel import Scale, Scaled, fit_regression
from energy_dagster.domain.kernel_examples import Examples, examples, examples_of
from energy_dagster.domain.kernel_member import outputs_of
from energy_dagster.domain.model import TRAINING_HOURS, Recipe, area_numbers, grow, mixed, tree_examples
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import HORIZON_HOURS

JUDGED_PLANS = (DAY_AHEAD, IssuePlan((4,), (0,)), IssuePlan((16,), (2,)))
"""The day-ahead product, and for the sake of other issues the rest of a day seen at its dawn and the day after the next."""

TREES_PLAN = IssuePlan(tuple(sorted(hour for plan in JUDGED_PLANS for hour in plan.local_hours)))


@dataclass(frozen=True, repr=False)
class _Judged:
    """A regression to fit, and the issues it is judged by.

    Attributes:
        learned: what was published at the origin.
        scaled: its states on their common scale.
        asked: the issues from the origin on; their outputs are NaN where nothing is to be judged.
        inputs: inputs of the trees for each output of `asked` that is judged.
        day: UTC day in which the issue of each was made, counted from 1970.
    """

    learned: Examples
    scaled: Scaled
    asked: Examples
    inputs: Floats
    day: Ints

    @property
    def wanted(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """Which outputs are judged."""
        return np.isfinite(self.asked.outputs)

    def errors(self, recipe: Recipe, trees: Floats) -> Floats:
        """Errors of a recipe whose trees say so of the inputs, one for each of them."""
        regression = fit_regression(self.learned.states, self.learned.outputs, recipe.kernel, left_out=False).regression
        kernel = outputs_of(regression, self.scaled, self.asked.states, recipe.kernel)[self.wanted]
        return np.abs(mixed(kernel, trees, recipe.kernel_weight) - self.asked.outputs[self.wanted])


@dataclass(frozen=True, repr=False)
class Origin:
    """A stretch of time that is forecast by what was published before it.

    Attributes:
        first: its first moment, naive UTC.
        end: its end, not included.
    """

    first: datetime
    end: datetime
    _judged: tuple[_Judged, ...]
    _matrix: Floats
    _target: Floats
    _trees: dict[str, list[Floats]] = field(default_factory=dict, init=False, compare=False)

    @property
    def day(self) -> Ints:
        """UTC day in which each forecast was issued, counted from 1970."""
        return np.concatenate([one.day for one in self._judged])

    def errors(self, recipe: Recipe) -> Floats:
        """Absolute errors of the log of consumption, about the relative errors, of a recipe learned before and judged within."""
        said = zip(self._judged, self._said_by_trees(recipe), strict=True)
        return np.concatenate([one.errors(recipe, trees) for one, trees in said])

    def _said_by_trees(self, recipe: Recipe) -> list[Floats]:
        name = json.dumps({**recipe.trees, "seed": recipe.seed}, sort_keys=True)
        if name not in self._trees:
            booster = grow(self._matrix, self._target, recipe)
            self._trees[name] = [np.asarray(booster.predict(one.inputs), dtype=np.float64) for one in self._judged]
        return self._trees[name]


def origin(
    histories: Mapping[str, SeriesHistory], areas: tuple[str, ...], first: datetime, end: datetime, *, cut: datetime, seed: int
) -> Origin:
    """Look up what an origin learns from and is judged by.

    Args:
        histories: hourly features by area.
        areas: those to learn.
        first: the origin, naive UTC, a whole hour.
        end: the end of its issues.
        cut: nothing that was published later is looked at.
        seed: of the rows that the trees learn from.

    Raises:
        ValueError: there is nothing to learn from, or nothing to judge by.
    """
    judged = tuple(
        one for area, number in area_numbers(areas).items() for one in _of_area(histories[area], number, first, end, cut=cut)
    )
    if not judged:
        raise ValueError(f"expected consumption of {', '.join(areas)} before and from {first:%Y-%m-%d} on, found too little")
    at = {area: histories[area].position(first) for area in areas}
    return Origin(first, end, judged, *tree_examples(histories, areas, at, seed=seed, plan=TREES_PLAN))


def _of_area(history: SeriesHistory, number: int, first: datetime, end: datetime, *, cut: datetime) -> list[_Judged]:
    grid, at, last, known_until = ClockGrid(history), *(history.position(moment) for moment in (first, end, cut))
    log_known_then, log_known = np.log(history.truth(at)), np.log(history.truth(known_until))
    found = []
    for plan in JUDGED_PLANS:
        for learned in examples(grid, log_known_then, first=max(at - TRAINING_HOURS, 0), last=at, plan=plan):
            asked = examples_of(learned.key, grid, log_known, first=at, last=min(last, known_until))
            hour = grid.position_of(asked.clock)
            lead = hour - asked.issues[:, None]
            asked.outputs[(lead < 1) | (lead > HORIZON_HOURS) | (hour >= known_until)] = np.nan
            issue, hour_of_day = np.nonzero(np.isfinite(asked.outputs))
            if len(issue):
                rows = issue_matrix(history, asked.issues[issue], lead[issue, hour_of_day], area_number=number)
                scaled = Scale.of(learned.states).apply(learned.states)
                day = history.hours(asked.issues[issue]).to_numpy().astype("datetime64[D]").astype(np.int64)
                found.append(_Judged(learned, scaled, asked, rows.matrix, day))
    return found
