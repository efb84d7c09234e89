"""What nobody understood lies in the quarantine, and `energy quarantine` works on it."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from energy_dagster.cli import cli
from energy_dagster.domain.catalogue import SETTLEMENT
from energy_dagster.resources import portal_rows
from energy_dagster.sandbox.fault_kinds import KINDS
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster_tests.faults.conftest import Strike
from energy_dagster_tests.faults.outcomes import PORTAL
from energy_dagster_tests.faults.platform import Platform, told
from energy_dagster_tests.faults.replica import Replica

NO_OTHER_ZONE = r"(?!)"
"""As the rule that knows times of other zones would be once it understood them: it refuses none."""

KEPT = [kind for kind, outcome in PORTAL.items() if outcome.kept]
PASSING = {
    "a busy service": [KINDS["status-503"], KINDS["status-503"], None],
    "a reset": [KINDS["reset"], None],
    "a page for maintenance": [KINDS["html"], None],
    "half an answer": [KINDS["truncated-json"], None],
}


@pytest.fixture
def energy(fresh: Platform, monkeypatch: pytest.MonkeyPatch) -> "Commands":
    return Commands(fresh, monkeypatch)


class Commands:
    """`energy` on the data folder of a platform."""

    def __init__(self, platform: Platform, patch: pytest.MonkeyPatch) -> None:
        settings = platform.settings
        patch.setenv("DAGSTER_HOME", "")  # a command sets it; the test puts it back
        for name in ("source", "data", "portal_url", "weather_url", "weather_archive_url", "weather_previous_runs_url"):
            patch.setenv(f"ENERGY_{name.upper()}", str(getattr(settings, name)))
        patch.setenv("ENERGY_NOW", platform.now.isoformat())

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["quarantine", *arguments])

    def listed(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = json.loads(self("list", "--json").output)
        return rows


def refused(result: Result) -> str:
    """The sentence of a refusal, without a traceback."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return [line for line in result.output.splitlines() if line.startswith("Error: ")][-1]


@pytest.mark.parametrize("kind", KEPT)
def test_an_answer_that_comes_again_is_kept_once_with_its_reason(fresh: Platform, strike: Strike, kind: str) -> None:
    strike(fresh, kind, SETTLEMENT.name)
    _, sentence = told(fresh.run("raw_settlement"), "raw_settlement")
    assert not fresh.run("raw_settlement").success
    [kept] = fresh.kept(SETTLEMENT.name)
    assert kept.reason == sentence.partition("; kept as")[0]
    assert kept.params["start"] == "2018-10-01T00:00"
    assert kept.cut == (kind == "huge-answer")


def test_different_answers_are_kept_side_by_side(fresh: Platform, strike: Strike) -> None:
    for kind in ("decimal-commas", "missing-column", "decimal-commas"):
        strike(fresh, kind, SETTLEMENT.name)
        assert not fresh.run("raw_settlement").success
    assert len(fresh.kept(SETTLEMENT.name)) == 2


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_leaves_nothing_behind(
    fresh: Platform, replica: Replica, clean: dict[str, pd.DataFrame], waits: list[float], name: str
) -> None:
    replica.will(SETTLEMENT.name, *PASSING[name])
    assert fresh.run("raw_settlement").success
    pd.testing.assert_frame_equal(fresh.values("raw_settlement"), clean["raw_settlement"])
    assert fresh.kept() == []
    assert len(waits) == len(PASSING[name]) - 1


def test_the_list_is_empty_and_says_so(energy: Commands) -> None:
    assert energy("list").output == "Nothing lies in quarantine.\n"


def test_an_answer_is_listed_shown_and_dropped(fresh: Platform, strike: Strike, energy: Commands) -> None:
    strike(fresh, "decimal-commas", SETTLEMENT.name)
    assert not fresh.run("raw_settlement").success
    [row] = energy.listed()
    assert row["id"].startswith(f"{SETTLEMENT.name}/20181120T")
    assert row["reason"] == fresh.kept()[0].reason
    [name, described] = energy("list").output.splitlines()
    assert name == row["id"]
    assert described == f"  {row['at']}, {row['size_bytes']} bytes: {row['reason']}"
    shown = energy("show", row["id"]).output
    assert f"reason: {row['reason']}" in shown
    assert f"url: {fresh.url}/dataset/{SETTLEMENT.name}" in shown
    assert 'begins: {"total":1488' in shown
    assert energy("drop", row["id"]).output == f"{row['id']} is dropped.\n"
    assert energy.listed() == []
    assert f"found '{row['id']}'; kept are: none" in refused(energy("drop", row["id"]))


def test_a_replay_by_the_same_rules_says_the_same_and_keeps_the_answer(fresh: Platform, strike: Strike, energy: Commands) -> None:
    strike(fresh, "other-zone", SETTLEMENT.name)
    assert not fresh.run("raw_settlement").success
    [row] = energy.listed()
    sentence = refused(energy("replay", row["id"]))
    assert sentence == f"Error: {row['reason']}; kept as {row['id']} for `energy quarantine`"
    assert energy.listed() == [row]
    assert fresh.files() == set()


def test_of_a_huge_answer_there_is_not_enough_to_replay(fresh: Platform, strike: Strike, energy: Commands) -> None:
    strike(fresh, "huge-answer", SETTLEMENT.name)
    assert not fresh.run("raw_settlement").success
    [row] = energy.listed()
    assert "expected a whole answer, found a part of it" in refused(energy("replay", row["id"]))


def test_a_replay_by_a_better_rule_brings_the_hours_in(
    fresh: Platform, strike: Strike, energy: Commands, clean: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    strike(fresh, "other-zone", SETTLEMENT.name, "weather-archive")
    assert not fresh.run("raw_settlement", "raw_weather").success
    monkeypatch.setattr(portal_rows, "OTHER_ZONE", NO_OTHER_ZONE)
    for row in energy.listed():
        result = energy("replay", row["id"])
        assert result.exit_code == 0, result.output
        assert result.output.splitlines()[-1].startswith(f"{row['id']} is understood now; ")
    assert energy.listed() == []
    pd.testing.assert_frame_equal(fresh.values("raw_settlement"), clean["raw_settlement"])
    pd.testing.assert_frame_equal(fresh.values("raw_weather"), clean["raw_weather"])
    assert len(fresh.rows("consumption"))
    assert Path(fresh.settings.warehouse, "CURRENT").exists()


def test_weather_is_kept_under_the_name_of_the_service(fresh: Platform, strike: Strike, energy: Commands) -> None:
    strike(fresh, "decimal-commas", *WEATHER_SERVICES)
    assert not fresh.run("raw_weather").success
    rows = energy.listed()
    assert rows
    assert all(row["id"].startswith("Open-Meteo/") and "Aarhus" in row["reason"] for row in rows)
