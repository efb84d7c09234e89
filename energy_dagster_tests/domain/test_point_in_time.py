"""The promise of no leak: nothing published after an issue, or a training cut, changes what is made at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from energy_dagster.domain import model as model_module
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT
from energy_dagster.domain.forecasting import make_issue
from energy_dagster.domain.issues import LEADS, issue_matrix, issue_position, naive_forecast, weather_cutoff
from energy_dagster.domain.linear import LEAD_CLASSES, ClassRows
from energy_dagster.domain.model import PARAMETERS, TrainedModel
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster_tests.domain.synthetic import RawHistory, at_issue, published_by, rewritten

Floats = npt.NDArray[np.float64]

HOURS_BACK = st.one_of(st.integers(0, 8), st.integers(0, 30 * 24))
"""Issues before the present: often the last hours, where the newest weather run is, else any of the last month."""


def known_at(histories: Mapping[str, SeriesHistory], issued_at: datetime) -> dict[str, tuple[Floats, ...]]:
    """What an issue sees: inputs of trees and linear member, level, naive line and weather cut-off of each area."""
    seen: dict[str, tuple[Floats, ...]] = {}
    for area, history in histories.items():
        position = issue_position(history, issued_at)
        issue = np.full(len(LEADS), position)
        rows = issue_matrix(history, issue, LEADS, area_number=0)
        cutoff = weather_cutoff(history, position)
        moment: Floats = np.array([np.nan if cutoff is None else cutoff.timestamp()], dtype=np.float64)
        seen[area] = (rows.matrix, rows.level, naive_forecast(history, issue, LEADS), moment, rows.linear)
    return seen


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


def training_rows(history: SeriesHistory, cut: int) -> tuple[Floats, Floats]:
    return model_module.training_rows(history, cut, 0, np.random.default_rng(3))


def linear_rows(history: SeriesHistory, cut: int, number: int) -> ClassRows:
    return model_module.linear_rows(history, cut, np.random.default_rng(3), number)


@CHANGES
@settings(QUICK, max_examples=6)
@given(hours_back=HOURS_BACK, seed=st.integers(0, 2**32 - 1))
def test_training_rows_and_targets_use_only_what_was_published_at_the_cut(
    spring: RawHistory, change: Change, hours_back: int, seed: int
) -> None:
    cut_at = spring.now - timedelta(hours=hours_back)
    changed = change(spring, cut_at, seed).histories
    for area in ("DK1", "DK2"):
        matrix, target = training_rows(spring.histories[area], spring.histories[area].position(cut_at))
        changed_matrix, changed_target = training_rows(changed[area], changed[area].position(cut_at))
        np.testing.assert_array_equal(changed_matrix, matrix)
        np.testing.assert_array_equal(changed_target, target)
        for number in (0, len(LEAD_CLASSES) - 1):
            one, other = (linear_rows(of[area], of[area].position(cut_at), number) for of in (spring.histories, changed))
            np.testing.assert_array_equal(other.inputs, one.inputs)
            np.testing.assert_array_equal(other.target, one.target)


def test_training_rows_are_there_and_end_at_the_newest_published_hour(spring: RawHistory) -> None:
    history = spring.histories["DK1"]
    cut = len(history) - 72
    matrix, target = training_rows(history, cut)
    earlier, _ = training_rows(history, cut - 24)
    assert len(matrix) == len(target)
    assert len(matrix) - len(earlier) == pytest.approx(24 * model_module.ROWS_PER_HOUR, abs=20)


def test_an_engine_is_the_same_whatever_was_published_after_its_cut(spring: RawHistory) -> None:
    cut_at = spring.now - timedelta(days=10)
    texts = []
    for histories in (spring.histories, rewritten(spring, cut_at, seed=5).histories):
        cut = {area: histories[area].position(cut_at) for area in ("DK1", "DK2")}
        engine, _ = model_module.fit(histories, ("DK1", "DK2"), cut, PARAMETERS | {"seed": 1})
        texts.append([engine.booster.model_to_string(), *(line.to_json() for line in engine.linear.values())])
    assert texts[0] == texts[1]


def test_an_engine_changes_with_what_was_published_before_its_cut(spring: RawHistory) -> None:
    cut_at = spring.now - timedelta(days=10)
    texts = []
    for histories in (spring.histories, rewritten(spring, cut_at - timedelta(days=1), seed=5).histories):
        cut = {area: histories[area].position(cut_at) for area in ("DK1", "DK2")}
        engine, _ = model_module.fit(histories, ("DK1", "DK2"), cut, PARAMETERS | {"seed": 1})
        texts.append([engine.booster.model_to_string(), *(line.to_json() for line in engine.linear.values())])
    assert texts[0] != texts[1]


def test_the_rewritten_future_differs_from_the_true_one(spring: RawHistory) -> None:
    issued_at = spring.now - timedelta(days=12)
    other = rewritten(spring, issued_at, seed=1)
    for name in ("load", "settlement", "weather"):
        assert len(getattr(other, name)) == len(getattr(spring, name))
    assert not spring.load.equals(other.load)
    assert not spring.settlement.equals(other.settlement)
    assert not spring.weather.equals(other.weather)
    assert pd.concat([at_issue(spring, issued_at).load, at_issue(other, issued_at).load]).duplicated().sum() > 0
