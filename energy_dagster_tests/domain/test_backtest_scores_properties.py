"""What holds of the scores of any backtest."""

from collections import defaultdict
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.domain.backtest_scores import Score, as_rows, score_table
from energy_dagster.domain.judged_forecasts import judge_forecasts
from energy_dagster_tests.domain.backtests import backtest, hours_from, truth_of

DRAWS = 20
LOADS = st.just(0.0) | st.floats(1.0, 1e4)
Backtest = tuple[pd.DataFrame, pd.DataFrame]


@st.composite
def backtests(draw: st.DrawFn) -> Backtest:
    """A few hours of two areas around a change of clocks, and their truth."""
    hours = hours_from(draw(st.sampled_from(["2026-03-28T18:00", "2026-10-24T18:00"])), draw(st.integers(1, 30)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale, spread = draw(LOADS), draw(LOADS)
    forecasts, truths = [], []
    for area in ("DK1", "DK2"):
        line, naive, actual = (generator.uniform(0, scale, len(hours)) for _ in range(3))
        lead = generator.integers(1, 49, len(hours)).tolist()
        forecasts.append(backtest(hours, line, lead=lead, area=area, naive=naive, spread_mwh=spread))
        truths.append(truth_of(hours, actual, area=area))
    return pd.concat(forecasts, ignore_index=True), pd.concat(truths, ignore_index=True)


def table(given_backtest: Backtest) -> tuple[Score, ...]:
    return score_table(judge_forecasts(*given_backtest), draws=DRAWS)


@given(backtests())
@settings(max_examples=30)
def test_scores_lie_in_their_ranges(given_backtest: Backtest) -> None:
    for score in table(given_backtest):
        assert score.rmse_mwh >= score.mae_mwh * (1 - 1e-9) >= 0
        assert abs(score.bias_mwh) <= score.mae_mwh * (1 + 1e-9)
        assert score.pinball_mwh >= 0
        assert 0 <= score.coverage_80 <= score.coverage_90 <= 1
        assert score.skill is None or score.skill <= 1


@given(backtests())
@settings(max_examples=30)
def test_each_breakdown_adds_up_to_the_whole(given_backtest: Backtest) -> None:
    overall, *rest = table(given_backtest)
    groups = defaultdict(list)
    for score in rest:
        groups[score.breakdown].append(score)
    for scores in groups.values():
        assert sum(score.n for score in scores) == overall.n
        for measure in ("mae_mwh", "bias_mwh", "pinball_mwh", "coverage_80", "width_90_mwh"):
            mean = sum(getattr(score, measure) * score.n for score in scores) / overall.n
            assert mean == pytest.approx(getattr(overall, measure), abs=1e-9)


@given(backtests(), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(given_backtest: Backtest, random: Random) -> None:
    forecasts, truth = given_backtest
    order = list(range(len(forecasts)))
    random.shuffle(order)
    for found, expected in zip(as_rows(table((forecasts.iloc[order], truth))), as_rows(table(given_backtest)), strict=True):
        assert found == {name: value if isinstance(value, str) else pytest.approx(value) for name, value in expected.items()}


@given(backtests())
@settings(max_examples=20)
def test_the_naive_itself_has_no_skill(given_backtest: Backtest) -> None:
    forecasts, truth = given_backtest
    for score in table((forecasts.assign(q50=forecasts["naive_mwh"]), truth)):
        assert score.skill in (0.0, None)


@given(backtests())
@settings(max_examples=20)
def test_a_perfect_forecast_has_no_error(given_backtest: Backtest) -> None:
    _, truth = given_backtest
    perfect = [
        backtest(pd.DatetimeIndex(of_area["hour_utc"]), of_area["consumption_mwh"].to_numpy(), area=str(area), spread_mwh=0.0)
        for area, of_area in truth.groupby("area")
    ]
    for score in table((pd.concat(perfect), truth)):
        assert (score.mae_mwh, score.rmse_mwh, score.pinball_mwh, score.pinball_deciles_mwh) == (0, 0, 0, 0)
        assert (score.coverage_80, score.coverage_90, score.width_80_mwh) == (1, 1, 0)


@given(backtests(), st.data())
@settings(max_examples=20)
def test_forecasts_without_truth_change_nothing(given_backtest: Backtest, data: st.DataObject) -> None:
    forecasts, truth = given_backtest
    unknown = truth["hour_utc"].isin(data.draw(st.lists(st.sampled_from(truth["hour_utc"].tolist()), max_size=len(truth) // 4)))
    if unknown.all():
        return
    kept = forecasts[~forecasts["hour_utc"].isin(truth.loc[unknown, "hour_utc"])]
    hidden = truth.assign(consumption_mwh=truth["consumption_mwh"].mask(unknown))
    assert table((forecasts, hidden)) == table((kept, truth))
