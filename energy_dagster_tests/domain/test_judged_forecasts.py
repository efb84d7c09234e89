import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.judged_forecasts import TERMS, UnscorableForecasts, day_sums, judge_forecasts, measures
from energy_dagster_tests.domain.backtests import backtest, hours_from, truth_of

SPRING_DAY = hours_from("2026-03-28T23:00", 23)
AUTUMN_DAY = hours_from("2026-10-24T22:00", 25)
TWO = hours_from("2026-06-01T10:00", 2)


def judged_day(hours: pd.DatetimeIndex) -> pd.DataFrame:
    return judge_forecasts(backtest(hours, np.full(len(hours), 100.0)), truth_of(hours, np.full(len(hours), 90.0)))


@pytest.mark.parametrize(("hours", "length", "day"), [(SPRING_DAY, "23", "2026-03-29"), (AUTUMN_DAY, "25", "2026-10-25")])
def test_all_hours_of_a_day_on_which_clocks_change_fall_on_it(hours: pd.DatetimeIndex, length: str, day: str) -> None:
    judged = judged_day(hours)
    assert judged["local_day"].unique().tolist() == [pd.Timestamp(day)]
    assert judged["day_length"].unique().tolist() == [length]
    assert judged["local_month"].unique().tolist() == [day[:7]]


def test_the_hour_that_spring_skips_is_absent_and_autumns_is_there_twice() -> None:
    spring, autumn = (judged_day(hours)["local_hour"].astype(str).tolist() for hours in (SPRING_DAY, AUTUMN_DAY))
    assert "02" not in spring
    assert sorted(set(spring)) == [f"{hour:02d}" for hour in range(24) if hour != 2]
    assert autumn.count("02") == 2
    assert len(set(autumn)) == 24


def test_the_hours_around_a_day_on_which_clocks_change_are_of_days_of_24() -> None:
    hours = pd.DatetimeIndex([SPRING_DAY[0] - pd.Timedelta(hours=1), SPRING_DAY[-1] + pd.Timedelta(hours=1)]).as_unit("us")
    judged = judged_day(hours)
    assert judged["day_length"].tolist() == ["24", "24"]
    assert judged["local_hour"].tolist() == ["23", "00"]


@pytest.mark.parametrize(
    ("noon", "day_type"),
    [
        ("2026-06-02", "workday"),
        ("2026-06-06", "weekend"),
        ("2026-06-07", "weekend"),
        ("2026-04-03", "holiday"),
        ("2026-05-15", "bridge"),
        ("2026-12-29", "christmas"),
    ],
)
def test_days_fall_under_their_type(noon: str, day_type: str) -> None:
    assert judged_day(hours_from(f"{noon}T11:00", 1))["day_type"].tolist() == [day_type]


def test_leads_fall_into_the_buckets_of_the_platform() -> None:
    hours = hours_from("2026-06-01T10:00", 6)
    judged = judge_forecasts(backtest(hours, np.ones(6), lead=[1, 6, 7, 13, 25, 48]), truth_of(hours, np.ones(6)))
    assert judged["lead_bucket"].tolist() == ["01-06", "01-06", "07-12", "13-24", "25-48", "25-48"]


def test_hours_without_truth_are_left_out() -> None:
    hours = hours_from("2026-06-01T10:00", 3)
    judged = judge_forecasts(backtest(hours, [1.0, 2.0, 3.0]), truth_of(hours[:2], [1.0, None]))
    assert judged["hour_utc"].tolist() == [hours[0]]


def test_a_truth_is_of_its_own_area_and_consumer_group() -> None:
    forecasts = pd.concat([backtest(TWO, [10.0, 20.0], area=area) for area in ("DK1", "DK2")], ignore_index=True)
    truth = pd.concat([truth_of(TWO, [11.0, 22.0]), truth_of(TWO, [13.0, 24.0], area="DK2")])
    assert judge_forecasts(forecasts, truth)["error"].tolist() == [-1.0, -2.0, -3.0, -4.0]
    with pytest.raises(UnscorableForecasts, match="found none"):
        judge_forecasts(forecasts.assign(consumer_group="private"), truth)
    of_group = truth.assign(consumer_group="private")
    assert len(judge_forecasts(forecasts.assign(consumer_group="private"), of_group)) == 4


def test_a_series_may_hold_the_truth() -> None:
    series = truth_of(TWO, [11.0, 22.0]).set_index(["area", "hour_utc"])["consumption_mwh"]
    assert judge_forecasts(backtest(TWO, [10.0, 20.0]), series)["actual_mwh"].tolist() == [11.0, 22.0]


def test_times_of_another_resolution_are_the_same_hours() -> None:
    truth = truth_of(TWO.as_unit("ns"), [11.0, 22.0])
    assert judge_forecasts(backtest(TWO, [10.0, 20.0]), truth)["actual_mwh"].tolist() == [11.0, 22.0]


GOOD = backtest(TWO, [10.0, 20.0])
TRUTH = truth_of(TWO, [11.0, 22.0])


@pytest.mark.parametrize(
    ("forecasts", "truth", "message"),
    [
        (GOOD, TRUTH.assign(consumption_mwh=np.nan), "hours whose truth is known, found none"),
        (GOOD, pd.concat([TRUTH, TRUTH]), "one truth per hour, found 2 more, first DK1 total 2026-06-01 10:00 UTC"),
        (GOOD.assign(q20=[1.0, np.nan]), TRUTH, "all quantiles of each forecast, found 1 null, first DK1 total 2026-06-01 11:00"),
        (GOOD.assign(lead_hours=49), TRUTH, "leads of 1 to 48 hours, found 49"),
        (GOOD.assign(lead_hours=0), TRUTH, "leads of 1 to 48 hours, found 0"),
        (pd.concat([GOOD, GOOD]), TRUTH, "each forecast once, found 2 more"),
    ],
    ids=["no-truth", "two-truths", "null", "too-late", "too-soon", "twice"],
)
def test_what_cannot_be_scored_fairly_is_refused(forecasts: pd.DataFrame, truth: pd.DataFrame, message: str) -> None:
    with pytest.raises(UnscorableForecasts, match=message):
        judge_forecasts(forecasts, truth)


def test_sums_are_by_day_in_order_of_time_and_by_group() -> None:
    hours = hours_from("2026-06-01T20:00", 4)  # local 22, 23, 00, 01
    judged = judge_forecasts(backtest(hours, [11.0, 12.0, 13.0, 14.0]), truth_of(hours, np.full(4, 10.0)))
    sums = day_sums(judged.iloc[::-1], np.array([0, 1, 1, 0]))
    assert sums.shape == (2, 2, len(TERMS))
    assert sums[..., TERMS.index("error")].tolist() == [[1.0, 2.0], [4.0, 3.0]]


def test_scores_of_no_forecast_are_undefined() -> None:
    assert all(np.isnan(value[0]) for value in measures(np.zeros((1, len(TERMS)))).values())
