"""Charts with one mark a local day: how large the error was, and how honest the interval."""

from collections.abc import Sequence
from datetime import date
from math import nan

from bokeh.models import ColumnDataSource, DataRange1d, FixedTicker, NumeralTickFormatter, Range1d
from bokeh.plotting import figure

from energy_dagster.store.rows import Score
from ui.charts.canvas import add_hover, add_legend, blank_figure, empty_figure
from ui.charts.time_axis import HOUR_MS, instant, regular_labels
from ui.theme import palette
from ui.wording import day_name, local_day, megawatt_hours, per_cent

MAE_LABEL = "mean absolute error, MWh per hour"
COVERAGE_LABEL = "hours inside P10 to P90"
COVERAGE_TARGET = 0.8
_DAY_MS = 24 * HOUR_MS
_BAR_SHARE = 0.72


def score_sentence(score: Score) -> str:
    """A score as a sentence."""
    day = day_name(score.day) if score.day else "All days"
    skill = f", skill {per_cent(score.skill)}" if score.skill is not None else ""
    naive = f"; weekly naive {megawatt_hours(score.naive_mae_mwh)}" if score.naive_mae_mwh is not None else ""
    return f"{day}: mean error {megawatt_hours(score.mae_mwh)} MWh per hour{naive}{skill}"


def _by_day(scores: Sequence[Score]) -> list[tuple[date, Score]]:
    return sorted(((score.day, score) for score in scores if score.day is not None), key=lambda pair: pair[0])


def _noon(day: date) -> float:
    start, end = local_day(day)
    return (instant(start) + instant(end)) / 2


def _daily_axis(fig: figure, days: Sequence[date]) -> None:
    """Days at their local middle, labelled by date."""
    places = [_noon(day) for day in days]
    fig.x_range = Range1d(start=places[0] - _DAY_MS / 2, end=places[-1] + _DAY_MS / 2, bounds="auto")
    fig.xaxis.ticker = FixedTicker(ticks=places)
    fig.xaxis.major_label_overrides = {place: day_name(day).replace(" ", "\n", 1) for place, day in zip(places, days, strict=True)}
    fig.xaxis.major_label_policy = regular_labels()
    fig.xaxis.axis_label = "local day, Europe/Copenhagen"
    fig.xgrid.visible = False


def skill_chart(scores: Sequence[Score], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Mean absolute error of every day beside the weekly naive's; the skill of the day is in the hover."""
    pairs = _by_day(scores)
    if not pairs:
        return empty_figure(title=title, y_label=MAE_LABEL, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=MAE_LABEL, simulated=simulated, height=height)
    _daily_axis(fig, [day for day, _ in pairs])
    width = _BAR_SHARE * _DAY_MS
    source = ColumnDataSource(
        {
            "x": [_noon(day) for day, _ in pairs],
            "ours": [score.mae_mwh for _, score in pairs],
            "naive": [nan if score.naive_mae_mwh is None else score.naive_mae_mwh for _, score in pairs],
            "sentence": [score_sentence(score) for _, score in pairs],
        }
    )
    naive = fig.vbar(
        "x", top="naive", width=width, source=source, fill_color=palette().naive, fill_alpha=0.18, line_color=palette().naive
    )
    ours = fig.vbar(
        "x", top="ours", width=width * 0.55, source=source, fill_color=palette().forecast, fill_alpha=0.9, line_color=None
    )
    fig.y_range = DataRange1d(start=0, range_padding=0.1, only_visible=True)
    add_legend(fig, [("Forecast", [ours]), ("Weekly naive", [naive])])
    add_hover(fig, [naive], along="vline")
    return fig


def coverage_chart(scores: Sequence[Score], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Share of every day's hours that fell inside P10 to P90, beside the 80 % that were promised."""
    pairs = _by_day(scores)
    if not pairs:
        return empty_figure(title=title, y_label=COVERAGE_LABEL, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=COVERAGE_LABEL, simulated=simulated, height=height)
    _daily_axis(fig, [day for day, _ in pairs])
    source = ColumnDataSource(
        {
            "x": [_noon(day) for day, _ in pairs],
            "share": [score.coverage_80 for _, score in pairs],
            "sentence": [
                f"{day_name(day)}: {per_cent(score.coverage_80)} of {score.hours} hours were inside P10 to P90; 80 % were promised"
                for day, score in pairs
            ],
        }
    )
    line = fig.line("x", "share", source=source, line_color=palette().forecast, line_width=2)
    dots = fig.scatter("x", "share", source=source, size=7, fill_color=palette().forecast, line_color="white")
    ends = [_noon(pairs[0][0]) - _DAY_MS / 2, _noon(pairs[-1][0]) + _DAY_MS / 2]
    target = fig.line(ends, [COVERAGE_TARGET, COVERAGE_TARGET], line_color=palette().target, line_width=1.6, line_dash=[6, 4])
    fig.y_range = Range1d(start=0, end=1.03)
    fig.yaxis.formatter = NumeralTickFormatter(format="0 %")
    add_legend(fig, [("Inside P10 to P90", [line, dots]), ("Promised: 80 %", [target])])
    add_hover(fig, [line])
    return fig
