"""The drift checks in the real graph on the sandbox, and on lakes where something has drifted or is damaged."""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from dagster import AssetCheckResult, AssetCheckSeverity, AssetKey, DagsterInstance, build_asset_check_context

from energy_dagster.defs.drift_checks import DRIFT_CHECKS, error_drift, input_drift, model_age
from energy_dagster.domain.drift import NEEDS_FORTNIGHTS
from energy_dagster.domain.fortnights import PRECEDING_DAYS, WINDOW_DAYS
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.standing import Standing
from energy_dagster.resources.clock import Clock
from energy_dagster.settings import Settings
from energy_dagster.walk import Walk
from energy_dagster_tests.brought_up import NOW, BroughtUp
from energy_dagster_tests.domain.judged_days import UNTIL, errors, larger, since

KEYS = [key for check in DRIFT_CHECKS for key in check.check_keys]
LONG_ENOUGH_DAYS = (NEEDS_FORTNIGHTS + 1) * WINDOW_DAYS + PRECEDING_DAYS
ERRORS_UNTIL = UNTIL.replace(hour=3, minute=50, tzinfo=UTC)


def results(check: Any, lake: Path | str, now: datetime) -> dict[str, AssetCheckResult]:
    """What a check says of a lake at a moment."""
    clock, standing = Clock(pretended=now.isoformat()), Standing(lake_root=str(lake))
    if check is model_age:
        said = check(build_asset_check_context(), clock=clock, standing=standing, model_settings=Models(root=str(lake), seed=0))
    else:
        said = check(clock=clock, standing=standing)
    return {str(one.check_name): one for one in cast("Iterable[AssetCheckResult]", said)}


def latest(instance: DagsterInstance) -> dict[str, tuple[bool, AssetCheckSeverity, str]]:
    """The newest evaluation of each drift check."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(KEYS)
    evaluations = [record.evaluation for record in records.values() if record.evaluation is not None]
    return {one.check_name: (one.passed, one.severity, one.description or "") for one in evaluations}


def test_the_chain_asks_for_drift_and_its_ordinary_data_has_none(brought_up: BroughtUp) -> None:
    with open_instance(brought_up.data) as instance:
        said = latest(instance)
    assert set(said) == {"inputs_have_not_drifted", "errors_have_not_drifted", "coverage_has_not_drifted", "model_is_young"}
    assert {name: passed for name, (passed, _, _) in said.items()} == dict.fromkeys(said, True)
    assert {severity for _, severity, _ in said.values()} == {AssetCheckSeverity.WARN}


def test_a_check_looks_at_what_its_run_has_made(brought_up: BroughtUp) -> None:
    with open_instance(brought_up.data) as instance:
        said = latest(instance)
    assert said["inputs_have_not_drifted"][2].startswith("the last 14 days look as their season does")
    assert said["errors_have_not_drifted"][2] == "1 ordinary days are judged yet; 56 are needed to tell"
    assert said["model_is_young"][2] == "the model of 2025-10-27 09:00 UTC learned up to 0.4 days before; 14 may be"


@pytest.mark.slow
def test_the_sandbox_has_no_drift_once_its_history_is_long_enough_to_tell(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "data"), now=NOW)
    with open_instance(tmp_path / "data") as instance:
        Walk(settings, instance, now=NOW).backfill(NOW - timedelta(days=LONG_ENOUGH_DAYS), NOW, lambda _: None, issues=False)
        said = latest(instance)
    assert said["inputs_have_not_drifted"][2] == "the last 14 days look as their season does"
    assert said["inputs_have_not_drifted"][0]


def test_the_age_of_the_model_is_a_number(brought_up: BroughtUp) -> None:
    said = results(model_age, brought_up.settings.lake, NOW)["model_is_young"]
    assert said.passed
    assert said.metadata["model age [days]"].value == pytest.approx(9 / 24)
    assert str(said.metadata["model version"].value).startswith("lgbm-20251027-")


def test_the_issue_is_judged_by_the_model_of_its_own_week(brought_up: BroughtUp) -> None:
    last_of_sunday = datetime(2025, 10, 26, 23, 30, tzinfo=UTC)
    said = results(model_age, brought_up.settings.lake, last_of_sunday)["model_is_young"]
    assert said.metadata["model age [days]"].value == pytest.approx(7 - 1 / 24)


def test_an_issue_without_a_model_is_told(brought_up: BroughtUp, tmp_path: Path) -> None:
    newest = Path(brought_up.settings.lake) / "predictions" / "2025-10-27T09"
    shutil.copytree(newest, tmp_path / "predictions" / newest.name)
    said = results(model_age, tmp_path, NOW)["model_is_young"]
    assert not said.passed
    assert said.severity is AssetCheckSeverity.WARN
    assert "the weekly naive stands in" in str(said.description)


@pytest.mark.parametrize("check", DRIFT_CHECKS, ids=lambda check: str(check.op.name))
def test_an_empty_lake_has_no_drift(check: Any, tmp_path: Path) -> None:
    assert all(result.passed for result in results(check, tmp_path, NOW).values())


def test_a_risen_error_is_found_across_the_days_of_the_lake(tmp_path: Path) -> None:
    rows = errors()
    lake, risen = Lake(str(tmp_path)), larger(rows, since(rows, 9), 1.6)
    for day, part in risen.groupby(risen["hour_utc"].dt.strftime("%Y-%m-%d")):
        lake.write(ERROR_METRICS, str(day), part, at=ERRORS_UNTIL, run_id="run")
    said = results(error_drift, tmp_path, ERRORS_UNTIL)
    assert {name: result.passed for name, result in said.items()} == {
        "errors_have_not_drifted": False,
        "coverage_has_not_drifted": True,
    }
    assert said["errors_have_not_drifted"].metadata["since"].value == "2026-11-11"
    assert said["errors_have_not_drifted"].asset_key == AssetKey("error_metrics")


def test_weather_that_stays_away_is_found(brought_up: BroughtUp, tmp_path: Path) -> None:
    held, lake = Lake(brought_up.settings.lake), Lake(str(tmp_path))
    for month in ("2025-07-01", "2025-08-01", "2025-09-01", "2025-10-01"):
        rows = held.read(CONSUMPTION_FEATURES, [month])
        gone = rows["hour_utc"] >= (NOW - timedelta(days=2)).replace(tzinfo=None)
        without = rows.assign(temperature_c_day1=rows["temperature_c_day1"].mask(gone))
        lake.write(CONSUMPTION_FEATURES, month, without, at=NOW, run_id="run")
    said = results(input_drift, tmp_path, NOW)["inputs_have_not_drifted"]
    assert not said.passed
    assert said.metadata["drifts"].value == 3
    assert "of temperature_c_day1 is missing in the last 14 days" in str(said.description)


def test_a_damaged_file_is_told_and_stops_no_run(brought_up: BroughtUp, tmp_path: Path) -> None:
    month = Path(brought_up.settings.lake) / "consumption_features" / "2025-10-01"
    shutil.copytree(month, tmp_path / "consumption_features" / month.name)
    for file in (tmp_path / "consumption_features").rglob("*.parquet"):
        file.write_bytes(b"PAR1")
    said = results(input_drift, tmp_path, NOW)["inputs_have_not_drifted"]
    assert not said.passed
    assert str(said.description).startswith("cannot be told: cannot read ")
