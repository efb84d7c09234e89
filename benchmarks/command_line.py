"""What both commands share: their options, and the runs they ask for, made or recalled, with progress shown."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.cases import CASES, Case
from benchmarks.environments import HERE, CannotRun
from benchmarks.forecasters import FORECASTERS, Forecaster
from benchmarks.runs import Run, recalled, run


@dataclass(frozen=True)
class Asked:
    """What the command line asked for."""

    data: Path
    work: Path
    cases: tuple[Case, ...]
    forecasters: tuple[Forecaster, ...]
    fresh: bool

    @property
    def everything(self) -> bool:
        """Whether nothing was left out, so that the results may be written."""
        return self.cases == CASES and self.forecasters == FORECASTERS


@dataclass(frozen=True)
class Skipped:
    """A forecaster without a run of a case, and why."""

    case: Case
    forecaster: Forecaster
    reason: str


def asked_for(what: str, arguments: Sequence[str] | None = None) -> Asked:
    """Read the command line.

    Args:
        what: what the command does, for its help.
        arguments: instead of those of the process.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded load")
    parser.add_argument("--case", action="append", choices=[case.key for case in CASES], help="only this one; may be repeated")
    parser.add_argument("--peer", action="append", choices=[one.key for one in FORECASTERS], help="only this one; may be repeated")
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="where runs are kept  [default: benchmarks/.work]")
    parser.add_argument("--fresh", action="store_true", help="run anew what is kept")
    found = parser.parse_args(arguments)
    return Asked(
        data=found.data.resolve(),
        work=found.work.resolve(),
        cases=tuple(case for case in CASES if not found.case or case.key in found.case),
        forecasters=tuple(one for one in FORECASTERS if not found.peer or one.key in found.peer),
        fresh=found.fresh,
    )


def all_runs(asked: Asked, console: Console) -> tuple[list[Run], list[Skipped]]:
    """Every run asked for, one after the other; what cannot be run is told and left out.

    Raises:
        SystemExit: nothing could be run.
    """
    runs: list[Run] = []
    skipped: list[Skipped] = []
    wanted = [(case, forecaster) for case in asked.cases for forecaster in asked.forecasters if case.area in forecaster.areas]
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, refresh_per_second=2) as progress:
        task = progress.add_task("", total=len(wanted))
        for case, forecaster in wanted:
            name = f"{case.title}, {forecaster.title}"
            progress.update(task, description=name)
            try:
                made = _made_or_recalled(asked, case, forecaster)
            except CannotRun as reason:
                skipped.append(Skipped(case, forecaster, str(reason)))
                console.print(f"{name}: [bold yellow]not run[/], {reason}", highlight=False)
                console.print(reason.log, markup=False, highlight=False, end="\n" if reason.log else "")
            else:
                runs.append(made[0])
                how = f"{made[0].cost.cpu_s:.0f} CPU s, {made[0].cost.peak_mb} MB, {'run now' if made[1] else 'kept from before'}"
                console.print(f"{name}: {how}", highlight=False)
            progress.advance(task)
    if not runs:
        raise SystemExit("nothing could be run")
    return runs, skipped


def _made_or_recalled(asked: Asked, case: Case, forecaster: Forecaster) -> tuple[Run, bool]:
    """The run, and whether it was made now."""
    kept = None if asked.fresh else recalled(forecaster, case, data=asked.data, work=asked.work)
    return (kept, False) if kept else (run(forecaster, case, data=asked.data, work=asked.work), True)
