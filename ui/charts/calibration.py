"""Calibration charts: what the intervals and the quantiles promised beside what came."""

from collections.abc import Sequence
from math import nan

from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from bokeh.transform import dodge

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.rows import ReliabilityLevel, Scored
from ui.charts.canvas import Renderer, add_hover, add_legend, blank_figure, empty_figure
from ui.charts.daily import share_ticks
from ui.charts.errors import lead_name
from ui.manner import say
from ui.theme import palette
from ui.wording import grouped, per_cent

INTERVALS = (0.8, 0.9)
_PLACES = {0.8: -0.2, 0.9: 0.2}
_WIDTH = 0.36


def covered(row: Scored, interval: float) -> float | None:
    """The share of hours inside an interval."""
    return row.coverage_80 if interval == INTERVALS[0] else row.coverage_90


def lead_coverage_chart(scores: Sequence[Scored], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Share of hours inside the 80 % and the 90 % interval by lead time, each with a mark at what was promised."""
    by_bucket = {row.lead_bucket: row for row in scores if row.lead_bucket in LEAD_BUCKET_NAMES}
    label = say("share of hours inside")
    if not by_bucket:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    rows = [by_bucket[bucket] for bucket in sorted(by_bucket)]
    names = [lead_name(row.lead_bucket) for row in rows]
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height, factors=names)
    legend: list[tuple[str, list[Renderer]]] = []
    for interval, colour, alpha in zip(INTERVALS, (palette().forecast, palette().forecast), (0.9, 0.35), strict=True):
        shares = [covered(row, interval) for row in rows]
        source = ColumnDataSource(
            {
                "lead": names,
                "share": [nan if share is None else share for share in shares],
                "promised": [interval] * len(rows),
                "sentence": [
                    say(
                        "{lead} ahead: {share} of {n} forecasts were inside the {promised} interval",
                        lead=name,
                        share=per_cent(share, decimals=1),
                        n=grouped(row.n),
                        promised=per_cent(interval),
                    )
                    for name, row, share in zip(names, rows, shares, strict=True)
                ],
            }
        )
        place = dodge("lead", _PLACES[interval], range=fig.x_range)
        bar = fig.vbar(place, top="share", width=_WIDTH, source=source, fill_color=colour, fill_alpha=alpha, line_color=colour)
        mark = fig.rect(
            place, "promised", width=_WIDTH + 0.03, height=0.012, source=source, color=palette().target, line_color=palette().paper
        )
        legend.append((say("80 % interval") if interval == INTERVALS[0] else say("90 % interval"), [bar]))
    legend.append((say("promised"), [mark]))
    fig.y_range = Range1d(start=0, end=1.04)
    fig.xgrid.visible = False
    fig.xaxis.axis_label = say("lead time: hours between the issue and the hour")
    share_ticks(fig)
    add_legend(fig, legend)
    add_hover(fig, [renderers[0] for _, renderers in legend[:-1]], along="mouse")
    return fig


def reliability_sentence(row: ReliabilityLevel) -> str:
    """One quantile level as a sentence."""
    return say(
        "P{level}: the truth was at or below it in {share} of {n} forecasts; {promised} were promised",
        level=round(row.level * 100),
        share=per_cent(row.share, decimals=1),
        n=grouped(row.n),
        promised=per_cent(row.level),
    )


def reliability_chart(levels: Sequence[ReliabilityLevel], *, title: str, simulated: bool, height: int = 320) -> figure:
    """For each quantile level the share of the truth at or below it; on the diagonal every promise is kept."""
    label = say("share of the truth at or below")
    if not levels:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height)
    colours = palette()
    source = ColumnDataSource(
        {
            "level": [row.level for row in levels],
            "share": [row.share for row in levels],
            "sentence": [reliability_sentence(row) for row in levels],
        }
    )
    promised = fig.line([0, 1], [0, 1], line_color=colours.target, line_width=1.6, line_dash=[6, 4])
    fig.segment("level", "level", x1="level", y1="share", source=source, line_color=colours.forecast, line_width=2, line_alpha=0.35)
    line = fig.line("level", "share", source=source, line_color=colours.forecast, line_width=2)
    dots = fig.scatter("level", "share", source=source, size=9, fill_color=colours.forecast, line_color=colours.paper)
    fig.x_range = Range1d(start=0, end=1)
    fig.y_range = Range1d(start=0, end=1)
    fig.xaxis.axis_label = say("quantile level")
    share_ticks(fig)
    fig.xaxis.formatter = fig.yaxis[0].formatter
    add_legend(fig, [(say("what came"), [line, dots]), (say("what was promised"), [promised])])
    add_hover(fig, [dots])
    return fig
