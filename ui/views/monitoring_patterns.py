"""The part of the monitoring page that shows when the forecasts go wrong: by lead, by hour of the week, on odd days."""

from collections.abc import Sequence

import panel as pn

from energy_dagster.store.rows import Scored
from ui import scoreboard
from ui.charts.daily import comparison
from ui.charts.errors import lead_chart, lead_name
from ui.charts.heat_map import bias_chart, bias_sentence
from ui.data import series_name
from ui.manner import say
from ui.monitoring_data import ODD_DAYS, Asked, PatternsRead
from ui.odd_days import odd_days
from ui.views.monitoring_cards import part, period_name, side_by_side, told_card
from ui.views.panes import html


def patterns_part(read: PatternsRead, asked: Asked) -> pn.viewable.Viewable:
    """Errors by lead, bias by weekday and hour, and the scorecard of odd days."""
    simulated = read.window.snapshot.simulated
    title = say("When do the forecasts of {name} go wrong?", name=series_name(asked.area, asked.consumer_group))
    if not read.leads and not read.day_types:
        return part(read.window, title, period_name(read.window), html(scoreboard.nothing_scored()))
    lead = lead_name(asked.lead_bucket)
    leads = told_card(
        lead_chart(read.leads, title="", simulated=simulated), title=say("Mean error by lead time"), told=leads_told(read.leads)
    )
    week = told_card(
        bias_chart(read.hours_of_week, title="", simulated=simulated),
        title=say("Bias by weekday and hour, {lead} ahead", lead=lead),
        told=week_told(read.hours_of_week),
    )
    caption = say("Odd days and ordinary ones of the last {days} days, {lead} ahead", days=ODD_DAYS.days, lead=lead)
    table = html(scoreboard.odd_days_table(odd_days(read.day_types, read.temperatures), caption=caption))
    return part(read.window, title, period_name(read.window), side_by_side(leads, week), table)


def leads_told(rows: Sequence[Scored]) -> str:
    """What the errors by lead show, in a sentence."""
    buckets = sorted({row.lead_bucket for row in rows})
    if not buckets:
        return say("No error is known yet.")
    nearest, farthest = ([row for row in rows if row.lead_bucket == bucket] for bucket in (buckets[0], buckets[-1]))
    return say(
        "{near} ahead: {near_values}; {far} ahead: {far_values}.",
        near=lead_name(buckets[0]),
        near_values=comparison(nearest, "mae"),
        far=lead_name(buckets[-1]),
        far_values=comparison(farthest, "mae"),
    )


def week_told(rows: Sequence[Scored]) -> str:
    """Where in the week the forecasts are most too high and most too low."""
    if not rows:
        return say("No error is known yet.")
    highest, lowest = max(rows, key=lambda row: row.bias_mwh), min(rows, key=lambda row: row.bias_mwh)
    return f"{bias_sentence(highest)}. {bias_sentence(lowest)}."
