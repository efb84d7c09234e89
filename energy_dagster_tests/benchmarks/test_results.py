import doctest
import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.accuracy_tables import Accuracy, CaseResult, RollingResult, accuracy_text
from benchmarks.command_line import asked_for
from benchmarks.comparison import compared, scores_by_lead
from benchmarks.results import PAGE, MarksMissing, json_text, put_between_marks, write_if_complete
from benchmarks.speed_tables import CaseSpeed, Speed, SpeedRow, Spent, speed_text, spent_in
from energy_dagster_tests.benchmarks.a_year import YEAR, entrant, forecasts, truth

MEASURED = {"measured_on": ["2026-11-22", "2026-11-25"], "cores": 2, "processor": "A 1"}
SKIPPED = [{"case": "DK1 2022", "title": "OpenSTEF", "reason": "no Python 3.12"}]


def accuracy() -> Accuracy:
    entrants = [
        entrant("ours", error=20),
        entrant("naive", error=90, has_quantiles=False, seed=2),
        entrant("sampled", error=40, every_days=2),
    ]
    standings = compared(entrants, truth(), naive=None, reference="ours", year=YEAR)
    case = CaseResult(case="dk1-2022", title="DK1 2022", year_hours=len(YEAR), standings=standings)
    leads = scores_by_lead(entrants[0].forecasts, truth())
    rolling = RollingResult(case="dk1-2022", title="DK1 2022", leads=leads)
    return Accuracy(measured=MEASURED, reference="ours", cases=(case,), rolling=(rolling,), skipped=SKIPPED)


def row_of(text: str, name: str, *, table: int = 0) -> list[str]:
    """Cells of the row of that name, in the n-th table that has one."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if row[0].strip().strip("*") == name][table]


@pytest.mark.parametrize(
    "module", ["accuracy_tables", "cases", "comparison", "environments", "forecasters", "results", "runs", "speed_tables"]
)
def test_the_examples_in_the_benchmarks_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"benchmarks.{module}")).failed == 0


def test_only_what_is_between_the_marks_changes_and_twice_is_once() -> None:
    page = "# Title\n\n<!-- speed:begin -->\nold\n<!-- speed:end -->\n\nkept\n"
    once = put_between_marks(page, "speed", "new")
    assert once == "# Title\n\n<!-- speed:begin -->\n\nnew\n\n<!-- speed:end -->\n\nkept\n"
    assert put_between_marks(once, "speed", "new") == once


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(MarksMissing, match="speed:begin"):
        put_between_marks("<!-- speed:end --> <!-- accuracy:begin -->", "speed", "new")


@pytest.mark.parametrize("name", ["accuracy", "speed"])
def test_the_page_has_the_marks(name: str) -> None:
    assert "new" in put_between_marks(PAGE.read_text(), name, "new")


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    cells = 0
    for line in accuracy_text(accuracy()).splitlines():
        if line.startswith("|"):
            cells = cells or line.count("|")
            assert line.count("|") == cells, line
        else:
            cells = 0


def test_the_reference_is_bold_and_cells_without_a_score_are_empty() -> None:
    text = accuracy_text(accuracy())
    assert row_of(text, "ours")[0] == "**ours**"
    assert row_of(text, "naive")[6:9] == ["", "", ""]
    assert row_of(text, "naive", table=1)[4] == ""
    assert row_of(text, "naive", table=1)[2].startswith("**-")


def test_what_was_not_run_is_told() -> None:
    text = accuracy_text(accuracy())
    assert "**Not run:** OpenSTEF on DK1 2022 (no Python 3.12)." in text
    assert "Measured on 22 November 2026 to 25 November 2026 with 2 cores (A 1), one thread each." in text


def test_hours_without_a_score_are_told_and_whose_they_are() -> None:
    assert f"Scored: {len(YEAR):,} of {len(YEAR):,} hours." in accuracy_text(accuracy())
    short = entrant("short", error=9)
    standings = compared([replace(short, forecasts=short.forecasts[5:])], truth(), naive=None, reference="", year=YEAR)
    case = CaseResult(case="dk1-2022", title="DK1 2022", year_hours=len(YEAR), standings=standings)
    text = accuracy_text(Accuracy(measured=MEASURED, reference="ours", cases=(case,), rolling=(), skipped=[]))
    assert f"Scored: {len(YEAR) - 5:,} of {len(YEAR):,} hours" in text
    assert "short lacks 5" in text


def test_a_case_without_the_reference_has_no_differences() -> None:
    found = accuracy()
    alone = compared([entrant("other", error=9)], truth(), naive=None, reference="ours", year=YEAR)
    case = CaseResult(case="dk1-2022", title="DK1 2022", year_hours=9, standings=alone)
    text = accuracy_text(Accuracy(measured=MEASURED, reference="ours", cases=(case,), rolling=(), skipped=[]))
    assert "less .." not in text
    assert "less .." in accuracy_text(found)


def test_results_are_plain_json_with_what_the_picture_needs() -> None:
    kept = json.loads(json_text(accuracy()))
    first = kept["cases"][0]["standings"][0]
    assert {"key", "title", "every_days", "days", "scores"} <= set(first)
    assert {"mape_pct", "mape_pct_low", "pinball_deciles_mwh_high"} <= set(first["scores"])
    assert kept["reference"] == "ours"


def test_a_selection_writes_nothing(tmp_path: Path) -> None:
    asked = asked_for("", ["--data", str(tmp_path), "--case", "dk1-2022"])
    assert [case.key for case in asked.cases] == ["dk1-2022"]
    assert not asked.everything
    assert write_if_complete(asked, Console(quiet=True), name="never", text="", results=accuracy()) is None


def test_everything_is_asked_for_without_a_choice(tmp_path: Path) -> None:
    assert asked_for("", ["--data", str(tmp_path)]).everything


def test_a_peer_tells_its_split_and_so_does_our_document() -> None:
    rows = forecasts(error=1).assign(issued_at=YEAR.floor("D"), model_version="a")
    line = {"fit_s": 24.0, "fits": 12, "forecast_s": 5.0, "forecasts": 50}
    assert spent_in(line, rows) == Spent(fit_s=24.0, fits=12, forecast_s=5.0, forecasts=50)
    document = {"cpu_s": {"process": 40.0, "fit": 24.0, "forecast": 5.0, "bands": 1.0}, "forecasts": len(rows)}
    days = rows["issued_at"].nunique()
    assert spent_in(document, rows) == Spent(fit_s=24.0, fits=1, forecast_s=6.0, forecasts=days)
    assert spent_in(document | {"fits": 14, "issues": 31}, rows) == Spent(fit_s=24.0, fits=14, forecast_s=6.0, forecasts=31)
    assert spent_in({"cpu_s": 30.0}, rows) is None
    assert spent_in({}, rows) is None


def test_the_cheapest_year_comes_first_and_who_tells_no_split_has_empty_cells() -> None:
    dear = SpeedRow(
        key="a", title="dear", spent=Spent(fit_s=120, fits=12, forecast_s=1, forecasts=365), cpu_s=130, wall_s=140, peak_mb=300
    )
    cheap = SpeedRow(
        key="ours", title="ours", spent=Spent(fit_s=12, fits=12, forecast_s=1, forecasts=365), cpu_s=20, wall_s=22, peak_mb=1200
    )
    silent = SpeedRow(key="b", title="silent", spent=None, cpu_s=1000, wall_s=1000, peak_mb=100)
    case = CaseSpeed(case="dk1-2022", title="DK1 2022", rows=(dear, silent, cheap))
    text = speed_text(Speed(measured=MEASURED, reference="ours", cases=(case,), skipped=[]))
    assert [line.split("|")[1].strip(" *") for line in text.splitlines() if line.startswith("|")][2:] == ["ours", "dear", "silent"]
    assert row_of(text, "dear")[1:4] == ["10.00", "0.003", "121"]
    assert row_of(text, "silent")[1:] == ["", "", "", "", "1,000", "1,000", "100"]
