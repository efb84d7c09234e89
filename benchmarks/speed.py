"""What forecasting costs, ours and others': CPU seconds of a refit and of a day's forecast, and peak memory.

The same runs as of `benchmarks.accuracy`, each a process of its own with one thread. For numbers worth keeping let nothing else
run, and run both in one go: `--fresh` on the first of them. Writes docs/benchmarks.md between its marks, and
benchmarks/measurements/speed.json.

Run from the project's root: `.venv/bin/python -m benchmarks.speed --data FOLDER`; `--help` tells the rest.
"""

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.command_line import all_runs, asked_for
from benchmarks.forecasters import OURS, OURS_ROLLING
from benchmarks.results import as_records, where_and_when, write_if_complete
from benchmarks.runs import Run
from benchmarks.speed_tables import CaseSpeed, Speed, SpeedRow, speed_text, spent_in


def speed_row(run: Run) -> SpeedRow:
    """What one run cost."""
    one, cost = run.forecaster, run.cost
    spent = spent_in(run.printed, run.forecasts())
    return SpeedRow(key=one.key, title=one.title, spent=spent, cpu_s=cost.cpu_s, wall_s=cost.wall_s, peak_mb=cost.peak_mb)


def main() -> None:
    console = Console()
    asked = asked_for("Measure what our forecasts and those of others cost on recorded years.")
    runs, skipped = all_runs(asked, console)
    at_the_gate = [run for run in runs if run.forecaster is not OURS_ROLLING]
    by_case = {case: tuple(speed_row(run) for run in at_the_gate if run.case == case) for case in asked.cases}
    found = Speed(
        measured=where_and_when(at_the_gate),
        reference=OURS.key,
        cases=tuple(CaseSpeed(case=case.key, title=case.title, rows=rows) for case, rows in by_case.items() if rows),
        skipped=as_records(one for one in skipped if one.forecaster is not OURS_ROLLING),
    )
    text = speed_text(found)
    console.print(Markdown(text))
    write_if_complete(asked, console, name="speed", text=text, results=found)


if __name__ == "__main__":
    main()
