"""The pieces each part of the monitoring page is made of: its title, and charts with what they show in a sentence."""

from html import escape

import panel as pn
from bokeh.plotting import figure

from ui import fragments
from ui.manner import say
from ui.monitoring_data import Window
from ui.views.panes import CARD_STYLE, html
from ui.wording import day_name, local

_TWO_COLUMNS = {"display": "grid", "grid-template-columns": "repeat(auto-fit, minmax(min(460px, 100%), 1fr))", "gap": "16px"}


def told_card(chart: figure, *, title: str, told: str) -> pn.Column:
    """A chart on a card, under its title and what it shows in a sentence, which also stands for it where it cannot be seen."""
    pane = pn.pane.Bokeh(chart, sizing_mode="stretch_width", margin=0)  # type: ignore[no-untyped-call]  # panel does not annotate it
    heading = html(f'<h3>{escape(title)}</h3><p class="told">{escape(told)}</p>')
    return pn.Column(heading, pane, sizing_mode="stretch_width", margin=0, styles=CARD_STYLE)


def side_by_side(*cards: pn.viewable.Viewable) -> pn.Column:
    """Cards in two columns where there is room."""
    return pn.Column(*cards, sizing_mode="stretch_width", margin=0, styles=_TWO_COLUMNS)


def part(window: Window, title: str, about: str, *content: pn.viewable.Viewable) -> pn.Column:
    """A part of the page: its title, what it is about, its content, and whose data it is."""
    simulated = fragments.badge(say("SIMULATED"), "warning") if window.snapshot.simulated else ""
    heading = f'<div class="heading">{fragments.heading(title)}{simulated}</div>{fragments.about(about)}'
    return pn.Column(
        html(heading),
        *content,
        html(fragments.credit(window.snapshot)),
        sizing_mode="stretch_width",
        margin=0,
        styles={"gap": "16px"},
    )


def period_name(window: Window, lead: str = "") -> str:
    """The hours that are judged, and at which lead, in words."""
    start, end = day_name(local(window.start).date()), day_name(local(window.end).date())
    if lead:
        return say("{start} to {end}, {lead} ahead, against preliminary measurements", start=start, end=end, lead=lead)
    return say("{start} to {end}, against preliminary measurements", start=start, end=end)
