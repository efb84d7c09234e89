"""The part of the monitoring page that shows whether the intervals and quantiles keep what they promise."""

from collections.abc import Sequence

import panel as pn

from energy_dagster.store.rows import ReliabilityLevel, Scored
from ui import scoreboard
from ui.charts.calibration import INTERVALS, covered, lead_coverage_chart, reliability_chart, reliability_sentence
from ui.charts.daily import coverage_chart
from ui.charts.errors import lead_name
from ui.data import series_name
from ui.manner import say
from ui.monitoring_data import Asked, CalibrationRead
from ui.views.monitoring_cards import part, period_name, side_by_side, told_card
from ui.views.panes import html
from ui.wording import day_name, per_cent


def calibration_part(read: CalibrationRead, asked: Asked) -> pn.viewable.Viewable:
    """Coverage by lead, the reliability of the quantiles, and coverage by day."""
    simulated = read.window.snapshot.simulated
    title = say("Do the intervals of {name} keep their promise?", name=series_name(asked.area, asked.consumer_group))
    if not read.leads:
        return part(read.window, title, period_name(read.window), html(scoreboard.nothing_scored()))
    lead = lead_name(asked.lead_bucket)
    leads = told_card(
        lead_coverage_chart(read.leads, title="", simulated=simulated, height=360),
        title=say("Coverage by lead time"),
        told=coverage_told(read.leads),
    )
    levels = told_card(
        reliability_chart(read.levels, title="", simulated=simulated, height=360),
        title=say("Reliability of the quantiles, {lead} ahead", lead=lead),
        told=levels_told(read.levels),
    )
    days = told_card(
        coverage_chart(read.days, title="", simulated=simulated),
        title=say("Is the 80 % interval honest? {lead} ahead, day by day", lead=lead),
        told=days_told(read.days),
    )
    return part(read.window, title, period_name(read.window), side_by_side(leads, levels), days)


def coverage_told(rows: Sequence[Scored]) -> str:
    """What the intervals held, by lead, in a sentence."""
    ordered = sorted(rows, key=lambda row: row.lead_bucket)
    clauses = [
        say(
            "inside the {promised} interval: {values}",
            promised=per_cent(interval),
            values=", ".join(f"{lead_name(row.lead_bucket)} {per_cent(covered(row, interval))}" for row in ordered),
        )
        for interval in INTERVALS
    ]
    told = "; ".join(clauses)
    return f"{told[0].upper()}{told[1:]}."


def levels_told(rows: Sequence[ReliabilityLevel]) -> str:
    """The quantile that is farthest from its promise."""
    if not rows:
        return say("No error is known yet.")
    return say(
        "Farthest from its promise is {sentence}.",
        sentence=reliability_sentence(max(rows, key=lambda row: abs(row.share - row.level))),
    )


def days_told(rows: Sequence[Scored]) -> str:
    """The days on which the interval held least and most."""
    known = [(row.coverage_80, row.day) for row in rows if row.coverage_80 is not None and row.day is not None]
    if not known:
        return say("No day has been scored yet.")
    (least, worst), (most, best) = min(known), max(known)
    return say(
        "From {least} on {worst} to {most} on {best}.",
        least=per_cent(least),
        worst=day_name(worst),
        most=per_cent(most),
        best=day_name(best),
    )
