from datetime import timedelta
from pathlib import Path

import pandas as pd

from energy_dagster.domain.catalogue import FEEDS
from energy_dagster.domain.tables import MODELS, RAW_TSO_FORECAST, TABLES
from energy_dagster.settings import Settings
from energy_dagster.store.freshness import NOT_READ_BY_DEFAULT
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Model
from energy_dagster_tests.warehouse_fixture import AUTUMN, write_snapshot


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
    assert Model.__struct_fields__ == MODELS.names


def test_freshness_names_every_table(store: Store) -> None:
    freshness = {row.table: row for row in store.freshness().rows}
    assert set(freshness) == set(TABLES)
    assert freshness["raw_load"].newest == AUTUMN - timedelta(hours=3)
    assert (freshness["predictions"].time_column, freshness["predictions"].newest) == ("issued_at", AUTUMN)
    assert all(row.rows > 0 and row.newest_version is not None for row in freshness.values())


def test_an_empty_warehouse_lists_the_tables_of_the_default_graph_only(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {}, as_of=AUTUMN)
    with Store(tmp_path) as empty:
        rows = empty.freshness().rows
    absent = {"raw_consumer_groups", "raw_grid_areas", "raw_tso_forecast", "backtest_forecasts", "backtest_scores"}
    assert [row.table for row in rows] == sorted(set(TABLES) - absent)
    assert {(row.rows, row.newest, row.newest_version) for row in rows} == {(0, None, None)}


def test_a_table_of_an_asset_that_is_off_is_listed_once_it_holds_a_row(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    write_snapshot(tmp_path, {"raw_grid_areas": frames["raw_grid_areas"].tail(1)}, as_of=AUTUMN)
    with Store(tmp_path) as store:
        listed = {row.table: row for row in store.freshness().rows}
    assert (listed["raw_grid_areas"].rows, listed["raw_grid_areas"].newest) == (1, AUTUMN - timedelta(days=8, hours=1))
    assert not {"raw_consumer_groups", "raw_tso_forecast"} & set(listed)


def test_a_backtest_is_listed_once_somebody_made_one(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    write_snapshot(tmp_path, {"backtest_forecasts": frames["backtest_forecasts"]}, as_of=AUTUMN)
    with Store(tmp_path) as store:
        listed = {row.table: row for row in store.freshness().rows}
    newest = listed["backtest_forecasts"]
    assert (newest.time_column, newest.newest, newest.rows) == (
        "delivery_day",
        frames["backtest_forecasts"]["delivery_day"].max().tz_localize("UTC"),
        len(frames["backtest_forecasts"]),
    )
    assert "backtest_scores" not in listed


def test_what_is_not_read_by_default_is_what_the_settings_and_the_catalogue_say() -> None:
    families = Settings.model_fields["families"].default.split(",")
    off = {feed.asset for feed in FEEDS if feed.family not in families}
    assert Settings.model_fields["entsoe_token"].default is None
    assert set(NOT_READ_BY_DEFAULT) == off | {RAW_TSO_FORECAST.name}


def test_an_hour_without_a_value_does_not_make_a_table_new(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    tables = {name: frames[name] for name in ("raw_load", "consumption")}
    newest = pd.Timestamp(AUTUMN.replace(tzinfo=None)) - pd.Timedelta(hours=3)
    blank = {
        name: frame.assign(consumption_mwh=frame["consumption_mwh"].mask(frame["hour_utc"] == newest))
        for name, frame in tables.items()
    }
    write_snapshot(tmp_path, blank, as_of=AUTUMN)
    with Store(tmp_path) as store:
        found = {row.table: row.newest for row in store.freshness().rows}
    assert {found["raw_load"], found["consumption"]} == {AUTUMN - timedelta(hours=4)}
