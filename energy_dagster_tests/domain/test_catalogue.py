"""Every dataset is declared once, with everything it takes to read it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
import pytest

from energy_dagster.domain.availability import newest_published_hour
from energy_dagster.domain.catalogue import (
    BALANCE,
    CONSUMER_CATEGORIES,
    DATASETS,
    DE35,
    FEEDS,
    GRID_AREAS,
    HEATING,
    INDUSTRY,
    LOAD,
    RAW_CONSUMER_GROUPS_FEED,
    SETTLEMENT,
    WEATHER,
    WIND_AND_SOLAR_FORECASTS,
    Dataset,
    Feed,
    asset_of,
)
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import TABLES
from energy_dagster.resources.portal_rows import page_of, raw_rows
from energy_dagster.settings import FAMILIES

HOUR = timedelta(hours=1)
CHARGING = Dataset(
    name="ConsumptionChargingHour",
    time_column="TimeUTC",
    local_time_column="TimeDK",
    area_column="MunicipalityNo",
    group_column="ChargerType",
    measure="ConsumptionkWh",
    unit="kWh",
    publication_delay=timedelta(days=6),
    version_column="Version",
    other_keys=("Operator",),
)
"""A dataset that nobody has thought of yet."""


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_is_listed_under_its_own_name(name: str) -> None:
    assert DATASETS[name].name == name


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_a_dataset_names_each_of_its_columns_once(dataset: Dataset) -> None:
    assert len(set(dataset.columns)) == len(dataset.columns)
    assert {*dataset.key, dataset.local_time_column, dataset.measure} <= set(dataset.columns)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_a_dataset_is_hourly_and_its_times_go_together(dataset: Dataset) -> None:
    assert dataset.resolution == HOUR
    assert (dataset.time_column, dataset.local_time_column) in {("TimeUTC", "TimeDK"), ("HourUTC", "HourDK")}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_a_successor_is_another_dataset_of_the_catalogue(dataset: Dataset) -> None:
    assert dataset.successor is None or dataset.successor in set(DATASETS) - {dataset.name}


def test_whatever_is_no_longer_published_has_a_successor_that_is() -> None:
    gone = [dataset for dataset in DATASETS.values() if not dataset.active]
    assert gone == [INDUSTRY, DE35]
    assert all(DATASETS[str(dataset.successor)].active for dataset in gone)


@pytest.mark.parametrize(
    ("dataset", "measure", "unit", "key", "delay"),
    [
        (LOAD, "GrossCon", "MWh", ("TimeUTC", "PriceArea"), timedelta(hours=2)),
        (BALANCE, "TotalLoad", "MWh", ("HourUTC", "PriceArea"), timedelta(hours=1)),
        (SETTLEMENT, "GrossConsumptionMWh", "MWh", ("HourUTC", "PriceArea"), timedelta(days=8)),
        (CONSUMER_CATEGORIES, "ConsumptionkWh", "kWh", ("TimeUTC", "RegionName", "ConsumerCategory2"), timedelta(days=10)),
        (GRID_AREAS, "ConsumptionkWh", "kWh", ("TimeUTC", "GridArea", "PriceArea"), timedelta(days=9)),
        (
            HEATING,
            "ConsumptionkWh",
            "kWh",
            ("TimeUTC", "RegionName", "HeatingCategory", "MunicipalityCode", "HousingCategory"),
            timedelta(days=7),
        ),
        (INDUSTRY, "ConsumptionkWh", "kWh", ("HourUTC", "MunicipalityNo", "Branche"), timedelta(days=10)),
        (DE35, "TotalCon", "kWh", ("HourUTC", "PriceArea", "ConsumerType_DE35"), timedelta(days=10)),
        (
            WIND_AND_SOLAR_FORECASTS,
            "ForecastDayAhead",
            "MWh",
            ("HourUTC", "PriceArea", "ForecastType"),
            timedelta(hours=-12),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Dataset) else "",
)
def test_a_dataset_is_declared_as_the_portal_has_it(
    dataset: Dataset, measure: str, unit: str, key: tuple[str, ...], delay: timedelta
) -> None:
    assert (dataset.measure, dataset.unit, dataset.key, dataset.publication_delay) == (measure, unit, key, delay)


def test_a_version_is_asked_for_only_where_there_is_one() -> None:
    assert LOAD.columns == ("TimeUTC", "TimeDK", "PriceArea", "Version", "GrossCon")
    assert SETTLEMENT.columns == ("HourUTC", "HourDK", "PriceArea", "GrossConsumptionMWh")


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_a_feed_has_its_table_its_family_and_datasets_of_the_catalogue(feed: Feed) -> None:
    assert TABLES[feed.asset].name == feed.asset
    assert feed.family in FAMILIES
    assert feed.datasets
    assert all(DATASETS[dataset.name] is dataset for dataset in (*feed.datasets, *filter(None, [feed.fallback])))


def test_no_dataset_is_read_by_two_feeds() -> None:
    names = [dataset.name for feed in FEEDS for dataset in (*feed.datasets, *filter(None, [feed.fallback]))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_a_feed_has_spoken_when_its_slowest_dataset_has(feed: Feed) -> None:
    moment = datetime(2026, 3, 10, 18, 30)  # noqa: DTZ001 - naive UTC, as the tables
    assert newest_published_hour(feed, moment) == min(newest_published_hour(dataset, moment) for dataset in feed.datasets)


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_every_dataset_of_a_feed_is_read_into_its_asset(feed: Feed) -> None:
    assert {asset_of(dataset.name) for dataset in feed.datasets} == {feed.asset}


def test_the_fallback_and_the_weather_are_read_into_their_assets() -> None:
    assert (asset_of(BALANCE.name), asset_of(WEATHER)) == ("raw_load", "raw_weather")


def test_a_dataset_that_no_asset_reads_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no asset reads Forecasts_Hour; the catalogue has GenerationProdTypeExchange"):
        asset_of(WIND_AND_SOLAR_FORECASTS.name)


def test_a_dataset_that_is_added_is_read_by_its_entry_alone() -> None:
    record = {"TimeUTC": "2026-03-01T00:00:00", "TimeDK": "2026-03-01T01:00:00", "MunicipalityNo": 851, "Version": "Final"}
    records = [
        record | {"ChargerType": "Street", "Operator": operator, "ConsumptionkWh": kwh}
        for operator, kwh in (("A", 1500), ("B", "500"))
    ]
    start = datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC, as the tables
    pages = [page_of(CHARGING, {"total": 2, "records": records})]
    feed = replace(RAW_CONSUMER_GROUPS_FEED, datasets=(CHARGING,))
    rows = conform(TABLES[feed.asset], raw_rows(CHARGING, pages, start=start, end=start + HOUR, fetched_at=start + 7 * 24 * HOUR))
    [row] = rows.drop(columns=["fetched_at", "other_mwh"]).to_dict("records")
    assert row == {
        "hour_utc": pd.Timestamp("2026-03-01"),
        "area": "851",
        "consumer_group": "Street",
        "consumption_mwh": 2.0,
        "dataset": "ConsumptionChargingHour",
        "source_version": "Final",
    }
