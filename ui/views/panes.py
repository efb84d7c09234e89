"""The panes of which both pages are built: HTML in the common style, a chart on a card, widgets in a row."""

from html import escape

import panel as pn
from bokeh.plotting import figure

from ui.theme import stylesheet

CARD_STYLE = {"background": "var(--paper)", "border": "1px solid var(--line)", "border-radius": "12px", "padding": "14px 10px 10px"}


def html(text: str) -> pn.pane.HTML:
    """A pane of HTML in the style of the pages."""
    return pn.pane.HTML(  # type: ignore[no-untyped-call]  # panel does not annotate it
        text, stylesheets=[stylesheet()], sizing_mode="stretch_width", margin=0
    )


def chart_card(chart: figure, *, title: str = "") -> pn.Column:
    """A chart on a white card, under its title."""
    pane = pn.pane.Bokeh(chart, sizing_mode="stretch_width", margin=0)  # type: ignore[no-untyped-call]  # as above
    heading = [html(f"<h3>{escape(title)}</h3>")] if title else []
    return pn.Column(*heading, pane, sizing_mode="stretch_width", margin=0, styles=CARD_STYLE)


def row_of(*widgets: pn.viewable.Viewable) -> pn.FlexBox:
    """Widgets side by side, wrapping where the screen is narrow."""
    return pn.FlexBox(*widgets, sizing_mode="stretch_width", margin=(0, 0, 14, 0), gap="12px")  # type: ignore[no-untyped-call]  # as above
