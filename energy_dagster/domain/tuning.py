"""Tuning: a better recipe is searched for, and taken only if it proves better where the search did not look.

Up to two years before a cut are parted into blocks, each forecast by what was published before it. Optuna compares recipes by the
issues of every other week. The best of many flatters itself, so what is proposed lies halfway between the start and the middle of
the best few; and it has to beat the start in the weeks held back, by more than chance explains. Holding back whole blocks, or
proposing the best trial itself, did worse in the time that followed (see "Tuning" in the guide).

This is the only module that knows Optuna.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from energy_dagster.domain.bootstrap import BLOCK_DAYS, block_weights, percentile_interval, resampled
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.recipe_space import Dimension, OneOf, point_of, recipe_at, space_around
from energy_dagster.domain.rolling_origins import Origin, origin
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tuned import MARGIN, Compared, Trial, Tuned, improvement

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

JUDGED_DAYS = 730
BLOCKS = 6
"""Parts of the judged days, for each of which there is a fit of its own."""

NEEDED_DAYS = 200
"""Days of known consumption below which there is nothing to tune on; half of what is known is judged, up to two years."""

BEST_TRIALS = 5
"""How many of the best trials, as far as they beat the start, have a say in what is proposed."""

RANDOM_TRIALS = 8
"""Trials before the sampler trusts what it has seen."""

_THURSDAY = 3
"""Day of the week, counted from Monday, of the first day of 1970, from which days are counted."""


class CannotTune(ValueError):
    """There is too little to tune on; the message says what was expected and found."""


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many trials, or with the first to end after so many seconds; two are made in any case."""

    trials: int
    seconds: float = float("inf")


def tune(
    histories: Mapping[str, SeriesHistory],
    *,
    cut: datetime,
    recipe: Recipe,
    budget: Budget,
    seed: int,
    clock: Callable[[], float],
    told: Callable[[Trial], object],
) -> Tuned:
    """Search for a better recipe. With a budget of trials alone, the same seed gives the same result.

    Args:
        histories: hourly features by area; an area that is known for too short a time is left out.
        cut: nothing published after it is looked at; naive UTC, a whole hour.
        recipe: where the search starts; its seed is kept.
        budget: when the search ends.
        seed: of the search.
        clock: seconds, from any beginning.
        told: hears each trial.

    Raises:
        CannotTune: no area is known for long enough.
    """
    started = clock()
    areas, days = _areas_and_days(histories, cut)
    edges = [cut - timedelta(hours=round(days * 24 * (BLOCKS - number) / BLOCKS)) for number in range(BLOCKS + 1)]
    with threadpool_limits(1):
        try:
            origins = [origin(histories, areas, *ends, cut=cut, seed=recipe.seed) for ends in pairwise(edges)]
        except ValueError as error:
            raise CannotTune(str(error)) from error
        blocks = _Blocks(origins)
        with_weather = any(_has_weather(histories[area], cut) for area in areas)
        trials = _search(blocks, recipe, budget, seed=seed, with_weather=with_weather, spent=lambda: clock() - started, told=told)
        start, proposed = trials[0].point, _proposal(trials, recipe, with_weather=with_weather)
        searched, held_back = blocks.compared(recipe, recipe_at(proposed, recipe), seed=seed)
    taken = held_back.proves_better
    return Tuned(
        recipe=recipe_at(proposed, recipe) if taken else recipe,
        taken=taken,
        reason=_reason(held_back, taken=taken, found=proposed != start),
        cut=cut.isoformat(),
        areas=areas,
        searched=searched,
        held_back=held_back,
        start=start,
        proposed=proposed,
        trials=tuple(trials),
    )


class _Blocks:
    """The origins, whose issues are of weeks that the search sees, and of weeks held back, in turn."""

    def __init__(self, origins: Sequence[Origin]) -> None:
        self._origins = origins
        self._day = np.concatenate([one.day for one in origins])
        self._held_back = (self._day + _THURSDAY) // BLOCK_DAYS % 2 == 1

    def seen(self, recipe: Recipe) -> float:
        """Error of a recipe in the weeks of the search."""
        return float(self._errors(recipe)[~self._held_back].mean())

    def compared(self, start: Recipe, proposed: Recipe, *, seed: int) -> tuple[Compared, Compared]:
        """Two recipes in the weeks of the search, and in those held back."""
        before, after = self._errors(start), self._errors(proposed)
        halves = (~self._held_back, self._held_back)
        seen, held_back = (_compared(before[half], after[half], self._day[half], seed=seed) for half in halves)
        return seen, held_back

    def _errors(self, recipe: Recipe) -> Floats:
        return np.concatenate([one.errors(recipe) for one in self._origins])


def _areas_and_days(histories: Mapping[str, SeriesHistory], cut: datetime) -> tuple[tuple[str, ...], float]:
    """The areas to tune on, and over how many days before the cut they are judged: half of what is known, at most two years."""
    days = {area: _known_days(history, cut) for area, history in histories.items()}
    areas = tuple(sorted(area for area, known in days.items() if known >= NEEDED_DAYS))
    if not areas:
        found = ", ".join(f"{known:.0f} of {area}" for area, known in days.items()) or "none"
        raise CannotTune(f"expected {NEEDED_DAYS} days of known consumption before {cut:%Y-%m-%d %H:%M} UTC, found {found}")
    return areas, min(JUDGED_DAYS, *(days[area] // 2 for area in areas))


def _known_days(history: SeriesHistory, cut: datetime) -> float:
    at = history.position(cut)
    known = np.isfinite(history.truth(at)) & np.isfinite(history.log_known)
    return float(known[: max(at, 0)].sum()) / 24


def _has_weather(history: SeriesHistory, cut: datetime) -> bool:
    return bool(np.isfinite(history.weather[:, : max(history.position(cut), 0)]).any())


def _search(
    blocks: _Blocks,
    start: Recipe,
    budget: Budget,
    *,
    seed: int,
    with_weather: bool,
    spent: Callable[[], float],
    told: Callable[[Trial], object],
) -> list[Trial]:
    """Try recipes until the budget is spent, the start first and one more in any case."""
    import optuna  # noqa: PLC0415 - takes a second, and the graph loads this module

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(point_of(start, with_weather=with_weather))
    dimensions = {name: _distribution(one) for name, one in space_around(start, with_weather=with_weather).items()}
    trials: list[Trial] = []
    while len(trials) < 2 or (len(trials) < budget.trials and spent() < budget.seconds):
        asked = study.ask(dimensions)
        error = blocks.seen(recipe_at(asked.params, start))
        study.tell(asked, error)
        trials.append(Trial(asked.number, error, dict(asked.params)))
        told(trials[-1])
    return trials


def _distribution(dimension: Dimension) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution  # noqa: PLC0415 - see `_search`

    if isinstance(dimension, OneOf):
        return CategoricalDistribution(dimension.values)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _proposal(trials: Sequence[Trial], start: Recipe, *, with_weather: bool) -> dict[str, float]:
    """Halfway from the start to the middle of the best trials; of what is no range, what most of them have."""
    better = sorted((trial for trial in trials if trial.error < trials[0].error), key=lambda trial: trial.error)[:BEST_TRIALS]
    if not better:
        return trials[0].point
    point = {}
    for name, dimension in space_around(start, with_weather=with_weather).items():
        values, standing = [trial.point[name] for trial in better], trials[0].point[name]
        if isinstance(dimension, OneOf):
            point[name] = Counter(values).most_common(1)[0][0]
        elif dimension.log:
            point[name] = float(np.sqrt(standing * np.exp(np.log(values).mean())))
        else:
            point[name] = (standing + float(np.mean(values))) / 2
    return point


def _compared(before: Floats, after: Floats, day: Ints, *, seed: int) -> Compared:
    """Errors of two recipes on the same forecasts, issued on these days, and how sure the difference is."""
    days, number = np.unique(day, return_inverse=True)
    sums = np.column_stack([np.bincount(number, errors) for errors in (before, after)]).astype(np.float64)
    drawn, means = resampled(block_weights(len(days), seed=seed), sums), np.array([before.mean(), after.mean()])
    interval = percentile_interval(improvement(*drawn.T), float(improvement(*means)), blocks=-(-len(days) // BLOCK_DAYS))
    if interval is None:
        raise CannotTune(f"expected weeks of consumption to judge recipes by, found {len(days)} days")
    return Compared(float(means[0]), float(means[1]), interval.low, interval.high, len(day))


def _reason(held_back: Compared, *, taken: bool, found: bool) -> str:
    if not found:
        return "the starting recipe stays: no other was better in the weeks of the search"
    low, high, better = (100 * value for value in (held_back.low, held_back.high, held_back.improvement))
    compared = (
        f"in the weeks that the search did not see its error is {100 * held_back.proposed:.3f} % "
        f"against {100 * held_back.start:.3f} % of the start, {better:+.2f} % better ({low:+.2f} to {high:+.2f}); "
        f"asked for are {100 * MARGIN:g} %, and an interval above 0"
    )
    return f"the recipe found is taken: {compared}" if taken else f"the starting recipe stays; of the one found, {compared}"
