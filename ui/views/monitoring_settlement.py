"""The part of the monitoring page that sets the settled truth beside the preliminary one."""

from collections.abc import Sequence

import panel as pn

from energy_dagster.store.rows import RevisedDay, Scored
from ui import fragments, scoreboard
from ui.charts.errors import lead_name
from ui.charts.settlement import revision_chart, revision_sentence
from ui.data import series_name
from ui.manner import say
from ui.monitoring_data import Asked, SettlementRead
from ui.views.monitoring_cards import part, told_card
from ui.views.panes import html
from ui.wording import ABSENT, day_name, grouped, local, megawatt_hours, per_cent


def settlement_part(read: SettlementRead, asked: Asked) -> pn.viewable.Viewable:
    """How settlement moved every day, and the errors against either truth."""
    window = read.window
    title = say("What did settlement change for {name}?", name=series_name(asked.area, asked.consumer_group))
    start, end = day_name(local(window.start).date()), day_name(local(window.end).date())
    about = say(
        "{start} to {end}; settled values come about eight days after the hour and are what is paid by", start=start, end=end
    )
    if not read.revisions:
        missing = fragments.notice(
            say("Nothing of this period has been settled yet"), say("A longer period reaches back to days that have been.")
        )
        return part(window, title, about, html(missing))
    moved = told_card(
        revision_chart(read.revisions, title="", simulated=window.snapshot.simulated),
        title=say("Settled minus preliminary, day by day"),
        told=revisions_told(read.revisions),
    )
    preliminary, settled = same_days(read.preliminary, read.settled)
    caption = say("Errors against either truth, on the same days, {lead} ahead", lead=lead_name(asked.lead_bucket))
    errors = (
        scoreboard.vintages_table(preliminary, settled, caption=caption)
        if settled
        else fragments.notice(
            say("No error against settled values is known yet"),
            say("The days that have been settled were not forecast, or not whole."),
        )
    )
    return part(window, title, about, moved, html(errors), html(revisions_table(read.revisions)))


def same_days(preliminary: Sequence[Scored], settled: Sequence[Scored]) -> tuple[list[Scored], list[Scored]]:
    """The rows of the days and forecasters of which as many forecasts were judged against either truth."""
    first = {(row.forecaster, row.day): row for row in preliminary}
    late = {(row.forecaster, row.day): row for row in settled}
    shared = [key for key in first if key in late and first[key].n == late[key].n]
    return [first[key] for key in shared], [late[key] for key in shared]


def revisions_told(rows: Sequence[RevisedDay]) -> str:
    """What settlement did over all the days, and on the day it moved most."""
    before = sum(row.preliminary_mwh for row in rows)
    share = round(sum(row.difference_mwh for row in rows) / before, 3) or 0 if before else None
    return say(
        "Over {days} settled days settlement moved consumption by {share}. Most: {largest}.",
        days=len(rows),
        share=per_cent(share, signed=True, decimals=1),
        largest=revision_sentence(max(rows, key=lambda row: abs(row.difference_mwh))),
    )


def revisions_table(rows: Sequence[RevisedDay]) -> str:
    """Both truths of every settled day, newest first."""
    cells = [
        (
            day_name(row.day),
            str(row.hours),
            grouped(row.preliminary_mwh),
            grouped(row.settled_mwh),
            grouped(row.difference_mwh, signed=True),
            ABSENT if row.difference_share is None else per_cent(row.difference_share, signed=True, decimals=1),
            megawatt_hours(row.largest_abs_difference_mwh),
        )
        for row in sorted(rows, key=lambda row: row.day, reverse=True)
    ]
    headings = (
        say("Day"),
        say("Hours compared"),
        say("Preliminary, MWh"),
        say("Settled, MWh"),
        say("Difference, MWh"),
        say("Difference"),
        say("Largest of an hour, MWh"),
    )
    return scoreboard.sheet(headings, cells, caption=say("Every settled day, newest first"))
