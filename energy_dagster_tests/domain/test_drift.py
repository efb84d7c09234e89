from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.drift import INPUTS, LAGS, InputDrift, input_drifts, inputs_have_not_drifted
from energy_dagster.domain.fortnights import HISTORY_DAYS, WINDOW_DAYS
from energy_dagster_tests.domain.seasons import UNTIL, seasonal_features

CONSUMPTION, TEMPERATURE, WIND = "preliminary_mwh", "temperature_c_day1", "wind_speed_ms_day2"
HUMIDITY, SUN = "relative_humidity_pct_day0", "shortwave_radiation_wm2_day3"


@pytest.fixture(scope="module")
def years() -> pd.DataFrame:
    return seasonal_features(days=HISTORY_DAYS)


def with_last_fortnight(
    features: pd.DataFrame, name: str, change: Callable[["pd.Series[float]"], "pd.Series[float]"], *, hours: int = WINDOW_DAYS * 24
) -> pd.DataFrame:
    changed = features.copy()
    last = changed["hour_utc"] >= UNTIL - timedelta(hours=hours)
    changed.loc[last, name] = change(changed.loc[last, name])
    return changed


def drifts(features: pd.DataFrame) -> list[InputDrift]:
    return input_drifts(features, until=UNTIL)


def test_ordinary_seasons_do_not_drift(years: pd.DataFrame) -> None:
    finding = inputs_have_not_drifted(years, until=UNTIL)
    assert finding.passed
    assert finding.description == "the last 14 days look as their season does"
    assert finding.numbers == {"series": 1, "series with enough history": 1, "drifts": 0}


@pytest.mark.slow
def test_false_alarms_are_rare() -> None:
    """Forty-eight looks over two years, each at seventeen inputs with a history of two years."""
    features = [seasonal_features(days=2 * HISTORY_DAYS, seed=seed) for seed in range(2)]
    looks = [UNTIL - timedelta(days=days) for days in range(0, 24 * 31, 31)]
    alarms = [bool(input_drifts(one[one["hour_utc"] < until], until=until)) for one in features for until in looks]
    assert np.mean(alarms) <= 0.03


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (CONSUMPTION, lambda load: load * 1.35),
        (CONSUMPTION, lambda load: load * 0.7),
        (CONSUMPTION, lambda load: load * 0 + load.median()),
        (TEMPERATURE, lambda celsius: celsius * 1.8 + 32),
        (TEMPERATURE, lambda celsius: celsius + 273.15),
        (WIND, lambda speed: speed * 3.6),
        (WIND, lambda speed: speed * 0 + speed.iloc[0]),
        (HUMIDITY, lambda percent: percent / 100),
        (SUN, lambda radiation: radiation * 0),
    ],
    ids=["a third more", "a third less", "stuck", "Fahrenheit", "kelvin", "km/h", "wind stuck", "a fraction", "no sun"],
)
def test_an_input_that_is_another_than_it_was_is_named(
    years: pd.DataFrame, name: str, change: Callable[["pd.Series[float]"], "pd.Series[float]"]
) -> None:
    found = drifts(with_last_fortnight(years, name, change))
    assert [(one.series, one.input) for one in found] == [("DK1/total", name)]
    assert found[0].kind in ("distribution", "range")
    assert found[0].found > found[0].expected


def test_the_sentence_says_what_was_expected_what_was_found_and_what_to_do(years: pd.DataFrame) -> None:
    finding = inputs_have_not_drifted(with_last_fortnight(years, SUN, lambda radiation: radiation * 0), until=UNTIL)
    assert not finding.passed
    assert finding.description.startswith(f"DK1/total: {SUN} of the last 14 days is not as in its season: median 0.0, usually ")
    assert "expected" in finding.description
    assert finding.description.endswith("compare the raw rows of these days with another source; if the change is real, train anew")
    assert finding.numbers["drifts"] == 1
    assert f"DK1/total {SUN}: distribution" in finding.numbers


def test_kelvin_lies_beyond_the_range_ever_seen(years: pd.DataFrame) -> None:
    [drift] = drifts(with_last_fortnight(years, TEMPERATURE, lambda celsius: celsius + 273.15))
    assert drift.kind == "range"
    assert drift.found == 1.0
    assert "degree Celsius" in drift.told


def test_a_record_is_no_drift(years: pd.DataFrame) -> None:
    assert not drifts(with_last_fortnight(years, WIND, lambda speed: speed * 0 + years[WIND].max() * 1.3, hours=12))


def test_the_worst_comes_first(years: pd.DataFrame) -> None:
    twice = with_last_fortnight(years, CONSUMPTION, lambda load: load * 1.35)
    twice = with_last_fortnight(twice, TEMPERATURE, lambda celsius: celsius + 273.15)
    assert [drift.input for drift in drifts(twice)] == [TEMPERATURE, CONSUMPTION]
    assert "(and 1 more)" in inputs_have_not_drifted(twice, until=UNTIL).description


@pytest.mark.parametrize(("hours", "told"), [(12, False), (24, True)])
def test_gaps_are_told_from_a_twentieth_of_the_fortnight_on(years: pd.DataFrame, hours: int, told: bool) -> None:
    found = drifts(with_last_fortnight(years, SUN, lambda radiation: radiation * np.nan, hours=hours))
    assert [(one.input, one.kind) for one in found] == ([(SUN, "missing")] if told else [])


def test_a_lag_that_repeats_a_gap_of_the_consumption_is_not_told_again(years: pd.DataFrame) -> None:
    gap = years["hour_utc"].between(UNTIL - timedelta(days=10), UNTIL - timedelta(days=6))
    gone = years.copy()
    gone.loc[gap, CONSUMPTION] = np.nan
    for name, lag in LAGS.items():
        gone.loc[(gap.shift(lag, fill_value=False)).to_numpy(), name] = np.nan
    assert [(one.input, one.kind) for one in drifts(gone)] == [(CONSUMPTION, "missing")]


def test_a_lag_that_is_missing_though_its_hour_is_known_is_told(years: pd.DataFrame) -> None:
    [drift] = drifts(with_last_fortnight(years, "lag_168h_mwh", lambda lag: lag * np.nan))
    assert (drift.input, drift.kind, drift.found) == ("lag_168h_mwh", "missing", 1.0)


def test_an_input_that_was_never_there_is_not_missed(years: pd.DataFrame) -> None:
    weather = [name for name in INPUTS if name != CONSUMPTION]
    assert inputs_have_not_drifted(years.assign(**dict.fromkeys(weather, np.nan)), until=UNTIL).passed


def test_an_input_that_is_new_is_no_drift(years: pd.DataFrame) -> None:
    old = years["hour_utc"] < UNTIL - timedelta(days=WINDOW_DAYS)
    assert not drifts(years.assign(**{WIND: years[WIND].where(~old)}))


def test_a_short_history_is_judged_by_its_gaps_only() -> None:
    half_year = seasonal_features(days=180)
    changed = with_last_fortnight(half_year, HUMIDITY, lambda percent: percent / 100)
    finding = inputs_have_not_drifted(changed, until=UNTIL)
    assert finding.passed
    assert finding.description == "the last 14 days look as their season does; 1 of 1 series have too short a history to tell"
    assert not inputs_have_not_drifted(with_last_fortnight(half_year, WIND, lambda speed: speed * np.nan), until=UNTIL).passed


def test_a_series_that_has_ended_is_not_looked_at(years: pd.DataFrame) -> None:
    ended = years[years["hour_utc"] < UNTIL - timedelta(days=WINDOW_DAYS)]
    finding = inputs_have_not_drifted(ended, until=UNTIL)
    assert finding.passed
    assert finding.description == "no series has features in the fortnight before 2026-11-20 06:00 UTC"


def test_hours_that_lie_ahead_do_not_count(years: pd.DataFrame) -> None:
    ahead = years[years["hour_utc"] >= UNTIL - timedelta(days=3)]
    ahead = ahead.assign(hour_utc=ahead["hour_utc"] + timedelta(days=3), **{CONSUMPTION: np.nan, TEMPERATURE: 500.0})
    assert not drifts(pd.concat([years, ahead], ignore_index=True))


def test_each_series_is_judged_by_itself(years: pd.DataFrame) -> None:
    other = with_last_fortnight(seasonal_features(days=HISTORY_DAYS, area="DK2", seed=1), CONSUMPTION, lambda load: load * 1.4)
    assert [one.series for one in drifts(pd.concat([years, other], ignore_index=True))] == ["DK2/total"]
