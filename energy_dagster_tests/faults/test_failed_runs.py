"""What the graph's automation makes of a source that fails: a failed run that says why, and another try when its time comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from dagster import AssetKey, AssetSelection, DagsterInstance, DagsterRunStatus, evaluate_automation_conditions

from energy_dagster.domain.catalogue import BALANCE, LOAD, SETTLEMENT
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster_tests.faults.conftest import Strike
from energy_dagster_tests.faults.platform import Platform, told
from energy_dagster_tests.faults.replica import Replica

RUNNING_MONTH = "2018-11-01"


class Automation:
    """What the conditions of a platform's assets ask for, minute by minute."""

    def __init__(self, platform: Platform, instance: DagsterInstance) -> None:
        self.platform, self.instance = platform, instance
        self.cursor: Any = None  # dagster does not export its type

    def requested(self, asset: str, hour: int, minute: int) -> set[str]:
        result = evaluate_automation_conditions(
            self.platform.definitions,
            self.instance,
            asset_selection=AssetSelection.assets(asset),
            evaluation_time=datetime(2018, 11, 20, hour, minute, tzinfo=UTC),
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        return {str(key) for key in result.get_requested_partitions(AssetKey(asset))}


def test_a_failed_reading_is_asked_for_again_when_its_hour_comes(
    fresh: Platform, replica: Replica, strike: Strike, instance: DagsterInstance
) -> None:
    automation = Automation(fresh, instance)
    assert automation.requested("raw_weather", 9, 50) == set()
    assert automation.requested("raw_weather", 10, 5) == {RUNNING_MONTH}
    strike(fresh, "status-503", *WEATHER_SERVICES)
    assert not fresh.run("raw_weather", month=RUNNING_MONTH).success
    assert automation.requested("raw_weather", 10, 6) == set(), "a failed run is not tried again at once"
    assert automation.requested("raw_weather", 11, 5) == {RUNNING_MONTH}
    replica.heal()
    assert fresh.run("raw_weather", month=RUNNING_MONTH).success
    assert len(fresh.rows("raw_weather"))


@pytest.mark.parametrize("kind", ["status-500", "html", "missing-column"])
def test_a_failed_run_bears_the_sentence_and_the_next_one_succeeds(
    fresh: Platform, replica: Replica, strike: Strike, instance: DagsterInstance, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    strike(fresh, kind, SETTLEMENT.name)
    failed = fresh.run("raw_settlement")
    recorded = instance.get_run_by_id(failed.run_id)
    assert recorded is not None
    assert recorded.status is DagsterRunStatus.FAILURE
    error, sentence = told(failed, "raw_settlement")
    assert error == "SourceError"
    assert sentence.startswith(f"{SETTLEMENT.name}: expected ")
    replica.heal()
    succeeded = fresh.run("raw_settlement")
    recorded = instance.get_run_by_id(succeeded.run_id)
    assert recorded is not None
    assert recorded.status is DagsterRunStatus.SUCCESS
    pd.testing.assert_frame_equal(fresh.values("raw_settlement"), clean["raw_settlement"])


def test_hours_published_during_an_outage_are_read_after_it(fresh: Platform, replica: Replica, strike: Strike) -> None:
    assert fresh.run("raw_load", month=RUNNING_MONTH).success
    before = fresh.rows("raw_load")
    strike(fresh, "status-503", LOAD.name, BALANCE.name)
    replica.clock.now += timedelta(hours=1)
    assert not fresh.run("raw_load", month=RUNNING_MONTH).success
    pd.testing.assert_frame_equal(fresh.rows("raw_load"), before)
    replica.heal()
    replica.clock.now += timedelta(hours=2)
    assert fresh.run("raw_load", month=RUNNING_MONTH).success
    after = fresh.rows("raw_load")
    assert len(after.merge(before, on=["area", "hour_utc", "consumption_mwh", "dataset"])) == len(before)
    assert after["hour_utc"].max() - before["hour_utc"].max() == timedelta(hours=2)


def test_a_weather_service_that_fails_stops_no_other_and_is_read_again(fresh: Platform, replica: Replica, strike: Strike) -> None:
    strike(fresh, "hang", "weather-archive")
    result = fresh.run("raw_weather", month=RUNNING_MONTH)
    assert result.success
    assert set(fresh.rows("raw_weather")["kind"]) == {"forecast"}
    [finding] = [check for check in result.get_asset_check_evaluations() if check.check_name == "weather_services_answered"]
    assert not finding.passed
    assert str(finding.description).startswith("Open-Meteo: expected an answer, found no answer from ")
    replica.heal()
    fresh.timeout_seconds = 30.0
    assert fresh.run("raw_weather", month=RUNNING_MONTH).success
    assert set(fresh.rows("raw_weather")["kind"]) == {"forecast", "observed"}
