"""What a backtest would have forecast: its windows, its issues, and that it knew nothing it could not know."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from energy_dagster.domain.backtest import (
    COLUMNS,
    PERIOD,
    QUANTILE_NAMES,
    REFITS,
    WARM_UP_DAYS,
    CannotBacktest,
    Refit,
    Said,
    Span,
    Window,
    recipe_version,
    say,
    teach,
    truth_of,
    windows_of,
    with_bands,
    with_naive,
)
from energy_dagster.domain.backtest_scores import score_table
from energy_dagster.domain.calendar import day_ahead_issue, delivery_day_hours
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.judged_forecasts import judge_forecasts
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster.domain.weather_errors import as_forecasts
from energy_dagster.storage.recorded_load import read_load
from energy_dagster_tests.domain.synthetic import RawHistory, at, observed_weather, raw_history, rewritten
from energy_dagster_tests.recorded_loads import history_of, load_of, quick_recipe, without

SPRING = Span(date(2026, 3, 20), date(2026, 4, 5), refit="yearly")
"""Seventeen delivery days, that of 23 hours among them; one engine, and one before it."""


def naive_hours(day: date) -> list[datetime]:
    """The hours of a local day, naive UTC."""
    return [hour.replace(tzinfo=None) for hour in delivery_day_hours(day)]


def days_of(history: SeriesHistory, window: Window, *, ahead: int) -> "pd.Series[pd.Timestamp]":
    """The local days of a window's issues, or of those so many days after."""
    return to_danish(pd.Series(history.hours(window.issues))).dt.tz_localize(None).dt.normalize() + timedelta(days=ahead)


def banded(history: SeriesHistory, said: Sequence[Said]) -> pd.DataFrame:
    """Forecasts by engines of one recipe."""
    return with_bands(history, said, versions={part.window.name: "v" for part in said})


def forecast(history: SeriesHistory, span: Span, *, recipe: Recipe | None = None) -> pd.DataFrame:
    """The whole backtest."""
    return banded(history, said_of(history, span, recipe=recipe))


def said_of(history: SeriesHistory, span: Span, *, recipe: Recipe | None = None) -> list[Said]:
    windows = windows_of(ClockGrid(history), span)
    return [say(history, teach(history, window, span, recipe or quick_recipe()), span) for window in windows]


@pytest.fixture(scope="module")
def two_years() -> SeriesHistory:
    return history_of(load_of("2024-09-01", "2026-04-12"))


@pytest.fixture(scope="module")
def two_hundred_days() -> SeriesHistory:
    return history_of(load_of())


@dataclass(frozen=True, repr=False)
class Made:
    """A backtest of the spring, with what it was made of."""

    history: SeriesHistory
    said: Sequence[Said]

    @cached_property
    def rows(self) -> pd.DataFrame:
        return banded(self.history, self.said)


@pytest.fixture(scope="module")
def spring_days(two_hundred_days: SeriesHistory) -> Made:
    return Made(two_hundred_days, said_of(two_hundred_days, SPRING))


# --- windows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 6, 10), date(2025, 10, 26)])
def test_a_gate_issue_is_made_at_ten_on_the_day_before_for_exactly_the_hours_of_the_day(
    two_years: SeriesHistory, day: date
) -> None:
    span = Span(day, day)
    window = windows_of(ClockGrid(two_years), span)[-1]
    issues, leads = span.plan.pairs(ClockGrid(two_years), window.issues)
    assert two_years.hours(window.issues).tolist() == [day_ahead_issue(day).replace(tzinfo=None)]
    assert two_years.hours(issues + leads).tolist() == naive_hours(day)


def test_a_span_over_both_clock_changes_has_an_issue_for_each_of_its_days(two_years: SeriesHistory) -> None:
    span = Span(date(2025, 3, 1), date(2025, 11, 30))
    windows = [window for window in windows_of(ClockGrid(two_years), span) if not window.warms_up]
    issues, leads = span.plan.pairs(ClockGrid(two_years), np.concatenate([window.issues for window in windows]))
    hours = two_years.hours(issues + leads)
    wanted = [hour for day in pd.date_range(span.first, span.last) for hour in naive_hours(day.date())]
    assert hours.tolist() == wanted
    assert {23, 25} < set(pd.Series(issues).value_counts())


def test_a_rolling_issue_is_made_every_so_many_hours_of_the_clock_for_the_next_48(two_years: SeriesHistory) -> None:
    span = Span(date(2025, 3, 29), date(2025, 3, 31), "rolling", every_hours=2)
    window = windows_of(ClockGrid(two_years), span)[-1]
    local = to_danish(pd.Series(two_years.hours(window.issues)))
    assert local.dt.strftime("%d %H").tolist() == [
        f"{day} {hour:02d}" for day in (29, 30, 31) for hour in range(0, 24, 2) if (day, hour) != (30, 2)
    ]
    issues, leads = span.plan.pairs(ClockGrid(two_years), window.issues)
    assert leads.tolist() == list(range(1, HORIZON_HOURS + 1)) * len(window.issues)
    assert len(set(issues)) == len(window.issues)


@pytest.mark.parametrize("refit", REFITS)
def test_an_engine_serves_one_period_and_is_taught_at_its_first_issue(two_years: SeriesHistory, refit: Refit) -> None:
    windows = windows_of(ClockGrid(two_years), Span(date(2025, 6, 1), date(2026, 1, 31), refit=refit))
    for window in windows:
        periods = days_of(two_years, window, ahead=1).dt.to_period(PERIOD[refit]).unique()
        assert len(periods) == 1
        assert window.cut == window.issues[0]
    inside = [window for window in windows if not window.warms_up]
    days = pd.date_range("2025-06-01", "2026-01-31")
    assert len(inside) == len(days.to_period(PERIOD[refit]).unique())
    assert pd.concat([days_of(two_years, window, ahead=1) for window in inside]).tolist() == days.tolist()


def test_windows_have_names_of_their_own_and_come_oldest_first(two_years: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_years), Span(date(2025, 6, 15), date(2025, 8, 3)))
    names = ["2025-04-before", "2025-05-before", "2025-06-before", "2025-06", "2025-07", "2025-08"]
    assert [window.name for window in windows] == names
    assert [window.warms_up for window in windows] == [True] * 3 + [False] * 3
    assert all(before.issues[-1] < after.cut for before, after in pairwise(windows))


def test_eight_weeks_before_the_span_warm_up(two_years: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_years), Span(date(2025, 6, 15), date(2025, 6, 30)))
    days = pd.concat([days_of(two_years, window, ahead=1) for window in windows if window.warms_up])
    assert days.tolist() == pd.date_range(end="2025-06-14", periods=WARM_UP_DAYS).tolist()


def test_warming_up_can_begin_earlier(two_years: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_years), Span(date(2025, 6, 1), date(2025, 6, 30)), warm_up_from=date(2025, 4, 1))
    assert [(window.name, len(window.issues)) for window in windows] == [
        ("2025-04-before", 30),
        ("2025-05-before", 31),
        ("2025-06", 30),
    ]


def test_warming_up_begins_when_there_is_enough_to_learn_from(two_hundred_days: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_hundred_days), Span(date(2026, 1, 10), date(2026, 1, 20)))
    days = pd.concat([days_of(two_hundred_days, window, ahead=1) for window in windows if window.warms_up])
    assert days.tolist() == pd.date_range("2026-01-04", "2026-01-09").tolist()


def test_too_little_history_is_refused_with_the_first_day_that_can_be(two_hundred_days: SeriesHistory) -> None:
    grid = ClockGrid(two_hundred_days)
    with pytest.raises(CannotBacktest, match=r"at least 100 known days of DK1 before .* the earliest first day is 2026-01-04"):
        windows_of(grid, Span(date(2025, 12, 1), date(2026, 1, 31)))
    with pytest.raises(CannotBacktest, match="2026-01-04"):
        windows_of(grid, Span(date(2026, 1, 3), date(2026, 1, 31)))
    assert windows_of(grid, Span(date(2026, 1, 4), date(2026, 1, 31)))[0].name == "2026-01"


def test_hours_that_are_not_known_are_no_history() -> None:
    load = load_of()
    load.iloc[24 : 24 * 120] = np.nan
    with pytest.raises(CannotBacktest, match="100 known days of DK1 before the first issue; there is no such day"):
        windows_of(ClockGrid(history_of(load)), SPRING)


def test_known_hours_too_scattered_to_learn_from_are_refused() -> None:
    whole = history_of(load_of())
    scattered = replace(whole, preliminary=np.where(np.arange(len(whole)) % 5 > 1, np.nan, whole.preliminary))
    window = Window("2026-03", len(scattered) - 200, np.array([len(scattered) - 200]), warms_up=False)
    with pytest.raises(CannotBacktest, match="expected 100 days of DK1 to learn from before 2026-03, found too few"):
        teach(scattered, window, SPRING, quick_recipe())


@pytest.mark.parametrize(("first", "last"), [("2024-01-01", "2024-12-31"), ("2026-04-20", "2026-05-31")])
def test_a_span_outside_the_data_is_refused_with_what_there_is(two_hundred_days: SeriesHistory, first: str, last: str) -> None:
    span = Span(date.fromisoformat(first), date.fromisoformat(last))
    with pytest.raises(CannotBacktest, match=f"{first} to {last} within the data of DK1, found data from 2025-09-25 to 2026-04-12"):
        windows_of(ClockGrid(two_hundred_days), span)


def test_a_series_without_consumption_is_refused(two_hundred_days: SeriesHistory) -> None:
    nothing = np.full(len(two_hundred_days), np.nan)
    with pytest.raises(CannotBacktest, match="expected hours of DK1 with consumption, found none"):
        windows_of(ClockGrid(replace(two_hundred_days, preliminary=nothing, settled=nothing)), SPRING)


def test_a_span_that_goes_on_after_the_data_ends_with_them(two_hundred_days: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_hundred_days), Span(date(2026, 4, 1), date(2026, 12, 31)))
    assert days_of(two_hundred_days, windows[-1], ahead=1).max() == pd.Timestamp("2026-04-15")


# --- forecasts ---------------------------------------------------------------------------------------------------------------


def test_every_day_of_the_span_is_forecast_whole(spring_days: Made) -> None:
    wanted = [hour for day in pd.date_range(SPRING.first, SPRING.last) for hour in naive_hours(day.date())]
    assert spring_days.rows["hour_utc"].tolist() == wanted
    assert spring_days.rows.groupby("issued_at").size().value_counts().to_dict() == {24: 16, 23: 1}


def test_a_forecast_has_the_agreed_columns_and_its_lead_is_its_hour_minus_its_issue(spring_days: Made) -> None:
    rows = spring_days.rows
    assert tuple(rows.columns) == COLUMNS
    assert QUANTILE_NAMES == ("q0.05", "q0.1", "q0.2", "q0.3", "q0.4", "q0.5", "q0.6", "q0.7", "q0.8", "q0.9", "q0.95")
    assert (rows["issued_at"] + pd.to_timedelta(rows["lead_hours"], unit="h") == rows["hour_utc"]).all()
    assert set(rows["area"]) == {"DK1"}
    assert set(rows["consumer_group"]) == {"total"}
    assert rows["issued_at"].dtype == rows["hour_utc"].dtype == np.dtype("datetime64[us]")


def test_quantiles_are_ordered_positive_and_finite(spring_days: Made) -> None:
    quantiles = spring_days.rows[list(QUANTILE_NAMES)].to_numpy()
    assert np.isfinite(quantiles).all()
    assert (quantiles > 0).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_the_forecasts_beat_the_weekly_naive_and_their_bands_hold_about_what_they_say(spring_days: Made) -> None:
    judged = judge_forecasts(with_naive(spring_days.rows, spring_days.history), truth_of(spring_days.history))
    overall = score_table(judged, draws=10)[0]
    assert overall.n == len(spring_days.rows)
    assert overall.skill is not None
    assert overall.skill > 0.1
    assert 0.6 < overall.coverage_80 < 0.95


def test_the_model_version_names_the_window_and_the_recipe(two_hundred_days: SeriesHistory) -> None:
    rows = forecast(two_hundred_days, Span(date(2026, 3, 30), date(2026, 4, 2), refit="monthly"))
    assert rows.groupby("model_version")["issued_at"].nunique().to_dict() == {"2026-03-v": 2, "2026-04-v": 2}


def test_recipes_that_differ_have_versions_that_differ() -> None:
    versions = {recipe_version(recipe) for recipe in (Recipe(1), Recipe(2), Recipe(1, kernel_weight=0.5), quick_recipe(1))}
    assert len(versions) == 4
    assert all(len(version) == 8 for version in versions)


def test_inputs_tell_whether_there_was_weather(spring_days: Made) -> None:
    observed = observed_weather(pd.DatetimeIndex(load_of().index), np.random.default_rng(3))
    history = history_of(load_of(), weather=as_forecasts(observed, "DK1", with_errors=False, seed=0))
    span = replace(SPRING, last=date(2026, 3, 21))
    assert set(forecast(history, span)["inputs"]) == {"full"}
    assert set(spring_days.rows["inputs"]) == {"no_weather"}


def test_inputs_tell_that_consumption_came_late() -> None:
    rows = forecast(history_of(without(load_of(), "2026-03-23T00:00", "2026-03-24T12:00")), replace(SPRING, last=date(2026, 3, 26)))
    late = rows.groupby(rows["issued_at"].dt.day)["inputs"].unique().map(list)
    assert late.to_dict() == {19: ["no_weather"], 20: ["no_weather"], 21: ["no_weather"], 22: ["no_weather"]} | {
        23: ["older_lags"],
        24: ["older_lags"],
        25: ["no_weather"],
    }


def test_rolling_issues_forecast_48_hours_each(two_hundred_days: SeriesHistory) -> None:
    span = Span(date(2026, 3, 28), date(2026, 3, 30), "rolling", "yearly", every_hours=12)
    rows = forecast(two_hundred_days, span)
    assert rows["issued_at"].nunique() == 6
    assert (rows.groupby("issued_at")["lead_hours"].agg(["min", "max", "nunique"]) == [1, 48, 48]).all(axis=None)
    local = to_danish(pd.Series(rows["issued_at"].unique()))
    assert local.dt.strftime("%d %H").tolist() == ["28 00", "28 12", "29 00", "29 12", "30 00", "30 12"]


# --- nothing that was not known ----------------------------------------------------------------------------------------------

FIRST_DAY, LAST_DAY = date(2026, 3, 25), date(2026, 4, 2)
GATE = Span(FIRST_DAY, LAST_DAY, refit="yearly")
ROLLING = Span(FIRST_DAY, LAST_DAY - timedelta(days=6), "rolling", "yearly", every_hours=12)


@dataclass(frozen=True, repr=False)
class Known:
    """A raw history of DK1 and the backtests of it by protocol."""

    raw: RawHistory
    made: dict[str, pd.DataFrame]


def series_of(raw: RawHistory) -> SeriesHistory:
    return series_histories(raw.features())["DK1"]


@pytest.fixture(scope="module")
def known() -> Known:
    both = raw_history(days=190, start=at("2025-09-25"))
    load, settlement, weather = (rows[rows["area"] == "DK1"] for rows in (both.load, both.settlement, both.weather))
    raw = replace(both, load=load, settlement=settlement, weather=weather)
    series = series_of(raw)
    return Known(raw, {span.protocol: forecast(series, span) for span in (GATE, ROLLING)})


@settings(deadline=None, max_examples=5, phases=(Phase.explicit, Phase.generate))
@given(number=st.integers(0, 8), seed=st.integers(0, 2**32 - 1))
def test_nothing_published_after_a_gate_issue_changes_its_rows(known: Known, number: int, seed: int) -> None:
    assert_blind_to_the_future(known, GATE, number, seed)


@settings(deadline=None, max_examples=2, phases=(Phase.explicit, Phase.generate))
@given(number=st.integers(0, 5), seed=st.integers(0, 2**32 - 1))
def test_nothing_published_after_a_rolling_issue_changes_its_rows(known: Known, number: int, seed: int) -> None:
    assert_blind_to_the_future(known, ROLLING, number, seed)


def assert_blind_to_the_future(known: Known, span: Span, number: int, seed: int) -> None:
    made = known.made[span.protocol]
    issued_at = pd.Timestamp(made["issued_at"].unique()[number])
    other = forecast(series_of(rewritten(known.raw, issued_at.to_pydatetime(), seed=seed)), span)
    before, after = (rows[rows["issued_at"] <= issued_at].reset_index(drop=True) for rows in (made, other))
    assert before["issued_at"].max() == issued_at
    assert_frame_equal(after, before, check_exact=True)


def test_what_was_published_before_an_issue_changes_its_rows(known: Known) -> None:
    issued_at = pd.Timestamp(known.made["gate"]["issued_at"].unique()[4])
    other = forecast(series_of(rewritten(known.raw, (issued_at - timedelta(days=1)).to_pydatetime(), seed=1)), GATE)
    rows, others = (made[made["issued_at"] == issued_at].reset_index(drop=True) for made in (known.made["gate"], other))
    assert not rows.equals(others)


def widths(rows: pd.DataFrame) -> "pd.Series[float]":
    """How wide P10 to P90 is in the mean, relative to the line, by issue."""
    return ((rows["q0.9"] - rows["q0.1"]) / rows["q0.5"]).groupby(rows["issued_at"]).mean()


def test_bands_are_widened_by_errors_known_at_the_issue_and_by_no_others(spring_days: Made) -> None:
    history, rows = spring_days.history, spring_days.rows
    first_unknown = history.position(rows["issued_at"].unique()[8]) - 2
    wrong = np.where(np.arange(len(history)) >= first_unknown, 1.3, 1.0)
    changed = banded(replace(history, preliminary=history.preliminary * wrong), spring_days.said)
    issues = rows["issued_at"].unique()
    blind = rows["issued_at"] <= issues[8]
    assert_frame_equal(changed[blind], rows[blind], check_exact=True)
    assert (widths(changed)[issues[12:]] > 1.1 * widths(rows)[issues[12:]]).all()
    pd.testing.assert_series_equal(changed["q0.5"], rows["q0.5"])


def test_an_error_stops_widening_the_bands_after_eight_weeks(two_hundred_days: SeriesHistory) -> None:
    windows = windows_of(ClockGrid(two_hundred_days), Span(date(2026, 4, 1), date(2026, 4, 2)), warm_up_from=date(2026, 1, 10))
    span = Span(date(2026, 4, 1), date(2026, 4, 2))
    said = [say(two_hundred_days, teach(two_hundred_days, window, span, quick_recipe()), span) for window in windows]
    young = [part for part in said if part.window.name != "2026-01-before"]
    assert_frame_equal(banded(two_hundred_days, said), banded(two_hundred_days, young), check_exact=True)


# --- hours that are not there ------------------------------------------------------------------------------------------------


BAD_HOURS = tuple(map(pd.Timestamp, ("2026-03-23T10:00", "2026-03-23T11:00", "2026-03-24T10:00", "2026-03-25T10:00")))
"""Two missing ones, a zero and a spike."""


@pytest.fixture(scope="module")
def with_gaps() -> Made:
    """The spring with hours that are bad within it, and nothing known after it."""
    load = without(without(load_of(), *BAD_HOURS[:2]), "2026-03-30", "2026-04-12T23:00")
    factor = np.select([load.index == BAD_HOURS[2], load.index == BAD_HOURS[3]], [0.0, 3.0], 1.0)
    history = history_of(load * factor)
    return Made(history, said_of(history, replace(SPRING, last=date(2026, 3, 29))))


def test_hours_that_are_missing_or_not_sound_are_forecast_and_never_scored(with_gaps: Made) -> None:
    judged = judge_forecasts(with_naive(with_gaps.rows, with_gaps.history), truth_of(with_gaps.history))
    assert set(BAD_HOURS) <= set(with_gaps.rows["hour_utc"])
    assert set(with_gaps.rows["hour_utc"]) - set(judged["hour_utc"]) == set(BAD_HOURS)


def test_the_truth_of_an_hour_is_never_filled(with_gaps: Made) -> None:
    truth = truth_of(with_gaps.history)
    assert not set(BAD_HOURS) & set(truth["hour_utc"])
    assert truth["consumption_mwh"].notna().all()
    assert truth["hour_utc"].max() == pd.Timestamp("2026-03-29T23:00")


def test_the_truth_is_the_settled_value_where_there_is_one(two_hundred_days: SeriesHistory) -> None:
    settled = np.full(len(two_hundred_days), np.nan)
    settled[5] = 1234.0
    truth = truth_of(replace(two_hundred_days, settled=settled)).set_index("hour_utc")["consumption_mwh"]
    assert truth.iloc[5] == 1234.0
    assert truth.iloc[6] == two_hundred_days.preliminary[6]


def test_an_error_that_is_not_known_widens_no_band(with_gaps: Made) -> None:
    assert np.isfinite(with_gaps.rows[list(QUANTILE_NAMES)].to_numpy()).all()


def test_the_weekly_naive_is_the_hour_a_week_before_and_unknown_where_that_is_missing(with_gaps: Made) -> None:
    rows = with_naive(with_gaps.rows, with_gaps.history).set_index("hour_utc")
    week_before = pd.Timedelta(days=7)
    hour = pd.Timestamp("2026-03-26T05:00")
    assert rows["naive_mwh"][hour] == pytest.approx(load_of()[hour - week_before])
    unknown = set(rows.index[rows["naive_mwh"].isna()])
    assert unknown == {bad + week_before for bad in BAD_HOURS} & set(rows.index)
    assert {"q05", "q50", "q95"} < set(rows.columns)


def test_issues_whose_level_is_not_known_are_left_out() -> None:
    rows = forecast(history_of(without(load_of(), "2026-03-21T00:00", "2026-03-28T00:00")), replace(SPRING, last=date(2026, 4, 3)))
    delivered = to_danish(rows["hour_utc"]).dt.normalize().dt.day.unique().tolist()
    assert delivered == [20, 21, 22, 23, 24, 25, 2, 3]
    assert set(rows.groupby("issued_at").size()) == {24}


def test_a_span_without_any_level_is_refused() -> None:
    history = history_of(without(load_of(), "2026-03-10", "2026-04-12T22:00"))
    with pytest.raises(CannotBacktest, match="expected issues at which the level of DK1 was known, found none in the span"):
        forecast(history, replace(SPRING, last=date(2026, 3, 21)))


# --- measured ----------------------------------------------------------------------------------------------------------------


@pytest.mark.recorded
def test_two_recorded_months_are_forecast_whole_with_skill_and_honest_bands(recorded_data: Path) -> None:
    history = history_of(read_load(recorded_data, "DK1"))
    span = Span(date(2021, 3, 1), date(2021, 4, 30))
    rows = forecast(history, span)
    wanted = [hour for day in pd.date_range(span.first, span.last) for hour in naive_hours(day.date())]
    assert rows["hour_utc"].tolist() == wanted
    assert set(rows["model_version"]) == {"2021-03-v", "2021-04-v"}
    overall = score_table(judge_forecasts(with_naive(rows, history), truth_of(history)), draws=10)[0]
    assert overall.skill is not None
    assert overall.skill > 0.3
    assert 0.65 < overall.coverage_80 < 0.93
