"""The promise of no leak: nothing published after an issue, or a training cut, changes what is made at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from energy_dagster.domain import model as model_module
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.forecasting import make_issue
from energy_dagster.domain.issue_plan import EVERY_HOUR, IssuePlan
from energy_dagster.domain.issue_states import DAYS_AHEAD, GROUPS, WEATHER_GROUPS, issue_states
from energy_dagster.domain.issues import FEATURES, LEADS, IssueRows, issue_matrix, issue_position, naive_forecast, weather_cutoff
from energy_dagster.domain.kernel import KernelParameters
from energy_dagster.domain.kernel_examples import Examples, examples_of
from energy_dagster.domain.kernel_member import fit_kernel, known_part
from energy_dagster.domain.model import Recipe, TrainedModel, kernels_to_bytes, to_text
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import WEATHER_LEAD_DAYS
from energy_dagster.domain.training import train
from energy_dagster_tests.domain.conftest import TREE_ROWS
from energy_dagster_tests.domain.synthetic import RawHistory, at_issue, published_by, rewritten

Floats = npt.NDArray[np.float64]

LOAD_HOURS, SETTLEMENT_HOURS, WEATHER_HOURS = 3, 193, 6
"""Hours from an issue back to the newest hour published of each source; a weather run is read this long after it began."""

HOURS_BACK = st.one_of(st.integers(0, 8), st.integers(0, 30 * 24))
"""Issues before the present: often the last hours, where the newest weather run is, else any of the last month."""


def known_at(histories: Mapping[str, SeriesHistory], issued_at: datetime) -> dict[str, tuple[Floats, ...]]:
    """What an issue sees: inputs of trees and kernel member, level, naive line and weather cut-off of each area."""
    seen: dict[str, tuple[Floats, ...]] = {}
    for area, history in histories.items():
        position = issue_position(history, issued_at)
        issue = np.full(len(LEADS), position)
        rows = issue_matrix(history, issue, LEADS, area_number=0)
        cutoff = weather_cutoff(history, position)
        moment: Floats = np.array([np.nan if cutoff is None else cutoff.timestamp()], dtype=np.float64)
        states = states_of(history, position)
        seen[area] = (rows.matrix, rows.level, naive_forecast(history, issue, LEADS), moment, *states)
    return seen


def states_of(history: SeriesHistory, issue: int) -> list[Floats]:
    """What the kernel member sees at an issue: the groups of its states of each day ahead, side by side."""
    grid = ClockGrid(history)
    seen = [issue_states(grid, np.array([issue]), day_ahead=ahead) for ahead in DAYS_AHEAD]
    return [np.hstack([states[name] for name in (*GROUPS, *WEATHER_GROUPS)]) for states in seen]


def assert_same(one: Mapping[str, tuple[Floats, ...]], other: Mapping[str, tuple[Floats, ...]]) -> None:
    assert one.keys() == other.keys()
    for area, arrays in one.items():
        for expected, found in zip(arrays, other[area], strict=True):
            np.testing.assert_array_equal(found, expected, err_msg=area)


def taken_away(history: RawHistory, issued_at: datetime, _seed: int) -> RawHistory:
    return at_issue(history, issued_at)


def as_it_was(history: RawHistory, issued_at: datetime, _seed: int) -> RawHistory:
    """What the platform had at the issue itself, with the clock of then."""
    return replace(at_issue(history, issued_at), now=issued_at)


def replaced(history: RawHistory, issued_at: datetime, seed: int) -> RawHistory:
    return rewritten(history, issued_at, seed=seed)


QUICK = settings(deadline=None, phases=(Phase.explicit, Phase.generate))
"""A counterexample here is a clock time and a seed: not worth the minutes of making it smaller."""

Change = Callable[[RawHistory, datetime, int], RawHistory]
CHANGES = pytest.mark.parametrize("change", [replaced, taken_away, as_it_was])


@CHANGES
@settings(QUICK, max_examples=12)
@given(hours_back=HOURS_BACK, seed=st.integers(0, 2**32 - 1))
def test_nothing_published_after_an_issue_changes_what_it_sees(
    spring: RawHistory, change: Change, hours_back: int, seed: int
) -> None:
    issued_at = spring.now - timedelta(hours=hours_back)
    changed = change(spring, issued_at, seed).histories
    assert_same(known_at(spring.histories, issued_at), known_at(changed, issued_at))


@dataclass(frozen=True, repr=False)
class Served:
    """A history and the models that may serve it."""

    history: RawHistory
    models: tuple[TrainedModel | None, ...]


@pytest.fixture(scope="module")
def served(spring: RawHistory, champion: TrainedModel) -> Served:
    return Served(spring, (None, champion))


@CHANGES
@settings(QUICK, max_examples=8)
@given(hours_back=HOURS_BACK, seed=st.integers(0, 2**32 - 1), number=st.sampled_from([0, 1]))
def test_nothing_published_after_an_issue_changes_its_forecast(
    served: Served, change: Change, hours_back: int, seed: int, number: int
) -> None:
    spring, model = served.history, served.models[number]
    issued_at = spring.now - timedelta(hours=hours_back)
    expected = make_issue(spring.histories, model, issued_at=issued_at)
    found = make_issue(change(spring, issued_at, seed).histories, model, issued_at=issued_at)
    assert_frame_equal(found.rows, expected.rows, check_exact=True)
    assert found.left_out == expected.left_out


@settings(QUICK, max_examples=15)
@given(hours_back=HOURS_BACK, age=st.integers(0, 167))
def test_a_load_published_before_an_issue_changes_what_it_sees(spring: RawHistory, hours_back: int, age: int) -> None:
    issued_at = spring.now - timedelta(hours=hours_back)
    changed_hour = spring.load.loc[published_by(LOAD, spring.load, issued_at), "hour_utc"].max() - timedelta(hours=age)
    factor = np.where(spring.load["hour_utc"] == changed_hour, 1.02, 1.0)
    changed = replace(spring, load=spring.load.assign(consumption_mwh=spring.load["consumption_mwh"] * factor)).histories
    before, after = known_at(spring.histories, issued_at), known_at(changed, issued_at)
    assert all((before[area][1] != after[area][1]).all() for area in ("DK1", "DK2", "DK"))


def test_a_settled_hour_published_before_an_issue_changes_what_it_sees(spring: RawHistory) -> None:
    changed_hour = spring.now + timedelta(hours=24) - timedelta(hours=336)
    assert published_by(SETTLEMENT, spring.settlement, spring.now)[spring.settlement["hour_utc"] == changed_hour].all()
    factor = np.where(spring.settlement["hour_utc"] == changed_hour, 1.02, 1.0)
    settlement = spring.settlement.assign(consumption_mwh=spring.settlement["consumption_mwh"] * factor)
    before, after = known_at(spring.histories, spring.now), known_at(replace(spring, settlement=settlement).histories, spring.now)
    assert (before["DK1"][0][23] != after["DK1"][0][23]).any()


@pytest.mark.parametrize("hours_back", [0, 3, 40])
def test_weather_published_at_an_issue_changes_what_it_sees(spring: RawHistory, hours_back: int) -> None:
    issued_at = spring.now - timedelta(hours=hours_back)
    known = spring.weather["available_at"] <= issued_at
    warmer = spring.weather.assign(temperature_c=spring.weather["temperature_c"] + np.where(known, 1.0, 0.0))
    before, after = known_at(spring.histories, issued_at), known_at(replace(spring, weather=warmer).histories, issued_at)
    changed = before["DK1"][0] != after["DK1"][0]
    assert changed.any(axis=1).all()


def hidden(history: SeriesHistory, issue: int, rng: np.random.Generator) -> SeriesHistory:
    """A series with every value that was not published at an issue another one, or none."""
    hours = np.arange(len(history))
    runs = np.stack([history.weather_run, *(hours - 24 * age + WEATHER_HOURS for age in WEATHER_LEAD_DAYS)])
    unread = ~(runs <= issue)
    other_run = np.where(
        unread[0], rng.choice([np.nan, issue + 1.0, issue + 6.0, issue + 500.0], len(history)), history.weather_run
    )
    gone = rng.random() < 0.2
    load = rng.choice([np.nan, 1.0, 3000.0, 50000.0], len(history)) * (np.nan if gone else 1.0)
    weather = rng.uniform(-50, 50, history.weather.shape) * (np.nan if gone else 1.0)
    return replace(
        history,
        preliminary=np.where(hours > issue - LOAD_HOURS, load, history.preliminary),
        settled=np.where(hours > issue - SETTLEMENT_HOURS, load * 1.1, history.settled),
        weather=np.where(unread[:, :, None], weather, history.weather),
        weather_run=other_run,
    )


def with_runs(history: SeriesHistory, rng: np.random.Generator) -> SeriesHistory:
    """A series whose newest weather run of an hour was read some time before it, or after it."""
    return replace(history, weather_run=np.arange(len(history)) + rng.integers(-60, 30, len(history)).astype(float))


@settings(QUICK, max_examples=10)
@given(day=st.integers(30, 74), seed=st.integers(0, 2**32 - 1))
def test_nothing_published_after_an_issue_changes_its_states_at_any_hour_of_a_day(spring: RawHistory, day: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = with_runs(spring.histories["DK1"], rng)
    for issue in range(day * DAY, (day + 1) * DAY):  # UTC, that is all local hours too
        changed = hidden(history, issue, rng)
        for ahead, (expected, found) in enumerate(zip(states_of(history, issue), states_of(changed, issue), strict=True)):
            np.testing.assert_array_equal(found, expected, err_msg=f"{issue} {ahead}")


@settings(QUICK, max_examples=10)
@given(day=st.integers(66, 179), seed=st.integers(0, 2**32 - 1))
def test_nothing_published_after_an_issue_changes_what_the_kernel_member_says_at_any_hour_of_a_day(
    half_year: RawHistory, champion: TrainedModel, day: int, seed: int
) -> None:
    rng, member = np.random.default_rng(seed), champion.engine.kernels["DK1"]
    history = with_runs(half_year.histories["DK1"], rng)
    for issue in range(day * DAY, (day + 1) * DAY, 3):
        issues = np.full(len(LEADS), issue)
        found = member.log_of(ClockGrid(hidden(history, issue, rng)), issues, LEADS)
        np.testing.assert_array_equal(found, member.log_of(ClockGrid(history), issues, LEADS))
        assert np.isfinite(found).all()


def test_a_value_published_at_an_issue_changes_its_states(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    issue = history.position(spring.now)
    for age in (LOAD_HOURS, 20, 170):
        changed = history.preliminary.copy()
        changed[issue - age] *= 1.02
        for expected, found in zip(states_of(history, issue), states_of(replace(history, preliminary=changed), issue), strict=True):
            assert (found != expected).any()
    warmer = history.weather + np.where(history.weather_run <= issue, 1.0, 0.0)[None, :, None] * (np.arange(4) == 0)[:, None, None]
    for expected, found in zip(states_of(history, issue), states_of(replace(history, weather=warmer), issue), strict=True):
        assert (found != expected).any()


def training_rows(history: SeriesHistory, cut: int) -> tuple[Floats, Floats]:
    return model_module.training_rows(history, cut, 0, np.random.default_rng(3), EVERY_HOUR)


def kernel_examples(history: SeriesHistory, cut: int, plan: IssuePlan) -> list[Examples]:
    """What the regressions of a plan learn from at a cut, few issues or many."""
    grid, log_truth = ClockGrid(known_part(history, 0, cut)), np.log(history.truth(cut)[:cut])
    return [
        examples_of((hour, ahead), grid, log_truth, first=0, last=cut) for hour in plan.local_hours for ahead in plan.days_ahead
    ]


def assert_same_examples(one: Examples, other: Examples) -> None:
    np.testing.assert_array_equal(other.issues, one.issues)
    np.testing.assert_array_equal(other.level, one.level)
    np.testing.assert_array_equal(other.outputs, one.outputs)
    assert list(other.states) == list(one.states)
    for name, values in one.states.items():
        np.testing.assert_array_equal(other.states[name], values, err_msg=f"{one.key} {name}")


@CHANGES
@settings(QUICK, max_examples=6)
@given(hours_back=HOURS_BACK, seed=st.integers(0, 2**32 - 1), local_hour=st.integers(0, DAY - 1))
def test_training_rows_and_targets_use_only_what_was_published_at_the_cut(
    spring: RawHistory, change: Change, hours_back: int, seed: int, local_hour: int
) -> None:
    cut_at = spring.now - timedelta(hours=hours_back)
    changed = change(spring, cut_at, seed).histories
    for area in ("DK1", "DK2"):
        cuts = [of[area].position(cut_at) for of in (spring.histories, changed)]
        matrix, target = training_rows(spring.histories[area], cuts[0])
        changed_matrix, changed_target = training_rows(changed[area], cuts[1])
        np.testing.assert_array_equal(changed_matrix, matrix)
        np.testing.assert_array_equal(changed_target, target)
        pairs = (
            kernel_examples(of[area], cut, IssuePlan((local_hour,)))
            for of, cut in zip((spring.histories, changed), cuts, strict=True)
        )
        for one, other in zip(*pairs, strict=True):
            assert_same_examples(one, other)


def seen_in_training(history: SeriesHistory, cut: int, until: int) -> tuple[Floats, Floats]:
    """Inputs and levels of the training rows of issues up to one, in their order."""
    noted: list[IssueRows] = []

    def noting(*args: Any, **kwargs: Any) -> IssueRows:
        noted.append(issue_matrix(*args, **kwargs))
        return noted[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_module, "issue_matrix", noting)
        patch.setattr(model_module, "TREE_ROWS", 10**9)
        training_rows(history, cut)
    (rows,) = noted
    earlier = rows.issue <= until
    return rows.matrix[earlier], rows.level[earlier]


@settings(QUICK, max_examples=6)
@given(
    issue=st.integers(40 * DAY, 70 * DAY),
    seed=st.integers(0, 2**32 - 1),
    local_hours=st.lists(st.integers(0, DAY - 1), min_size=3, max_size=3),
)
def test_no_training_row_uses_what_its_own_issue_could_not_know(
    spring: RawHistory, issue: int, seed: int, local_hours: list[int]
) -> None:
    history, cut = spring.histories["DK1"], 74 * DAY
    changed = hidden(history, issue, np.random.default_rng(seed))
    there = np.nan_to_num(changed.preliminary, nan=900.0)  # every truth, so that the rows are of the same pairs
    changed = replace(changed, preliminary=there, settled=np.nan_to_num(changed.settled, nan=700.0))
    for expected, found in zip(seen_in_training(history, cut, issue), seen_in_training(changed, cut, issue), strict=True):
        assert len(expected) > 1000
        np.testing.assert_array_equal(found, expected)
    plan = IssuePlan(tuple(local_hours))
    for one, other in zip(kernel_examples(history, cut, plan), kernel_examples(changed, cut, plan), strict=True):
        earlier = np.flatnonzero(one.issues <= issue)
        assert len(earlier) > 30
        np.testing.assert_array_equal(other.issues, one.issues)
        for name in one.states:
            np.testing.assert_array_equal(other.states[name][earlier], one.states[name][earlier], err_msg=f"{one.key} {name}")
        np.testing.assert_array_equal(other.level[earlier], one.level[earlier])


def test_training_rows_are_there_and_end_at_the_newest_published_hour(spring: RawHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "TREE_ROWS", 10**9)
    history = spring.histories["DK1"]
    cut = len(history) - 72
    matrix, target = training_rows(history, cut)
    earlier, _ = training_rows(history, cut - 24)
    assert len(matrix) == len(target)
    assert len(matrix) - len(earlier) == 24 * len(LEADS)


def test_training_rows_are_drawn_where_there_are_many(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    matrix, _ = training_rows(history, len(history) - 72)
    assert TREE_ROWS * 0.9 < len(matrix) <= TREE_ROWS
    leads = np.bincount(matrix[:, FEATURES.index("lead_hours")].astype(int), minlength=49)[1:]
    assert leads.min() > 0.7 * leads.mean()


KERNEL_PLAN = IssuePlan((3, 15))


def kernel_parts(history: SeriesHistory, cut_at: datetime) -> tuple[bytes, list[Floats]]:
    """A fitted member as bytes, and its left-out forecasts."""
    cut = history.position(cut_at)
    member, left = fit_kernel(history, first=0, cut=cut, plan=KERNEL_PLAN, parameters=KernelParameters(), left_out=True)
    assert len(member.learned) == len(KERNEL_PLAN.local_hours) * len(DAYS_AHEAD)
    return member.to_bytes(), [left.issue.astype(float), left.hour.astype(float), left.log_mwh]


@CHANGES
@settings(QUICK, max_examples=2)
@given(hours_back=HOURS_BACK, seed=st.integers(0, 2**32 - 1))
def test_a_kernel_member_and_what_it_leaves_out_are_the_same_whatever_was_published_after_the_cut(
    half_year: RawHistory, change: Change, hours_back: int, seed: int
) -> None:
    cut_at = half_year.now - timedelta(hours=hours_back)
    expected, left_out = kernel_parts(half_year.histories["DK1"], cut_at)
    found, found_left_out = kernel_parts(change(half_year, cut_at, seed).histories["DK1"], cut_at)
    assert found == expected
    for one, other in zip(left_out, found_left_out, strict=True):
        np.testing.assert_array_equal(other, one)


@settings(QUICK, max_examples=3)
@given(hours_back=st.integers(0, 30 * 24), seed=st.integers(0, 2**32 - 1))
def test_a_kernel_member_is_the_same_whatever_weather_was_read_after_the_cut(
    half_year: RawHistory, hours_back: int, seed: int
) -> None:
    rng, cut_at = np.random.default_rng(seed), half_year.now - timedelta(hours=hours_back)
    history = with_runs(half_year.histories["DK1"], rng)
    changed = hidden(history, history.position(cut_at), rng)
    assert kernel_parts(changed, cut_at)[0] == kernel_parts(history, cut_at)[0]


@pytest.mark.usefixtures("few_issues")
def test_a_model_its_scores_and_its_bands_are_the_same_whatever_was_published_after_the_cut(half_year: RawHistory) -> None:
    cut_at = half_year.now - timedelta(days=3, hours=7)
    models = [
        train(history.histories, serves_from=cut_at, trained_at=half_year.now, recipe=Recipe(1), champion=None)
        for history in (half_year, *(change(half_year, cut_at, 4) for change in (replaced, taken_away, as_it_was)))
    ]
    for other in models[1:]:
        assert to_text(other) == to_text(models[0])
        assert kernels_to_bytes(other) == kernels_to_bytes(models[0])
        assert other.meta == models[0].meta
    assert models[0].meta.calibration["DK"]["recent_widths"] != [[1.0] * 24] * 4


def engine_at(histories: Mapping[str, SeriesHistory], cut_at: datetime) -> tuple[str, dict[str, bytes]]:
    """An engine as text and bytes."""
    cut = {area: histories[area].position(cut_at) for area in ("DK1", "DK2")}
    engine = model_module.fit(histories, ("DK1", "DK2"), cut, Recipe(1), plan=KERNEL_PLAN).engine
    assert all(member.learned for member in engine.kernels.values())
    return engine.booster.model_to_string(), {area: member.to_bytes() for area, member in engine.kernels.items()}


def test_an_engine_is_the_same_whatever_was_published_after_its_cut(half_year: RawHistory) -> None:
    cut_at = half_year.now - timedelta(days=10)
    assert engine_at(half_year.histories, cut_at) == engine_at(rewritten(half_year, cut_at, seed=5).histories, cut_at)


def test_an_engine_changes_with_what_was_published_before_its_cut(half_year: RawHistory) -> None:
    cut_at = half_year.now - timedelta(days=10)
    text, kernels = engine_at(half_year.histories, cut_at)
    other_text, other_kernels = engine_at(rewritten(half_year, cut_at - timedelta(days=1), seed=5).histories, cut_at)
    assert other_text != text
    assert all(other_kernels[area] != kernel for area, kernel in kernels.items())


def test_the_rewritten_future_differs_from_the_true_one(spring: RawHistory) -> None:
    issued_at = spring.now - timedelta(days=12)
    other = rewritten(spring, issued_at, seed=1)
    for name in ("load", "settlement", "weather"):
        assert len(getattr(other, name)) == len(getattr(spring, name))
    assert not spring.load.equals(other.load)
    assert not spring.settlement.equals(other.settlement)
    assert not spring.weather.equals(other.weather)
    assert pd.concat([at_issue(spring, issued_at).load, at_issue(other, issued_at).load]).duplicated().sum() > 0
