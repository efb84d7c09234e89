"""The app as a visitor waits for it: first page, change of area, thirty visitors at once, in a real Chromium.

Beside it, in the same run, the same page as the course projects made it: Streamlit and Plotly over frames that are kept. Browser
and server share the machine, so a wait here is the longer for it. Writes its part of docs/benchmarks.md between its marks and
measurements/app.json.

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

from playwright.sync_api import sync_playwright

from benchmarks.app_peers.sites import AREAS, PAGES, Site, ours, streamlit
from benchmarks.environments import bring_up
from benchmarks.results import CPU_INFO, PAGE, RESULTS, locked_versions, markdown_table, processor_in, put_between_marks
from energy_dagster_tests.ui.browsing import CHROMIUM

VISITORS, BURST = 30, 3
FIRST_GOAL_S, CHANGE_GOAL_S, CROWD_GOAL_S, MEMORY_GOAL_MB = 3.0, 0.5, 1.5, 1500.0
WAIT_MS = 60_000
PEERS = Path(__file__).parent / "app_peers"
POLL_MS = 20
"""How often a page is looked at: at every frame, as is usual, the looking would be most of what the browser does."""


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
    """Waits and memory of both sites, one after the other."""
    bring_up(PEERS)
    found = {}
    with sync_playwright() as driver:
        for name, started in (("ours", ours(data)), ("streamlit", streamlit(data))):
            with started as site:
                browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
                found[name] = _measured(browser, site, rounds=rounds, visitors=visitors)
                browser.close()
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": processor_in(CPU_INFO.read_text()) if CPU_INFO.exists() else platform.processor(),
        "versions": {name: version(name) for name in ("panel", "bokeh", "duckdb")},
        "peer_versions": locked_versions(PEERS / "uv.lock", ("streamlit", "plotly", "pandas")),
        "visitors": visitors,
        **found,
    }


def _measured(browser: Any, site: Site, *, rounds: int, visitors: int) -> dict[str, Any]:
    _first(browser, site, "forecast")  # the process has imported and read what it needs
    start_mb = site.resident_mb()
    first = {page: asdict(Waits.of([_first(browser, site, page) for _ in range(rounds)])) for page in PAGES}
    change = {page: asdict(Waits.of(_changes(browser, site, page, rounds=rounds))) for page in PAGES}
    crowd, peak_mb, open_s = _crowd(browser, site, visitors=visitors, rounds=rounds)
    return {
        "first": first,
        "change": change,
        "crowd": asdict(crowd),
        "crowd_open_s": open_s,
        "start_mb": start_mb,
        "peak_mb": peak_mb,
    }


def _wait(opened: Any, site: Site, area: str) -> None:
    """Until the page shows the area, painted."""
    opened.wait_for_function(site.drawn, arg=[area, AREAS[area]], timeout=WAIT_MS, polling=POLL_MS)
    opened.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _first(browser: Any, site: Site, page: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    began = time.perf_counter()
    opened = context.new_page()
    opened.goto(site.page(page))
    _wait(opened, site, "DK")
    waited = time.perf_counter() - began
    context.close()
    return waited


def _changes(browser: Any, site: Site, page: str, *, rounds: int) -> list[float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(site.page(page))
    _wait(opened, site, "DK")
    waits = []
    for number in range(rounds):
        area = ("DK1", "DK2", "DK")[number % 3]
        opened.wait_for_timeout(300)
        began = time.perf_counter()
        site.choose(opened, area)
        _wait(opened, site, area)
        waits.append(time.perf_counter() - began)
    context.close()
    return waits


def _crowd(browser: Any, site: Site, *, visitors: int, rounds: int) -> tuple[Waits, float, float]:
    began = time.perf_counter()
    contexts = [browser.new_context(viewport={"width": 1280, "height": 800}) for _ in range(visitors)]
    pages = [context.new_page() for context in contexts]
    for number, opened in enumerate(pages):
        opened.goto(site.page(PAGES[number % 2]))
        _wait(opened, site, "DK")
    open_s, peak = time.perf_counter() - began, site.resident_mb()
    shown, waits = ["DK"] * visitors, list[float]()
    for turn in range(rounds * 2):
        chosen = [(turn * BURST + n) % visitors for n in range(BURST)]
        began = time.perf_counter()
        for who in chosen:
            shown[who] = {"DK": "DK1", "DK1": "DK2", "DK2": "DK"}[shown[who]]
            site.choose(pages[who], shown[who])
        for who in chosen:
            _wait(pages[who], site, shown[who])
            waits.append(time.perf_counter() - began)
        peak = max(peak, site.resident_mb())
    for context in contexts:
        context.close()
    return Waits.of(waits), peak, open_s


def told(measured: dict[str, Any]) -> str:
    """What was measured, as it stands in the documentation."""
    mine, its = measured["ours"], measured["streamlit"]
    slowest = {kind: max(one["median_s"] for one in mine[kind].values()) for kind in ("first", "change")}
    visitors = measured["visitors"]
    goals = [
        (f"first page under {FIRST_GOAL_S:g} s", slowest["first"], FIRST_GOAL_S, "s"),
        (f"a change of area under {CHANGE_GOAL_S * 1000:g} ms", slowest["change"], CHANGE_GOAL_S, "s"),
        (f"p95 of a change among {visitors} visitors under {CROWD_GOAL_S:g} s", mine["crowd"]["p95_s"], CROWD_GOAL_S, "s"),
        (f"memory of the server with them under {MEMORY_GOAL_MB / 1000:g} GB", mine["peak_mb"], MEMORY_GOAL_MB, "MB"),
    ]
    waits = [(f"first page, {page}", mine["first"][page], its["first"][page]) for page in PAGES]
    waits += [(f"change of area, {page}", mine["change"][page], its["change"][page]) for page in PAGES]
    waits += [(f"change among {visitors} visitors, {BURST} at once", mine["crowd"], its["crowd"])]
    versions, peers = (
        ", ".join(f"{name} {number}" for name, number in measured[key].items()) for key in ("versions", "peer_versions")
    )
    return "\n".join(
        [
            f"Measured on {measured['measured_on']} with {measured['cores']} cores ({measured['processor']}), which server and",
            f"browser (Chromium, 1440 pixels wide) shared; {versions}; two years of hours. A page is there when its heading and",
            f"its charts are, painted. The peer ({peers}) shows less: a fan chart on the forecast page, two charts of errors and",
            "the fan on the monitoring page; no cards, words, maps, tables or badges.",
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
                ("wait", "times", "median, s", "p95, s", "longest, s", "Streamlit, median, s", "p95, s", "its median / ours"),
                [
                    (
                        name,
                        f"{one['times']}",
                        *(f"{one[key]:.2f}" for key in ("median_s", "p95_s", "longest_s")),
                        *(f"{peer[key]:.2f}" for key in ("median_s", "p95_s")),
                        f"{peer['median_s'] / one['median_s']:.1f}",
                    )
                    for name, one, peer in waits
                ],
            ),
            "",
            f"Memory of the server: {mine['start_mb']:,.0f} MB after a first visit, {mine['peak_mb']:,.0f} MB at most with",
            f"{visitors} visitors; the peer's {its['start_mb']:,.0f} and {its['peak_mb']:,.0f} MB.",
        ]
    )


if __name__ == "__main__":
    main()
