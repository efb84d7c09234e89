"""Tuning: what a search does, what is taken, and what it looks at."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, pairwise

import numpy as np
import pytest

from energy_dagster.domain import tuning as tuning_module
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.recipe_space import point_of, recipe_at
from energy_dagster.domain.rolling_origins import origin
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tuned import Trial, Tuned
from energy_dagster.domain.tuning import Budget, CannotTune, tune
from energy_dagster_tests.domain.synthetic import RawHistory, raw_history, rewritten

DAYS = 215


@pytest.fixture(scope="module")
def months() -> RawHistory:
    return raw_history(days=DAYS)


@pytest.fixture(scope="module")
def bad() -> Recipe:
    """A recipe that nearly anything beats."""
    return recipe_at({"noise": 60.0, "newest day": 0.01, "week before": 0.01, "kernel_weight": 1.0}, Recipe(1))


@pytest.fixture(scope="module")
def better(months: RawHistory, bad: Recipe) -> Tuned:
    """What a tuning from there found."""
    return tuned(months, recipe=bad)


@pytest.fixture(scope="module", autouse=True)
def few_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning_module, "BLOCKS", 2)
        yield


def cut_of(history: RawHistory) -> datetime:
    return history.now.replace(hour=0) - timedelta(days=5)


def tuned(
    history: RawHistory,
    *,
    areas: tuple[str, ...] = ("DK1",),
    recipe: Recipe | None = None,
    trials: int = 4,
    seconds: float = float("inf"),
    seed: int = 1,
    clock: Callable[[], float] = lambda: 0.0,
    told: Callable[[Trial], object] = lambda _: None,
) -> Tuned:
    histories = {area: history.histories[area] for area in areas}
    budget = Budget(trials, seconds)
    start = recipe or Recipe(1)
    return tune(histories, cut=cut_of(history), recipe=start, budget=budget, seed=seed, clock=clock, told=told)


def test_the_start_is_tried_first_and_every_trial_is_told(months: RawHistory) -> None:
    heard: list[Trial] = []
    found = tuned(months, told=heard.append)
    assert [trial.number for trial in found.trials] == [0, 1, 2, 3]
    assert found.trials[0].point == found.start == point_of(Recipe(1), with_weather=True)
    assert tuple(heard) == found.trials
    assert found.trials[0].error == pytest.approx(found.searched.start)


def test_the_same_seed_finds_the_same_and_another_seed_something_else(months: RawHistory) -> None:
    first, again, other = tuned(months), tuned(months), tuned(months, seed=2)
    assert first == again
    assert first.trials[0] == other.trials[0]
    assert first.trials[1:] != other.trials[1:]


def test_nothing_published_after_the_cut_is_looked_at(months: RawHistory) -> None:
    changed = rewritten(months, cut_of(months), seed=5)
    areas = ("DK1", "DK2")
    assert not np.array_equal(changed.histories["DK1"].truth(), months.histories["DK1"].truth(), equal_nan=True)
    assert tuned(months, areas=areas) == tuned(changed, areas=areas)


def test_a_bad_start_is_left_for_a_recipe_that_proves_better(better: Tuned, bad: Recipe) -> None:
    assert better.taken
    assert better.held_back.improvement > 0.01
    assert better.held_back.low > 0
    assert better.reason.startswith("the recipe found is taken: in the weeks that the search did not see")
    assert better.recipe == recipe_at(better.proposed, bad) != bad
    assert better.recipe.seed == bad.seed


def test_the_errors_that_are_told_are_those_of_the_recipe_that_is_taken(months: RawHistory, better: Tuned) -> None:
    history, cut = months.histories["DK1"], cut_of(months)
    days = np.isfinite(history.truth(history.position(cut)))[: history.position(cut)].sum() / 24 // 2
    edges = [cut - timedelta(hours=round(days * 24 * left)) for left in (1, 0.5, 0)]
    origins = [origin({"DK1": history}, ("DK1",), *ends, cut=cut, seed=1) for ends in pairwise(edges)]
    errors = np.concatenate([one.errors(better.recipe) for one in origins])
    halves = (better.searched, better.held_back)
    assert errors.sum() == pytest.approx(sum(half.proposed * half.forecasts for half in halves))
    assert len(errors) == sum(half.forecasts for half in halves)


def test_the_start_stays_where_no_trial_is_better(months: RawHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning_module, "recipe_at", lambda _, start: start)
    found = tuned(months)
    assert not found.taken
    assert found.recipe == Recipe(1)
    assert found.proposed == found.start
    assert "no other was better" in found.reason


def test_the_start_stays_where_what_was_found_does_not_prove_better(
    months: RawHistory, bad: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy_dagster.domain.tuned.MARGIN", 0.99)
    found = tuned(months, recipe=bad)
    assert not found.taken
    assert found.recipe == bad
    assert found.proposed != found.start
    assert found.reason.startswith("the starting recipe stays; of the one found, in the weeks that the search did not see")


def trial(number: int, error: float, **point: float) -> Trial:
    return Trial(number, error, {**point_of(Recipe(1), with_weather=False), **point})


def test_a_proposal_lies_halfway_to_the_middle_of_the_best() -> None:
    trials = [
        trial(0, 0.03),
        trial(1, 0.04, noise=2.0, num_leaves=31),
        trial(2, 0.02, noise=0.5, kernel_weight=0.9, num_leaves=63),
        trial(3, 0.01, noise=0.5, kernel_weight=1.0, num_leaves=63),
    ]
    point = tuning_module._proposal(trials, Recipe(1), with_weather=False)
    assert point["noise"] == pytest.approx(0.5**0.5)
    assert point["kernel_weight"] == pytest.approx((0.7 + 0.95) / 2)
    assert point["num_leaves"] == 63
    assert point["season"] == 1.0


def test_only_the_best_few_have_a_say() -> None:
    trials = [trial(0, 0.05), *(trial(number, 0.01 + 0.001 * number, noise=0.8 if number < 6 else 0.4) for number in range(1, 9))]
    assert tuning_module._proposal(trials, Recipe(1), with_weather=False)["noise"] == pytest.approx(0.8**0.5)


def test_a_search_ends_with_the_first_trial_after_its_seconds(months: RawHistory) -> None:
    ticks = count()  # a second passes at every look
    assert len(tuned(months, trials=50, seconds=4.5, clock=lambda: float(next(ticks))).trials) == 6


@pytest.mark.parametrize(("trials", "seconds"), [(1, float("inf")), (50, 0.0)])
def test_two_trials_are_made_in_any_case(months: RawHistory, trials: int, seconds: float) -> None:
    assert len(tuned(months, trials=trials, seconds=seconds).trials) == 2


def test_without_weather_its_covariances_are_not_searched(months: RawHistory) -> None:
    history = months.histories["DK1"]
    dry = replace(history, weather=np.full_like(history.weather, np.nan), weather_run=np.full_like(history.weather_run, np.nan))
    found = tune(
        {"DK1": dry}, cut=cut_of(months), recipe=Recipe(1), budget=Budget(2), seed=1, clock=lambda: 0.0, told=lambda _: None
    )
    assert found.start == point_of(Recipe(1), with_weather=False)


def test_weather_that_begins_after_the_cut_is_none(months: RawHistory) -> None:
    history, cut = months.histories["DK1"], cut_of(months)
    weather, run = history.weather.copy(), history.weather_run.copy()
    weather[:, : history.position(cut)], run[: history.position(cut)] = np.nan, np.nan
    late = replace(history, weather=weather, weather_run=run)
    found = tune({"DK1": late}, cut=cut, recipe=Recipe(1), budget=Budget(2), seed=1, clock=lambda: 0.0, told=lambda _: None)
    assert found.start == point_of(Recipe(1), with_weather=False)


def shorter(history: SeriesHistory, days: int, cut: datetime) -> SeriesHistory:
    """A series of which only some days before the cut are known."""
    first = history.position(cut) - 24 * days
    known = np.where(np.arange(len(history)) >= first, history.preliminary, np.nan)
    return replace(history, preliminary=known, settled=np.full(len(history), np.nan))


def test_an_area_that_is_known_for_too_short_a_time_is_left_out(months: RawHistory) -> None:
    cut = cut_of(months)
    histories = {"DK1": shorter(months.histories["DK1"], 150, cut), "DK2": months.histories["DK2"]}
    found = tune(histories, cut=cut, recipe=Recipe(1), budget=Budget(2), seed=1, clock=lambda: 0.0, told=lambda _: None)
    assert found.areas == ("DK2",)


def test_too_little_history_is_refused_with_how_much_there_is(months: RawHistory) -> None:
    cut = cut_of(months)
    short = {"DK1": shorter(months.histories["DK1"], 150, cut)}
    with pytest.raises(
        CannotTune, match=rf"expected 200 days of known consumption before {cut:%Y-%m-%d} 00:00 UTC, found 150 of DK1"
    ):
        tune(short, cut=cut, recipe=Recipe(1), budget=Budget(2), seed=1, clock=lambda: 0.0, told=lambda _: None)


def test_a_series_that_ends_long_before_the_cut_is_refused(months: RawHistory) -> None:
    late = cut_of(months) + timedelta(days=400)
    with pytest.raises(CannotTune, match="expected consumption of DK1 before and from"):
        tune(
            {"DK1": months.histories["DK1"]},
            cut=late,
            recipe=Recipe(1),
            budget=Budget(2),
            seed=1,
            clock=lambda: 0.0,
            told=lambda _: None,
        )


def test_no_area_at_all_is_refused() -> None:
    with pytest.raises(CannotTune, match="found none"):
        tune({}, cut=datetime(2026, 1, 1), recipe=Recipe(1), budget=Budget(2), seed=1, clock=lambda: 0.0, told=lambda _: None)  # noqa: DTZ001
