from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.contracts import empty
from energy_dagster.domain.forecasting import make_issue
from energy_dagster.domain.quality import (
    consumption_is_fresh,
    coverage_is_in_band,
    features_are_from_the_past,
    feed_is_fresh,
    few_hours_are_flagged,
    forecast_beats_weekly_naive,
    forecasts_stand_on_all_inputs,
    hours_are_complete,
    predictions_are_whole,
)
from energy_dagster.domain.tables import CONSUMPTION, ERROR_METRICS, QUALITIES, QUANTILE_COLUMNS, RAW_LOAD
from energy_dagster_tests.domain.synthetic import RawHistory, at, hour_index, raw_rows


@pytest.fixture(scope="module")
def consumption(spring: RawHistory) -> pd.DataFrame:
    return spring.consumption()


@pytest.fixture(scope="module")
def predictions(spring: RawHistory) -> pd.DataFrame:
    return make_issue(spring.histories, None, issued_at=spring.now).rows


def test_complete_hours_pass(consumption: pd.DataFrame) -> None:
    assert hours_are_complete(consumption).passed


def test_a_window_of_which_nothing_is_published_passes() -> None:
    assert hours_are_complete(empty(CONSUMPTION)).passed


def test_an_absent_hour_is_found_and_named(consumption: pd.DataFrame) -> None:
    march = (
        (consumption["hour_utc"] == at("2026-03-12T07:00")) & (consumption["area"] == "DK2") & (consumption["vintage"] == "settled")
    )
    finding = hours_are_complete(consumption[~march])
    assert not finding.passed
    assert finding.description == "DK2, total, settled, 2026-03: expected 744 hours, found 743"


def test_a_repeated_hour_is_found(consumption: pd.DataFrame) -> None:
    assert not hours_are_complete(pd.concat([consumption, consumption.iloc[[50]]])).passed


def test_an_hour_repeated_in_the_place_of_another_is_found(consumption: pd.DataFrame) -> None:
    slipped = consumption.reset_index(drop=True)
    slipped.loc[50, "hour_utc"] = slipped.loc[49, "hour_utc"]
    assert not hours_are_complete(slipped).passed


@pytest.mark.parametrize(("late", "fresh"), [(0, True), (6, True), (7, False)])
def test_consumption_is_fresh_up_to_six_hours_late(spring: RawHistory, consumption: pd.DataFrame, late: int, fresh: bool) -> None:
    due = spring.now - timedelta(hours=3)
    known = consumption[consumption["hour_utc"] <= due - timedelta(hours=late)]
    finding = consumption_is_fresh(known, due, start=at("2026-04-01"), until=at("2026-05-01"))
    assert finding.passed == fresh
    assert finding.numbers == {"hours late": late}


def test_settled_hours_do_not_make_consumption_fresh(spring: RawHistory, consumption: pd.DataFrame) -> None:
    settled = consumption[consumption["vintage"] == "settled"]
    finding = consumption_is_fresh(settled, spring.now, start=at("2026-04-01"), until=at("2026-05-01"))
    assert not finding.passed
    assert finding.description.startswith("no usable hour; ")


def test_a_fresh_group_does_not_make_consumption_fresh(spring: RawHistory, consumption: pd.DataFrame) -> None:
    groups = consumption.assign(consumer_group="Privat")
    assert not consumption_is_fresh(groups, spring.now - timedelta(hours=3), start=at("2026-04-01"), until=at("2026-05-01")).passed


def feed(*newest: str, start: str = "2026-03-01") -> pd.DataFrame:
    """Rows of a raw table whose areas, 001 and on, have values up to these hours."""
    series = [hour_index(at(start), at(last) + timedelta(hours=1)) for last in newest]
    return pd.concat([raw_rows(hours, f"{n:03d}", np.ones(len(hours)), group="Privat") for n, hours in enumerate(series, start=1)])


DUE = at("2026-03-20T12:00")
MONTH_START = at("2026-03-01")
MONTH_END = at("2026-04-01")
THREE_DAYS = timedelta(days=3)


@pytest.mark.parametrize(
    ("newest", "passed"), [("2026-03-20T12:00", True), ("2026-03-17T12:00", True), ("2026-03-17T11:00", False)]
)
def test_a_feed_is_as_fresh_as_its_slowest_series(newest: str, passed: bool) -> None:
    finding = feed_is_fresh(feed("2026-03-20T12:00", newest), DUE, late_after=THREE_DAYS, start=MONTH_START, until=MONTH_END)
    assert finding.passed == passed
    assert finding.numbers == {"hours late": int((DUE - at(newest)) / timedelta(hours=1)), "series": 2}


def test_the_series_that_lags_most_is_named() -> None:
    rows = feed("2026-03-20T12:00", "2026-03-10T02:00", "2026-03-15T00:00")
    told = feed_is_fresh(rows, DUE, late_after=THREE_DAYS, start=MONTH_START, until=MONTH_END).description
    assert told == "002/Privat lags most: 2026-03-10 02:00 UTC, 250 h behind what is due"


def test_an_hour_without_a_value_does_not_make_a_feed_fresh() -> None:
    rows = feed("2026-03-20T12:00")
    nulls = rows.assign(consumption_mwh=rows["consumption_mwh"].where(rows["hour_utc"] < at("2026-03-10")))
    assert not feed_is_fresh(nulls, DUE, late_after=THREE_DAYS, start=MONTH_START, until=MONTH_END).passed


def test_a_feed_of_a_window_that_ended_is_fresh_by_its_own_end() -> None:
    assert feed_is_fresh(
        feed("2026-03-31T23:00"), at("2026-06-01"), late_after=timedelta(0), start=MONTH_START, until=MONTH_END
    ).passed


def test_a_feed_without_any_value_is_late() -> None:
    finding = feed_is_fresh(empty(RAW_LOAD), DUE, late_after=THREE_DAYS, start=MONTH_START, until=MONTH_END)
    assert not finding.passed
    assert finding.description == "no usable hour; 2026-03-20 12:00 UTC is due"


@pytest.mark.parametrize(("due", "passed"), [("2026-02-20T00:00", True), ("2026-03-03T23:00", True), ("2026-03-04T00:00", False)])
def test_a_feed_is_not_late_while_nothing_of_the_window_can_be(due: str, passed: bool) -> None:
    finding = feed_is_fresh(empty(RAW_LOAD), at(due), late_after=THREE_DAYS, start=MONTH_START, until=MONTH_END)
    assert finding.passed == passed


def test_flagged_hours_are_counted_by_flag_and_denmark_not_again() -> None:
    hours = hour_index(at("2026-03-01"), at("2026-03-05"))
    rows = pd.DataFrame({"hour_utc": hours, "area": "DK1", "quality": ["zero", "missing", "missing", *["ok"] * 93]})
    finding = few_hours_are_flagged(pd.concat([rows, rows.assign(area="DK2", quality="ok"), rows.assign(area="DK")]))
    assert not finding.passed
    assert finding.description == "1.56% of 192 hours are flagged: 2 missing, 1 zero"
    counts = {str(flag): 0 for flag in QUALITIES if flag != "ok"} | {"missing": 2, "zero": 1}
    assert finding.numbers == {"hours": 192, "flagged share": 3 / 192, **counts}
    assert few_hours_are_flagged(rows, most=0.04).passed


def test_no_hours_are_few_flagged_hours() -> None:
    assert few_hours_are_flagged(empty(CONSUMPTION)).passed


def test_good_hours_pass(consumption: pd.DataFrame) -> None:
    assert few_hours_are_flagged(consumption).description.startswith("0.00% of ")


def test_a_window_that_ended_is_fresh_by_its_own_end(spring: RawHistory, consumption: pd.DataFrame) -> None:
    march = consumption[consumption["hour_utc"] < at("2026-04-01")]
    assert consumption_is_fresh(march, spring.now, start=at("2026-03-01"), until=at("2026-04-01")).passed


def test_features_of_published_hours_pass(spring: RawHistory) -> None:
    assert features_are_from_the_past(spring.features(), spring.now - timedelta(hours=3)).passed


@pytest.mark.parametrize("column", ["preliminary_mwh", "settled_mwh"])
def test_a_feature_younger_than_what_is_published_is_found(spring: RawHistory, column: str) -> None:
    features = spring.features()
    features.loc[features["hour_utc"] == spring.now, column] = 1.0
    finding = features_are_from_the_past(features, spring.now - timedelta(hours=3))
    assert not finding.passed
    assert str(spring.now) in finding.description


def test_whole_predictions_pass(predictions: pd.DataFrame) -> None:
    finding = predictions_are_whole(predictions)
    assert finding.passed, finding.description
    assert finding.numbers == {"issues": 1, "rows": 144}


def test_no_prediction_at_all_is_found(predictions: pd.DataFrame) -> None:
    assert not predictions_are_whole(predictions.iloc[:0]).passed


def spoilt(predictions: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    rows = predictions.copy()
    rows.loc[5, column] = value
    return rows


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("hour_utc", at("2026-04-17T16:00"), "an issue without 48 distinct hours"),
        ("q95", np.inf, "a quantile that is not finite"),
        ("q05", np.nan, "a quantile that is not finite"),
        ("q05", -1.0, "a negative quantile"),
        ("q20", 1e6, "quantiles out of order"),
        ("q50", 1e6, "DK that is not DK1 + DK2"),
    ],
)
def test_a_fault_of_the_predictions_is_found_and_said(predictions: pd.DataFrame, column: str, value: object, fault: str) -> None:
    finding = predictions_are_whole(spoilt(predictions, column, value))
    assert not finding.passed
    assert fault in finding.description


def test_predictions_of_one_area_are_whole(predictions: pd.DataFrame) -> None:
    assert predictions_are_whole(predictions[predictions["area"] == "DK1"]).passed


def test_rows_on_the_first_rung_pass(predictions: pd.DataFrame) -> None:
    assert forecasts_stand_on_all_inputs(predictions.assign(rung="full")).passed


def test_rows_on_a_lower_rung_are_counted(predictions: pd.DataFrame) -> None:
    finding = forecasts_stand_on_all_inputs(predictions.assign(rung=["no_weather"] * 48 + ["full"] * 96))
    assert not finding.passed
    assert finding.description == "rows on lower rungs: {'no_weather': 48}"


def errors(*, hours: int = 48, inside_80: float = 0.8, abs_error: float = 10.0, naive: float | None = 20.0) -> pd.DataFrame:
    index = hour_index(at("2026-03-01"), at("2026-03-01") + timedelta(hours=hours))
    return pd.DataFrame(
        {
            "hour_utc": index,
            "issues": 2,
            "inside_80": inside_80,
            "abs_error_mwh": abs_error,
            "naive_abs_error_mwh": pd.Series(naive, index=range(hours), dtype=float),
        }
    )


@pytest.mark.parametrize(("share", "passed"), [(0.64, False), (0.66, True), (0.8, True), (0.92, True), (0.94, False)])
def test_coverage_is_judged_by_its_band(share: float, passed: bool) -> None:
    finding = coverage_is_in_band(errors(inside_80=share))
    assert finding.passed == passed
    assert finding.numbers["coverage"] == pytest.approx(share)


def test_coverage_counts_each_issue_once() -> None:
    rows = pd.concat([errors(inside_80=0.0).assign(issues=1), errors(inside_80=1.0).assign(issues=3)])
    assert coverage_is_in_band(rows).numbers["coverage"] == pytest.approx(0.75)


@pytest.mark.parametrize("rows", [errors(hours=23, inside_80=0.0, abs_error=99.0), empty(ERROR_METRICS)])
def test_nothing_is_concluded_from_less_than_a_day(rows: pd.DataFrame) -> None:
    assert coverage_is_in_band(rows).passed
    assert forecast_beats_weekly_naive(rows).passed


@pytest.mark.parametrize(("mae", "passed"), [(10.0, True), (20.0, False), (30.0, False)])
def test_a_forecast_must_be_better_than_the_weekly_naive(mae: float, passed: bool) -> None:
    finding = forecast_beats_weekly_naive(errors(abs_error=mae))
    assert finding.passed == passed
    assert finding.numbers["skill"] == pytest.approx(1 - mae / 20)


def test_hours_without_a_naive_do_not_count_against_it() -> None:
    rows = pd.concat([errors(abs_error=10.0), errors(abs_error=500.0, naive=None)])
    assert forecast_beats_weekly_naive(rows).numbers["MAE"] == pytest.approx(10.0)


def test_the_quantile_columns_are_those_of_the_contract(predictions: pd.DataFrame) -> None:
    assert set(QUANTILE_COLUMNS) <= set(predictions.columns)


def test_a_naive_without_any_error_is_a_fault_of_the_source() -> None:
    finding = forecast_beats_weekly_naive(errors().assign(naive_abs_error_mwh=0.0))
    assert not finding.passed
    assert "does the source repeat itself?" in finding.description
