from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import ndtr
from scipy.stats import beta

from energy_dagster.domain.calendar import HOLIDAY, day_kind
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.error_drift import (
    AUTOCORRELATION,
    BASELINE_DAYS,
    COVERAGE_AUTOCORRELATION,
    COVERAGE_DAYS,
    EVIDENCE,
    NEEDS_BASELINE_DAYS,
    NOMINAL_COVERAGE,
    RECENT_DAYS,
    coverage_bounds,
    coverage_has_not_drifted,
    errors_have_not_drifted,
    page_statistic,
)
from energy_dagster.domain.tables import ERROR_METRICS
from energy_dagster_tests.domain.judged_days import UNTIL, errors, larger, since

Floats = npt.NDArray[np.float64]

MEASURED_SD = 0.30
"""Standard deviation of the daily log errors of the sandbox; 0.31 on recorded load."""

YEAR = 365
ANY_ERRORS = hnp.arrays(np.float64, RECENT_DAYS, elements=st.floats(-3, 3))
ANY_BASELINE = hnp.arrays(np.float64, BASELINE_DAYS, elements=st.floats(-3, 3))


def dependent_days(series: int, days: int, *, correlation: float, seed: int) -> Floats:
    """Standard normal days, each going with the one before, (series, days)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(series, days)) * np.where(np.arange(days) > 0, np.sqrt(1 - correlation**2), 1)
    for day in range(1, days):
        noise[:, day] += correlation * noise[:, day - 1]
    return noise


def alarms(logs: Floats) -> npt.NDArray[np.bool_]:
    """Whether a rise is told on each day that has enough days before it."""
    looks = range(BASELINE_DAYS + RECENT_DAYS, len(logs) + 1)
    split = [(logs[n - RECENT_DAYS : n], logs[n - RECENT_DAYS - BASELINE_DAYS : n - RECENT_DAYS]) for n in looks]
    return np.array([page_statistic(recent, baseline).evidence > EVIDENCE for recent, baseline in split])


def first_alarm(told: npt.NDArray[np.bool_]) -> float:
    return float(told.argmax()) + 1 if told.any() else np.inf


def episodes(told: npt.NDArray[np.bool_], *, apart: int = 14) -> int:
    """How often an alarm begins after two quiet weeks."""
    days = np.flatnonzero(told)
    return len(days) and 1 + int((np.diff(days) > apart).sum())


def test_false_alarms_come_twice_a_year() -> None:
    logs = MEASURED_SD * dependent_days(60, BASELINE_DAYS + RECENT_DAYS + YEAR, correlation=AUTOCORRELATION, seed=1)
    told = np.array([alarms(one) for one in logs])
    assert 1.2 < np.mean([episodes(one) for one in told]) < 2.6
    assert told.mean() < 0.04


@pytest.mark.parametrize(("rise", "days"), [(1.3, 11), (1.5, 7), (2.0, 4)])
def test_a_rise_is_found_within_days(rise: float, days: int) -> None:
    steady = BASELINE_DAYS + RECENT_DAYS - 1
    logs = MEASURED_SD * dependent_days(500, steady + 40, correlation=AUTOCORRELATION, seed=7)
    logs[:, steady:] += np.log(rise)
    assert np.median([first_alarm(alarms(one)) for one in logs]) <= days


def test_a_fall_is_no_drift() -> None:
    logs = MEASURED_SD * dependent_days(50, BASELINE_DAYS + RECENT_DAYS, correlation=AUTOCORRELATION, seed=3)
    logs[:, -RECENT_DAYS:] += np.log(0.6)
    assert not any(alarms(one).any() for one in logs)


@given(ANY_ERRORS, ANY_BASELINE, st.floats(-5, 5))
def test_only_the_difference_from_the_baseline_counts(recent: Floats, baseline: Floats, shift: float) -> None:
    moved = page_statistic(recent + shift, baseline + shift)
    assert moved.evidence == pytest.approx(page_statistic(recent, baseline).evidence, abs=1e-6)


@given(ANY_ERRORS, ANY_BASELINE, st.floats(0, 3))
def test_larger_errors_are_never_less_evidence(recent: Floats, baseline: Floats, more: float) -> None:
    assert page_statistic(recent + more, baseline).evidence >= page_statistic(recent, baseline).evidence - 1e-9


@given(ANY_ERRORS, ANY_BASELINE)
def test_a_rise_lasts_some_of_the_recent_days(recent: Floats, baseline: Floats) -> None:
    rise = page_statistic(recent, baseline)
    assert (rise.evidence > 0) == (rise.days > 0)
    assert rise.days <= RECENT_DAYS


def honest_shares(series: int, days: int, *, mean: float, seed: int, sd: float = 0.18) -> Floats:
    """Shares of each day's hours inside, as skewed and dependent as measured, (series, days)."""
    size = mean * (1 - mean) / sd**2 - 1
    ranks = ndtr(dependent_days(series, days, correlation=COVERAGE_AUTOCORRELATION, seed=seed))
    return np.asarray(beta.ppf(ranks, mean * size, (1 - mean) * size))


def doubts(shares: Floats) -> npt.NDArray[np.bool_]:
    """Whether the coverage is doubted on each day that has enough days before it."""
    looks = range(BASELINE_DAYS + RECENT_DAYS, len(shares) + 1)
    bounds = [coverage_bounds(shares[n - BASELINE_DAYS - RECENT_DAYS : n], days=COVERAGE_DAYS) for n in looks]
    return np.array([not low <= NOMINAL_COVERAGE <= high for _, low, high in bounds])


def test_honest_intervals_are_doubted_once_in_years() -> None:
    shares = honest_shares(60, BASELINE_DAYS + RECENT_DAYS + YEAR, mean=NOMINAL_COVERAGE, seed=4)
    told = np.array([doubts(one) for one in shares])
    assert np.mean([episodes(one) for one in told]) < 0.3
    assert told.mean() < 0.005


@pytest.mark.parametrize(("coverage", "days"), [(0.5, COVERAGE_DAYS), (0.6, 40)])
def test_intervals_that_became_too_narrow_are_found_within_weeks(coverage: float, days: int) -> None:
    steady = BASELINE_DAYS + RECENT_DAYS - 1
    shares = honest_shares(60, steady + 60, mean=NOMINAL_COVERAGE, seed=5)
    shares[:, steady:] = honest_shares(60, 60, mean=coverage, seed=6)
    assert np.median([first_alarm(doubts(one)) for one in shares]) <= days


@given(hnp.arrays(np.float64, 70, elements=st.floats(0, 1)))
def test_the_bounds_hold_the_mean(shares: Floats) -> None:
    mean, low, high = coverage_bounds(shares, days=COVERAGE_DAYS)
    assert 0 <= low <= mean + 1e-9
    assert mean - 1e-9 <= high <= 1


def test_days_that_vary_more_say_less() -> None:
    steady, varied = (coverage_bounds(np.tile([0.8 - by, 0.8 + by], 35), days=COVERAGE_DAYS) for by in (0.05, 0.2))
    assert varied[1] < steady[1] < 0.8 < steady[2] < varied[2]


@pytest.fixture(scope="module")
def steady() -> pd.DataFrame:
    return errors()


def test_steady_errors_pass(steady: pd.DataFrame) -> None:
    finding = errors_have_not_drifted(steady, until=UNTIL)
    assert finding.passed
    assert finding.numbers["judged days"] == BASELINE_DAYS + RECENT_DAYS
    assert coverage_has_not_drifted(steady, until=UNTIL).passed


def test_a_rise_is_told_with_its_day_its_size_and_where_it_is_largest(steady: pd.DataFrame) -> None:
    risen = larger(steady, since(steady, 9), 1.5)
    risen = larger(risen, since(risen, 9) & (risen["area"] == "DK2") & (risen["lead_bucket"] == "25-48"), 1.5)
    finding = errors_have_not_drifted(risen, until=UNTIL)
    assert not finding.passed
    assert finding.numbers["since"] == "2026-11-11"
    assert 0.4 < float(finding.numbers["rise"]) < 0.8
    assert float(finding.numbers["MAE [MWh]"]) > 1.4 * float(finding.numbers["MAE before [MWh]"])
    assert "most so DK2/total 25-48 h ahead" in finding.description
    assert finding.description.endswith("see inputs_have_not_drifted, then train this week's forecast_model again")


def test_days_that_are_as_hard_for_the_naive_count_less(steady: pd.DataFrame) -> None:
    hard = larger(steady, since(steady, 9), 1.3)
    naive = steady["naive_abs_error_mwh"]
    also_hard = hard.assign(naive_abs_error_mwh=naive.where(~since(steady, 9), naive * 4))
    evidence = [float(errors_have_not_drifted(rows, until=UNTIL).numbers["evidence"]) for rows in (hard, also_hard)]
    assert evidence[1] < evidence[0]


def test_holidays_have_errors_of_their_own_and_do_not_count() -> None:
    after_christmas = timedelta(days=45)
    rows = errors()
    rows = rows.assign(hour_utc=rows["hour_utc"] + after_christmas)
    days = [day_kind(day) for day in rows["hour_utc"].dt.date]
    finding = errors_have_not_drifted(larger(rows, pd.Series(days) >= HOLIDAY, 10.0), until=UNTIL + after_christmas)
    assert date(2026, 12, 25) in set(rows["hour_utc"].dt.date)
    assert finding.passed


@pytest.mark.parametrize("change", [{"area": "DK"}, {"vintage": "settled"}])
def test_sums_of_areas_and_other_vintages_are_left_out(steady: pd.DataFrame, change: dict[str, str]) -> None:
    wrong = larger(steady[steady["area"] == "DK1"].assign(**change), since(steady[steady["area"] == "DK1"], 9), 20.0)
    both = pd.concat([steady[steady["area"] != change.get("area")], wrong], ignore_index=True)
    assert errors_have_not_drifted(both, until=UNTIL) == errors_have_not_drifted(steady, until=UNTIL)


def test_the_day_that_runs_and_half_judged_days_do_not_count(steady: pd.DataFrame) -> None:
    today = steady[since(steady, 1)].assign(hour_utc=lambda rows: rows["hour_utc"] + timedelta(days=1))
    half = steady[~since(steady, 0.5)]
    expected = errors_have_not_drifted(steady[~since(steady, 1)], until=UNTIL)
    assert errors_have_not_drifted(pd.concat([steady, larger(today, today["area"] != "", 50)]), until=UNTIL) == (
        errors_have_not_drifted(steady, until=UNTIL)
    )
    assert errors_have_not_drifted(half, until=UNTIL) == expected


def test_an_area_that_has_come_lately_does_not_hide_the_others(steady: pd.DataFrame) -> None:
    late = steady[(steady["area"] != "DK2") | since(steady, 20)]
    alone = steady[steady["area"] != "DK2"]
    assert errors_have_not_drifted(late, until=UNTIL) == errors_have_not_drifted(alone, until=UNTIL)


@pytest.mark.parametrize("days", [0, 20, NEEDS_BASELINE_DAYS + RECENT_DAYS - 1])
def test_too_few_days_are_told_and_pass(days: int) -> None:
    rows = errors(days=days) if days else empty(ERROR_METRICS)
    finding = errors_have_not_drifted(larger(rows, since(rows, 9), 9.0), until=UNTIL)
    assert finding.passed
    assert finding.description == f"{days} ordinary days are judged yet; 56 are needed to tell"


def test_a_naive_without_any_error_is_not_compared_with(steady: pd.DataFrame) -> None:
    assert errors_have_not_drifted(steady.assign(naive_abs_error_mwh=0.0), until=UNTIL).numbers == {"judged days": 0}


@pytest.mark.parametrize(("share", "told"), [(0.4, "too narrow"), (1.0, "too wide")])
def test_intervals_that_hold_too_few_or_too_many_hours_are_told(steady: pd.DataFrame, share: float, told: str) -> None:
    dishonest = steady.assign(inside_80=steady["inside_80"].where(~since(steady, COVERAGE_DAYS), share))
    finding = coverage_has_not_drifted(dishonest, until=UNTIL)
    assert not finding.passed
    assert finding.numbers["coverage"] == pytest.approx(share)
    assert (
        f"held {share:.0%} of the hours of the last 28 judged days, 80% is nominal: the intervals are {told}" in finding.description
    )


def test_coverage_waits_for_four_weeks() -> None:
    finding = coverage_has_not_drifted(errors(days=27), until=UNTIL)
    assert finding.passed
    assert finding.description == "27 ordinary days are judged yet; 28 are needed to tell"
