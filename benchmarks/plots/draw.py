"""Draws benchmarks/measurements/accuracy.json: for each case everyone's error and pinball loss, with their 95 % intervals.

Run by `benchmarks.accuracy` in this folder's environment: `.venv/bin/python draw.py RESULTS.json PICTURE.png`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

INK, MUTED, GRID = "#1B2430", "#5B6676", "#E6EAF0"
REFERENCE, OTHERS, NAIVE = "#0072B2", "#5B6676", "#C2410C"
BAND = "#EEF5FA"
SCORES = (("mape_pct", "Mean absolute percentage error, %", 2), ("pinball_deciles_mwh", "Pinball loss over the deciles, MWh", 1))
WIDTH_INCHES, ROW_INCHES, CASE_INCHES, EDGE_INCHES = 12.0, 0.32, 0.88, 1.0
DOTS_PER_INCH = 160
WITHOUT_DECIMALS_FROM = 1000

Standing = dict[str, Any]


def colour(one: Standing, reference: str) -> str:
    """Ours, the naive, and everyone else."""
    if one["key"].startswith(reference):
        return REFERENCE
    return NAIVE if one["key"] == "weekly_naive" else OTHERS


def label(one: Standing) -> str:
    """Its name, and on how many days where those are not all."""
    return one["title"] if one["every_days"] == 1 else f"{one['title']} ({one['days']} days)"


def draw_case(axes: Axes, standings: list[Standing], *, score: str, decimals: int, reference: str) -> None:
    """One panel: a dot and an interval for each who has this score, on the row of all panels of the case."""
    for row, one in enumerate(standings):
        value, low, high = (one["scores"].get(name) for name in (score, f"{score}_low", f"{score}_high"))
        if one["key"] == reference:
            axes.axhspan(row - 0.5, row + 0.5, color=BAND, zorder=0)
        if value is None:
            axes.text(0.012, row, "no quantiles", transform=axes.get_yaxis_transform(), color="#9AA4B2", fontsize=8.5, va="center")
            continue
        paint = colour(one, reference)
        low, high = (value if low is None else low), (value if high is None else high)
        axes.plot([low, high], [row, row], color=paint, linewidth=2.2, alpha=0.45, solid_capstyle="round", zorder=2)
        face = paint if one["every_days"] == 1 else "white"
        axes.plot(value, row, "o", markersize=7.5, markerfacecolor=face, markeredgecolor=paint, markeredgewidth=1.7, zorder=3)
        shown = f"{value:,.{0 if value >= WITHOUT_DECIMALS_FROM else decimals}f}"
        weight = "bold" if one["key"] == reference else "normal"
        at = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
        axes.annotate(shown, (high, row), color=paint, fontweight=weight, **at)
    daily = sum(one["every_days"] == 1 for one in standings)
    if 0 < daily < len(standings):
        axes.axhline(daily - 0.5, color=GRID, linewidth=1.2)
    axes.margins(x=0.14)
    axes.set_ylim(len(standings) - 0.5, -0.5)
    axes.grid(axis="x", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0, labelsize=9, labelcolor=MUTED)
    for side in axes.spines.values():
        side.set_visible(False)


def name_rows(axes: Axes, standings: list[Standing], reference: str) -> None:
    """Names at the left of a case's first panel."""
    axes.set_yticks(range(len(standings)), [label(one) for one in standings])
    for text, one in zip(axes.get_yticklabels(), standings, strict=True):
        text.set(color=colour(one, reference) if one["key"] != "weekly_naive" else NAIVE, fontsize=10)
        text.set_fontweight("bold" if one["key"] == reference else "normal")


def picture(results: dict[str, Any]) -> plt.Figure:
    """All cases below one another."""
    cases, reference = results["cases"], results["reference"]
    heights = [len(case["standings"]) * ROW_INCHES for case in cases]
    total = sum(heights) + CASE_INCHES * len(cases) + EDGE_INCHES
    figure = plt.figure(figsize=(WIDTH_INCHES, total), facecolor="white")
    top = total - 0.95
    for case, height in zip(cases, heights, strict=True):
        top -= 0.32
        figure.text(0.02, (top + 0.09) / total, case["title"], fontsize=13, fontweight="bold", color=INK)
        first = None
        for column, (score, title, decimals) in enumerate(SCORES):
            left, width = (0.235, 0.36) if column == 0 else (0.625, 0.36)
            axes = figure.add_axes((left, (top - height) / total, width, height / total))
            draw_case(axes, case["standings"], score=score, decimals=decimals, reference=reference)
            axes.set_title(title, fontsize=9.5, color=MUTED, loc="left", pad=7)
            if column == 0:
                first = axes
            else:
                axes.set_yticks([])
        if first is not None:
            name_rows(first, case["standings"], reference)
        top -= height + CASE_INCHES - 0.32
    figure.text(0.02, 1 - 0.40 / total, "Day-ahead forecasts of electricity load", fontsize=17, fontweight="bold", color=INK)
    about = (
        "Issued at 10:00 the day before, refitted monthly, no weather unless said. Dot: the year's score. "
        "Bar: its 95 % interval. Less is better."
    )
    figure.text(0.02, 1 - 0.70 / total, about, fontsize=10, color=MUTED)
    ring = {"markerfacecolor": "white", "markeredgecolor": OTHERS, "markeredgewidth": 1.7, "markersize": 7.5}
    sampled = [Line2D([], [], marker="o", linestyle="", **ring)]
    place = {"loc": "upper right", "bbox_to_anchor": (0.99, 1 - 0.22 / total)}
    figure.legend(sampled, ["on a sample of the days"], frameon=False, fontsize=9, **place)
    return figure


def main() -> None:
    results, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    out.parent.mkdir(parents=True, exist_ok=True)
    picture(results).savefig(out, dpi=DOTS_PER_INCH, metadata={"Software": None})


if __name__ == "__main__":
    main()
