"""The backtest as assets, made by the real graph on a small lake."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest
from dagster import AssetCheckSeverity, AssetKey, DagsterInstance, ExecuteInProcessResult, Failure

from energy_dagster.definitions import build_definitions
from energy_dagster.defs import backtest as backtest_defs
from energy_dagster.domain import model
from energy_dagster.domain.availability import aware_utc
from energy_dagster.domain.backtest import CannotBacktest
from energy_dagster.domain.monthly_backtest import MonthsBacktested, backtest_months
from energy_dagster.domain.tables import BACKTEST_FORECASTS, BACKTEST_SCORES, CONSUMPTION, CONSUMPTION_FEATURES, Table
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.partitions import BACKTEST_MONTHS, FEATURES_OF_A_BACKTEST, MONTHS
from energy_dagster.settings import Settings
from energy_dagster_tests.domain.synthetic import at, raw_history

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
BACKTEST = ("backtest_forecasts", "backtest_scores")
FEBRUARY, MARCH = "2026-02-01", "2026-03-01"


@dataclass(frozen=True)
class House:
    """A lake of eight months, its platform's present in the middle of March, and the graph on it."""

    settings: Settings
    instance: DagsterInstance

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake)

    def run(self, first: str, last: str | None = None, *, assets: tuple[str, ...] = BACKTEST) -> ExecuteInProcessResult:
        """One run of a range of months."""
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first}
        return (
            build_definitions(self.settings)
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(
                asset_selection=[AssetKey(name) for name in assets],
                instance=self.instance,
                tags=tags if assets != ("warehouse",) else {},
                run_config=QUIET,
            )
        )

    def rows(self, table: Table, month: str) -> pd.DataFrame:
        return self.lake.read(table, [month])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    history = raw_history(days=240, start=at("2025-07-20"))
    data = tmp_path_factory.mktemp("house")
    settings = Settings(data=str(data), now=aware_utc(history.now))
    for table, rows in ((CONSUMPTION_FEATURES, history.features()), (CONSUMPTION, history.consumption())):
        for month, part in rows.groupby(rows["hour_utc"].dt.strftime("%Y-%m-01")):
            Lake(settings.lake).write(table, str(month), part, at=aware_utc(history.now), run_id="history")
    with pytest.MonkeyPatch.context() as patch, DagsterInstance.ephemeral() as instance:
        patch.setitem(model.TREES, "num_iterations", 40)
        yield House(settings, instance)


@pytest.fixture(scope="module")
def made(house: House) -> ExecuteInProcessResult:
    """February and March in one run."""
    return house.run(FEBRUARY, MARCH)


def metadata_of(result: ExecuteInProcessResult, name: str) -> dict[str, Any]:
    return {key: value.value for key, value in result.asset_materializations_for_node(name)[0].metadata.items()}


def test_a_range_of_months_is_one_run_that_teaches_an_engine_once_a_month(house: House, made: ExecuteInProcessResult) -> None:
    assert made.success
    assert metadata_of(made, "backtest_forecasts")["engines taught"] == 2 * (2 + 2)
    for name in BACKTEST:
        assert house.lake.partitions(name) == [FEBRUARY, MARCH]
        assert house.instance.get_materialized_partitions(AssetKey(name)) == {FEBRUARY, MARCH}


def test_a_month_holds_the_hours_of_its_local_days(house: House, made: ExecuteInProcessResult) -> None:
    rows = house.rows(BACKTEST_FORECASTS, FEBRUARY)
    assert rows["hour_utc"].agg(["min", "max"]).tolist() == [pd.Timestamp("2026-01-31T23:00"), pd.Timestamp("2026-02-28T22:00")]
    assert rows.groupby("area")["hour_utc"].nunique().to_dict() == {"DK1": 28 * 24, "DK2": 28 * 24}
    assert (rows["issued_at"].dt.hour == 9).all()
    assert set(rows["rung"]) == {"full"}


def test_the_running_month_ends_with_the_newest_day_that_was_issued(house: House, made: ExecuteInProcessResult) -> None:
    assert house.settings.now == aware_utc(at("2026-03-17T15:00"))
    rows = house.rows(BACKTEST_FORECASTS, MARCH)
    assert rows["delivery_day"].max() == pd.Timestamp("2026-03-18")
    assert rows["issued_at"].max() == pd.Timestamp("2026-03-17T09:00")


def test_scores_are_of_the_hours_whose_truth_is_known(house: House, made: ExecuteInProcessResult) -> None:
    scores = house.rows(BACKTEST_SCORES, MARCH)
    overall = scores[scores["breakdown"] == "overall"].set_index("area")
    assert overall["n"].to_dict() == dict.fromkeys(("DK1", "DK2"), 16 * 24 + 13 + 1)
    assert (overall["skill"] > 0).all()
    assert house.rows(BACKTEST_SCORES, FEBRUARY)["mae_mwh_low"].notna().any()


def test_checks_block_days_that_are_not_whole_and_warn_of_months_without_skill(made: ExecuteInProcessResult) -> None:
    said = {one.check_name: (one.passed, one.severity) for one in made.get_asset_check_evaluations()}
    assert said["backtest_days_are_whole"] == (True, AssetCheckSeverity.ERROR)
    assert said["backtest_beats_weekly_naive"] == (True, AssetCheckSeverity.WARN)


def test_a_month_made_again_by_itself_says_the_same(house: House, made: ExecuteInProcessResult) -> None:
    before = list(house.lake.versions("backtest_forecasts"))
    again = house.run(MARCH)
    assert metadata_of(again, "backtest_forecasts")["unchanged partitions"] == 1
    assert metadata_of(again, "backtest_scores")["unchanged partitions"] == 1
    assert list(house.lake.versions("backtest_forecasts")) == before


def test_months_with_too_little_before_them_are_refused_with_the_first_day_that_can_be(house: House) -> None:
    with pytest.raises(CannotBacktest, match=r"the earliest first day is 2025-10-29; .* of DK2"):
        house.run("2025-09-01", "2025-10-01")
    assert "2025-10-01" not in house.lake.partitions("backtest_forecasts")


def test_the_first_months_are_possible_with_fewer_weeks_to_warm_up(house: House) -> None:
    result = house.run("2025-11-01", assets=("backtest_forecasts",))
    assert metadata_of(result, "backtest_forecasts")["engines taught"] == 2 * 2


def test_a_backtest_that_is_not_whole_is_not_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(*arguments: Any, **named: Any) -> MonthsBacktested:
        made = backtest_months(*arguments, **named)
        return replace(made, rows=made.rows.iloc[1:])

    monkeypatch.setattr(backtest_defs, "backtest_months", half)
    with pytest.raises(
        Failure, match="backtest_forecasts is not kept: backtest_days_are_whole: found a day without all of its hours"
    ):
        house.run("2025-12-01")
    assert "2025-12-01" not in house.lake.partitions("backtest_forecasts")


def test_the_warehouse_publishes_both_tables(house: House, made: ExecuteInProcessResult) -> None:
    house.run(MARCH, assets=("warehouse",))
    snapshot = Warehouse(house.settings.warehouse).current()
    assert snapshot is not None
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        counted = connection.execute(
            "SELECT area, count(*) FROM backtest_forecasts WHERE delivery_day = TIMESTAMP '2026-02-10' GROUP BY area ORDER BY area"
        ).fetchall()
        skilled = connection.execute(
            "SELECT DISTINCT month FROM backtest_scores WHERE breakdown = 'overall' ORDER BY month"
        ).fetchall()
    assert counted == [("DK1", 24), ("DK2", 24)]
    assert [month for (month,) in skilled] == [datetime(2026, 2, 1), datetime(2026, 3, 1)]  # noqa: DTZ001 - as stored


def test_a_backtest_reads_four_years_nine_weeks_and_what_warms_up(house: House) -> None:
    upstream = FEATURES_OF_A_BACKTEST.get_upstream_mapped_partitions_result_for_partitions(
        MONTHS.subset_with_partition_keys(["2024-03-01"]), MONTHS, MONTHS, current_time=house.settings.now
    )
    keys = list(upstream.partitions_subset.get_partition_keys())
    assert (keys[0], keys[-1], len(keys)) == ("2019-10-01", "2024-03-01", BACKTEST_MONTHS + 1)
    first_issue = pd.Timestamp("2023-12-31T09:00")
    reach = pd.Timedelta(hours=model.TRAINING_HOURS) + pd.Timedelta(weeks=9)
    assert pd.Timestamp(keys[0]) <= first_issue - reach
