"""When the week's model is trained again, why, and that it does not go round in circles."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    MetadataValue,
    RunRequest,
    SensorResult,
    build_sensor_context,
)

from energy_dagster.defs.retraining import retraining
from energy_dagster.domain.tables import ERROR_METRICS, Table
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.standing import Standing
from energy_dagster.resources.clock import Clock

NOON = datetime(2025, 10, 29, 12, tzinfo=UTC)
ERRORS = ("error_metrics", "errors_have_not_drifted")
INPUTS = ("consumption_features", "inputs_have_not_drifted")
ROWS: dict[str, pd.DataFrame] = {}


class Judged(Standing):
    """A lake of which only the errors are told."""

    name: str

    def rows(self, table: Table, partitions: object) -> pd.DataFrame:  # noqa: ARG002 - the same whatever is asked
        assert table is ERROR_METRICS
        return ROWS[self.name]


@dataclass
class Watch:
    """The sensor on a clock that is moved by hand."""

    folder: Path
    instance: DagsterInstance
    now: datetime = NOON
    cursor: str | None = None
    asked: list[RunRequest] = field(default_factory=list)

    def judge(self, mae: float, naive: float) -> None:
        hours = pd.date_range("2025-10-26", periods=72, freq="h", unit="us")
        ROWS[str(self.folder)] = pd.DataFrame({"hour_utc": hours, "abs_error_mwh": mae, "naive_abs_error_mwh": naive, "issues": 6})

    def found(self, check: tuple[str, str], *, passed: bool = False, told: str = "the errors are larger", drift: str = "") -> None:
        said = AssetCheckEvaluation(
            asset_key=AssetKey(check[0]),
            check_name=check[1],
            passed=passed,
            severity=AssetCheckSeverity.WARN,
            description=told,
            metadata={drift: MetadataValue.text("0.600, at most 0.300")} if drift else {},
        )
        self.instance.report_runless_asset_event(said)

    def train(self) -> None:
        """A training of the week that succeeds."""
        self.instance.report_runless_asset_event(AssetMaterialization(AssetKey("forecast_model"), partition="2025-10-27"))

    def look(self, **later: int) -> list[RunRequest]:
        self.now += timedelta(**later)
        resources = {
            "clock": Clock(pretended=self.now.isoformat()),
            "standing": Judged(lake_root="nowhere", name=str(self.folder)),
            "model_settings": Models(root=str(self.folder), seed=7),
        }
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            result = retraining(context)
        assert isinstance(result, SensorResult)
        self.cursor = result.cursor or self.cursor
        return list(result.run_requests or ())


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with DagsterInstance.ephemeral() as instance:
        one = Watch(tmp_path, instance)
        one.judge(mae=50.0, naive=100.0)
        yield one


def test_a_forecast_with_skill_is_left_alone(watch: Watch) -> None:
    assert watch.look() == []


def test_three_days_without_skill_train_the_running_week_again_and_say_so(watch: Watch) -> None:
    watch.judge(mae=110.0, naive=100.0)
    [request] = watch.look()
    assert request.partition_key == "2025-10-27"
    assert request.tags["energy/retraining"] == "skill"
    assert request.tags["energy/why"] == "skill -0.10 over 3 days: MAE 110.0 MWh, weekly naive 100.0 MWh"


def test_what_is_still_bad_trains_again_only_after_three_days(watch: Watch) -> None:
    watch.judge(mae=110.0, naive=100.0)
    assert len(watch.look()) == 1
    watch.train()
    assert [len(watch.look(hours=12)) for _ in range(5)] == [0] * 5
    assert len(watch.look(hours=12)) == 1


def test_a_retraining_that_failed_is_asked_for_again_an_hour_later_for_the_same_reason(watch: Watch) -> None:
    watch.found(ERRORS, told="the errors are larger")
    assert [len(watch.look(minutes=30)) for _ in range(4)] == [1, 0, 1, 0]
    watch.train()
    assert watch.look(hours=1) == []
    assert watch.look(days=4) == [], "it was acted on"


def test_errors_that_rose_train_again_once(watch: Watch) -> None:
    watch.found(ERRORS, told="since 2025-10-20 the errors are 60% larger")
    [request] = watch.look()
    assert (request.tags["energy/retraining"], request.tags["energy/why"]) == (
        "error_drift",
        "since 2025-10-20 the errors are 60% larger",
    )
    watch.train()
    assert watch.look(days=4) == [], "the same finding was acted on"
    watch.found(ERRORS)
    assert len(watch.look(hours=1)) == 1, "a new one is not"


def test_a_check_that_passes_trains_nothing(watch: Watch) -> None:
    watch.found(ERRORS, passed=True)
    assert watch.look() == []


def test_a_check_that_could_not_be_told_trains_nothing(watch: Watch) -> None:
    watch.found(ERRORS, told="cannot be told: the lake cannot be read")
    assert watch.look() == []


@pytest.mark.parametrize(("drift", "trains"), [("distribution", 1), ("missing", 0), ("range", 0)])
def test_a_shift_of_the_level_trains_again_but_no_gap_and_no_unit(watch: Watch, drift: str, trains: int) -> None:
    watch.found(INPUTS, drift=f"DK1/total preliminary_mwh: {drift}")
    assert len(watch.look()) == trains


def test_a_model_that_cannot_be_read_is_trained_again(watch: Watch) -> None:
    damaged = watch.folder / "forecast_model" / "2025-10-27" / "20251027T001000000000Z-12345678" / "meta.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{}", encoding="utf-8")
    [request] = watch.look()
    assert request.tags["energy/retraining"] == "unusable_model"
