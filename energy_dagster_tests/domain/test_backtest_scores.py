import json
import time
from collections import Counter
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.backtest_scores import WITH_INTERVAL, Breakdown, Score, as_rows, paired_difference, score_table
from energy_dagster.domain.judged_forecasts import UnscorableForecasts, judge_forecasts
from energy_dagster.domain.metrics import skill
from energy_dagster_tests.domain.backtests import backtest, hours_from, rolling_year, truth_of

HOURS = hours_from("2026-06-01T09:00", 4)
ACTUAL = [100.0, 200.0, 400.0, 0.0]
LINE = [110.0, 180.0, 440.0, 50.0]
A_YEAR_MAY_TAKE_S = 4.0
"""Twice the promise, for a busy machine."""


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return judge_forecasts(*rolling_year())


def small_table(naive: list[float | None] | None = None) -> tuple[Score, ...]:
    return score_table(judge_forecasts(backtest(HOURS, LINE, lead=[1, 2, 7, 8], naive=naive), truth_of(HOURS, ACTUAL)))


def test_scores_are_those_computed_by_hand() -> None:
    overall = small_table([120.0, None, 400.0, 100.0])[0]
    assert (overall.breakdown, overall.group, overall.n, overall.hours, overall.days) == ("overall", "all", 4, 4, 1)
    assert overall.mae_mwh == (10 + 20 + 40 + 50) / 4
    assert overall.bias_mwh == (10 - 20 + 40 + 50) / 4
    assert overall.rmse_mwh == pytest.approx(((100 + 400 + 1600 + 2500) / 4) ** 0.5)
    assert overall.wape_pct == pytest.approx(100 * 120 / 700)
    assert overall.mape_pct == pytest.approx((10 + 10 + 10) / 3)
    assert overall.skill == pytest.approx(skill((10 + 40 + 50) / 3, (20 + 0 + 100) / 3))


def test_probabilistic_scores_are_those_computed_by_hand() -> None:
    hours = hours_from("2026-06-01T09:00", 2)
    overall = score_table(judge_forecasts(backtest(hours, [100.0, 100.0]), truth_of(hours, [100.0, 143.0])))[0]
    # Quantile q is 100 + 100 (q - 0.5). Where the actual is 100, a level misses by 100 |q - 0.5| at the weight min(q, 1 - q).
    at_100 = [2.25, 4.0, 6.0, 6.0, 4.0, 0.0, 4.0, 6.0, 6.0, 4.0, 2.25]
    # At 143 all but the last quantile (145) lie below: level * (143 - quantile), and 0.05 * 2.
    at_143 = [4.4, 8.3, 14.6, 18.9, 21.2, 21.5, 19.8, 16.1, 10.4, 2.7, 0.1]
    assert overall.pinball_mwh == pytest.approx((sum(at_100) + sum(at_143)) / 22)
    assert overall.pinball_deciles_mwh == pytest.approx((sum(at_100[1:-1]) + sum(at_143[1:-1])) / 18)
    assert (overall.coverage_80, overall.coverage_90) == (0.5, 1.0)
    assert overall.width_80_mwh == pytest.approx(80)
    assert overall.width_90_mwh == pytest.approx(90)


def test_an_hour_forecast_by_several_issues_is_one_hour() -> None:
    hours = HOURS[[0, 0, 1]]
    overall = score_table(judge_forecasts(backtest(hours, [1.0, 2.0, 3.0], lead=[1, 2, 1]), truth_of(HOURS[:2], [1.0, 1.0])))[0]
    assert (overall.n, overall.hours) == (3, 2)


def test_scores_of_groups_are_of_their_own_rows() -> None:
    by_lead = {score.group: score.mae_mwh for score in small_table() if score.breakdown == "lead_bucket"}
    assert by_lead == {"01-06": 15.0, "07-12": 45.0}


def test_undefined_scores_are_none() -> None:
    hours = HOURS[:1]
    overall = score_table(judge_forecasts(backtest(hours, [5.0]), truth_of(hours, [0.0])))[0]
    assert (overall.wape_pct, overall.mape_pct, overall.skill) == (None, None, None)
    assert set(overall.intervals.values()) == {None}


def test_a_perfect_naive_leaves_skill_undefined() -> None:
    assert small_table([100.0, 200.0, 400.0, 0.0])[0].skill is None


def test_a_year_has_all_breakdowns_with_their_groups_in_order(year: pd.DataFrame) -> None:
    scores = score_table(year)
    groups = {b: [score.group for score in scores if score.breakdown == b] for b in get_args(Breakdown)}
    assert Counter(score.breakdown for score in scores).keys() == set(get_args(Breakdown))
    assert groups["lead_bucket"] == ["01-06", "07-12", "13-24", "25-48"]
    assert groups["local_hour"] == [f"{hour:02d}" for hour in range(24)]
    assert groups["day_type"] == ["workday", "weekend", "holiday", "bridge", "christmas"]
    assert groups["day_length"] == ["23", "24", "25"]
    assert groups["local_month"][:3] == ["2022-01", "2022-02", "2022-03"]


def test_days_on_which_clocks_change_are_scored_by_themselves(year: pd.DataFrame) -> None:
    by_length = {score.group: score for score in score_table(year) if score.breakdown == "day_length"}
    assert [(by_length[length].hours, by_length[length].days) for length in ("23", "25")] == [(23, 1), (25, 1)]


def test_intervals_hold_the_scores(year: pd.DataFrame) -> None:
    overall = score_table(year)[0]
    for measure in WITH_INTERVAL:
        interval = overall.intervals[measure]
        assert interval is not None
        assert interval.low < getattr(overall, measure) < interval.high


def test_groups_of_few_weeks_have_no_interval(year: pd.DataFrame) -> None:
    found = {score.group: score.intervals["mae_mwh"] for score in score_table(year) if score.breakdown == "day_type"}
    assert [group for group, interval in found.items() if interval is None] == ["bridge", "christmas"]


def test_scores_are_the_same_by_seed(year: pd.DataFrame) -> None:
    assert score_table(year, seed=3) == score_table(year, seed=3)
    assert score_table(year, seed=3)[0].intervals != score_table(year, seed=4)[0].intervals


def test_a_year_is_scored_in_seconds() -> None:
    forecasts, truth = rolling_year()
    assert len(forecasts) == 140_160
    start = time.process_time()
    score_table(judge_forecasts(forecasts, truth))
    assert time.process_time() - start < A_YEAR_MAY_TAKE_S


def test_a_selection_of_judged_forecasts_can_be_scored(year: pd.DataFrame) -> None:
    selected = score_table(year[year["lead_bucket"] == "07-12"])
    of_all = next(score for score in score_table(year) if score.group == "07-12")
    assert selected[0].n == of_all.n
    assert selected[0].mae_mwh == pytest.approx(of_all.mae_mwh)
    assert [score.group for score in selected if score.breakdown == "lead_bucket"] == ["07-12"]
    with pytest.raises(UnscorableForecasts, match="expected judged forecasts"):
        score_table(year[:0])


def test_rows_are_plain_and_each_interval_stands_beside_its_score(year: pd.DataFrame) -> None:
    rows = as_rows(score_table(year))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    names = list(rows[0])
    assert names[:8] == ["breakdown", "group", "n", "hours", "days", "mae_mwh", "mae_mwh_low", "mae_mwh_high"]
    assert [name for name in names if name.endswith("_low")] == [f"{measure}_low" for measure in names if measure in WITH_INTERVAL]
    bridge = next(row for row in rows if row["group"] == "bridge")
    assert bridge["mae_mwh_low"] is None


def test_the_better_of_two_sets_of_forecasts_is_found(year: pd.DataFrame) -> None:
    worse = judge_forecasts(*rolling_year(seed=1, error_mwh=105.0))
    found = paired_difference(year, worse)
    assert (found.n, found.only_a, found.only_b) == (len(year), 0, 0)
    assert (found.mae_mwh.better, found.mape_pct.better, found.pinball_mwh.better) == ("a", "a", "a")
    assert paired_difference(worse, year).mae_mwh.better == "b"
    assert found.mae_mwh.estimate == pytest.approx(year["abs_error"].mean() - worse["abs_error"].mean())


def test_two_sets_that_differ_by_chance_are_not_told_apart(year: pd.DataFrame) -> None:
    found = paired_difference(year, judge_forecasts(*rolling_year(seed=1)))
    assert found.mae_mwh.interval is not None
    assert found.mae_mwh.better is None


def test_the_difference_is_that_of_the_pairs_alone() -> None:
    truth = truth_of(HOURS, ACTUAL)
    a = judge_forecasts(backtest(HOURS[:3], LINE[:3]), truth)
    b = judge_forecasts(backtest(HOURS[:0:-1], [60.0, 390.0, 195.0]), truth)  # hours 3, 2, 1
    found = paired_difference(a, b)
    assert (found.n, found.days, found.only_a, found.only_b) == (2, 1, 1, 1)
    assert found.mae_mwh.estimate == (20 + 40) / 2 - (5 + 10) / 2
    assert found.mape_pct.estimate == pytest.approx(10 - 2.5)
    assert (found.mae_mwh.interval, found.mae_mwh.better) == (None, None)


def test_an_undefined_difference_is_none() -> None:
    of_nothing = judge_forecasts(backtest(HOURS, LINE), truth_of(HOURS, np.zeros(4)))
    assert paired_difference(of_nothing, of_nothing).mape_pct.estimate is None


def test_forecasts_without_a_pair_or_of_another_truth_are_not_compared() -> None:
    a = judge_forecasts(backtest(HOURS, LINE), truth_of(HOURS, ACTUAL))
    with pytest.raises(UnscorableForecasts, match="same areas, hours and leads, found none"):
        paired_difference(a, judge_forecasts(backtest(HOURS, LINE, lead=2), truth_of(HOURS, ACTUAL)))
    with pytest.raises(UnscorableForecasts, match="same truth for both, found 4 actuals that differ"):
        paired_difference(a, judge_forecasts(backtest(HOURS, LINE), truth_of(HOURS, np.add(ACTUAL, 1))))
