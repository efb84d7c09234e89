"""`energy backtest`: what it writes and prints, and how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from energy_dagster.cli import cli
from energy_dagster.domain.model import TREES, Recipe
from energy_dagster_tests.brought_up import NOW, BroughtUp
from energy_dagster_tests.recorded_loads import load_of, portal_rows, write_portal, write_weather
from energy_dagster_tests.test_cli import refused

COLUMNS = [
    *("issued_at", "area", "consumer_group", "hour_utc", "lead_hours"),
    *("q0.05", "q0.1", "q0.2", "q0.3", "q0.4", "q0.5", "q0.6", "q0.7", "q0.8", "q0.9", "q0.95"),
    *("model_version", "inputs"),
]
FEW_DAYS = ("--from", "2026-03-27", "--to", "2026-03-31", "--refit", "yearly")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded folder of DK1, of an area nobody knows, and of weather."""
    load = load_of("2025-11-01", "2026-04-02")
    folder = write_portal(tmp_path_factory.mktemp("recorded"), portal_rows(load, "DK1"))
    pd.DataFrame({"time": load.index, "load": 0.1 * load.to_numpy()}).to_parquet(folder / "faroe_load.parquet")
    write_weather(folder, hours=pd.DatetimeIndex(load.index))
    return folder


@pytest.fixture
def few_trees(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({"trees": {"num_iterations": 20}}), encoding="utf-8")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["backtest", *arguments])


def run_on(folder: Path, tmp_path: Path, *arguments: str) -> Result:
    """A run on a recorded folder in one process."""
    return run("--source", f"recorded:{folder}", "--out", str(tmp_path / "out.parquet"), "--jobs", "1", *arguments)


def documented(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_document_says_what_was_backtested_what_it_took_and_how_good_it_was(
    folder: Path, few_trees: Path, tmp_path: Path
) -> None:
    document = documented(run_on(folder, tmp_path, *FEW_DAYS, "--parameters", str(few_trees), "--json"))
    assert {name: document[name] for name in ("area", "from", "to", "last_day", "protocol", "every_hours", "refit", "weather")} == {
        "area": "DK1",
        "from": "2026-03-27",
        "to": "2026-03-31",
        "last_day": "2026-03-31",
        "protocol": "gate",
        "every_hours": None,
        "refit": "yearly",
        "weather": "none",
    }
    assert (document["forecasts"], document["issues"], document["fits"], document["resumed_windows"]) == (5 * 24 - 1, 5, 2, 0)
    assert document["simulated"] == []
    assert set(document["cpu_s"]) == {"fit", "forecast", "bands", "process"}
    assert set(document["lineage"]) == {"data", "recipe", "code", "backtest"}
    assert document["peak_rss_mb"] > 0
    overall = document["scores"][0]
    assert (overall["breakdown"], overall["group"], overall["n"], overall["days"]) == ("overall", "all", 119, 5)
    assert overall["skill"] > 0
    breakdowns = list(dict.fromkeys(score["breakdown"] for score in document["scores"]))
    assert breakdowns == ["overall", "area", "lead_bucket", "local_hour", "day_type", "day_length", "local_month"]


def test_the_file_has_exactly_the_agreed_columns_and_says_what_it_was_made_of(
    folder: Path, few_trees: Path, tmp_path: Path
) -> None:
    document = documented(run_on(folder, tmp_path, *FEW_DAYS, "--parameters", str(few_trees), "--json"))
    rows = pd.read_parquet(tmp_path / "out.parquet")
    assert list(rows.columns) == COLUMNS
    assert rows.groupby("issued_at").size().tolist() == [24, 24, 23, 24, 24]
    assert (np.diff(rows[COLUMNS[5:16]].to_numpy(), axis=1) >= 0).all()
    assert set(rows["inputs"]) == {"no_weather"}
    metadata = pq.read_schema(tmp_path / "out.parquet").metadata
    assert json.loads(metadata[b"lineage"]) == document["lineage"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.parquet", "recipe.json"], "the kept windows are gone"


def test_words_show_the_scores_as_a_table(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    result = run_on(folder, tmp_path, *FEW_DAYS, "--parameters", str(few_trees))
    assert result.exit_code == 0, result.output
    told = result.stdout
    assert "DK1 2026-03-27 to 2026-03-31, protocol gate, yearly refit, weather: none" in told
    for word in (
        "MAE",
        "MAPE %",
        "WAPE %",
        "skill",
        "pinball",
        "P10-P90",
        "│ all",
        "hours of the day 23",
        "day weekend",
        "hour 23",
    ):
        assert word in told
    assert "119 forecasts of 5 issues in" in told
    assert "window 2026: 2 of 2" in result.stderr
    assert "SIMULATED" not in told


def test_any_area_of_the_folder_can_be_backtested(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    document = documented(run_on(folder, tmp_path, *FEW_DAYS, "--area", "FAROE", "--parameters", str(few_trees), "--json"))
    assert document["area"] == "FAROE"
    assert set(pd.read_parquet(tmp_path / "out.parquet")["area"]) == {"FAROE"}


def test_rolling_issues_are_scored_by_lead(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    arguments = ("--from", "2026-03-30", "--to", "2026-03-31", "--protocol", "rolling", "--every", "12", "--refit", "yearly")
    result = run_on(folder, tmp_path, *arguments, "--parameters", str(few_trees), "--json")
    document = documented(result)
    assert (document["protocol"], document["every_hours"], document["issues"]) == ("rolling", 12, 4)
    leads = [score["group"] for score in document["scores"] if score["breakdown"] == "lead_bucket"]
    assert leads == ["01-06", "07-12", "13-24", "25-48"]
    assert document["last_day"] == "2026-03-31"
    assert "end before --to" not in result.stderr


@pytest.mark.parametrize(("mode", "simulated"), [("observed", []), ("forecast", ["errors of the weather forecasts"])])
def test_weather_is_used_and_simulated_errors_are_named(
    mode: str, simulated: list[str], folder: Path, few_trees: Path, tmp_path: Path
) -> None:
    chosen = ("--weather", mode, "--parameters", str(few_trees))
    document = documented(run_on(folder, tmp_path, *FEW_DAYS, *chosen, "--json"))
    assert document["simulated"] == simulated
    assert set(pd.read_parquet(tmp_path / "out.parquet")["inputs"]) == {"full"}


def test_days_after_the_data_are_left_out_and_that_is_told(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    arguments = ("--from", "2026-03-30", "--to", "2026-12-31", "--refit", "yearly", "--parameters", str(few_trees))
    result = run_on(folder, tmp_path, *arguments, "--json")
    assert documented(result)["last_day"] == "2026-04-05"
    assert "The data of DK1 end before --to: the last day that is forecast is 2026-04-05." in result.stderr


def test_a_stopped_backtest_goes_on_unless_it_is_to_be_fresh(
    folder: Path, few_trees: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError("no space left")

    arguments = (*FEW_DAYS, "--parameters", str(few_trees), "--json")
    for fresh, resumed in ((False, 2), (True, 0)):
        with monkeypatch.context() as patch:
            patch.setattr("energy_dagster.backtest_report.write_forecasts", no_room)
            assert refused(run_on(folder, tmp_path, *arguments)) == "Error: no space left"
        assert (tmp_path / "out.parquet.parts").is_dir()
        document = documented(run_on(folder, tmp_path, *arguments, *(["--fresh"] if fresh else [])))
        assert (document["resumed_windows"], document["fits"]) == (resumed, 2 - resumed)


def test_a_backtest_of_the_lake_uses_its_weather_and_is_labelled(brought_up: BroughtUp, few_trees: Path, tmp_path: Path) -> None:
    arguments = ("--from", "2025-10-25", "--to", "2025-10-26", "--refit", "yearly", "--weather", "forecast", "--jobs", "1")
    where = ("--data", str(brought_up.data), "--now", NOW.isoformat(), "--out", str(tmp_path / "out.parquet"))
    result = run(*arguments, *where, "--parameters", str(few_trees))
    assert result.exit_code == 0, result.output
    assert "SIMULATED DATA" in result.stdout
    assert "hours of the day 25" in result.stdout
    assert set(pd.read_parquet(tmp_path / "out.parquet")["inputs"]) == {"full"}


def test_a_process_of_its_own_writes_the_file_and_one_document(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    energy = Path(sys.executable).with_name("energy")
    out = tmp_path / "own.parquet"
    command = [str(energy), "backtest", "--source", f"recorded:{folder}", *FEW_DAYS, "--parameters", str(few_trees)]
    done = subprocess.run(
        [*command, "--out", str(out), "--jobs", "2", "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
        cwd=tmp_path,
    )
    document = json.loads(done.stdout)
    assert document["forecasts"] == 119
    assert done.stderr == ""
    assert list(pd.read_parquet(out).columns) == COLUMNS
    assert not list(tmp_path.glob("*.parts"))


# --- wrong options -----------------------------------------------------------------------------------------------------------


def test_a_backtest_that_ends_before_it_starts_is_refused() -> None:
    assert "expected --from before --to, found 2026-03-02 and 2026-03-01" in refused(
        run("--from", "2026-03-02", "--to", "2026-03-01")
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "2026-03-01"), "Missing option '--from'"),
        (("--from", "March", "--to", "2026-03-01"), "'March' does not match the format '%Y-%m-%d'"),
        ((*FEW_DAYS, "--protocol", "hourly"), "'hourly' is not one of 'gate', 'rolling'"),
        ((*FEW_DAYS, "--refit", "daily"), "'daily' is not one of 'weekly', 'monthly', 'quarterly', 'yearly'"),
        ((*FEW_DAYS, "--weather", "sunny"), "'sunny' is not one of 'none', 'observed', 'forecast'"),
        ((*FEW_DAYS, "--every", "25"), "25 is not in the range 1<=x<=24"),
        ((*FEW_DAYS, "--every", "5"), "--every: expected a number of hours that 24 is a multiple of, found 5"),
        ((*FEW_DAYS, "--jobs", "0"), "0 is not in the range x>=1"),
        ((*FEW_DAYS, "--parameters", "nowhere.json"), "'nowhere.json' does not exist"),
        ((*FEW_DAYS, "--source", "wishes"), "expected sandbox, live or recorded:<folder>, found 'wishes'"),
        ((*FEW_DAYS, "--out", "/no/such/folder/out.parquet"), "--out: expected a folder that is there, found /no/such/folder"),
    ],
)
def test_an_option_that_cannot_be_is_refused(arguments: tuple[str, ...], told: str) -> None:
    assert told in refused(run(*arguments))


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ("not JSON", "expected a recipe as JSON, found otherwise"),
        ("[1, 2]", "expected an object of named values, found [1, 2]"),
        ('{"leaves": 5}', "unexpected keyword argument 'leaves'"),
        ('{"kernel": {"width": 5}}', "unexpected keyword argument 'width'"),
        ('{"kernel": 5}', "expected an object of named values, found 5"),
        ('{"kernel_weight": "much"}', 'kernel_weight: expected a value such as 0.7, found "much"'),
        ('{"trees": {"extra_trees": 1}}', "extra_trees: expected a value such as true, found 1"),
    ],
)
def test_a_recipe_that_is_none_is_refused(recipe: str, told: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(recipe, encoding="utf-8")
    assert told in refused(run_on(folder, tmp_path, *FEW_DAYS, "--parameters", str(tmp_path / "recipe.json")))


def test_a_recipe_need_only_say_what_is_another(folder: Path, few_trees: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(Recipe(7, trees={**TREES, "num_iterations": 20}).to_fields()), encoding="utf-8")
    lineages = [
        documented(run_on(folder, tmp_path, *FEW_DAYS, "--parameters", str(path), "--json"))["lineage"]
        for path in (few_trees, whole)
    ]
    assert lineages[0] == lineages[1]


def test_a_recorded_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    told = refused(run_on(tmp_path / "none", tmp_path, *FEW_DAYS))
    assert "none: expected a folder of Parquet files, found no such folder" in told


def test_an_area_that_was_not_recorded_is_refused_with_those_that_were(folder: Path, tmp_path: Path) -> None:
    assert "expected recordings of NO2, found those of DK1, FAROE" in refused(run_on(folder, tmp_path, *FEW_DAYS, "--area", "NO2"))


def test_weather_that_was_not_recorded_is_refused(tmp_path: Path) -> None:
    write_portal(tmp_path / "bare", portal_rows(load_of("2026-01-01", "2026-01-31"), "DK1"))
    told = refused(run_on(tmp_path / "bare", tmp_path, *FEW_DAYS, "--weather", "observed"))
    assert "expected observed weather in weather_dk_mean_observed.parquet, found no such file; choose --weather none" in told


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (
            "2025-12-01",
            "2025-12-31",
            "expected at least 100 known days of DK1 before the first issue; the earliest first day is 2026-02-10",
        ),
        (
            "2024-01-01",
            "2024-12-31",
            "expected issues for 2024-01-01 to 2024-12-31 within the data of DK1, found data from 2025-11-01",
        ),
    ],
)
def test_a_span_that_cannot_be_is_refused(first: str, last: str, told: str, folder: Path, tmp_path: Path) -> None:
    assert told in refused(run_on(folder, tmp_path, "--from", first, "--to", last))
    assert not (tmp_path / "out.parquet").exists()


def test_a_lake_without_the_area_is_refused_with_what_brings_it_in(tmp_path: Path) -> None:
    told = refused(run(*FEW_DAYS, "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out.parquet")))
    assert "expected consumption of DK1 in the lake" in told
    assert "`energy forecast` or `energy backfill` bring it in" in told


def test_help_names_every_option_and_loads_no_model() -> None:
    told = run("--help").output
    for option in ("--area", "--from", "--to", "--protocol", "--every", "--refit", "--weather", "--out", "--jobs", "--fresh"):
        assert option in told
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from energy_dagster.cli import cli\n"
        "CliRunner().invoke(cli, ['backtest', '--help'])\n"
        "assert not {'dagster', 'pandas', 'lightgbm'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, env=os.environ.copy())
