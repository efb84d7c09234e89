import duckdb
import pandas as pd
import pytest

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, PREDICTIONS, RAW_LOAD, RAW_WEATHER, TABLES
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.house import MONTHS, PRESENT, House
from energy_dagster_tests.io_managers.samples import (
    RUN,
    frame_of,
    later,
    load_rows,
    prediction_rows,
    tiny_model,
    weather_rows,
)


def test_a_first_publication_holds_every_table_of_the_lake(house: House) -> None:
    names = [name for name in TABLES if name != "models"]
    for name in names:
        house.write(TABLES[name], MONTHS[0], frame_of(TABLES[name]))
    published = house.publish(at=1)
    assert {name: published.rows[name] for name in names} == {name: len(frame_of(TABLES[name])) for name in names}
    assert published.changed == len(names)


@pytest.mark.parametrize("name", ["raw_load", "consumption_features", "error_metrics"])
def test_rows_are_published_as_they_were_written(house: House, name: str) -> None:
    table = TABLES[name]
    house.write(table, MONTHS[0], frame_of(table))
    house.publish(at=1)
    path = house.warehouse.current()
    with duckdb.connect(str(path), read_only=True) as connection:
        columns, order = ", ".join(table.names), ", ".join(table.key)
        published = connection.execute(f"SELECT {columns} FROM {name} ORDER BY {order}").df()
    pd.testing.assert_frame_equal(published, conform(table, frame_of(table)), check_dtype=False)


def test_an_empty_lake_is_published_as_empty_tables(house: House) -> None:
    assert set(house.publish(at=1).rows.values()) == {0}


def test_the_store_reads_what_was_published(house: House) -> None:
    house.write(TABLES["consumption"], MONTHS[0], frame_of(TABLES["consumption"]))
    published = house.publish(at=1)
    with Store(house.folder / "warehouse") as store:
        snapshot = store.snapshot()
        assert (snapshot.snapshot_id, snapshot.as_of, snapshot.source) == (published.snapshot_id, PRESENT, "sandbox")
        assert store.actuals("DK1").rows


def test_only_the_partition_that_changed_is_applied(house: House) -> None:
    for month in range(3):
        house.write_load(month)
    assert house.publish(at=1).changed == 3
    before = house.rows("raw_load")
    house.write_load(1, mwh=2.0)
    assert house.publish(at=2).changed == 1
    after = house.rows("raw_load")
    other = [row for row in before if row[-1] != MONTHS[1]]
    assert [row for row in after if row[-1] != MONTHS[1]] == other
    assert house.rows("raw_load", "DISTINCT consumption_mwh, _partition")[-1] == (2.0, MONTHS[1])


def test_a_partition_that_lost_rows_loses_them_in_the_warehouse(house: House) -> None:
    house.write_load()
    house.publish(at=1)
    house.write(RAW_LOAD, MONTHS[0], load_rows("2026-06-01", "2026-06-01T05:00"))
    assert house.publish(at=2).rows["raw_load"] == 5


def test_versions_written_between_two_publications_count_once(house: House) -> None:
    for mwh in (1.0, 2.0, 3.0):
        house.write_load(mwh=mwh)
    assert house.publish(at=1).changed == 1
    assert house.rows("raw_load", "DISTINCT consumption_mwh") == [(3.0,)]


def test_nothing_new_publishes_nothing(house: House) -> None:
    house.write_load()
    first = house.publish(at=1)
    again = house.publish(at=2)
    assert (again.snapshot_id, again.path, again.changed, again.rows) == (first.snapshot_id, first.path, 0, first.rows)
    assert house.files() == [first.path.name]


def test_a_moved_clock_is_published_without_any_change(house: House) -> None:
    house.write_load()
    first = house.publish(at=1)
    moved = house.publish(at=2, as_of=later(1001))
    assert moved.changed == 0
    assert moved.snapshot_id != first.snapshot_id
    assert house.rows("_snapshot", "as_of") == [(later(1001).replace(tzinfo=None),)]


def test_another_source_is_published_without_any_change(house: House) -> None:
    house.publish(at=1)
    house.publish(at=2, source="live")
    assert house.rows("_snapshot", "source, simulated") == [("live", False)]


def test_every_version_of_a_prediction_is_kept_as_a_revision(house: House) -> None:
    for at, mwh in enumerate((1.0, 2.0, 3.0)):
        house.write(PREDICTIONS, "2026-06-01T10", prediction_rows("2026-06-01T10:00", mwh=mwh))
        house.publish(at=at)
    assert house.rows("predictions", "DISTINCT revision, q50") == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_revisions_that_are_published_together_are_numbered_by_age(house: House) -> None:
    for mwh in (3.0, 1.0, 2.0):
        house.write(PREDICTIONS, "2026-06-01T10", prediction_rows("2026-06-01T10:00", mwh=mwh))
    house.publish(at=1)
    assert house.rows("predictions", "DISTINCT revision, q50") == [(1, 3.0), (2, 1.0), (3, 2.0)]


def features(start: str, end: str, *, local_hour: int) -> pd.DataFrame:
    sample = frame_of(CONSUMPTION_FEATURES).head(1)
    hours = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    return pd.DataFrame(sample.loc[sample.index.repeat(len(hours))].assign(hour_utc=hours, local_hour=local_hour))


def test_look_ahead_gives_way_when_its_own_month_arrives(house: House) -> None:
    house.write(CONSUMPTION_FEATURES, MONTHS[0], features("2026-06-30", "2026-07-03", local_hour=1))
    assert house.publish(at=1).rows["consumption_features"] == 72
    house.write(CONSUMPTION_FEATURES, MONTHS[1], features("2026-07-01", "2026-07-02", local_hour=2))
    house.publish(at=2)
    by_day = house.rows("consumption_features", "DISTINCT day(hour_utc), local_hour, _partition")
    assert by_day == [(1, 2, MONTHS[1]), (2, 1, MONTHS[0]), (30, 1, MONTHS[0])]


@pytest.mark.parametrize("together", [False, True])
def test_no_feature_hour_is_there_twice_whatever_month_was_written_last(house: House, *, together: bool) -> None:
    house.write(CONSUMPTION_FEATURES, MONTHS[1], features("2026-07-01", "2026-07-05", local_hour=2))
    if not together:
        house.publish(at=1)
    house.write(CONSUMPTION_FEATURES, MONTHS[0], features("2026-06-30", "2026-07-03", local_hour=1))
    house.publish(at=2)
    assert house.rows("consumption_features", "count(*), count(DISTINCT hour_utc)") == [(120, 120)]
    assert house.rows("consumption_features", "DISTINCT local_hour, _partition") == [(1, MONTHS[0]), (2, MONTHS[1])]


def test_look_ahead_counts_again_when_its_own_month_loses_the_hour(house: House) -> None:
    house.write(RAW_WEATHER, MONTHS[0], weather_rows("2026-06-30", "2026-07-03", celsius=1.0))
    house.write(RAW_WEATHER, MONTHS[1], weather_rows("2026-07-01", "2026-07-03", celsius=2.0))
    house.publish(at=1)
    house.write(RAW_WEATHER, MONTHS[1], weather_rows("2026-07-01", "2026-07-02", celsius=3.0))
    assert house.publish(at=2).changed == 1
    assert house.rows("raw_weather", "DISTINCT day(hour_utc), temperature_c") == [(1, 3.0), (2, 1.0), (30, 1.0)]


def test_models_are_rows(house: House) -> None:
    house.models.write("2026-06-01", tiny_model("a"), at=later(1), run_id=RUN)
    house.publish(at=1)
    house.models.write("2026-06-08", tiny_model("b", verdict="challenger"), at=later(2), run_id=RUN)
    assert house.publish(at=2).changed == 1
    assert house.rows("models", "model_version, verdict, _partition") == [
        ("a", "champion", "2026-06-01"),
        ("b", "challenger", "2026-06-08"),
    ]
