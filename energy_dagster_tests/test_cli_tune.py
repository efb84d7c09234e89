"""`energy tune`: what it writes and prints, and how it fails."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from energy_dagster.cli import cli
from energy_dagster.domain import model, tuning
from energy_dagster.domain.model import Recipe
from energy_dagster_tests.recorded_loads import load_of, portal_rows, write_portal, write_weather
from energy_dagster_tests.test_cli import refused

BEFORE = "2026-04-30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded folder of DK1 and of weather."""
    load = load_of("2025-09-25", "2026-05-10")
    folder = write_portal(tmp_path_factory.mktemp("recorded"), portal_rows(load, "DK1"))
    write_weather(folder, hours=pd.DatetimeIndex(load.index))
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(model.TREES, "num_iterations", 20)
    monkeypatch.setattr(tuning, "BLOCKS", 2)


def run(folder: Path, out: Path, *arguments: str) -> Result:
    source = ("--source", f"recorded:{folder}")
    return CliRunner().invoke(cli, ["tune", *source, "--before", BEFORE, "--trials", "2", "--out", str(out), *arguments])


def test_a_document_says_what_was_found_and_the_recipe_is_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.json"
    result = run(folder, out, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {name: document[name] for name in ("areas", "before", "weather", "simulated", "trials", "out")} == {
        "areas": ["DK1"],
        "before": "2026-04-29T22:00:00Z",
        "weather": "none",
        "simulated": [],
        "trials": 2,
        "out": str(out),
    }
    for half in ("searched", "held_back"):
        assert set(document[half]) == {"start_pct", "proposed_pct", "improvement_pct", "interval_pct", "forecasts"}
    assert document["reason"]
    assert document["parameters"]["noise"]["start"] == 1.0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert "seed" not in written
    assert Recipe.from_fields({"seed": 7, **written}).to_fields() == document["recipe"]
    assert result.stderr == ""


def test_the_recipe_is_one_that_a_backtest_takes(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.json"
    assert run(folder, out).exit_code == 0
    span = ("--from", "2026-05-01", "--to", "2026-05-02", "--refit", "yearly", "--jobs", "1", "--json")
    given = ("--source", f"recorded:{folder}", "--parameters", str(out), "--out", str(tmp_path / "forecasts.parquet"))
    done = CliRunner().invoke(cli, ["backtest", *given, *span])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["forecasts"] == 48


def test_in_words_it_shows_errors_parameters_and_the_reason(folder: Path, tmp_path: Path) -> None:
    result = run(folder, tmp_path / "recipe.json", "--weather", "observed")
    assert result.exit_code == 0, result.output
    for told in ("DK1, 2 trials, weather: observed", "error, searched", "error, held back", "weather_variance", "kernel_weight"):
        assert told in result.stdout
    assert "recipe.json" in "".join(result.stdout.split())
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["trial 1 of 2", "trial 2 of 2"]


def test_too_little_history_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.json"
    told = refused(run(folder, out, "--before", "2025-12-01"))
    assert "expected 200 days of known consumption before 2025-11-30 23:00 UTC, found 67 of DK1" in told
    assert not out.exists()


def test_an_area_that_is_not_recorded_is_refused(folder: Path, tmp_path: Path) -> None:
    assert "expected recordings of DK9, found those of DK1" in refused(run(folder, tmp_path / "recipe.json", "--area", "DK9"))


def test_a_folder_that_is_not_there_is_refused_before_the_search(folder: Path, tmp_path: Path) -> None:
    assert "--out: expected a folder that is there" in refused(run(folder, tmp_path / "nowhere" / "recipe.json"))


@pytest.mark.parametrize("option", [("--trials", "1"), ("--seconds", "-1"), ("--before", "soon"), ("--weather", "perfect")])
def test_options_that_cannot_be_are_refused(option: tuple[str, str], folder: Path, tmp_path: Path) -> None:
    assert option[0] in refused(run(folder, tmp_path / "recipe.json", *option))
