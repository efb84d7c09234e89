"""How good the forecasts are beside those of others: same data, same gate, same hours, one run.

Runs every forecaster on every case, or recalls its run, scores all on the hours they share, and writes docs/benchmarks.md between
its marks, benchmarks/measurements/accuracy.json and docs/images/benchmark-accuracy.png.

Run from the project's root: `.venv/bin/python -m benchmarks.accuracy --data FOLDER`; `--help` tells the rest.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.accuracy_tables import Accuracy, CaseResult, RollingResult, accuracy_text
from benchmarks.cases import Case, truth_of
from benchmarks.command_line import all_runs, asked_for
from benchmarks.comparison import compared, scores_by_lead, standard_forecasts
from benchmarks.entrants import entrants_of
from benchmarks.environments import PROJECT
from benchmarks.forecasters import NAIVE, OURS, OURS_ROLLING
from benchmarks.plotting import draw
from benchmarks.results import as_records, where_and_when, write_if_complete
from benchmarks.runs import Run
from energy_dagster.domain.calendar import delivery_day_hours


def year_of(case: Case) -> pd.DatetimeIndex:
    """Every hour of the case's local days, naive UTC."""
    days = [case.first + timedelta(days=n) for n in range((case.last - case.first).days + 1)]
    return pd.DatetimeIndex([hour.replace(tzinfo=None) for day in days for hour in delivery_day_hours(day)]).as_unit("us")


def case_result(case: Case, runs: Sequence[Run], data: Path) -> CaseResult:
    """Everyone at the gate on a case, from their runs of it."""
    entrants = entrants_of(case, runs, data)
    naive = next((entrant.forecasts for entrant in entrants if entrant.key == NAIVE.key), None)
    year = year_of(case)
    standings = compared(entrants, truth_of(case, data), naive=naive, reference=OURS.key, year=year)
    return CaseResult(case=case.key, title=case.title, year_hours=len(year), standings=standings)


def rolling_result(run: Run, data: Path) -> RollingResult:
    """Our forecasts of a case around the clock, from their run."""
    leads = scores_by_lead(standard_forecasts(run.forecasts()), truth_of(run.case, data))
    return RollingResult(case=run.case.key, title=run.case.title, leads=leads)


def main() -> None:
    console = Console()
    asked = asked_for("Score our forecasts and those of others on recorded years.")
    runs, skipped = all_runs(asked, console)
    at_the_gate = {case: [run for run in runs if run.case == case and run.forecaster is not OURS_ROLLING] for case in asked.cases}
    found = Accuracy(
        measured=where_and_when(runs),
        reference=OURS.key,
        cases=tuple(case_result(case, of_case, asked.data) for case, of_case in at_the_gate.items() if of_case),
        rolling=tuple(rolling_result(run, asked.data) for run in runs if run.forecaster is OURS_ROLLING),
        skipped=as_records(skipped),
    )
    text = accuracy_text(found)
    console.print(Markdown(text))
    results = write_if_complete(asked, console, name="accuracy", text=text, results=found)
    if results:
        console.print(f"drawn: {draw(results).relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
