from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dagster import (
    AssetExecutionContext,
    BackfillPolicy,
    DagsterInstance,
    ExecuteInProcessResult,
    PartitionKeyRange,
    asset,
    build_input_context,
    build_output_context,
    materialize,
)

from energy_dagster.domain.contracts import TableContractError, conform, empty
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, RAW_LOAD, RAW_WEATHER, TABLES, Table
from energy_dagster.io_managers.managers import LakeIOManager, ModelIOManager, by_partition, table_of, table_schema
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.experiment_tracker import ExperimentTracker
from energy_dagster_tests.io_managers.samples import frame_of, load_rows, prediction_rows, tiny_model, weather_rows

KEYS = ("2026-05-01", "2026-06-01", "2026-07-01")


class Run:
    """What a run of a range of partitions knows of itself, as far as splitting asks."""

    def __init__(self, keys: Sequence[str] = KEYS, definition: Any = MONTHS) -> None:
        self.asset_partition_keys = keys
        self.asset_partitions_def = definition


def split(table: Table, frame: pd.DataFrame, run: Run | None = None) -> dict[str, pd.DataFrame]:
    context: Any = Run() if run is None else run
    return by_partition(table, frame, context)


def test_rows_go_to_the_partition_whose_window_holds_them() -> None:
    rows = load_rows("2026-05-31T22:00", "2026-06-01T03:00")
    parts = split(RAW_LOAD, rows.sample(frac=1, random_state=7))
    assert {key: sorted(part["hour_utc"].dt.hour) for key, part in parts.items()} == {
        "2026-05-01": [22, 23],
        "2026-06-01": [0, 1, 2],
        "2026-07-01": [],
    }


def test_no_rows_give_every_key_an_empty_part() -> None:
    parts = split(RAW_LOAD, empty(RAW_LOAD))
    assert tuple(parts) == KEYS
    assert all(list(part.columns) == list(RAW_LOAD.names) and part.empty for part in parts.values())


def test_rows_keep_their_values_whatever_their_index() -> None:
    rows = load_rows("2026-05-31T22:00", "2026-06-01T02:00").set_index(pd.Index([5, 5, 0, 9]))
    parts = split(RAW_LOAD, rows)
    pd.testing.assert_frame_equal(pd.concat(parts.values()), rows)


@pytest.mark.parametrize(("start", "end"), [("2026-04-30T23:00", "2026-05-01T01:00"), ("2026-07-31T23:00", "2026-08-01T01:00")])
def test_a_row_outside_the_partitions_is_refused(start: str, end: str) -> None:
    with pytest.raises(TableContractError, match="hour_utc: expected times from 2026-05-01 00:00:00 to 2026-08-01 00:00:00"):
        split(RAW_LOAD, load_rows(start, end))


def test_look_ahead_belongs_to_the_last_partition() -> None:
    parts = split(RAW_WEATHER, weather_rows("2026-07-31T23:00", "2026-08-02"))
    assert [len(part) for part in parts.values()] == [0, 0, 25]


def test_look_ahead_before_the_first_partition_is_refused() -> None:
    with pytest.raises(TableContractError, match="2026-04-30"):
        split(RAW_WEATHER, weather_rows("2026-04-30T23:00", "2026-05-01T01:00"))


def test_hours_with_a_zone_are_refused() -> None:
    rows = load_rows("2026-06-01", "2026-06-02")
    with pytest.raises(TableContractError, match=r"hour_utc: expected naive UTC times, found .*Copenhagen"):
        split(RAW_LOAD, rows.assign(hour_utc=rows["hour_utc"].dt.tz_localize("Europe/Copenhagen")))


def test_rows_without_hours_are_refused() -> None:
    with pytest.raises(TableContractError, match="hour_utc: expected a timestamp column, found no such column"):
        split(RAW_LOAD, load_rows("2026-06-01", "2026-06-02").drop(columns="hour_utc"))


def test_a_missing_hour_is_refused() -> None:
    rows = load_rows("2026-06-01", "2026-06-02")
    with pytest.raises(TableContractError, match="hour_utc: expected no null, found 1 null of 24"):
        split(RAW_LOAD, rows.assign(hour_utc=rows["hour_utc"].where(rows.index != 3)))


def test_issues_go_to_their_hour() -> None:
    keys = ("2026-06-01T10", "2026-06-01T11")
    frame = pd.concat([prediction_rows(f"{key}:00") for key in keys], ignore_index=True)
    parts = split(PREDICTIONS, frame, Run(keys, ISSUE_HOURS))
    assert {key: part["issued_at"].unique().tolist() for key, part in parts.items()} == {
        key: [pd.Timestamp(f"{key}:00")] for key in keys
    }


def test_errors_go_to_the_utc_day_of_their_hour() -> None:
    frame = frame_of(ERROR_METRICS)
    keys = sorted(frame["hour_utc"].dt.strftime("%Y-%m-%d").unique())
    parts = split(ERROR_METRICS, frame, Run(keys, DAYS))
    assert all((part["hour_utc"].dt.strftime("%Y-%m-%d") == key).all() and len(part) for key, part in parts.items())


@asset(partitions_def=MONTHS, io_manager_key="lake", backfill_policy=BackfillPolicy.single_run())
def raw_load(context: AssetExecutionContext) -> pd.DataFrame:
    window = context.partition_time_window
    rows = load_rows(f"{window.start:%Y-%m-%d}", f"{window.end:%Y-%m-%d}")
    return pd.DataFrame(rows[rows["hour_utc"].dt.day == 1])


@asset(partitions_def=MONTHS, io_manager_key="lake", backfill_policy=BackfillPolicy.single_run())
def raw_settlement(raw_load: pd.DataFrame) -> pd.DataFrame:
    return raw_load.assign(source_version=[f"row {number}" for number in range(len(raw_load))])


def run_months(manager: LakeIOManager, first: str, last: str) -> ExecuteInProcessResult:
    with DagsterInstance.ephemeral() as instance:
        return materialize(
            [raw_load, raw_settlement],
            instance=instance,
            resources={"lake": manager},
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
        )


@pytest.fixture
def manager(root: str) -> LakeIOManager:
    return LakeIOManager(root=root, clock=Clock())


def metadata_of(result: ExecuteInProcessResult, name: str) -> dict[str, Any]:
    events = result.asset_materializations_for_node(name)
    return {key: value.value for key, value in events[0].metadata.items()}


def test_a_range_of_months_is_written_in_one_run_and_read_back(manager: LakeIOManager) -> None:
    result = run_months(manager, KEYS[0], KEYS[2])
    lake = manager.lake()
    assert lake.partitions("raw_load") == list(KEYS)
    expected = pd.concat([load_rows(key, f"{key[:8]}02") for key in KEYS], ignore_index=True)
    pd.testing.assert_frame_equal(lake.read(RAW_LOAD, KEYS), conform(RAW_LOAD, expected))
    assert result.output_for_node("raw_settlement")["source_version"].iloc[-1] == "row 71"


def test_a_materialization_says_how_many_rows_versions_and_hours(manager: LakeIOManager) -> None:
    metadata = metadata_of(run_months(manager, KEYS[0], KEYS[1]), "raw_load")
    assert metadata["dagster/row_count"] == 48
    assert metadata["new versions"] == 2
    assert metadata["unchanged partitions"] == 0
    assert (metadata["first"], metadata["newest"]) == ("2026-05-01 00:00 UTC", "2026-06-01 23:00 UTC")


def test_running_twice_gives_the_same_rows_and_no_new_version(manager: LakeIOManager) -> None:
    run_months(manager, KEYS[0], KEYS[1])
    before = list(manager.lake().versions("raw_load"))
    metadata = metadata_of(run_months(manager, KEYS[0], KEYS[1]), "raw_load")
    assert (metadata["new versions"], metadata["unchanged partitions"]) == (0, 2)
    assert list(manager.lake().versions("raw_load")) == before


def test_a_run_without_rows_is_a_materialization_of_no_rows(tmp_path: Path) -> None:
    manager = LakeIOManager(root=str(tmp_path), clock=Clock())
    context = build_output_context(asset_key="raw_load", asset_partitions_def=MONTHS, partition_key=KEYS[0], run_id="run-1")
    manager.handle_output(context, empty(RAW_LOAD))
    assert context.get_logged_metadata()["dagster/row_count"].value == 0
    assert manager.lake().partitions("raw_load") == [KEYS[0]]


def test_a_refused_frame_writes_no_partition_at_all(tmp_path: Path) -> None:
    manager = LakeIOManager(root=str(tmp_path), clock=Clock())
    context = build_output_context(asset_key="raw_load", asset_partitions_def=MONTHS, partition_key=KEYS[0], run_id="run-1")
    with pytest.raises(TableContractError):
        manager.handle_output(context, load_rows("2026-05-31", "2026-06-02"))
    assert manager.lake().partitions("raw_load") == []


def test_versions_are_named_by_the_machines_clock_not_the_pretended_one(tmp_path: Path) -> None:
    manager = LakeIOManager(root=str(tmp_path), clock=Clock(pretended="2019-01-01T00:00:00+00:00"))
    context = build_output_context(asset_key="raw_load", asset_partitions_def=MONTHS, partition_key=KEYS[0], run_id="run-1")
    manager.handle_output(context, empty(RAW_LOAD))
    assert not next(manager.lake().versions("raw_load")).version.startswith("2019")


def test_the_schema_in_the_ui_says_units_and_nulls() -> None:
    columns = {column.name: column for column in table_schema(RAW_LOAD).columns}
    assert tuple(columns) == RAW_LOAD.names
    assert "[MWh]" in str(columns["consumption_mwh"].description)
    assert columns["consumption_mwh"].constraints.nullable
    assert not columns["area"].constraints.nullable


@pytest.mark.parametrize("name", list(TABLES))
def test_the_contract_of_an_asset_is_the_table_of_its_name(name: str) -> None:
    assert table_of(build_output_context(asset_key=name)) is TABLES[name]


def test_the_model_of_a_week_is_the_champion_up_to_it(root: str) -> None:
    manager = ModelIOManager(root=root, clock=Clock(), experiments=ExperimentTracker())
    manager.handle_output(build_output_context(asset_key="forecast_model", run_id="run-1"), {"2026-06-01": tiny_model("a")})
    for week, name in (("2026-05-25", None), ("2026-06-01", "a"), ("2026-06-08", "a")):
        context = build_input_context(asset_key="forecast_model", asset_partitions_def=WEEKS, partition_key=week)
        model = manager.load_input(context)[week]
        assert (model and model.meta.model_version) == name


def test_look_ahead_and_the_next_month_are_read_as_one(tmp_path: Path) -> None:
    manager = LakeIOManager(root=str(tmp_path), clock=Clock())
    frame = frame_of(CONSUMPTION_FEATURES).query("area == 'DK1'").head(4)
    june = frame.assign(hour_utc=pd.date_range("2026-06-30T22:00", periods=4, freq="h"), local_hour=1)
    july = frame.assign(hour_utc=pd.date_range("2026-07-01T01:00", periods=4, freq="h"), local_hour=2)
    for key, rows in (("2026-06-01", june), ("2026-07-01", july)):
        context = build_output_context(
            asset_key="consumption_features", asset_partitions_def=MONTHS, partition_key=key, run_id="run-1"
        )
        manager.handle_output(context, rows)
    context_of_both = build_input_context(
        asset_key="consumption_features",
        asset_partitions_def=MONTHS,
        asset_partition_key_range=PartitionKeyRange("2026-06-01", "2026-07-01"),
    )
    assert manager.load_input(context_of_both)["local_hour"].tolist() == [1, 1, 1, 2, 2, 2, 2]
