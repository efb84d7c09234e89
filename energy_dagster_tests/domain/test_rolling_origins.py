"""Rolling origins: what they are judged by is what a model fitted there would have said."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from energy_dagster.domain import rolling_origins
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.issues import issue_matrix
from energy_dagster.domain.model import Recipe, fit, grow
from energy_dagster.domain.recipe_space import recipe_at
from energy_dagster.domain.rolling_origins import JUDGED_PLANS, TREES_PLAN, Origin, origin
from energy_dagster_tests.domain.synthetic import RawHistory

AREAS = ("DK1", "DK2")
OTHER = recipe_at({"noise": 0.5, "season": 2.0, "kernel_weight": 0.5, "num_leaves": 15}, Recipe(1))


def moments(history: RawHistory) -> tuple[datetime, datetime, datetime]:
    """An origin, the end of its issues, and the cut a day later."""
    cut = history.now.replace(hour=0) - timedelta(days=4)
    return cut - timedelta(days=15), cut - timedelta(days=1), cut


@pytest.fixture(scope="module")
def judged(half_year: RawHistory) -> Origin:
    first, end, cut = moments(half_year)
    return origin(half_year.histories, AREAS, first, end, cut=cut, seed=1)


@pytest.mark.parametrize("recipe", [Recipe(1), OTHER], ids=["own", "other"])
def test_errors_are_those_of_a_model_fitted_at_the_origin(half_year: RawHistory, judged: Origin, recipe: Recipe) -> None:
    first, end, cut = moments(half_year)
    at = {area: half_year.histories[area].position(first) for area in AREAS}
    engine = fit(half_year.histories, AREAS, at, recipe, plan=TREES_PLAN).engine
    expected = []
    for number, area in enumerate(AREAS):
        history = half_year.histories[area]
        grid, last, known_until = ClockGrid(history), history.position(end), history.position(cut)
        for plan in JUDGED_PLANS:
            issue, lead = plan.pairs(grid, plan.issues(grid, at[area], last))
            rows = issue_matrix(history, issue, lead, area_number=number)
            truth = history.truth(known_until)[np.minimum(rows.hour, len(history) - 1)]
            errors = np.abs(engine.log_of(history, rows) - np.log(truth))
            expected.append(errors[np.isfinite(errors) & (rows.hour < known_until)])
    found = judged.errors(recipe)
    assert len(found) > 2 * 14 * 60 * 0.9
    np.testing.assert_allclose(np.sort(found), np.sort(np.concatenate(expected)), atol=2e-6)


def test_there_is_a_day_for_every_error_and_it_is_that_of_the_issue(half_year: RawHistory, judged: Origin) -> None:
    first, end, _ = moments(half_year)
    days = judged.day.astype("datetime64[D]")
    assert len(days) == len(judged.errors(Recipe(1)))
    assert days.min() >= np.datetime64(first, "D")
    assert days.max() < np.datetime64(end, "D")
    assert len(np.unique(days)) == (end - first).days


def test_trees_are_grown_once_for_each_set_of_their_parameters(half_year: RawHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    grown = list[int]()

    def counting(*arguments: object) -> object:
        grown.append(1)
        return grow(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(rolling_origins, "grow", counting)
    first, end, cut = moments(half_year)
    one = origin(half_year.histories, ("DK1",), first, end, cut=cut, seed=1)
    for recipe in (Recipe(1), recipe_at({"noise": 2.0, "kernel_weight": 0.9}, Recipe(1)), OTHER, Recipe(1)):
        one.errors(recipe)
    assert len(grown) == 2


def test_an_hour_is_judged_only_if_its_truth_was_published_at_the_cut(half_year: RawHistory) -> None:
    first, _, cut = moments(half_year)
    to_the_cut = origin(half_year.histories, ("DK1",), first, cut, cut=cut, seed=1)
    later = origin(half_year.histories, ("DK1",), first, cut, cut=cut + timedelta(days=3), seed=1)
    assert len(later.day) > len(to_the_cut.day)
    assert np.isfinite(to_the_cut.errors(Recipe(1))).all()


def test_an_origin_without_enough_to_learn_from_is_refused(half_year: RawHistory) -> None:
    early = half_year.start + timedelta(days=20)
    with pytest.raises(ValueError, match="expected consumption of DK1 before and from"):
        origin(half_year.histories, ("DK1",), early, early + timedelta(days=14), cut=half_year.now, seed=1)
