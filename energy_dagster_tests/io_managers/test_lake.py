from pathlib import Path

import pandas as pd
import pytest
import s3fs

from energy_dagster.domain.contracts import TableContractError, conform, empty
from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD, RAW_WEATHER, TABLES
from energy_dagster.io_managers.lake import Lake
from energy_dagster_tests.io_managers.lake_writing import JUNE, MONTH, NEXT_MONTH, files_of, write_load
from energy_dagster_tests.io_managers.samples import (
    AT,
    NAMES,
    RUN,
    frame_of,
    later,
    load_rows,
    prediction_rows,
    weather_rows,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_comes_back_as_it_was_written(root: str, name: str) -> None:
    table, lake = TABLES[name], Lake(root)
    frame = frame_of(table)
    lake.write(table, MONTH, frame, at=AT, run_id=RUN)
    pd.testing.assert_frame_equal(lake.read(table, [MONTH]), conform(table, frame))


@pytest.mark.parametrize("name", NAMES)
def test_types_survive_the_lake(tmp_path: Path, name: str) -> None:
    table, lake = TABLES[name], Lake(str(tmp_path))
    lake.write(table, MONTH, frame_of(table), at=AT, run_id=RUN)
    assert dict(lake.read(table, [MONTH]).dtypes) == dict(empty(table).dtypes)


def test_times_are_naive_and_in_microseconds(root: str) -> None:
    lake = Lake(root)
    write_load(lake)
    assert str(lake.read(RAW_LOAD, [MONTH])["hour_utc"].dtype) == "datetime64[us]"


def test_nulls_come_back_as_nulls(root: str) -> None:
    lake = Lake(root)
    write_load(lake, JUNE.assign(consumption_mwh=JUNE["consumption_mwh"].where(JUNE.index != 3)))
    assert lake.read(RAW_LOAD, [MONTH])["consumption_mwh"].isna().to_numpy().nonzero()[0].tolist() == [3]


def test_a_partition_without_a_row_is_a_version_too(root: str) -> None:
    lake = Lake(root)
    write_load(lake, empty(RAW_LOAD))
    assert lake.partitions("raw_load") == [MONTH]
    pd.testing.assert_frame_equal(lake.read(RAW_LOAD, [MONTH]), empty(RAW_LOAD))


def test_a_partition_that_was_never_written_reads_as_no_rows(root: str) -> None:
    pd.testing.assert_frame_equal(Lake(root).read(RAW_LOAD, [MONTH]), empty(RAW_LOAD))


def test_an_asset_that_was_never_written_has_no_partitions(root: str) -> None:
    assert Lake(root).partitions("raw_load") == []


def test_the_newest_version_is_the_partition(root: str) -> None:
    lake = Lake(root)
    for hours, mwh in ((0, 1.0), (2, 3.0), (1, 2.0)):
        write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=mwh), hours=hours)
    assert lake.read(RAW_LOAD, [MONTH])["consumption_mwh"].unique().tolist() == [3.0]


def test_unchanged_content_writes_no_version(root: str) -> None:
    lake = Lake(root)
    first = write_load(lake)
    again = write_load(lake, JUNE.sample(frac=1, random_state=7), hours=1)
    assert (again.changed, again.version, again.rows) == (False, first.version, len(JUNE))
    assert len(files_of(lake)) == 1


def test_volatile_columns_do_not_make_a_version(root: str) -> None:
    lake = Lake(root)
    for hours, run in enumerate(("run-1", "run-2")):
        rows = prediction_rows("2026-06-01T10:00", run_id=run)
        written = lake.write(PREDICTIONS, "2026-06-01T10", rows, at=later(hours), run_id=run)
    assert not written.changed


def test_changed_content_is_a_second_file(root: str) -> None:
    lake = Lake(root)
    first = lake.path(write_load(lake).version)
    before = first.read_bytes()
    changed = write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=2.0), hours=1)
    assert changed.changed
    assert first.read_bytes() == before
    assert len(files_of(lake)) == 2


def test_content_that_returns_to_what_it_was_is_a_version(root: str) -> None:
    lake = Lake(root)
    for hours, mwh in enumerate((1.0, 2.0, 1.0)):
        write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=mwh), hours=hours)
    assert lake.read(RAW_LOAD, [MONTH])["consumption_mwh"].unique().tolist() == [1.0]


@pytest.mark.parametrize(
    "broken",
    [
        JUNE.drop(columns="area"),
        JUNE.assign(price=1.0),
        JUNE.assign(hour_utc=JUNE["hour_utc"].dt.tz_localize("UTC")),
        JUNE.assign(area=None),
        JUNE.assign(consumption_mwh="much"),
        pd.concat([JUNE, JUNE]),
    ],
    ids=["absent", "unknown", "zone", "null", "text", "twice"],
)
def test_rows_that_break_the_contract_leave_nothing_behind(root: str, broken: pd.DataFrame) -> None:
    lake = Lake(root)
    with pytest.raises(TableContractError, match="raw_load"):
        write_load(lake, broken)
    assert files_of(lake) == []


def test_versions_are_listed_by_partition_and_age(root: str) -> None:
    lake = Lake(root)
    for hours, (partition, mwh) in enumerate(((NEXT_MONTH, 1.0), (MONTH, 1.0), (MONTH, 2.0))):
        write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=mwh), hours=hours, partition=partition)
    listed = [(version.partition, version.version[:13]) for version in lake.versions("raw_load")]
    assert listed == [(MONTH, "20260601T1300"), (MONTH, "20260601T1400"), (NEXT_MONTH, "20260601T1200")]


def test_only_the_partitions_asked_for_are_listed(root: str) -> None:
    lake = Lake(root)
    for partition in (MONTH, NEXT_MONTH):
        write_load(lake, partition=partition)
    assert list(lake.newest("raw_load", [NEXT_MONTH, "2026-08-01"])) == [NEXT_MONTH]


def test_another_lake_on_the_same_root_sees_new_versions_at_once(root: str) -> None:
    reader, writer = Lake(root), Lake(root)
    write_load(writer)
    assert reader.partitions("raw_load") == [MONTH]
    write_load(writer, load_rows("2026-06-01", "2026-06-02", mwh=2.0), hours=1)
    write_load(writer, partition=NEXT_MONTH)
    assert reader.partitions("raw_load") == [MONTH, NEXT_MONTH]
    assert reader.read(RAW_LOAD, [MONTH])["consumption_mwh"].unique().tolist() == [2.0]


def test_versions_that_another_machine_wrote_to_s3_are_seen(s3_root: str) -> None:
    here = Lake(s3_root)
    write_load(here)
    assert here.partitions("raw_load") == [MONTH]
    payload = here.path(next(here.versions("raw_load"))).read_bytes()
    elsewhere = s3fs.S3FileSystem(skip_instance_cache=True)
    elsewhere.pipe_file(f"{s3_root}/raw_load/{NEXT_MONTH}/20260701T000000000000Z-other.parquet", payload)
    assert here.partitions("raw_load") == [MONTH, NEXT_MONTH]
    assert len(here.read(RAW_LOAD, [NEXT_MONTH])) == len(JUNE)


def test_hidden_and_foreign_files_are_no_versions(root: str) -> None:
    lake = Lake(root)
    standing = write_load(lake).version
    folder = lake.path(standing).parent
    for stray in (folder / ".20270101T000000000000Z-dead.parquet.7.tmp", folder / "notes.txt", folder.parent / "README.md"):
        stray.write_bytes(b"no version")
    assert list(lake.versions("raw_load")) == [standing]


def test_a_partition_of_hidden_files_alone_has_no_version(root: str) -> None:
    lake = Lake(root)
    remains = lake.root / "raw_load" / MONTH / ".20270101T000000000000Z-dead.parquet.7.tmp"
    remains.parent.mkdir(parents=True, exist_ok=True)
    remains.write_bytes(b"half")
    assert lake.partitions("raw_load") == []


def test_a_later_partition_speaks_for_its_own_hours(root: str) -> None:
    lake = Lake(root)
    lake.write(RAW_WEATHER, NEXT_MONTH, weather_rows("2026-07-01", "2026-07-02", celsius=2.0), at=AT, run_id=RUN)
    lake.write(RAW_WEATHER, MONTH, weather_rows("2026-06-30", "2026-07-03", celsius=1.0), at=later(1), run_id=RUN)
    rows = lake.read(RAW_WEATHER, [NEXT_MONTH, MONTH]).sort_values("hour_utc")
    assert rows.groupby(rows["hour_utc"].dt.date)["temperature_c"].unique().map(list).tolist() == [[1.0], [2.0], [1.0]]


def test_look_ahead_is_read_without_the_later_partition(root: str) -> None:
    lake = Lake(root)
    lake.write(RAW_WEATHER, MONTH, weather_rows("2026-06-30", "2026-07-03"), at=AT, run_id=RUN)
    assert lake.read(RAW_WEATHER, [MONTH])["hour_utc"].max() == pd.Timestamp("2026-07-02T23:00")


def test_a_relative_root_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lake = Lake("lake")
    write_load(lake)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert lake.partitions("raw_load") == [MONTH]


def test_a_file_url_is_a_local_lake(tmp_path: Path) -> None:
    write_load(Lake(f"file://{tmp_path}"))
    assert Lake(str(tmp_path)).partitions("raw_load") == [MONTH]


def test_the_lake_can_be_read_as_it_stood(root: str) -> None:
    lake = Lake(root)
    for hours, mwh in ((0, 1.0), (2, 2.0)):
        write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=mwh), hours=hours)
    write_load(lake, hours=3, partition=NEXT_MONTH)

    def stood(hours: int) -> tuple[list[float], int]:
        rows = lake.read(RAW_LOAD, [MONTH, NEXT_MONTH], as_of=later(hours))
        return rows["consumption_mwh"].head(24).unique().tolist(), len(rows)

    assert [stood(hours) for hours in (-1, 0, 1, 2, 3)] == [([], 0), ([1.0], 24), ([1.0], 24), ([2.0], 24), ([2.0], 48)]


def test_an_issue_stands_as_it_was_served_then(root: str) -> None:
    lake, issue = Lake(root), "2026-06-01T10"
    for hours, (mwh, origin) in enumerate(((1.0, "replay"), (2.0, "live"), (3.0, "replay"))):
        rows = prediction_rows(f"{issue}:00", mwh=mwh).assign(origin=origin)
        lake.write(PREDICTIONS, issue, rows, at=later(hours), run_id=RUN)
    stood = [lake.read(PREDICTIONS, [issue], as_of=later(hours))["q50"].unique().tolist() for hours in range(3)]
    assert stood == [[1.0], [2.0], [2.0]]
