"""Error charts: hour by hour and by lead, always beside the weekly naive."""

from collections.abc import Sequence
from math import nan

from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.plotting import figure
from bokeh.transform import dodge

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.rows import JudgedPeriod, Scored
from ui.charts.canvas import add_hover, add_legend, blank_figure, empty_figure, unbroken_runs
from ui.charts.daily import FORECASTERS, comparison, forecaster_name, measure_name
from ui.charts.time_axis import middle, use_local_time
from ui.manner import say
from ui.theme import palette
from ui.wording import HOUR, hour_span, megawatt_hours


def lead_name(bucket: str) -> str:
    """A lead bucket in words.

    >>> lead_name("01-06"), lead_name("all")
    ('1-6 h', 'all leads')
    """
    if bucket == "all":
        return say("all leads")
    first, last = (int(lead) for lead in bucket.split("-"))
    return say("{first}-{last} h", first=first, last=last)


def error_sentence(row: JudgedPeriod) -> str:
    """One hour's error as a sentence."""
    hour, error = hour_span(row.period_start), megawatt_hours(row.abs_error_mwh)
    if row.naive_abs_error_mwh is None:
        return say("{hour}: forecast off by {error} MWh", hour=hour, error=error)
    naive = megawatt_hours(row.naive_abs_error_mwh)
    return say("{hour}: forecast off by {error} MWh; weekly naive off by {naive}", hour=hour, error=error, naive=naive)


def error_chart(errors: Sequence[JudgedPeriod], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Absolute error of every hour of one lead bucket, ours and the weekly naive's."""
    label = say("absolute error, MWh per hour")
    if not errors:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    rows = sorted(errors, key=lambda row: row.period_start)
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height)
    use_local_time(fig, rows[0].period_start, rows[-1].period_start + HOUR)
    sentences = {row.period_start: error_sentence(row) for row in rows}
    hours, ours = unbroken_runs([(row.period_start, row.abs_error_mwh) for row in rows])
    naive = dict(zip(*unbroken_runs([(row.period_start, row.naive_abs_error_mwh) for row in rows]), strict=True))
    source = ColumnDataSource(
        {
            "x": [middle(hour) for hour in hours],
            "ours": ours,
            "naive": [naive.get(hour, nan) for hour in hours],
            "sentence": [sentences.get(hour) or say("{hour}: no error known", hour=hour_span(hour)) for hour in hours],
        }
    )
    naive_line = fig.line("x", "naive", source=source, line_color=palette().naive, line_width=1.3, line_dash=[6, 4])
    our_line = fig.line("x", "ours", source=source, line_color=palette().forecast, line_width=1.8)
    fig.y_range = DataRange1d(start=0, range_padding=0.1, only_visible=True)
    add_legend(fig, [(forecaster_name("forecast"), [our_line]), (forecaster_name("weekly_naive"), [naive_line])])
    add_hover(fig, [our_line])
    return fig


def lead_chart(scores: Sequence[Scored], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Mean absolute error by lead time: the forecast's beside the weekly naive's and, where it is held, the grid operator's."""
    buckets = [bucket for bucket in LEAD_BUCKET_NAMES if any(row.lead_bucket == bucket for row in scores)]
    label = measure_name("mae")
    if not buckets:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    names = [lead_name(bucket) for bucket in buckets]
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height, factors=names)
    by_bucket = {bucket: [row for row in scores if row.lead_bucket == bucket] for bucket in buckets}
    held = [name for name in FORECASTERS if any(row.forecaster == name for row in scores)]
    colours = {"forecast": palette().forecast, "weekly_naive": palette().naive, "tso": palette().tso}
    width = 0.8 / len(held)
    legend = []
    for number, forecaster in enumerate(held):
        found = {
            bucket: next((row.mae_mwh for row in rows if row.forecaster == forecaster), nan) for bucket, rows in by_bucket.items()
        }
        source = ColumnDataSource(
            {
                "lead": names,
                "value": list(found.values()),
                "sentence": [
                    say("{lead} ahead: {values}", lead=lead_name(bucket), values=comparison(by_bucket[bucket], "mae"))
                    for bucket in buckets
                ],
            }
        )
        place = dodge("lead", (number - (len(held) - 1) / 2) * width, range=fig.x_range)
        bar = fig.vbar(
            place,
            top="value",
            width=width * 0.9,
            source=source,
            fill_color=colours[forecaster],
            fill_alpha=0.9 if forecaster == "forecast" else 0.3,
            line_color=colours[forecaster],
        )
        legend.append((forecaster_name(forecaster), [bar]))
    fig.y_range = DataRange1d(start=0, range_padding=0.1, only_visible=True)
    fig.xgrid.visible = False
    fig.xaxis.axis_label = say("lead time: hours between the issue and the hour")
    add_legend(fig, legend)
    add_hover(fig, [renderer for _, renderers in legend for renderer in renderers], along="mouse")
    return fig
