"""What a source says is put on top of what it said before, and the metadata says by how much it moved."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dagster import BackfillPolicy, DagsterInstance, asset, materialize

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.catalogue import BALANCE, LOAD
from energy_dagster.domain.contracts import TableContractError, conform, empty
from energy_dagster.domain.tables import CONSUMPTION, RAW_LOAD, RAW_WEATHER, Table
from energy_dagster.io_managers.managers import LakeIOManager
from energy_dagster.partitions import MONTHS
from energy_dagster.resources.clock import Clock
from energy_dagster_tests.io_managers.samples import AT, frame_of, load_rows, weather_rows

JUNE, JULY = "2026-06-01", "2026-07-01"
DAY = load_rows("2026-06-01", "2026-06-02")
AGAIN = AT + timedelta(hours=1)


@pytest.fixture
def manager(tmp_path: Path) -> LakeIOManager:
    return LakeIOManager(root=str(tmp_path), clock=Clock())


def read_in(
    manager: LakeIOManager, rows: pd.DataFrame, first: str = JUNE, last: str = JUNE, *, table: Table = RAW_LOAD
) -> dict[str, Any]:
    """Write a reading of some months in a run; the metadata of its materialization."""

    @asset(name=table.name, partitions_def=MONTHS, io_manager_key="lake", backfill_policy=BackfillPolicy.single_run())
    def reading() -> pd.DataFrame:
        return rows

    months = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with DagsterInstance.ephemeral() as instance:
        result = materialize([reading], instance=instance, resources={"lake": manager}, tags=months)
    return {name: value.value for name, value in result.asset_materializations_for_node(table.name)[0].metadata.items()}


def known(manager: LakeIOManager, *months: str) -> pd.DataFrame:
    return manager.lake().read(RAW_LOAD, months or (JUNE,))


def versions(manager: LakeIOManager) -> int:
    return len(list(manager.lake().versions("raw_load")))


def with_value(rows: pd.DataFrame, mwh: float, *, hours: range) -> pd.DataFrame:
    """The rows with another value in some hours of the day."""
    return rows.assign(consumption_mwh=rows["consumption_mwh"].mask(rows["hour_utc"].dt.hour.isin(hours), mwh))


def test_a_first_reading_is_all_new(manager: LakeIOManager) -> None:
    said = read_in(manager, DAY)
    assert (said["new rows"], said["revised rows"], said["rows the source no longer has"]) == (24, 0, 0)
    assert (said["mean revision [MWh]"], said["largest revision [MWh]"]) == (0.0, 0.0)


def test_reading_the_same_again_later_writes_no_version(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    said = read_in(manager, load_rows("2026-06-01", "2026-06-02", fetched=AGAIN))
    assert (said["new versions"], said["unchanged partitions"], said["new rows"], said["revised rows"]) == (0, 1, 0, 0)
    assert versions(manager) == 1


def test_a_revision_writes_a_version_and_says_how_many_hours_moved_and_by_how_much(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    moved = with_value(with_value(DAY, 1010.0, hours=range(3)), 970.0, hours=range(3, 4))
    said = read_in(manager, moved.assign(fetched_at=pd.Timestamp(naive_utc(AGAIN)).as_unit("us")))
    assert (said["new versions"], said["new rows"], said["revised rows"]) == (1, 0, 4)
    assert (said["mean revision [MWh]"], said["largest revision [MWh]"]) == (15.0, 30.0)
    assert versions(manager) == 2


def test_only_hours_that_moved_get_the_time_of_the_new_reading(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    read_in(manager, with_value(load_rows("2026-06-01", "2026-06-02", fetched=AGAIN), 1010.0, hours=range(3)))
    seen = known(manager).groupby("fetched_at").size()
    assert seen.to_dict() == {pd.Timestamp(naive_utc(AT)): 21, pd.Timestamp(naive_utc(AGAIN)): 3}


def test_new_hours_are_added_to_those_known(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    said = read_in(manager, load_rows("2026-06-01T12", "2026-06-03"))
    assert (said["new rows"], said["rows the source no longer has"], said["dagster/row_count"]) == (24, 12, 48)
    assert known(manager)["hour_utc"].is_unique


def test_an_empty_answer_loses_nothing(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    said = read_in(manager, empty(RAW_LOAD))
    assert (said["new versions"], said["rows the source no longer has"], said["dagster/row_count"]) == (0, 24, 24)
    pd.testing.assert_frame_equal(known(manager), conform(RAW_LOAD, DAY))


def test_an_answer_with_one_hour_loses_no_other(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    read_in(manager, load_rows("2026-06-01T05", "2026-06-01T06", mwh=1.0))
    assert known(manager)["consumption_mwh"].tolist() == [1000.0] * 5 + [1.0] + [1000.0] * 18


def test_a_null_takes_no_number_away_and_counts_as_an_hour_the_source_no_longer_has(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    said = read_in(manager, with_value(DAY, float("nan"), hours=range(2)))
    assert (said["new versions"], said["rows the source no longer has"]) == (0, 2)
    assert known(manager)["consumption_mwh"].notna().all()


def test_a_fallback_fills_a_gap_and_replaces_nothing(manager: LakeIOManager) -> None:
    read_in(manager, load_rows("2026-06-01", "2026-06-01T12"))
    read_in(manager, load_rows("2026-06-01", "2026-06-02", mwh=5.0).assign(dataset=BALANCE.name))
    rows = known(manager)
    assert rows["dataset"].tolist() == [LOAD.name] * 12 + [BALANCE.name] * 12
    assert rows["consumption_mwh"].tolist() == [1000.0] * 12 + [5.0] * 12


def test_a_range_of_months_reports_the_sum_of_its_months(manager: LakeIOManager) -> None:
    both = load_rows("2026-06-30T12", "2026-07-01T12")
    assert read_in(manager, both, JUNE, JULY)["new versions"] == 2
    night = both["hour_utc"].dt.hour.isin((22, 23, 0))
    said = read_in(manager, both.assign(consumption_mwh=both["consumption_mwh"].mask(night, 1030.0)), JUNE, JULY)
    assert (said["revised rows"], said["mean revision [MWh]"], said["largest revision [MWh]"]) == (3, 30.0, 30.0)


def test_the_mean_revision_of_a_range_is_over_hours_and_not_over_months(manager: LakeIOManager) -> None:
    both = load_rows("2026-06-30T21", "2026-07-01T01")
    read_in(manager, both, JUNE, JULY)
    said = read_in(manager, both.assign(consumption_mwh=[1010.0, 1010.0, 1010.0, 1050.0]), JUNE, JULY)
    assert said["mean revision [MWh]"] == 20.0


def test_a_month_of_a_range_that_did_not_move_gets_no_version(manager: LakeIOManager) -> None:
    both = load_rows("2026-06-30T12", "2026-07-01T12")
    read_in(manager, both, JUNE, JULY)
    said = read_in(manager, with_value(both, 1.0, hours=range(1)), JUNE, JULY)
    assert (said["new versions"], said["unchanged partitions"]) == (1, 1)
    assert {one.partition for one in list(manager.lake().versions("raw_load"))[-1:]} == {JULY}


def test_every_run_of_the_weather_is_kept(manager: LakeIOManager) -> None:
    first = weather_rows("2026-06-01", "2026-06-02", celsius=10.0)
    second = weather_rows("2026-06-01", "2026-06-02", celsius=12.0)
    read_in(manager, first, table=RAW_WEATHER)
    later_run = second["available_at"] + pd.Timedelta(hours=6)
    said = read_in(manager, second.assign(available_at=later_run, fetched_at=later_run), table=RAW_WEATHER)
    assert (said["new rows"], said["dagster/row_count"]) == (24, 48)


def test_a_reading_that_breaks_the_contract_leaves_what_is_known(manager: LakeIOManager) -> None:
    read_in(manager, DAY)
    with pytest.raises(TableContractError, match="consumption_mwh"):
        read_in(manager, DAY.assign(consumption_mwh="much"))
    assert versions(manager) == 1


def test_what_is_computed_replaces_its_month_and_reports_no_revisions(manager: LakeIOManager) -> None:
    rows = frame_of(CONSUMPTION)
    rows = rows[rows["hour_utc"].dt.strftime("%Y-%m-%d").between("2026-06-01", "2026-06-30")]
    read_in(manager, rows, table=CONSUMPTION)
    said = read_in(manager, rows.head(5), table=CONSUMPTION)
    assert said["dagster/row_count"] == 5
    assert "revised rows" not in said
