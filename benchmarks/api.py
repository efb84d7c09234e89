"""Our API beside FastAPI over pandas, which reads its file per request or keeps the frame: requests a second, waits, memory.

All are asked for the same rows by wrk on the same machine, one after the other, each with one worker, warmed, without an access
log and without compression. Each kind of request is made in two ways: the same again and again, whose answer ours keeps; and all
different with keeping off, so that every answer is computed. Writes its part of docs/benchmarks.md between its marks and
measurements/api.json.

Run from the project's root: `.venv/bin/python -m benchmarks.api --data FOLDER`; an empty folder is filled by `energy forecast`, a
temporary one without `--data`. With `--quick` shorter, printed and not written.
"""

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from benchmarks.api_peers import serving, workload
from benchmarks.api_peers.serving import Load, Server, Serving
from benchmarks.api_peers.workload import Question
from benchmarks.api_tables import api_text
from benchmarks.environments import HERE, CannotRun, bring_up
from benchmarks.results import CPU_INFO, PAGE, RESULTS, processor_in, put_between_marks
from energy_dagster.store.schema import POINTER

CONNECTIONS = (1, 16, 64)
CROWD = 16
"""Connections where only one number is measured."""

WARM_UP_SECONDS = 1
PEER_MEMORY_SECONDS, OUR_MEMORY_SECONDS, STINT_SECONDS = 3, 60, 1
"""How long half of the requests for memory may take; the peers make fewer. They are made in stints."""

ONE_NEW_IN = 20
COMPARED = 20
"""Different requests of each kind whose answers must be the same numbers."""


@dataclass(frozen=True)
class Effort:
    """How long and how much."""

    seconds: int
    memory_requests: int


WHOLE = Effort(seconds=3, memory_requests=100_000)
QUICK = Effort(seconds=1, memory_requests=10_000)


class DifferentAnswers(RuntimeError):
    """Two servers answered a request with other numbers; the message says which and where."""


def fill(data: Path) -> None:
    """Make a warehouse where there is none, as a user would."""
    if not (data / "warehouse" / POINTER).exists():
        print(f"making a warehouse in {data}: some two minutes", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "energy_dagster.cli", "forecast", "--data", str(data)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def rows_of(server: Serving, path: str) -> tuple[pd.DataFrame, int]:
    """Rows of an answer, whoever gave it, and how many bytes it had."""
    response = httpx.get(server.address + path, headers={"Accept-Encoding": "identity"}, timeout=serving.ANSWERED_WITHIN_SECONDS)
    response.raise_for_status()
    size = len(response.content)
    if response.headers["content-type"].startswith("text/csv"):
        return pd.read_csv(io.BytesIO(response.content)), size
    document = response.json()
    return pd.DataFrame(document["rows"] if isinstance(document, dict) else document), size


def numbers(question: Question, rows: pd.DataFrame) -> pd.Series:
    """What must be the same: a value by hour, and lead bucket where there is one."""
    hours = pd.to_datetime(rows[question.time], utc=True, format="ISO8601")
    buckets = rows["lead_bucket"] if "lead_bucket" in rows else [""] * len(rows)
    return pd.Series(rows[question.value].to_numpy(dtype=float), index=pd.MultiIndex.from_arrays([hours, buckets])).sort_index()


def check_alike(question: Question, path: str, told: dict[str, pd.DataFrame]) -> None:
    """The same hours and the same values from all.

    Raises:
        DifferentAnswers: they are not.
    """
    first, *others = [(name, numbers(question, rows)) for name, rows in told.items()]
    for name, found in others:
        if not found.index.equals(first[1].index):
            raise DifferentAnswers(f"{path}: {first[0]} has {len(first[1])} rows, {name} {len(found)}, or of other hours")
        if not np.allclose(found, first[1], rtol=1e-9, atol=1e-6, equal_nan=True):
            raise DifferentAnswers(f"{path}: {question.value} of {first[0]} and {name} differ")


def compare(servers: dict[str, Server], kinds: list[Question]) -> list[dict[str, Any]]:
    """Rows and bytes of each kind of answer, after all servers have given the same."""
    found: list[dict[str, Any]] = []
    with ExitStack() as held:
        running = {name: held.enter_context(server.serving(probe=kinds[0].path)) for name, server in servers.items()}
        for question in kinds:
            for path in (question.path, *question.varied[:COMPARED]):
                told = {name: rows_of(server, path) for name, server in running.items()}
                check_alike(question, path, {name: rows for name, (rows, _) in told.items()})
                if path == question.path:
                    sizes = {name: size for name, (_, size) in told.items()}
                    rows = len(next(iter(told.values()))[0])
                    found.append({"question": question.key, "title": question.title, "rows": rows, "bytes": sizes})
    return found


def measured(server: Server, kinds: list[Question], effort: Effort, *, way: str) -> list[dict[str, Any]]:
    """Every kind of request at every number of connections."""
    cells: list[dict[str, Any]] = []
    with server.serving(probe=kinds[0].path) as running:
        for question in kinds:
            paths = [question.path] if way == "same" else list(question.varied)
            running.load(paths, connections=CROWD, seconds=WARM_UP_SECONDS)
            for connections in CONNECTIONS:
                load = running.load(paths, connections=connections, seconds=effort.seconds)
                cells.append({"question": question.key, "way": way, "connections": connections} | told(load))
    return cells


def told(load: Load) -> dict[str, float]:
    return asdict(load) | {"per_second": load.per_second}


def extras(data: Path, kinds: list[Question], effort: Effort) -> list[dict[str, Any]]:
    """Our newest forecast in other circumstances: compressed, and with the access log that is on unless turned off."""
    found = []
    for title, settings, headers in (
        ("zstd", {}, {"Accept-Encoding": "zstd"}),
        ("gzip", {}, {"Accept-Encoding": "gzip"}),
        ("with the access log", {"api_access_log": True}, {}),
    ):
        with serving.ours(data, **settings).serving(probe=kinds[0].path) as running:
            for seconds in (WARM_UP_SECONDS, effort.seconds):
                load = running.load([kinds[0].path], connections=CROWD, seconds=seconds, headers=headers)
            found.append({"title": title} | told(load))
    return found


def memory(server: Server, kinds: list[Question], effort: Effort, *, seconds: int, kept: bool) -> dict[str, Any]:
    """Resident memory before, half-way through and after many requests, some of them new."""
    half = effort.memory_requests // 2
    paths = workload.mixed(kinds, 2 * half, one_new_in=ONE_NEW_IN)
    with server.serving(probe=kinds[0].path) as running:
        for question in kinds:
            running.load([question.path], connections=CROWD, seconds=WARM_UP_SECONDS)
        found: dict[str, Any] = {"before_mb": running.resident_mb(), "requests": 0, "errors": 0}
        for name, some in (("half", paths[:half]), ("after", paths[half:])):
            until, made = time.monotonic() + seconds, 0
            while made < len(some) and time.monotonic() < until:
                load = running.load(some[made:], connections=CROWD, seconds=STINT_SECONDS)
                made += load.requests
                found["errors"] += load.errors
            found["requests"] += made
            found |= {f"{name}_mb": running.resident_mb(), f"{name}_kept_mb": kept_mb(running) if kept else 0.0}
    return found


def kept_mb(running: Serving) -> float:
    """Room that our kept answers take, as it says itself."""
    said = re.search(r"^energy_api_kept_bytes (\S+)$", httpx.get(f"{running.address}/metrics").text, re.MULTILINE)
    return float(said[1]) / 1e6 if said else 0.0


def everything(data: Path, effort: Effort) -> dict[str, Any]:
    """All measurements, one after the other."""
    serving.check_wrk()
    bring_up(serving.HERE)
    kinds = workload.questions(data / "warehouse")
    with tempfile.TemporaryDirectory() as place:
        workload.export(data / "warehouse", Path(place))
        peers = {name: serving.peer(name, Path(place)) for name in serving.PEERS}
        found: dict[str, Any] = {"answers": compare({"ours": serving.ours(data)} | peers, kinds)}
        say("the same numbers from all")
        cells: dict[str, list[dict[str, Any]]] = {name: [] for name in ("ours", *peers)}
        for way, server in (("same", serving.ours(data)), ("different", serving.ours(data, api_kept_mb=0))):
            for name, one in ({"ours": server} | peers).items():
                cells[name] += measured(one, kinds, effort, way=way)
                say(f"{name}, {way} requests: done")
        found |= {"cells": cells, "extras": extras(data, kinds, effort)}
        remembered = {"ours": memory(serving.ours(data), kinds, effort, seconds=OUR_MEMORY_SECONDS, kept=True)}
        for name, one in peers.items():
            remembered[name] = memory(one, kinds, effort, seconds=PEER_MEMORY_SECONDS, kept=False)
        say("memory: done")
    return found | {"memory": remembered, "measured": where_and_when(effort)}


def say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)  # noqa: DTZ005 - a clock for who sits there


def where_and_when(effort: Effort) -> dict[str, Any]:
    """The day, the machine, the versions."""
    return {
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "processor": processor_in(CPU_INFO.read_text()) if CPU_INFO.exists() else "",
        "seconds": effort.seconds,
        "versions": {name: version(name) for name in ("litestar", "granian", "msgspec", "duckdb")},
        "peer_versions": re.findall(r'^    "(.+==.+)",$', (serving.HERE / "pyproject.toml").read_text(), re.MULTILINE),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with a warehouse, or an empty one to make it in")
    parser.add_argument("--quick", action="store_true", help="shorter; nothing is written")
    asked = parser.parse_args()
    if not asked.quick:
        put_between_marks(PAGE.read_text(), "api", "")  # before minutes are spent
    with tempfile.TemporaryDirectory() as place:
        data = (asked.data or Path(place)).resolve()
        fill(data)
        begun = time.monotonic()
        try:
            found = everything(data, QUICK if asked.quick else WHOLE)
        except CannotRun as error:
            sys.exit(f"{error}\n{error.log}")
    text = api_text(found)
    print(text)
    say(f"{time.monotonic() - begun:.0f} s")
    if not asked.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "api.json").write_text(json.dumps(found, indent=1) + "\n")
        PAGE.write_text(put_between_marks(PAGE.read_text(), "api", text))
        say(f"written: {PAGE.relative_to(HERE.parent)}, benchmarks/measurements/api.json")


if __name__ == "__main__":
    main()
