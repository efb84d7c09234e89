from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from energy_dagster.domain.calendar import HOLIDAY, WORKDAY
from energy_dagster.domain.catalogue import SETTLEMENT, WEATHER_DELAY
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.features import PROFILE_LAGS, WEST_SHARE, hourly_features
from energy_dagster.domain.tables import (
    CALENDAR_FEATURES,
    CONSUMPTION,
    CONSUMPTION_FEATURES,
    LAG_HOURS,
    RAW_WEATHER,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
    lag_column,
    weather_column,
)
from energy_dagster_tests.domain.synthetic import RawHistory, at, hour_index

CALENDAR = [column.name for column in CALENDAR_FEATURES]


@pytest.fixture(scope="module")
def features(spring: RawHistory) -> pd.DataFrame:
    return spring.features()


def of(features: pd.DataFrame, area: str) -> pd.DataFrame:
    return features[features["area"] == area].set_index("hour_utc")


def vintage(spring: RawHistory, area: str, name: str) -> "pd.Series[float]":
    rows = spring.consumption()
    return rows[(rows["area"] == area) & (rows["vintage"] == name)].set_index("hour_utc")["consumption_mwh"]


def test_features_keep_the_contract(features: pd.DataFrame) -> None:
    assert len(conform(CONSUMPTION_FEATURES, features)) == len(features)


def test_every_area_has_every_hour_once(spring: RawHistory, features: pd.DataFrame) -> None:
    hours = hour_index(spring.start, spring.now + timedelta(hours=72))
    for area in ("DK", "DK1", "DK2"):
        assert of(features, area).index.tolist() == hours.tolist()


def test_a_month_alone_has_the_features_of_a_longer_window(spring: RawHistory, features: pd.DataFrame) -> None:
    consumption, weather = spring.consumption(), spring.weather
    start, end = at("2026-03-01"), at("2026-04-01")
    two_months = consumption[(consumption["hour_utc"] >= at("2026-02-01")) & (consumption["hour_utc"] < end)]
    its_weather = weather[(weather["hour_utc"] >= at("2026-02-01")) & (weather["hour_utc"] < end)]
    alone = hourly_features(two_months, its_weather, hours=hour_index(start, end))
    inside = features[(features["hour_utc"] >= start) & (features["hour_utc"] < end)].reset_index(drop=True)
    assert_frame_equal(alone, inside, check_exact=True)


@pytest.mark.parametrize("lag", LAG_HOURS)
def test_a_lag_is_settled_only_where_settlement_is_out_48_hours_before_the_hour(
    spring: RawHistory, features: pd.DataFrame, lag: int
) -> None:
    settled_is_out = timedelta(hours=lag - 48) >= SETTLEMENT.publication_delay + timedelta(hours=1)
    expected = vintage(spring, "DK1", "settled" if settled_is_out else "preliminary").shift(lag, freq="h")
    hours = expected.index.intersection(of(features, "DK1").index)[-500:-200]
    np.testing.assert_array_equal(of(features, "DK1").loc[hours, lag_column(lag)], expected[hours])


def test_a_lag_is_preliminary_where_the_settled_hour_is_absent(spring: RawHistory) -> None:
    lacking = spring.settlement["hour_utc"].between(at("2026-03-01"), at("2026-03-02"))
    rows = of(replace(spring, settlement=spring.settlement[~lacking]).features(), "DK1")
    hour = at("2026-03-01T12:00")
    assert rows[lag_column(336)].loc[hour + timedelta(hours=336)] == vintage(spring, "DK1", "preliminary")[hour]


def test_the_weekly_profile_is_the_mean_of_the_known_lags(features: pd.DataFrame) -> None:
    lags = features[[lag_column(lag) for lag in PROFILE_LAGS]]
    np.testing.assert_allclose(features["weekly_profile_mwh"], lags.mean(axis=1))
    early = of(features, "DK1").loc[at("2026-02-10")]
    assert early["weekly_profile_mwh"] == early[lag_column(168)]


def test_hours_ahead_have_calendar_and_lags_but_no_consumption(spring: RawHistory, features: pd.DataFrame) -> None:
    ahead = features[features["hour_utc"] > spring.now - timedelta(hours=3)]
    assert len(ahead) == 3 * 74
    assert ahead[["preliminary_mwh", "settled_mwh"]].isna().all().all()
    assert ahead[CALENDAR].notna().all().all()
    within_horizon = ahead[ahead["hour_utc"] <= spring.now + timedelta(hours=48)]
    assert within_horizon[[lag_column(lag) for lag in LAG_HOURS]].notna().all().all()


def test_each_area_has_the_calendar_of_its_country(spring: RawHistory, features: pd.DataFrame) -> None:
    consumption = spring.consumption()
    renamed = consumption[consumption["area"] == "DK1"].assign(area="SE3")
    hours = hour_index(at("2026-04-01T22:00"), at("2026-04-02T22:00"))  # Maundy Thursday, a workday in Sweden
    made = hourly_features(pd.concat([consumption[consumption["area"] != "DK"], renamed]), spring.weather, hours=hours)
    kinds = made.groupby("area")["day_kind"].unique()
    assert {area: kind.tolist() for area, kind in kinds.items()} == {"DK1": [HOLIDAY], "DK2": [HOLIDAY], "SE3": [WORKDAY]}
    kept = [name for name in features.columns if name in CALENDAR]
    danish = of(features, "DK1").loc[hours, kept]
    assert_frame_equal(of(made, "DK1")[kept], danish, check_exact=True, check_names=False)


def test_both_vintages_stand_side_by_side(spring: RawHistory, features: pd.DataFrame) -> None:
    hour = at("2026-03-05T12:00")
    row = of(features, "DK2").loc[hour]
    assert row["preliminary_mwh"] == vintage(spring, "DK2", "preliminary")[hour]
    assert row["settled_mwh"] == vintage(spring, "DK2", "settled")[hour]
    assert row["preliminary_mwh"] != row["settled_mwh"]


def test_without_weather_the_weather_columns_are_empty_and_the_rest_is_the_same(spring: RawHistory, features: pd.DataFrame) -> None:
    bare = replace(spring, weather=empty(RAW_WEATHER)).features()
    names = [weather_column(name, day) for name in WEATHER_COLUMNS for day in (0, *WEATHER_LEAD_DAYS)] + ["weather_run_at"]
    assert bare[names].isna().all().all()
    assert_frame_equal(bare.drop(columns=names), features.drop(columns=names))


def test_observed_weather_is_no_feature(spring: RawHistory, features: pd.DataFrame) -> None:
    forecasts = spring.weather[spring.weather["kind"] == "forecast"]
    assert len(forecasts) < len(spring.weather)
    assert_frame_equal(replace(spring, weather=forecasts).features(), features)


@pytest.mark.parametrize("day", WEATHER_LEAD_DAYS)
def test_a_weather_column_of_an_age_holds_the_run_of_that_age(spring: RawHistory, features: pd.DataFrame, day: int) -> None:
    hour = at("2026-03-10T15:00")
    rows = spring.weather[(spring.weather["area"] == "DK1") & (spring.weather["hour_utc"] == hour)]
    run = rows[rows["available_at"] == hour - timedelta(days=day) + WEATHER_DELAY].iloc[0]
    assert of(features, "DK1")[weather_column("temperature_c", day)].loc[hour] == run["temperature_c"]


def test_the_newest_run_is_known_by_when_it_could_be_read(spring: RawHistory, features: pd.DataFrame) -> None:
    ahead = of(features, "DK1").loc[spring.now + timedelta(hours=1) : spring.now + timedelta(hours=48)]
    run = spring.now - timedelta(hours=3)
    assert (ahead["weather_run_at"] == run).all()
    rows = spring.weather[(spring.weather["area"] == "DK1") & (spring.weather["available_at"] == run)].set_index("hour_utc")
    np.testing.assert_array_equal(ahead["temperature_c_day0"], rows.loc[ahead.index, "temperature_c"])


def test_of_several_runs_the_newest_is_kept(spring: RawHistory) -> None:
    hour = spring.now + timedelta(hours=10)
    newer = spring.weather[
        (spring.weather["hour_utc"] == hour) & (spring.weather["available_at"] == spring.now - timedelta(hours=3))
    ]
    newer = newer.assign(available_at=spring.now - timedelta(hours=1), temperature_c=33.0)
    for weather in (pd.concat([spring.weather, newer]), pd.concat([newer, spring.weather])):
        row = of(replace(spring, weather=weather).features(), "DK1").loc[hour]
        assert row["temperature_c_day0"] == 33.0
        assert row["weather_run_at"] == spring.now - timedelta(hours=1)


def test_the_weather_of_denmark_is_that_of_its_halves(features: pd.DataFrame) -> None:
    west, east, whole = (of(features, area)["temperature_c_day1"] for area in ("DK1", "DK2", "DK"))
    np.testing.assert_allclose(whole, west * WEST_SHARE + east * (1 - WEST_SHARE))


def test_the_weather_run_of_denmark_is_the_newer_of_its_halves(spring: RawHistory) -> None:
    run, hour = spring.now - timedelta(hours=3), spring.now + timedelta(hours=5)
    older = (spring.weather["area"] == "DK1") & (spring.weather["available_at"] == run) & (spring.weather["hour_utc"] == hour)
    weather = spring.weather.assign(available_at=spring.weather["available_at"].mask(older, run - timedelta(hours=2)))
    assert of(replace(spring, weather=weather).features(), "DK")["weather_run_at"].loc[hour] == run


def test_a_series_that_ended_has_rows_for_one_month_more(spring: RawHistory) -> None:
    load = spring.load[(spring.load["area"] == "DK1") | (spring.load["hour_utc"] < at("2026-02-20"))]
    settlement = spring.settlement[(spring.settlement["area"] == "DK1") | (spring.settlement["hour_utc"] < at("2026-02-20"))]
    rows = replace(spring, load=load, settlement=settlement).features()
    assert of(rows, "DK2").index[-1] == at("2026-03-31T23:00")
    assert of(rows, "DK1").index[-1] == spring.now + timedelta(hours=71)


@pytest.mark.parametrize("flag", ["imputed", "merged_dst"])
def test_an_estimate_is_no_feature(spring: RawHistory, flag: str) -> None:
    consumption, hour = spring.consumption(), at("2026-03-05T12:00")
    estimate = consumption.assign(quality=consumption["quality"].mask(consumption["hour_utc"] == hour, flag))
    features = hourly_features(estimate, spring.weather, hours=hour_index(spring.start, spring.now + timedelta(hours=72)))
    rows = of(features, "DK1")
    assert rows[["preliminary_mwh", "settled_mwh"]].loc[hour].isna().all()
    for lag in LAG_HOURS:
        assert np.isnan(rows[lag_column(lag)].loc[hour + timedelta(hours=lag)])


def test_a_month_of_estimates_alone_has_no_features(spring: RawHistory) -> None:
    rows = spring.consumption().assign(quality="imputed")
    assert not len(hourly_features(rows, spring.weather, hours=hour_index(spring.start, spring.now)))


def test_series_without_a_preliminary_vintage_are_left_out(spring: RawHistory, features: pd.DataFrame) -> None:
    consumption = spring.consumption()
    settled = consumption[consumption["vintage"] == "settled"]
    more = pd.concat([consumption, settled.assign(consumer_group="Privat"), settled.assign(area="131")])
    hours = hour_index(spring.start, spring.now + timedelta(hours=72))
    assert_frame_equal(hourly_features(more, spring.weather, hours=hours), features)
    assert_frame_equal(hourly_features(settled, spring.weather, hours=hours), empty(CONSUMPTION_FEATURES))


def test_no_consumption_gives_an_empty_table(spring: RawHistory) -> None:
    rows = hourly_features(empty(CONSUMPTION), spring.weather, hours=hour_index(spring.start, spring.now))
    assert_frame_equal(rows, empty(CONSUMPTION_FEATURES))


def test_no_hours_give_an_empty_table(spring: RawHistory) -> None:
    rows = hourly_features(spring.consumption(), spring.weather, hours=pd.DatetimeIndex([]))
    assert_frame_equal(rows, empty(CONSUMPTION_FEATURES))
