"""Error charts: hour by hour and by lead, always beside the weekly naive."""

from collections.abc import Sequence
from math import nan

from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.plotting import figure
from bokeh.transform import dodge

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.rows import JudgedPeriod, Score
from ui.charts.canvas import add_hover, add_legend, blank_figure, empty_figure, unbroken_runs
from ui.charts.daily import MAE_LABEL, score_sentence
from ui.charts.time_axis import middle, use_local_time
from ui.manner import say
from ui.theme import palette
from ui.wording import HOUR, hour_span, megawatt_hours

ERROR_LABEL = "absolute error, MWh per hour"


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
    naive = f"; weekly naive off by {megawatt_hours(row.naive_abs_error_mwh)}" if row.naive_abs_error_mwh is not None else ""
    return f"{hour_span(row.period_start)}: forecast off by {megawatt_hours(row.abs_error_mwh)} MWh{naive}"


def error_chart(errors: Sequence[JudgedPeriod], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Absolute error of every hour of one lead bucket, ours and the weekly naive's."""
    if not errors:
        return empty_figure(title=title, y_label=ERROR_LABEL, simulated=simulated, height=height)
    rows = sorted(errors, key=lambda row: row.period_start)
    fig = blank_figure(title=title, y_label=ERROR_LABEL, simulated=simulated, height=height)
    use_local_time(fig, rows[0].period_start, rows[-1].period_start + HOUR)
    sentences = {row.period_start: error_sentence(row) for row in rows}
    hours, ours = unbroken_runs([(row.period_start, row.abs_error_mwh) for row in rows])
    naive = dict(zip(*unbroken_runs([(row.period_start, row.naive_abs_error_mwh) for row in rows]), strict=True))
    source = ColumnDataSource(
        {
            "x": [middle(hour) for hour in hours],
            "ours": ours,
            "naive": [naive.get(hour, nan) for hour in hours],
            "sentence": [sentences.get(hour, f"{hour_span(hour)}: no error known") for hour in hours],
        }
    )
    naive_line = fig.line("x", "naive", source=source, line_color=palette().naive, line_width=1.3, line_dash=[6, 4])
    our_line = fig.line("x", "ours", source=source, line_color=palette().forecast, line_width=1.8)
    fig.y_range = DataRange1d(start=0, range_padding=0.1, only_visible=True)
    add_legend(fig, [("Forecast", [our_line]), ("Weekly naive", [naive_line])])
    add_hover(fig, [our_line])
    return fig


def lead_chart(scores: Sequence[Score], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Mean absolute error by lead time beside the weekly naive's."""
    by_bucket = {score.lead_bucket: score for score in scores if score.day is None and score.lead_bucket in LEAD_BUCKET_NAMES}
    if not by_bucket:
        return empty_figure(title=title, y_label=MAE_LABEL, simulated=simulated, height=height)
    rows = [by_bucket[bucket] for bucket in sorted(by_bucket)]
    names = [lead_name(score.lead_bucket) for score in rows]
    fig = blank_figure(title=title, y_label=MAE_LABEL, simulated=simulated, height=height, factors=names)
    source = ColumnDataSource(
        {
            "lead": names,
            "ours": [score.mae_mwh for score in rows],
            "naive": [nan if score.naive_mae_mwh is None else score.naive_mae_mwh for score in rows],
            "sentence": [f"{name} ahead. {score_sentence(score)}" for name, score in zip(names, rows, strict=True)],
        }
    )
    ours = fig.vbar(dodge("lead", -0.17, range=fig.x_range), top="ours", width=0.3, source=source, color=palette().forecast)
    naive = fig.vbar(
        dodge("lead", 0.17, range=fig.x_range),
        top="naive",
        width=0.3,
        source=source,
        fill_color=palette().naive,
        fill_alpha=0.25,
        line_color=palette().naive,
    )
    fig.y_range = DataRange1d(start=0, range_padding=0.1, only_visible=True)
    fig.xgrid.visible = False
    fig.xaxis.axis_label = "lead time: hours between the issue and the hour"
    add_legend(fig, [("Forecast", [ours]), ("Weekly naive", [naive])])
    add_hover(fig, [ours, naive], along="mouse")
    return fig
