import pytest

from energy_dagster.domain.catalogue import DATASETS, LOAD, PLACES, SETTLEMENT
from energy_dagster.domain.tables import (
    AREAS,
    HORIZON_HOURS,
    LEAD_BUCKET_NAMES,
    LEAD_BUCKETS,
    QUANTILE_COLUMNS,
    QUANTILES,
    RAW_LOAD,
    TABLES,
)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_listed_under_its_own_name(name: str) -> None:
    assert TABLES[name].name == name


@pytest.mark.parametrize("name", TABLES)
def test_a_table_names_each_column_once(name: str) -> None:
    assert len(set(TABLES[name].names)) == len(TABLES[name].columns)


@pytest.mark.parametrize("name", TABLES)
def test_a_key_is_made_of_columns_that_are_never_null(name: str) -> None:
    assert not any(TABLES[name].column(key).nullable for key in TABLES[name].key)


@pytest.mark.parametrize("name", TABLES)
def test_partition_and_volatile_columns_are_columns(name: str) -> None:
    table = TABLES[name]
    assert table.column(table.partition_column).dtype == "timestamp"
    assert set(table.volatile) <= set(table.names)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_says_what_it_means(name: str) -> None:
    assert all(column.description for column in TABLES[name].columns)


def test_an_unknown_column_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"raw_load has no column 'load'; it has hour_utc, area, consumption_mwh"):
        RAW_LOAD.column("load")


def test_lead_buckets_tile_the_horizon() -> None:
    assert [lead for first, last in LEAD_BUCKETS for lead in range(first, last + 1)] == list(range(1, HORIZON_HOURS + 1))


def test_lead_bucket_names_sort_in_order_of_lead() -> None:
    assert list(LEAD_BUCKET_NAMES) == sorted(LEAD_BUCKET_NAMES)


def test_quantiles_are_ordered_symmetric_and_named() -> None:
    assert list(QUANTILES) == sorted(QUANTILES)
    assert [round(1 - level, 10) for level in reversed(QUANTILES)] == list(QUANTILES)
    assert QUANTILE_COLUMNS[QUANTILES.index(0.5)] == "q50"
    assert len(set(QUANTILE_COLUMNS)) == len(QUANTILES)


def test_the_places_of_an_area_weigh_one_together() -> None:
    for area in set(AREAS) - {"DK"}:
        assert sum(place.weight for place in PLACES if place.area == area) == pytest.approx(1)


def test_every_place_is_in_a_known_area() -> None:
    assert {place.area for place in PLACES} == set(AREAS) - {"DK"}


def test_a_dataset_is_listed_under_its_own_name_and_has_one_vintage() -> None:
    assert all(dataset.name == name for name, dataset in DATASETS.items())
    assert {dataset.vintage for dataset in DATASETS.values()} == {"preliminary", "settled"}


def test_a_dataset_asks_for_its_version_only_where_it_has_one() -> None:
    assert LOAD.columns == ("TimeUTC", "PriceArea", "Version", "GrossCon")
    assert SETTLEMENT.columns == ("HourUTC", "PriceArea", "GrossConsumptionMWh")
