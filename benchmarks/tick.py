"""The hour of the platform as its daemon lives it: from the schedule at four past to the snapshot that holds the issue.

The real daemon, its queue, its launcher and its conditions, on two years of history. Clocks of all processes go ahead of the
machine's, so that no hour has to be waited for. Beside it, in the same run, the same platform as Dagster runs it by default: each
run a new interpreter. Writes the part of docs/benchmarks.md between its marks and measurements/tick.json.

Run from the project's root: `.venv/bin/python -m benchmarks.tick`; with `--ticks 1` once, printed and not written.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml
from dagster import DagsterEventType, DagsterInstance, DagsterRun

from benchmarks.results import PAGE, RESULTS, put_between_marks
from benchmarks.tick_tables import tick_text
from energy_dagster.instance import open_instance

HERE = Path(__file__).parent
MODULE = "energy_dagster.definitions"
WAYS = ("ours", "default_launcher")
OURS_ALONE = ("run_launcher", "run_coordinator")
"""Parts of `dagster.yaml` without which Dagster starts runs in its own way."""

HEAD_START = timedelta(minutes=3, seconds=10)
"""After the whole hour: the daemon and its code server are warm when the schedule ticks at four past."""

SCHEDULE = timedelta(minutes=4)
QUIET_SECONDS, MOST_SECONDS = 45.0, 420.0
"""An hour is over when no run was asked for so long; after so many seconds it is told as it stands."""

MOMENTS = {
    DagsterEventType.RUN_ENQUEUED: "enqueued",
    DagsterEventType.RUN_STARTING: "dequeued",
    DagsterEventType.RUN_START: "began",
    DagsterEventType.RUN_SUCCESS: "ended",
}


@dataclass(frozen=True)
class Ran:
    """A run of the hour: what it made, and when it was asked for, let go, began to work, and ended; seconds after the schedule."""

    assets: tuple[str, ...]
    enqueued: float
    dequeued: float
    began: float
    ended: float


@dataclass(frozen=True)
class Hour:
    """One tick.

    Attributes:
        runs: from the first that was asked for to the one that published the issue.
        looked_after: seconds from the schedule until the first run was asked for: the sensors look every few seconds.
        wall: seconds from then until the issue was published.
        busy: of them with a run at work or starting.
        starting: seconds that runs took from being let go until their first line, all added up.
        working: seconds from there to their end, all added up.
        cpu: CPU seconds of the daemon and everything that it started, from the schedule on.
        memory_mb: most memory of all of them together.
    """

    runs: tuple[Ran, ...]
    looked_after: float
    wall: float
    busy: float
    starting: float
    working: float
    cpu: float
    memory_mb: float


@contextmanager
def daemon(home: Path, ahead: float) -> Iterator[psutil.Process]:
    """The daemon over a home, with its clock ahead, until the block ends."""
    environment = clocked(ahead) | {"DAGSTER_HOME": str(home), "ENERGY_DATA": str(home.parent)}
    with (home / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-m", MODULE],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def clocked(ahead: float) -> dict[str, str]:
    """The environment of a process whose clock goes ahead."""
    path = os.pathsep.join([str(HERE / "tick_clock"), str(HERE.parent)])
    return os.environ | {"PYTHONPATH": path, "TICK_AHEAD_SECONDS": str(ahead), "PYTHONWARNINGS": "ignore", "TZ": "UTC"}


def bring_up(data: Path, ahead: float) -> None:
    """Two years of history, a model and replayed issues."""
    subprocess.run(
        [sys.executable, "-m", "energy_dagster.cli", "forecast", "--data", str(data), "--json"],
        env=clocked(ahead),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def lived(data: Path, hour: datetime) -> Hour:
    """The tick of an hour, aware UTC.

    Raises:
        RuntimeError: the issue was not published in time; the message says where the log is.
    """
    ahead = (hour + HEAD_START - datetime.now(UTC)).total_seconds()
    schedule = hour + SCHEDULE
    with open_instance(data) as instance, daemon(data / "dagster", ahead) as process:
        spent_before: float | None = None
        most, began = 0.0, time.monotonic()
        while True:
            time.sleep(0.5)
            now = datetime.now(UTC) + timedelta(seconds=ahead)
            spent, memory = _cost_of(process)
            if now < schedule:
                continue
            spent_before, most = spent if spent_before is None else spent_before, max(most, memory)
            runs = [_ran(instance, run, schedule) for run in _runs_since(instance, schedule)]
            newest = max((one.ended for one in runs if one is not None), default=0.0)
            over = runs and None not in runs and (now - schedule).total_seconds() - newest > QUIET_SECONDS
            if over or time.monotonic() - began > MOST_SECONDS:
                break
    return told([one for one in runs if one is not None], cpu=spent - spent_before, memory_mb=most, log=data / "dagster/daemon.log")


def told(runs: list[Ran], *, cpu: float, memory_mb: float, log: Path) -> Hour:
    """The tick that runs make up."""
    in_order = sorted(runs, key=lambda one: one.enqueued)
    issued = next((one.ended for one in in_order if "predictions" in one.assets), None)
    published = next((one for one in in_order if "warehouse" in one.assets and issued is not None and one.began > issued), None)
    if published is None:
        raise RuntimeError(f"expected an issue that is published, found runs of {[one.assets for one in in_order]}; see {log}")
    counted = tuple(one for one in in_order if one.enqueued <= published.enqueued)
    first = counted[0].enqueued
    return Hour(
        runs=counted,
        looked_after=first,
        wall=published.ended - first,
        busy=covered([(one.dequeued, one.ended) for one in counted]),
        starting=sum(one.began - one.dequeued for one in counted),
        working=sum(one.ended - one.began for one in counted),
        cpu=cpu,
        memory_mb=memory_mb,
    )


def covered(spans: list[tuple[float, float]]) -> float:
    """Length of what spans cover together.

    >>> covered([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def _runs_since(instance: DagsterInstance, moment: datetime) -> list[DagsterRun]:
    return [record.dagster_run for record in instance.get_run_records(limit=40) if record.create_timestamp >= moment]


def _ran(instance: DagsterInstance, run: DagsterRun, schedule: datetime) -> Ran | None:
    """A run that has ended well; None before."""
    found = instance.get_records_for_run(run.run_id, of_type=set(MOMENTS)).records
    at = {MOMENTS[one.event_log_entry.get_dagster_event().event_type]: one.timestamp - schedule.timestamp() for one in found}
    assets = tuple(sorted(key.to_user_string() for key in run.asset_selection or ()))
    return Ran(assets, **at) if len(at) == len(MOMENTS) else None


def _cost_of(process: psutil.Process) -> tuple[float, float]:
    """CPU seconds and megabytes of a process, its descendants, and those of them that have ended."""
    cpu = memory = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
            memory += one.memory_info().rss / 1e6
        except psutil.NoSuchProcess:
            continue
        cpu += times.user + times.system + times.children_user + times.children_system
    return cpu, memory


def measured(folder: Path, ticks: int) -> dict[str, Any]:
    """Ticks of both ways, one hour after the other."""
    first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    found: dict[str, list[Mapping[str, Any]]] = {}
    bring_up(folder / "ours", (first - timedelta(minutes=40) - datetime.now(UTC)).total_seconds())
    shutil.copytree(folder / "ours", folder / "default_launcher")
    configuration = folder / "default_launcher/dagster/dagster.yaml"
    kept = {name: part for name, part in yaml.safe_load(configuration.read_text()).items() if name not in OURS_ALONE}
    configuration.write_text(yaml.safe_dump(kept))
    for name in WAYS:
        hours = [lived(folder / name, first + number * timedelta(hours=1)) for number in range(ticks + 1)]
        found[name] = [asdict(hour) for hour in hours[1:]]  # the first one also makes up for what a start finds missing
        for hour in hours:
            print(
                f"{name}: {hour.wall:.1f} s wall, {hour.busy:.1f} s busy, {len(hour.runs)} runs, {hour.memory_mb:.0f} MB",
                flush=True,
            )
    return found


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ticks", type=int, default=3, help="hours of each way that count; after one that does not")
    parser.add_argument("--keep", type=Path, help="an empty folder for the data folders and logs, which stay; else they go")
    asked = parser.parse_args()
    ticks = asked.ticks
    with nullcontext(asked.keep) if asked.keep else tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), ticks)
    document = {"measured": datetime.now(UTC).date().isoformat(), "ways": found}
    text = tick_text(document)
    print(text)
    if ticks > 1:
        (RESULTS / "tick.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(put_between_marks(PAGE.read_text(encoding="utf-8"), "tick", text), encoding="utf-8")
    print(f"median busy seconds: {median(hour['busy'] for hour in found['ours']):.1f}")


if __name__ == "__main__":
    main()
