"""The command line: what it says, and how it fails."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_dagster import command_line
from energy_dagster.cli import cli
from energy_dagster.command_line import in_one_sentence
from energy_dagster.storage.quarantine import Quarantine
from energy_dagster_tests.brought_up import NOW, BroughtUp, small_walks


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def refused(result: Result) -> str:
    """The one sentence of a refusal: non-zero exit, `Error:`, no traceback."""
    assert result.exit_code != 0, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return [line for line in result.output.splitlines() if line.startswith("Error: ")][-1]


def test_help_teaches_every_command() -> None:
    told = run("--help").output
    for command in (
        "forecast",
        "serve",
        "status",
        "backfill",
        "backtest",
        "tune",
        "datasets",
        "export",
        "import",
        "rebuild",
        "upkeep",
    ):
        assert f"energy {command}" in told
        assert "--source" in run(command, "--help").output
    assert "energy quarantine" in told
    for command in ("list", "show", "replay", "drop"):
        assert f"energy quarantine {command}" in run("quarantine", "--help").output


def test_help_needs_no_dagster() -> None:
    script = "import sys; from energy_dagster.cli import cli; assert 'dagster' not in sys.modules and 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_time_in_the_future_is_refused(tmp_path: Path) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "lies in the future" in refused(run("forecast", "--now", ahead, "--data", str(tmp_path)))


@pytest.mark.parametrize(("told", "expected"), [("yesterday", "expected an ISO time"), ("2022-06-15T08:00:00", "with its zone")])
def test_a_time_that_is_none_is_refused(told: str, expected: str, tmp_path: Path) -> None:
    assert expected in refused(run("forecast", "--now", told, "--data", str(tmp_path))).replace("'--now': ", "")


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    told = refused(run("forecast", "--source", "wishes", "--data", str(tmp_path)))
    assert "expected sandbox, live or recorded:<folder>, found 'wishes'" in told


def test_a_recorded_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    told = refused(run("forecast", "--source", f"recorded:{tmp_path}/none", "--data", str(tmp_path / "data")))
    assert f"{tmp_path}/none" in told
    assert not (tmp_path / "data" / "lake").exists()


def test_a_recorded_folder_without_datasets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = refused(run("forecast", "--source", f"recorded:{tmp_path}/empty", "--data", str(tmp_path / "data")))
    assert "expected Parquet files named after datasets" in told


@pytest.mark.recorded
@pytest.mark.parametrize("now", ["2016-01-01T00:00:00Z", "2024-01-01T00:00:00Z"])
def test_a_present_outside_the_recorded_data_is_refused(now: str, recorded_data: Path, tmp_path: Path) -> None:
    told = refused(run("forecast", "--source", f"recorded:{recorded_data}", "--now", now, "--data", str(tmp_path / "data")))
    assert "from 2017-12-31 to 2022-12-31" in told
    assert "choose a time inside with --now" in told


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    told = refused(run("forecast", "--data", str(tmp_path / "file" / "data")))
    assert f"the data folder {tmp_path}/file/data cannot be written: Not a directory" in told


def test_a_data_folder_without_space_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "NEEDED_BYTES", 10**18)
    told = refused(run("forecast", "--data", str(tmp_path / "data")))
    assert "MB free; expected at least" in told
    assert not (tmp_path / "data" / "lake").exists()


def test_a_source_that_is_down_is_told_and_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_PORTAL_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ENERGY_PORTAL_SECONDS_BETWEEN", "0")
    monkeypatch.setattr("energy_dagster.resources.patience.pause", lambda _seconds: None)
    told = refused(run("forecast", "--source", "live", "--data", str(tmp_path / "data")))
    assert "GenerationProdTypeExchange: expected an answer, found no answer from http://127.0.0.1:9" in told
    assert not list((tmp_path / "data").rglob("*.parquet"))
    assert not list((tmp_path / "data").rglob("*.duckdb"))


def test_status_before_the_first_forecast_says_what_to_do(tmp_path: Path) -> None:
    assert "`energy forecast` publishes one" in refused(run("status", "--data", str(tmp_path)))


def test_a_backfill_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    told = refused(run("backfill", "--from", "2025-03-01", "--to", "2025-02-01", "--data", str(tmp_path)))
    assert "expected --from before --to" in told


def test_a_fault_of_the_program_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_chosen: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(command_line, "check_recorded", broken)
    assert isinstance(run("forecast", "--data", str(tmp_path)).exception, KeyError)


def test_a_missing_system_library_is_named() -> None:
    told = in_one_sentence(OSError("libgomp.so.1: cannot open shared object file: No such file or directory"))
    assert "apt-get install libgomp1" in told


def test_forecast_tells_words_and_writes_the_page(brought_up: BroughtUp) -> None:
    with small_walks():
        result = run("forecast", "--data", str(brought_up.data), "--now", NOW.isoformat())
    assert result.exit_code == 0, result.output
    assert "SIMULATED DATA" in result.stdout
    assert "skill" in result.stdout
    assert "Mon 27" not in result.stdout.split("Issued")[0]
    assert "Mon 11:00 CET" in result.stdout
    page = (brought_up.data / "forecast.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    assert "<script src" not in page


def test_forecast_as_json_has_the_skill_of_each_area(brought_up: BroughtUp) -> None:
    with small_walks():
        result = run("forecast", "--data", str(brought_up.data), "--now", NOW.isoformat(), "--json")
    document = json.loads(result.stdout)
    assert set(document["skill"]) == {"DK", "DK1", "DK2"}
    assert all(value > 0 for value in document["skill"].values())
    assert document["simulated"] is True
    assert document["issued_at"] == "2025-10-27T09:00:00Z"


def test_status_tells_how_fresh_each_table_is(brought_up: BroughtUp) -> None:
    document = json.loads(run("status", "--data", str(brought_up.data), "--now", NOW.isoformat(), "--json").stdout)
    assert document["newest_issue"] == "2025-10-27T09:00:00Z"
    assert document["newest_issue_age_hours"] == pytest.approx(0.3)
    assert {row["table"] for row in document["tables"]} >= {"predictions", "error_metrics", "models"}
    told = run("status", "--data", str(brought_up.data), "--now", NOW.isoformat()).stdout
    assert "predictions" in told
    assert "SIMULATED" in told


@pytest.mark.slow
def test_a_backfill_brings_in_months_as_one_run(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    result = run("backfill", "--from", "2025-01-15", "--to", "2025-03-02", "--now", NOW.isoformat(), "--data", data, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["partitions"] == 3 * 5 + 1
    assert sorted(path.name for path in (tmp_path / "data/lake/consumption").iterdir()) == [
        "2025-01-01",
        "2025-02-01",
        "2025-03-01",
    ]


@pytest.mark.slow
def test_a_killed_forecast_heals_and_readers_never_see_half_a_state(tmp_path: Path) -> None:
    script = (
        "import sys, os, threading, signal\n"
        "from datetime import datetime\n"
        "from pathlib import Path\n"
        "from energy_dagster_tests.brought_up import NOW, bring_up\n"
        "threading.Timer(float(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\n"
        "bring_up(Path(sys.argv[1]), now=NOW)\n"
    )
    data = tmp_path / "data"
    for seconds in ("6", "9", "12"):
        killed = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, str(data), seconds], capture_output=True, check=False, timeout=120
        )
        assert killed.returncode in (-9, 0)
    with small_walks():
        result = run("forecast", "--data", str(data), "--now", NOW.isoformat(), "--json")
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)["skill"]) == {"DK", "DK1", "DK2"}
    assert not [path for path in data.rglob("*.tmp") if path.parent.name == "warehouse"]
    assert len(os.listdir(data / "lake" / "predictions")) == 49  # noqa: PTH208 - names only


def test_datasets_tells_what_is_read_and_what_succeeds_it(tmp_path: Path) -> None:
    told = run("datasets", "--data", str(tmp_path)).output
    assert "GenerationProdTypeExchange: read by raw_load; GrossCon [MWh]; 2 h after the hour" in told
    assert "ConsumptionDE35Hour: not read" in told
    assert "successor ConsumptionConsumerCategoryHour" in told


def test_datasets_can_be_held_against_the_portal(tmp_path: Path) -> None:
    result = run("datasets", "--check", "--json", "--data", str(tmp_path))
    assert result.exit_code == 0, result.output
    rows = {row["dataset"]: row for row in json.loads(result.stdout)}
    assert rows["GenerationProdTypeExchange"]["as_declared"] is True
    assert rows["ConsumptionGridAreaHour"]["as_declared"] is None


def test_a_dataset_that_is_not_as_declared_fails_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_PORTAL_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("energy_dagster.resources.patience.pause", lambda _seconds: None)
    result = run("datasets", "--check", "--source", "live", "--data", str(tmp_path))
    assert "NOT AS DECLARED" in result.output
    assert "a dataset that is read is not as the catalogue declares it" in refused(result)


def keep_one(data: Path) -> str:
    """The id of an answer that was not understood."""
    kept = Quarantine(str(data / "quarantine")).keep(
        "GenerationProdTypeExchange",
        url="https://portal/dataset/GenerationProdTypeExchange",
        params={"start": "2025-10-01T00:00", "end": "2025-11-01T00:00"},
        payload=b'{"records": "none"}',
        reason="GenerationProdTypeExchange: expected an envelope with records, found dict",
        at=NOW,
    )
    return kept.kept_id


def test_an_answer_in_quarantine_is_listed_shown_and_dropped(tmp_path: Path) -> None:
    kept_id = keep_one(tmp_path)
    assert json.loads(run("quarantine", "list", "--json", "--data", str(tmp_path)).stdout)[0]["id"] == kept_id
    shown = run("quarantine", "show", kept_id, "--data", str(tmp_path)).output
    assert "expected an envelope with records" in shown
    assert '{"records": "none"}' in shown
    assert f"{kept_id} is dropped" in run("quarantine", "drop", kept_id, "--data", str(tmp_path)).output
    assert "Nothing lies in quarantine" in run("quarantine", "list", "--data", str(tmp_path)).output


@pytest.mark.parametrize("command", ["show", "replay", "drop"])
def test_an_unknown_id_is_refused_with_those_there_are(command: str, tmp_path: Path) -> None:
    kept_id = keep_one(tmp_path)
    assert f"kept are: {kept_id}" in refused(run("quarantine", command, "../elsewhere", "--data", str(tmp_path)))


def test_an_answer_that_is_still_not_understood_stays(tmp_path: Path) -> None:
    kept_id = keep_one(tmp_path)
    told = refused(run("quarantine", "replay", kept_id, "--now", NOW.isoformat(), "--data", str(tmp_path)))
    assert "expected an envelope with records" in told
    assert [kept.kept_id for kept in Quarantine(str(tmp_path / "quarantine")).listing()] == [kept_id]


def test_status_tells_what_lies_in_quarantine(brought_up: BroughtUp) -> None:
    kept_id = keep_one(brought_up.data)
    told = run("status", "--data", str(brought_up.data), "--now", NOW.isoformat())
    assert "1 answers lie in quarantine" in told.output
    assert kept_id in told.output.replace("\n", "")
    Quarantine(str(brought_up.data / "quarantine")).drop(kept_id)
