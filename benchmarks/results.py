"""Results on paper: between two marks of a page, and as a JSON file."""

import json
import os
import platform
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.command_line import Asked, Skipped
from benchmarks.environments import HERE, PROJECT
from benchmarks.runs import Run

RESULTS = HERE / "measurements"
PAGE = PROJECT / "docs/benchmarks.md"
CPU_INFO = Path("/proc/cpuinfo")


class MarksMissing(ValueError):
    """A page without the two marks that results go between; the message names both."""


def put_between_marks(page: str, name: str, text: str) -> str:
    """The page with this text, and nothing else, between its marks of that name.

    Raises:
        MarksMissing: the page has not both, in this order.

    >>> put_between_marks("a <!-- x:begin --> old <!-- x:end --> z", "x", "new").splitlines()
    ['a <!-- x:begin -->', '', 'new', '', '<!-- x:end --> z']
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, began, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not began or not ended:
        raise MarksMissing(f"expected {begin} and, after it, {end}")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers.

    >>> print(markdown_table(["who", "MAE"], [["ours", "1.0"]]))
    | who | MAE |
    |---|--:|
    | ours | 1.0 |
    """
    rule = ["---", *["--:"] * (len(head) - 1)]
    lines = [" | ".join(head), *(" | ".join(row) for row in rows)]
    return "\n".join([f"| {lines[0]} |", f"|{'|'.join(rule)}|", *(f"| {line} |" for line in lines[1:])])


def where_and_when(runs: Sequence[Run]) -> dict[str, Any]:
    """The machine and the days of the runs."""
    days = sorted({run.measured_on for run in runs})
    versions = {run.forecaster.key: run.printed["versions"] for run in runs if "versions" in run.printed}
    return {
        "measured_on": [day.isoformat() for day in days],
        "cores": os.cpu_count(),
        "processor": processor_in(CPU_INFO.read_text()) if CPU_INFO.exists() else platform.processor(),
        "versions": versions,
    }


def processor_in(cpu_info: str) -> str:
    """Name of the processor in what Linux says of it; empty where it says none.

    >>> processor_in("processor : 0" + chr(10) + "model name : A 1")
    'A 1'
    """
    named = (line.partition(":")[2].strip() for line in cpu_info.splitlines() if line.startswith("model name"))
    return next(named, "")


def spoken(measured: Mapping[str, Any]) -> str:
    """`where_and_when` as a sentence.

    >>> spoken({"measured_on": ["2026-11-22"], "cores": 2, "processor": ""})
    'Measured on 22 November 2026 with 2 cores, one thread each.'
    """
    days = [f"{day.day} {day:%B %Y}" for day in map(date.fromisoformat, measured["measured_on"])]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    processor = f" ({measured['processor']})" if measured["processor"] else ""
    return f"Measured on {when} with {measured['cores']} cores{processor}, one thread each."


def skipped_lines(skipped: Sequence[Mapping[str, str]]) -> str:
    """What was not run, as a sentence; empty where all ran."""
    if not skipped:
        return ""
    return "**Not run:** " + "; ".join(f"{one['title']} on {one['case']} ({one['reason']})" for one in skipped) + "."


def as_records(skipped: Iterable[Skipped]) -> list[dict[str, str]]:
    """What was not run, for the JSON file."""
    return [{"case": one.case.title, "title": one.forecaster.title, "reason": one.reason} for one in skipped]


def write_if_complete(asked: Asked, console: Console, *, name: str, text: str, results: object) -> Path | None:
    """Put the text into the page and the results into a JSON file of that name, unless the command line left something out.

    Returns:
        The JSON file; None where nothing was written.
    """
    if not asked.everything:
        console.print("A selection: nothing is written.")
        return None
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json_text(results))
    PAGE.write_text(put_between_marks(PAGE.read_text(), name, text))
    console.print(f"written: {PAGE.relative_to(PROJECT)}, {file.relative_to(PROJECT)}")
    return file


def json_text(results: Any) -> str:
    """A dataclass of results as JSON, floats to six digits after the point."""
    return json.dumps(_rounded(asdict(results)), indent=1, ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def locked_versions(lock: Path, names: Sequence[str]) -> dict[str, str]:
    """The versions of packages in a lock file of uv, in the order of the names."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return {name: next(one["version"] for one in packages if one["name"] == name) for name in names}
