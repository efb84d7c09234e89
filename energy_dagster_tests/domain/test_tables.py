import pytest

from energy_dagster.domain.catalogue import PLACES
from energy_dagster.domain.tables import (
    AREAS,
    CONSUMPTION,
    HORIZON_HOURS,
    LEAD_BUCKET_NAMES,
    LEAD_BUCKETS,
    QUALITIES,
    QUANTILE_COLUMNS,
    QUANTILES,
    RAW_CONSUMER_GROUPS,
    RAW_GRID_AREAS,
    RAW_LOAD,
    RAW_SETTLEMENT,
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
    with pytest.raises(KeyError, match=r"raw_load has no column 'load'; it has hour_utc, area, consumer_group, consumption_mwh"):
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


RAW_CONSUMPTION = (RAW_LOAD, RAW_SETTLEMENT, RAW_CONSUMER_GROUPS, RAW_GRID_AREAS)


def test_the_raw_consumption_tables_differ_in_name_and_meaning_only() -> None:
    assert {table.names for table in RAW_CONSUMPTION} == {
        (
            "hour_utc",
            "area",
            "consumer_group",
            "consumption_mwh",
            "other_mwh",
            "dataset",
            "source_version",
            "fetched_at",
        )
    }
    assert {(table.key, table.first_seen, table.measure) for table in RAW_CONSUMPTION} == {
        (("area", "consumer_group", "hour_utc"), "fetched_at", "consumption_mwh")
    }


def test_what_a_source_says_is_gathered_and_what_is_computed_is_not() -> None:
    gathered = {name for name, table in TABLES.items() if table.first_seen is not None}
    assert gathered == {name for name in TABLES if name.startswith("raw_")}


@pytest.mark.parametrize("name", TABLES)
def test_first_seen_and_measure_are_columns_outside_of_the_key(name: str) -> None:
    table = TABLES[name]
    for column, dtype in ((table.first_seen, "timestamp"), (table.measure, "double")):
        assert column is None or (table.column(column).dtype == dtype and column not in table.key)


def test_the_time_a_value_was_first_seen_is_always_known() -> None:
    assert not any(table.column(table.first_seen).nullable for table in TABLES.values() if table.first_seen is not None)


@pytest.mark.parametrize("name", TABLES)
def test_numbers_with_a_unit_in_their_name_have_that_unit(name: str) -> None:
    assert all(column.unit == "MWh" for column in TABLES[name].columns if column.name.endswith("_mwh"))


def test_every_flag_is_named_where_quality_is_described() -> None:
    described = CONSUMPTION.column("quality").description
    assert all(flag in described for flag in QUALITIES)
