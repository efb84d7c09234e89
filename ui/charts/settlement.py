"""How settlement moved the truth, day by day."""

from collections.abc import Sequence

from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from energy_dagster.store.rows import RevisedDay
from ui.charts.canvas import add_hover, blank_figure, empty_figure
from ui.charts.daily import day_bars, noon, use_days
from ui.manner import say
from ui.theme import palette
from ui.wording import day_name, grouped, megawatt_hours, per_cent


def revision_sentence(row: RevisedDay) -> str:
    """What settlement did to a day, as a sentence."""
    return say(
        "{day}: settled {difference} MWh against preliminary ({share}), an hour by up to {largest} MWh; {hours} hours compared",
        day=day_name(row.day),
        difference=grouped(row.difference_mwh, signed=True),
        share=per_cent(row.difference_share, signed=True, decimals=1),
        largest=megawatt_hours(row.largest_abs_difference_mwh),
        hours=row.hours,
    )


def revision_chart(days: Sequence[RevisedDay], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Settled minus preliminary as a mean of every day's hours: above zero settlement found more."""
    label = say("settled minus preliminary, MWh per hour")
    if not days:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height)
    use_days(fig, [row.day for row in days])
    source = ColumnDataSource(
        {
            "x": [noon(row.day) for row in days],
            "moved": [row.difference_mwh / row.hours for row in days],
            "sentence": [revision_sentence(row) for row in days],
        }
    )
    bars = fig.vbar("x", top="moved", width=day_bars(), source=source, fill_color=palette().actual, fill_alpha=0.7, line_color=None)
    fig.y_range = DataRange1d(range_padding=0.15, only_visible=True)
    fig.add_layout(Span(location=0, dimension="width", line_color=palette().line_strong, line_width=1))
    add_hover(fig, [bars])
    return fig
