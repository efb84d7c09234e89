"""The real services, asked through the real resources: whether they still answer as the platform believes they do.

What is expected of them stems from their documentation and from recorded answers. These tests were written without a network and
were never run against the live services: the first failures may tell of the tests. `make test-network` runs them.

The portal takes one request per dataset and minute from an address, so a second run within a minute waits for its turns.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from energy_dagster.definitions import portal_of, sources_of
from energy_dagster.domain.availability import HOUR, floor_hour, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import FEEDS, LOAD, RAW_LOAD_FEED, SETTLEMENT, WEATHER_ARCHIVE_DELAY, Dataset
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import RAW_LOAD, RAW_TSO_FORECAST, RAW_WEATHER, WEATHER_COLUMNS, WEATHER_LEAD_DAYS
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.tso import TsoForecasts
from energy_dagster.resources.weather import Weather
from energy_dagster.settings import Settings
from energy_dagster_tests.network.conftest import ASKING_FOR_REAL, Reach

pytestmark = [pytest.mark.network, pytest.mark.timeout(900)]

READ = {dataset.name: dataset for feed in FEEDS for dataset in (*feed.datasets, feed.fallback) if dataset and dataset.active}
"""The active datasets that a feed reads."""

PLAUSIBLE_MWH = {"DK1": (800.0, 6000.0), "DK2": (500.0, 4000.0)}
"""Wider than recorded: DK1 had 1,091 to 4,115 in 2018-2022, DK2 868 to 2,520 in 2018-2020; demand has grown since."""

PLAUSIBLE_WEATHER = {
    "temperature_c": (-35.0, 42.0),
    "wind_speed_ms": (0.0, 60.0),
    "relative_humidity_pct": (0.0, 100.0),
    "shortwave_radiation_wm2": (0.0, 1200.0),
}
CORRECTED_AT_MOST = 0.01
"""How far settlement may since have moved a value; the hours beside it differ by more."""

TSO_ADDRESS = "https://web-api.tp.entsoe.eu/api"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def portal(real_settings: Settings, reach: Reach) -> OpenDataPortal:
    reach(real_settings.portal_url)
    return portal_of(real_settings)


@pytest.fixture(scope="module")
def weather_rows(real_settings: Settings, reach: Reach, now: datetime) -> pd.DataFrame:
    """From a day that the archive has to two days ahead: all three services are asked."""
    reach(real_settings.weather_url, real_settings.weather_archive_url, real_settings.weather_previous_runs_url)
    weather = Weather(
        forecast_url=real_settings.weather_url,
        archive_url=real_settings.weather_archive_url,
        previous_runs_url=real_settings.weather_previous_runs_url,
        api_key=real_settings.weather_key,
        sources=sources_of(real_settings),
    )
    present = floor_hour(naive_utc(now))
    return conform(RAW_WEATHER, weather.read(present - WEATHER_ARCHIVE_DELAY - 3 * DAY, present + 2 * DAY, now=now).rows)


def hours_between(start: datetime, end: datetime) -> list[pd.Timestamp]:
    return pd.date_range(start, end, freq="h", inclusive="left").tolist()


def assert_whole_and_plausible(rows: pd.DataFrame, measure: str, start: datetime, end: datetime) -> None:
    """Both areas have every hour of a window once, with a value that a load can have."""
    within = rows[(rows["hour_utc"] >= start) & (rows["hour_utc"] < end)]
    for area, (least, most) in PLAUSIBLE_MWH.items():
        mine = within[within["area"] == area].sort_values("hour_utc")
        assert mine["hour_utc"].tolist() == hours_between(start, end), area
        assert mine[measure].between(least, most).all(), (area, mine[measure].min(), mine[measure].max())


def assert_all_four_are_there(rows: pd.DataFrame) -> None:
    """An area's value is there only when every place of it has one."""
    assert set(rows["area"]) == set(PLAUSIBLE_MWH)
    for name in WEATHER_COLUMNS:
        least, most = PLAUSIBLE_WEATHER[name]
        assert rows[name].between(least, most).all(), (name, rows[name].min(), rows[name].max(), int(rows[name].isna().sum()))


# The open data portal


@pytest.mark.parametrize("dataset", READ.values(), ids=READ)
def test_the_portal_describes_a_dataset_as_the_catalogue_does(portal: OpenDataPortal, dataset: Dataset) -> None:
    finding = portal.holds_to_the_catalogue(dataset)
    assert finding.passed, finding.description


def test_the_last_three_days_of_load_are_whole_and_plausible(portal: OpenDataPortal, now: datetime) -> None:
    end = newest_published_hour(LOAD, naive_utc(now)) + HOUR
    rows = conform(RAW_LOAD, portal.fetch(LOAD, end - 3 * DAY, end, now=now))
    assert_whole_and_plausible(rows, "consumption_mwh", end - 3 * DAY, end - RAW_LOAD_FEED.late_after)


def test_the_settlement_of_a_known_hour_is_as_recorded(portal: OpenDataPortal, now: datetime) -> None:
    day = datetime(2024, 3, 5)  # noqa: DTZ001 - naive UTC, as the tables
    rows = conform(RAW_LOAD, portal.fetch(SETTLEMENT, day, day + DAY, now=now))
    assert_whole_and_plausible(rows, "consumption_mwh", day, day + DAY)
    dk1 = rows[rows["area"] == "DK1"].set_index("hour_utc")["consumption_mwh"]
    assert dk1[pd.Timestamp("2024-03-05T22:00")] == pytest.approx(2621.154791, rel=CORRECTED_AT_MOST)


# Weather


@pytest.mark.parametrize("days", WEATHER_LEAD_DAYS)
def test_previous_runs_have_the_weather_as_it_was_forecast_days_before(
    weather_rows: pd.DataFrame, now: datetime, days: int
) -> None:
    present = floor_hour(naive_utc(now))
    yesterday = (weather_rows["hour_utc"] >= present - 2 * DAY) & (weather_rows["hour_utc"] < present - DAY)
    forecast = weather_rows[yesterday & (weather_rows["kind"] == "forecast")]
    ages = forecast["hour_utc"] - forecast["available_at"]
    of_age = forecast[(ages > (days - 1) * DAY) & (ages <= days * DAY)]
    assert len(of_age) == len(PLAUSIBLE_MWH) * len(hours_between(present - 2 * DAY, present - DAY))
    assert_all_four_are_there(of_age)


def test_the_archive_has_the_weather_of_a_week_ago(weather_rows: pd.DataFrame, now: datetime) -> None:
    end = floor_hour(naive_utc(now)) - WEATHER_ARCHIVE_DELAY - DAY
    observed = weather_rows[(weather_rows["kind"] == "observed") & (weather_rows["hour_utc"] < end)]
    assert observed["hour_utc"].drop_duplicates().sort_values().tolist() == hours_between(end - 2 * DAY, end)
    assert_all_four_are_there(observed)


def test_the_newest_run_has_the_weather_of_two_days_ahead(weather_rows: pd.DataFrame, now: datetime) -> None:
    present = floor_hour(naive_utc(now))
    ahead = weather_rows[weather_rows["hour_utc"] > present].sort_values("available_at")
    newest = ahead.drop_duplicates(["area", "hour_utc"], keep="last")
    assert newest["hour_utc"].drop_duplicates().sort_values().tolist() == hours_between(present + HOUR, present + 2 * DAY)
    assert_all_four_are_there(newest)


# The transmission system operator


@pytest.mark.skipif(not ASKING_FOR_REAL.entsoe_token, reason="ENERGY_ENTSOE_TOKEN is not set")
def test_the_operators_forecast_of_yesterday_and_today_is_whole_and_plausible(
    real_settings: Settings, reach: Reach, now: datetime
) -> None:
    reach(TSO_ADDRESS)
    midnight = naive_utc(now).replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + 22 * HOUR  # the Danish day ends at 22:00 or 23:00 UTC
    rows = TsoForecasts(token=real_settings.entsoe_token).fetch(midnight - DAY, end, now=now)
    assert_whole_and_plausible(conform(RAW_TSO_FORECAST, rows), "forecast_mwh", midnight - DAY, end)
