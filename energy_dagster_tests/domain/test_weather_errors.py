"""Observed weather as if it had been forecast."""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from energy_dagster.domain.catalogue import WEATHER_DELAY
from energy_dagster.domain.issues import known_weather
from energy_dagster.domain.tables import RAW_WEATHER, WEATHER_COLUMNS, WEATHER_LEAD_DAYS
from energy_dagster.domain.weather_errors import ERROR_OF, FROM_HOUR_TO_HOUR, as_forecasts
from energy_dagster_tests.recorded_loads import history_of, load_of

HOURS = pd.date_range("2026-01-01", periods=24 * 200, freq="h", unit="us")
MIDDLE = dict(zip(WEATHER_COLUMNS, (8.0, 30.0, 50.0, 1000.0), strict=True))
"""Values that no error reaches the limits from."""


def observed(hours: pd.DatetimeIndex = HOURS, **changed: float) -> pd.DataFrame:
    return pd.DataFrame({**MIDDLE, **changed}, index=hours)


def error_of(rows: pd.DataFrame, name: str, *, day: int) -> npt.NDArray[np.float64]:
    """Errors of the runs so many days before the hour."""
    age = rows["hour_utc"] + WEATHER_DELAY - rows["available_at"]
    return np.asarray(rows.loc[age == timedelta(days=day), name] - MIDDLE[name], dtype=np.float64)


def test_each_hour_is_told_by_the_runs_of_one_two_and_three_days_before() -> None:
    rows = as_forecasts(observed(), "DK1", with_errors=True, seed=1)
    age = rows["hour_utc"] + WEATHER_DELAY - rows["available_at"]
    assert age.value_counts().to_dict() == {pd.Timedelta(days=day): len(HOURS) for day in WEATHER_LEAD_DAYS}
    assert set(rows["area"]) == {"DK1"}
    assert set(rows["kind"]) == {"forecast"}
    assert not rows.duplicated(list(RAW_WEATHER.key)).any()


def test_without_errors_every_run_told_what_came() -> None:
    rows = as_forecasts(observed(), "DK1", with_errors=False, seed=1)
    assert all((rows[name] == MIDDLE[name]).all() for name in WEATHER_COLUMNS)


@pytest.mark.parametrize("name", WEATHER_COLUMNS)
def test_errors_are_as_large_as_stated_and_grow_with_the_root_of_the_days(name: str) -> None:
    rows = as_forecasts(observed(), "DK1", with_errors=True, seed=1)
    for day in WEATHER_LEAD_DAYS:
        assert error_of(rows, name, day=day).std() == pytest.approx(ERROR_OF[name] * np.sqrt(day), rel=0.15)


def test_errors_wander_from_hour_to_hour() -> None:
    error = error_of(as_forecasts(observed(), "DK1", with_errors=True, seed=1), "temperature_c", day=1)
    assert np.corrcoef(error[:-1], error[1:])[0, 1] == pytest.approx(FROM_HOUR_TO_HOUR, abs=0.03)
    assert abs(np.corrcoef(error[:-72], error[72:])[0, 1]) < 0.15


def test_the_first_hours_err_as_much_as_all_others() -> None:
    few = HOURS[:3]
    first = [
        error_of(as_forecasts(observed(few), "DK1", with_errors=True, seed=seed), "temperature_c", day=1)[0] for seed in range(300)
    ]
    assert np.std(first) == pytest.approx(ERROR_OF["temperature_c"], rel=0.15)


def test_errors_of_variables_and_runs_are_not_those_of_others() -> None:
    rows = as_forecasts(observed(), "DK1", with_errors=True, seed=1)
    errors = [error_of(rows, name, day=day) for name in WEATHER_COLUMNS for day in WEATHER_LEAD_DAYS]
    apart = np.corrcoef(errors) - np.eye(len(errors))
    assert np.abs(apart).max() < 0.25


def test_what_cannot_be_is_not_told() -> None:
    still = observed(wind_speed_ms=0.2, relative_humidity_pct=99.0, shortwave_radiation_wm2=0.0)
    rows = as_forecasts(still, "DK1", with_errors=True, seed=1)
    assert (rows["wind_speed_ms"] >= 0).all()
    assert rows["relative_humidity_pct"].between(0, 100).all()
    assert (rows["shortwave_radiation_wm2"] >= 0).all()


def test_the_same_seed_tells_the_same_and_another_another() -> None:
    one, same, other = (as_forecasts(observed(), "DK1", with_errors=True, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["temperature_c"] != other["temperature_c"]).mean() > 0.99


def test_what_was_not_observed_is_not_told_and_what_was_stays_as_it_is() -> None:
    seen = observed()
    seen.loc[HOURS[10], "temperature_c"] = np.nan
    seen["shortwave_radiation_wm2"] = np.nan
    before = seen.copy()
    rows = as_forecasts(seen, "DK1", with_errors=True, seed=1)
    pd.testing.assert_frame_equal(seen, before)
    assert rows["shortwave_radiation_wm2"].isna().all()
    assert rows.loc[rows["temperature_c"].isna(), "hour_utc"].unique().tolist() == [HOURS[10]]


def test_an_issue_knows_the_run_that_could_be_read_at_it() -> None:
    load = load_of("2026-01-01", "2026-03-01")
    hours = pd.DatetimeIndex(load.index)
    seen = pd.DataFrame({name: np.arange(len(hours), dtype=float) for name in WEATHER_COLUMNS}, index=hours)
    history = history_of(load, weather=as_forecasts(seen, "DK1", with_errors=False, seed=0))
    leads = np.arange(1, 49)
    issues = np.full(len(leads), 1000)
    weather, read_at = known_weather(history, issues, leads)
    assert weather[:, 0].tolist() == (issues + leads).tolist()
    assert (read_at <= issues).all()
    assert (read_at > issues - 24).all()
