"""The blank figure every chart begins with: size, fonts, grid, tools, legend, and the label of simulated data."""

from collections.abc import Sequence
from datetime import datetime
from math import nan
from typing import Any, Literal, TypeAlias

from bokeh.models import (
    CustomJS,
    CustomJSTickFormatter,
    FactorRange,
    HoverTool,
    NumeralTickFormatter,
    Range,
    Range1d,
    TickFormatter,
)
from bokeh.models.annotations import Label, Legend, Title
from bokeh.models.renderers import GlyphRenderer
from bokeh.plotting import figure

from ui.charts.time_axis import hours_between
from ui.manner import manner, say
from ui.theme import FONT, palette

Renderer: TypeAlias = "GlyphRenderer[Any]"
"""What a glyph method of a figure returns."""

_NARROW_COLUMNS = 2
_FIT_LEGEND = "legend.ncols = this.inner_width < 400 ? 2 : this.inner_width < 640 ? 3 : 5"
_TOOLS = "xpan,xbox_zoom,xzoom_in,xzoom_out,reset,save"


def blank_figure(*, title: str, y_label: str, simulated: bool, height: int = 320, factors: Sequence[str] = ()) -> figure:
    """A figure that fills the width of its place and lets a finger scroll past it.

    Args:
        title: what the chart shows, empty when the page says it.
        y_label: the unit of the y axis.
        simulated: whether to label the numbers as simulated.
        height: in pixels.
        factors: names along a categorical axis; empty for a numeric one.
    """
    across: Range = FactorRange(factors=list(factors)) if factors else Range1d(start=0, end=1)
    fig = figure(
        x_range=across,
        height=height,
        min_width=260,
        sizing_mode="stretch_width",
        tools=_TOOLS,
        active_drag=None,
        active_scroll=None,
        toolbar_location="below",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
    )
    fig.toolbar.logo = None
    _style(fig, y_label)
    if title:
        fig.title = Title(text=title, text_font=FONT, text_font_size="15px", text_color=palette().ink, text_font_style="bold")
    if simulated:
        label = Title(text=say("SIMULATED DATA"), align="left", text_font=FONT, text_font_size="12px", text_color=palette().warning)
        fig.add_layout(label, "below")
    return fig


def _style(fig: figure, y_label: str) -> None:
    fig.yaxis.axis_label = y_label
    fig.yaxis.formatter = _thousands()
    fig.grid.grid_line_color = palette().grid
    for axis in (*fig.xaxis, *fig.yaxis):
        axis.axis_line_color = palette().grid
        axis.major_tick_line_color = palette().grid
        axis.minor_tick_line_color = None
        axis.major_label_text_font = FONT
        axis.major_label_text_color = palette().muted
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_font = FONT
        axis.axis_label_text_color = palette().muted
        axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"


def _thousands() -> TickFormatter:
    """Numbers with their thousands apart, as the language writes them; Bokeh brings the rules of English only."""
    if manner().language == "da":
        return CustomJSTickFormatter(code="return tick.toLocaleString('da-DK')")
    return NumeralTickFormatter(format="0,0")


def energy_label() -> str:
    """The unit of an hour's energy."""
    return say("MWh per hour")


def empty_figure(*, title: str, y_label: str, simulated: bool, height: int = 320) -> figure:
    """A figure that says that there is nothing to draw."""
    fig = blank_figure(title=title, y_label=y_label, simulated=simulated, height=height)
    fig.y_range = Range1d(start=0, end=1)
    fig.axis.visible = False
    fig.grid.visible = False
    fig.add_layout(
        Label(
            x=0.5,
            y=0.5,
            text=say("No hours to show yet"),
            text_align="center",
            text_font=FONT,
            text_color=palette().muted,
            text_font_size="14px",
        )
    )
    return fig


def add_legend(fig: figure, items: Sequence[tuple[str, Sequence[Renderer]]]) -> None:
    """Put a legend above the chart; a click on an entry hides what it names."""
    legend = Legend(
        items=[(label, list(renderers)) for label, renderers in items],
        orientation="horizontal",
        ncols=_NARROW_COLUMNS,
        click_policy="hide",
        border_line_color=None,
        background_fill_color=None,
        label_text_font=FONT,
        label_text_font_size="12px",
        label_text_color=palette().ink,
        glyph_width=18,
        label_standoff=5,
        spacing=12,
        margin=2,
        location="left",
    )
    fig.add_layout(legend, "above")
    fig.js_on_change("inner_width", CustomJS(args={"legend": legend}, code=_FIT_LEGEND))


def add_hover(fig: figure, renderers: Sequence[Renderer], *, along: Literal["mouse", "vline"] = "vline") -> None:
    """Show the column `sentence` of the nearest point."""
    tooltip = f'<div style="font: 13px/1.4 {FONT}; color: {palette().ink}; max-width: 260px; white-space: normal">@sentence</div>'
    fig.add_tools(
        HoverTool(
            renderers=list(renderers),
            visible=False,
            tooltips=tooltip,
            mode=along,
            line_policy="nearest",
            point_policy="follow_mouse",
            attachment="horizontal",
        )
    )


def unbroken_runs(values: Sequence[tuple[datetime, float | None]]) -> tuple[list[datetime], list[float]]:
    """Hours from the first to the last, none left out, with NaN where there is no value: a line breaks there."""
    if not values:
        return [], []
    known = {hour: value for hour, value in values if value is not None}
    hours = hours_between(min(hour for hour, _ in values), max(hour for hour, _ in values))
    return hours, [known.get(hour, nan) for hour in hours]
