"""The week as a heat map: how far too high or too low the forecasts were in each of its hours."""

from collections.abc import Sequence
from datetime import date, timedelta

from bokeh.models import BasicTicker, ColumnDataSource, FixedTicker, LinearColorMapper, NumeralTickFormatter, Range1d
from bokeh.models.annotations import ColorBar
from bokeh.plotting import figure

from energy_dagster.store.rows import Scored
from ui.charts.canvas import add_hover, blank_figure, empty_figure
from ui.manner import manner, say
from ui.theme import FONT, palette
from ui.wording import day_name, grouped

MONDAY = date(2024, 1, 1)
_STEPS = 6
"""Shades on either side of the middle."""


def weekday_name(weekday: int) -> str:
    """A weekday in short, Monday 1.

    >>> weekday_name(1), weekday_name(7)
    ('Mon', 'Sun')
    """
    return day_name(MONDAY + timedelta(days=weekday - 1)).split(" ")[0]


def bias_sentence(row: Scored) -> str:
    """The bias of one hour of the week as a sentence."""
    when = f"{weekday_name(row.weekday or 1)} {row.local_hour or 0:02d}:00-{(row.local_hour or 0) + 1:02d}:00"
    amount = grouped(abs(row.bias_mwh))
    if round(row.bias_mwh) > 0:
        return say("{when}: forecasts were {amount} MWh too high on average, over {n} forecasts", when=when, amount=amount, n=row.n)
    if round(row.bias_mwh) < 0:
        return say("{when}: forecasts were {amount} MWh too low on average, over {n} forecasts", when=when, amount=amount, n=row.n)
    return say("{when}: forecasts were right on average, over {n} forecasts", when=when, n=row.n)


def diverging() -> list[str]:
    """Colours from far too low over right to far too high, in the light that is on."""
    low, middle, high = palette().forecast, palette().shade, palette().naive
    down = [_mixed(low, middle, step / _STEPS) for step in range(_STEPS)]
    up = [_mixed(high, middle, step / _STEPS) for step in range(_STEPS)]
    return [*down, middle, *reversed(up)]


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def bias_chart(rows: Sequence[Scored], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Mean of forecast minus truth for every weekday and local hour; colours lie evenly around zero."""
    cells = [row for row in rows if row.weekday is not None and row.local_hour is not None]
    if not cells:
        return empty_figure(title=title, y_label="", simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label="", simulated=simulated, height=height)
    reach = max(1.0, *(abs(row.bias_mwh) for row in cells))
    mapper = LinearColorMapper(palette=diverging(), low=-reach, high=reach)
    source = ColumnDataSource(
        {
            "hour": [row.local_hour for row in cells],
            "weekday": [row.weekday for row in cells],
            "bias": [row.bias_mwh for row in cells],
            "sentence": [bias_sentence(row) for row in cells],
        }
    )
    squares = fig.rect(
        "hour",
        "weekday",
        width=1,
        height=1,
        source=source,
        fill_color={"field": "bias", "transform": mapper},
        line_color=palette().paper,
        line_width=1,
        hover_line_color=palette().ink,
    )
    _use_week(fig)
    _add_bar(fig, mapper)
    add_hover(fig, [squares], along="mouse")
    return fig


def _use_week(fig: figure) -> None:
    fig.x_range = Range1d(start=-0.5, end=23.5)
    fig.y_range = Range1d(start=7.5, end=0.5)
    fig.xaxis.ticker = FixedTicker(ticks=list(range(0, 24, 3)))
    fig.xaxis.major_label_overrides = {hour: f"{hour:02d}:00" for hour in range(0, 24, 3)}
    fig.yaxis.ticker = FixedTicker(ticks=list(range(1, 8)))
    fig.yaxis.major_label_overrides = {weekday: weekday_name(weekday) for weekday in range(1, 8)}
    fig.xaxis.axis_label = say("local hour, Europe/Copenhagen")
    fig.grid.visible = False


def _add_bar(fig: figure, mapper: LinearColorMapper) -> None:
    bar = ColorBar(
        color_mapper=mapper,
        title=say("too low   <   MWh per hour   >   too high"),
        title_text_font=FONT,
        title_text_font_size="12px",
        title_text_font_style="normal",
        title_text_color=palette().ink,
        title_standoff=6,
        major_label_text_font=FONT,
        major_label_text_font_size="12px",
        major_label_text_color=palette().muted,
        major_tick_line_color=None,
        ticker=BasicTicker(desired_num_ticks=5),
        formatter=NumeralTickFormatter(format="+0,0", language="da-dk" if manner().language == "da" else "en"),
        background_fill_color=None,
        bar_line_color=palette().line_strong,
        height=10,
        width="auto",
        padding=4,
        orientation="horizontal",
    )
    fig.add_layout(bar, "above")
