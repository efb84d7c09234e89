"""What `tick.py` found, as it stands on the page."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.results import markdown_table
from energy_dagster.defs.automation import LOOK_SECONDS

TITLES = {"ours": "ours, two years of history", "default_launcher": "the same, each run a new interpreter"}
_INTRO = """Measured on {measured}, medians of {ticks} hours of each. The daemon's own conditions, queue and launcher; each run is
a process of its own. Beside it Dagster's own launcher and queue, as they are by default. *Busy* are the seconds in which a run was
starting or at work; the rest of the wall time is waiting for the sensors, which look every {looks} s."""


def tick_text(found: Mapping[str, Any]) -> str:
    """The tables.

    >>> run = {"assets": ("predictions", "warehouse"), "enqueued": 1.0, "dequeued": 2.0, "began": 5.0, "ended": 6.5}
    >>> costs = {"wall": 9.0, "busy": 4.5, "starting": 3.0, "working": 1.5, "cpu": 6.0, "memory_mb": 900.0}
    >>> hour = {"runs": [run], **costs}
    >>> text = tick_text({"measured": "2026-01-01", "ways": {"ours": [hour], "default_launcher": [hour]}})
    >>> [line for line in text.splitlines() if line.startswith(("| ours", "| predictions"))]
    ['| ours, two years of history | 1 | 9.0 | 4.5 | 3.0 | 1.5 | 6.0 | 900 |', '| predictions, warehouse | 0.0 | 3.0 | 1.5 |']
    """
    ways: Mapping[str, Sequence[Mapping[str, Any]]] = found["ways"]
    head = ["who", "runs", "wall, s", "busy, s", "starting, s", "working, s", "CPU, s", "memory, MB"]
    rows = [[TITLES[name], *_numbers(hours)] for name, hours in ways.items()]
    parts = ["a run of ours, in the newest of these hours", "asked for after, s", "starting, s", "working, s"]
    newest = ways["ours"][-1]["runs"]
    steps = [[", ".join(run["assets"]), *(f"{value:.1f}" for value in _spans(run, newest[0]["enqueued"]))] for run in newest]
    intro = _INTRO.format(measured=found["measured"], ticks=len(ways["ours"]), looks=LOOK_SECONDS)
    return "\n\n".join((intro, markdown_table(head, rows), markdown_table(parts, steps)))


def _numbers(hours: Sequence[Mapping[str, Any]]) -> list[str]:
    def middle(of: Callable[[Mapping[str, Any]], float]) -> float:
        return float(median(of(hour) for hour in hours))

    shown = [f"{middle(lambda hour: len(hour['runs'])):.0f}"]
    shown += [f"{middle(lambda hour, name=name: hour[name]):.1f}" for name in ("wall", "busy", "starting", "working", "cpu")]
    return [*shown, f"{middle(lambda hour: hour['memory_mb']):,.0f}"]


def _spans(run: Mapping[str, Any], first: float) -> tuple[float, float, float]:
    return run["enqueued"] - first, run["began"] - run["dequeued"], run["ended"] - run["began"]
