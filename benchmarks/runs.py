"""Runs of forecasters: measured as child processes, kept in a work folder, recalled while nothing they rest on changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cases import Case
from benchmarks.environments import HERE, CannotRun
from benchmarks.forecasters import Forecaster

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
LOG_LINES = 3
"""Last lines of a failed run's log to show."""


class RunFailed(CannotRun):
    """A run that ended with an error; `log` holds the end of what it said, and where the rest is."""


@dataclass(frozen=True)
class Cost:
    """What the whole process cost, interpreter, imports, reading and writing included."""

    cpu_s: float
    wall_s: float
    peak_mb: int


@dataclass(frozen=True)
class Run:
    """One forecaster on one case.

    Attributes:
        case: Which year of which area.
        forecaster: Who.
        cost: What the process cost.
        printed: The JSON document it printed.
        measured_on: The day it ran.
        forecasts_file: What it forecast.
    """

    case: Case
    forecaster: Forecaster
    cost: Cost
    printed: dict[str, Any]
    measured_on: date
    forecasts_file: Path

    def forecasts(self) -> pd.DataFrame:
        """What it forecast, as it wrote it."""
        return pd.read_parquet(self.forecasts_file)


def folder_of(forecaster: Forecaster, case: Case, work: Path) -> Path:
    """Where a run is kept."""
    return work / case.key / forecaster.key


def recalled(forecaster: Forecaster, case: Case, *, data: Path, work: Path) -> Run | None:
    """The run that is kept, unless its script, its versions, its command or the data changed since."""
    folder = folder_of(forecaster, case, work)
    report = folder / "run.json"
    if not report.exists():
        return None
    kept = json.loads(report.read_text())
    if kept["fingerprint"] != _fingerprint(forecaster, case, data):
        return None
    return _as_kept(forecaster, case, folder, kept)


def run(forecaster: Forecaster, case: Case, *, data: Path, work: Path) -> Run:
    """Run it now, in place of a run that may be kept.

    Raises:
        CannotRun: it cannot be had on this machine.
        RunFailed: it ended with an error.
    """
    forecaster.make_ready()
    fingerprint = _fingerprint(forecaster, case, data)  # of the files it starts from: they may change while it runs
    folder = folder_of(forecaster, case, work)
    begun = folder.with_name(f"{folder.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    stdout, stderr, cost_file = begun / "stdout.txt", begun / "stderr.txt", begun / "cost.json"
    command = forecaster.command(case, data=data.resolve(), out=begun / "forecasts.parquet")
    measurer = [sys.executable, "-I", "-S", str(HERE / "measured.py"), str(cost_file), str(stdout), str(stderr)]
    done = subprocess.run([*measurer, *command], cwd=begun, env=_environment(), check=False)
    if done.returncode:
        last_lines = stderr.read_text(errors="replace").strip().splitlines()[-LOG_LINES:] if stderr.exists() else []
        raise RunFailed(f"it ended with {done.returncode}", log="\n".join([*last_lines, f"(all of it: {stderr})"]))
    kept = {
        "fingerprint": fingerprint,
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - the machine's own day
        "cost": json.loads(cost_file.read_text()),
        "printed": document_in(stdout.read_text()),
    }
    (begun / "run.json").write_text(json.dumps(kept, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    begun.rename(folder)
    return _as_kept(forecaster, case, folder, kept)


def _as_kept(forecaster: Forecaster, case: Case, folder: Path, kept: dict[str, Any]) -> Run:
    day, cost = date.fromisoformat(kept["measured_on"]), Cost(**kept["cost"])
    return Run(case, forecaster, cost, kept["printed"], day, folder / "forecasts.parquet")


def document_in(text: str) -> dict[str, Any]:
    """The JSON object that a command printed: all of its output, or the last line that is one; empty where there is none.

    >>> document_in("reading .." + chr(10) + '{"fits": 12}')
    {'fits': 12}
    """
    for part in (text, *reversed(text.splitlines())):
        try:
            found = json.loads(part)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def _environment() -> dict[str, str]:
    """One thread each, and no setting of the project that the machine may have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_") and name != "VIRTUAL_ENV"}
    return kept | ONE_THREAD


def _fingerprint(forecaster: Forecaster, case: Case, data: Path) -> str:
    """Changes with the command, the files the forecaster rests on, and the size of a data file."""
    digest = hashlib.sha256()
    digest.update(" ".join(forecaster.command(case, data=data.resolve(), out=Path("out"))).encode())
    for source in forecaster.sources():
        digest.update(source.read_bytes())
    for file in sorted(data.glob("*.parquet")):
        digest.update(f"{file.name} {file.stat().st_size}".encode())
    return digest.hexdigest()
