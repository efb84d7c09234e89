from dataclasses import fields
from datetime import timedelta

from energy_dagster.domain.tables import MODELS, TABLES
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Model
from energy_dagster_tests.warehouse_fixture import AUTUMN


def test_series_are_named_in_english_and_dated(store: Store) -> None:
    series = store.series().rows
    assert [(row.series_id, row.name, row.unit) for row in series] == [
        ("DK/total", "Denmark", "MWh"),
        ("DK1/total", "West Denmark (Jutland and Funen)", "MWh"),
        ("DK2/total", "East Denmark (Zealand and Bornholm)", "MWh"),
    ]
    assert {row.newest_hour for row in series} == {AUTUMN - timedelta(hours=3)}
    assert {row.newest_issue for row in series} == {AUTUMN}


def test_models_come_newest_first(store: Store) -> None:
    assert [model.model_version for model in store.models().rows] == ["model-b", "model-a"]
    assert [model.model_version for model in store.models(limit=1).rows] == ["model-b"]


def test_a_model_row_holds_every_column_of_the_table() -> None:
    assert tuple(field.name for field in fields(Model)) == MODELS.names


def test_freshness_names_every_table(store: Store) -> None:
    freshness = {row.table: row for row in store.freshness().rows}
    assert set(freshness) == set(TABLES)
    assert freshness["raw_load"].newest == AUTUMN - timedelta(hours=3)
    assert (freshness["predictions"].time_column, freshness["predictions"].newest) == ("issued_at", AUTUMN)
    assert all(row.rows > 0 and row.newest_version is not None for row in freshness.values())
