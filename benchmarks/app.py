"""The app as a visitor waits for it: first page, change of area, thirty visitors at once, in a real Chromium.

Browser and server share the machine, so a wait here is the longer for it. Writes its part of docs/benchmarks.md between its marks
and measurements/app.json.

Run from the project's root: `.venv/bin/python -m benchmarks.app --data FOLDER`, with a folder that `energy forecast` has filled;
with `--quick` shorter, printed and not written.
"""

import argparse
import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from benchmarks.results import CPU_INFO, PAGE, RESULTS, markdown_table, processor_in, put_between_marks
from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.browsing import CHROMIUM, app_server

AREAS = {"DK": "Denmark", "DK1": "West Denmark (DK1)", "DK2": "East Denmark (DK2)"}
PAGES = ("forecast", "monitoring")
VISITORS, BURST = 30, 3
FIRST_GOAL_S, CHANGE_GOAL_S, CROWD_GOAL_S, MEMORY_GOAL_MB = 3.0, 0.5, 1.5, 1500.0
WAIT_MS = 60_000
POLL_MS = 20
"""How often a page is looked at: at every frame, as is usual, the looking would be most of what the browser does."""

_DRAWN = """
(name) => {
  let heading = false, figures = 0
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.tagName == 'H1' && element.textContent.includes(name)) heading = true
      if (element.tagName == 'CANVAS' && element.width > 0 && element.clientHeight > 0) figures += 1
      if (element.shadowRoot) visit(element.shadowRoot)
    }
  }
  visit(document)
  return heading && figures > 0
}
"""


@dataclass(frozen=True)
class Waits:
    """Seconds that were waited, summed up."""

    times: int
    median_s: float
    p95_s: float
    longest_s: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Waits":
        """The sum of a list of waits."""
        cut = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
        return cls(len(seconds), statistics.median(seconds), cut, max(seconds))


def main() -> None:
    """Measure, and write unless it is quick."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that `energy forecast` has filled")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, printed and not written")
    asked = parser.parse_args()
    measured = measure(asked.data.resolve(), rounds=4 if asked.quick else 15, visitors=6 if asked.quick else VISITORS)
    text = told(measured)
    print(text)
    if not asked.quick:
        PAGE.write_text(put_between_marks(PAGE.read_text(encoding="utf-8"), "app", text), encoding="utf-8")
        (RESULTS / "app.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def measure(data: Path, *, rounds: int, visitors: int) -> dict[str, Any]:
    """Waits and memory of one server."""
    with Store(data / "warehouse") as store:
        now = store.snapshot().as_of
    with app_server(data, now=now) as address, sync_playwright() as driver:
        server = _server()
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        _first(browser, address, "forecast")  # the process has imported and read what it needs
        start_mb = server.memory_info().rss / 1e6
        first = {page: Waits.of([_first(browser, address, page) for _ in range(rounds)]) for page in PAGES}
        change = {page: Waits.of(_changes(browser, address, page, rounds=rounds)) for page in PAGES}
        crowd, peak_mb, open_s = _crowd(browser, address, server, visitors=visitors, rounds=rounds)
        browser.close()
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": processor_in(CPU_INFO.read_text()) if CPU_INFO.exists() else platform.processor(),
        "versions": {name: version(name) for name in ("panel", "bokeh", "duckdb")},
        "visitors": visitors,
        "first": {page: asdict(waits) for page, waits in first.items()},
        "change": {page: asdict(waits) for page, waits in change.items()},
        "crowd": asdict(crowd),
        "crowd_open_s": open_s,
        "start_mb": start_mb,
        "peak_mb": peak_mb,
    }


def _server() -> psutil.Process:
    return next(one for one in psutil.Process().children(recursive=True) if "ui" in one.cmdline()[1:3])


def _first(browser: Any, address: str, page: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    began = time.perf_counter()
    opened = context.new_page()
    opened.goto(f"{address}/{page}?area=DK")
    opened.wait_for_function(_DRAWN, arg=AREAS["DK"], timeout=WAIT_MS, polling=POLL_MS)
    waited = time.perf_counter() - began
    context.close()
    return waited


def _choose(opened: Any, area: str) -> None:
    opened.get_by_label("Area").first.select_option(label=AREAS[area])


def _changes(browser: Any, address: str, page: str, *, rounds: int) -> list[float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(f"{address}/{page}?area=DK")
    opened.wait_for_function(_DRAWN, arg=AREAS["DK"], timeout=WAIT_MS, polling=POLL_MS)
    waits = []
    for number in range(rounds):
        area = ("DK1", "DK2", "DK")[number % 3]
        opened.wait_for_timeout(300)
        began = time.perf_counter()
        _choose(opened, area)
        opened.wait_for_function(_DRAWN, arg=AREAS[area], timeout=WAIT_MS, polling=POLL_MS)
        waits.append(time.perf_counter() - began)
    context.close()
    return waits


def _crowd(browser: Any, address: str, server: psutil.Process, *, visitors: int, rounds: int) -> tuple[Waits, float, float]:
    began = time.perf_counter()
    contexts = [browser.new_context(viewport={"width": 1280, "height": 800}) for _ in range(visitors)]
    pages = [context.new_page() for context in contexts]
    for number, opened in enumerate(pages):
        opened.goto(f"{address}/{PAGES[number % 2]}?area=DK")
        opened.wait_for_function(_DRAWN, arg=AREAS["DK"], timeout=WAIT_MS, polling=POLL_MS)
    open_s, peak = time.perf_counter() - began, server.memory_info().rss / 1e6
    shown, waits = ["DK"] * visitors, list[float]()
    for turn in range(rounds * 2):
        chosen = [(turn * BURST + n) % visitors for n in range(BURST)]
        began = time.perf_counter()
        for who in chosen:
            shown[who] = {"DK": "DK1", "DK1": "DK2", "DK2": "DK"}[shown[who]]
            _choose(pages[who], shown[who])
        for who in chosen:
            pages[who].wait_for_function(_DRAWN, arg=AREAS[shown[who]], timeout=WAIT_MS, polling=POLL_MS)
            waits.append(time.perf_counter() - began)
        peak = max(peak, server.memory_info().rss / 1e6)
    for context in contexts:
        context.close()
    return Waits.of(waits), peak, open_s


def told(measured: dict[str, Any]) -> str:
    """What was measured, as it stands in the documentation."""
    first, change, crowd = measured["first"], measured["change"], measured["crowd"]
    goals = [
        (f"first page under {FIRST_GOAL_S:g} s", max(one["median_s"] for one in first.values()), FIRST_GOAL_S, "s"),
        (
            f"a change of area under {CHANGE_GOAL_S * 1000:g} ms",
            max(one["median_s"] for one in change.values()),
            CHANGE_GOAL_S,
            "s",
        ),
        (f"p95 of a change among {measured['visitors']} visitors under {CROWD_GOAL_S:g} s", crowd["p95_s"], CROWD_GOAL_S, "s"),
        (f"memory of the server with them under {MEMORY_GOAL_MB / 1000:g} GB", measured["peak_mb"], MEMORY_GOAL_MB, "MB"),
    ]
    versions = ", ".join(f"{name} {number}" for name, number in measured["versions"].items())
    waits = [(f"first page, {page}", one) for page, one in first.items()]
    waits += [(f"change of area, {page}", one) for page, one in change.items()]
    waits += [(f"change among {measured['visitors']} visitors, {BURST} at once", crowd)]
    return "\n".join(
        [
            f"Measured on {measured['measured_on']} with {measured['cores']} cores ({measured['processor']}), which server and",
            f"browser (Chromium, 1440 pixels wide) shared; {versions}; two years of hours. A page is there when its heading and",
            "its charts are.",
            "",
            markdown_table(
                ("goal", "measured", "met"),
                [
                    (goal, f"{value:,.2f} {unit}" if unit == "s" else f"{value:,.0f} {unit}", "yes" if value < most else "**no**")
                    for goal, value, most, unit in goals
                ],
            ),
            "",
            markdown_table(
                ("wait", "times", "median, s", "p95, s", "longest, s"),
                [
                    (name, f"{one['times']}", f"{one['median_s']:.2f}", f"{one['p95_s']:.2f}", f"{one['longest_s']:.2f}")
                    for name, one in waits
                ],
            ),
            "",
            f"Memory of the server: {measured['start_mb']:,.0f} MB after a first visit, {measured['peak_mb']:,.0f} MB at most with",
            f"{measured['visitors']} visitors.",
        ]
    )


if __name__ == "__main__":
    main()
