"""Charts with one mark a local day: how large the error was, and how honest the interval."""

from collections.abc import Sequence
from datetime import date
from math import nan
from typing import Literal, get_args

from bokeh.models import ColumnDataSource, DataRange1d, FixedTicker, NumeralTickFormatter, Range1d
from bokeh.plotting import figure

from energy_dagster.store.rows import Forecaster, Scored
from ui.charts.canvas import Renderer, add_hover, add_legend, blank_figure, empty_figure
from ui.charts.time_axis import HOUR_MS, instant, regular_labels
from ui.manner import manner, say
from ui.theme import palette
from ui.wording import day_name, local_day, megawatt_hours, per_cent

Measure = Literal["mae", "wape", "skill"]

FORECASTERS: tuple[Forecaster, ...] = get_args(Forecaster)
COVERAGE_TARGET = 0.8
_DAY_MS = 24 * HOUR_MS
_BAR_SHARE = 0.72


def forecaster_name(forecaster: str) -> str:
    """Who forecasts, in words."""
    return {"forecast": say("Forecast"), "weekly_naive": say("Weekly naive"), "tso": say("Grid operator")}[forecaster]


def measure_name(measure: Measure) -> str:
    """A measure in words."""
    return {
        "mae": say("Mean error, MWh per hour"),
        "wape": say("Error as a share of consumption"),
        "skill": say("Skill against the weekly naive"),
    }[measure]


def measured(row: Scored, measure: Measure) -> float | None:
    """The value of a measure."""
    return {"mae": row.mae_mwh, "wape": row.wape, "skill": row.skill}[measure]


def said(value: float | None, measure: Measure) -> str:
    """A measured value with its unit."""
    return f"{megawatt_hours(value)} MWh" if measure == "mae" else per_cent(value, decimals=0 if measure == "skill" else 1)


def share_ticks(fig: figure) -> None:
    """Label the y axis in per cent."""
    fig.yaxis.formatter = NumeralTickFormatter(format="0 %", language="da-dk" if manner().language == "da" else "en")


def comparison(rows: Sequence[Scored], measure: Measure) -> str:
    """Every forecaster's value in one clause, such as `forecast 60 MWh, weekly naive 100 MWh`.

    Without the naive where its value is nothing by definition.
    """
    shown = [row for row in rows if not (measure == "skill" and row.forecaster == "weekly_naive")]
    ordered = sorted(shown, key=lambda row: FORECASTERS.index(row.forecaster))
    return ", ".join(f"{forecaster_name(row.forecaster).lower()} {said(measured(row, measure), measure)}" for row in ordered)


def noon(day: date) -> float:
    """The middle of a local day."""
    start, end = local_day(day)
    return (instant(start) + instant(end)) / 2


def use_days(fig: figure, days: Sequence[date]) -> None:
    """Days at their local middle, labelled by date."""
    places = [noon(day) for day in days]
    fig.x_range = Range1d(start=places[0] - _DAY_MS / 2, end=places[-1] + _DAY_MS / 2, bounds="auto")
    fig.xaxis.ticker = FixedTicker(ticks=places)
    fig.xaxis.major_label_overrides = {place: day_name(day).replace(" ", "\n", 1) for place, day in zip(places, days, strict=True)}
    fig.xaxis.major_label_policy = regular_labels()
    fig.xaxis.axis_label = say("local day, Europe/Copenhagen")
    fig.xgrid.visible = False


def day_bars(share: float = _BAR_SHARE) -> float:
    """Width of a day's bar."""
    return share * _DAY_MS


def rows_by_day(rows: Sequence[Scored]) -> dict[date, list[Scored]]:
    """Rows of every day, in order; those of no day are left out."""
    found: dict[date, list[Scored]] = {}
    for row in rows:
        if row.day is not None:
            found.setdefault(row.day, []).append(row)
    return dict(sorted(found.items()))


def days_chart(rows: Sequence[Scored], *, measure: Measure, title: str, simulated: bool, height: int = 320) -> figure:
    """A measure of every day: the forecast's beside the weekly naive's and, where it is held, the grid operator's."""
    days = rows_by_day(rows)
    label = measure_name(measure)
    if not days:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height)
    use_days(fig, list(days))
    told = [f"{day_name(day)}: {comparison(of_day, measure)}" for day, of_day in days.items()]
    source = ColumnDataSource({"x": [noon(day) for day in days], "sentence": told})
    for name in FORECASTERS:
        source.add([_value(of_day, name, measure) for of_day in days.values()], name)
    drawn = _bars(fig, source, {row.forecaster for row in rows}, with_naive=measure != "skill")
    fig.y_range = (
        DataRange1d(range_padding=0.1, only_visible=True) if measure == "skill" else DataRange1d(start=0, only_visible=True)
    )
    if measure != "mae":
        share_ticks(fig)
    add_legend(fig, [(forecaster_name(name), [drawn[name]]) for name in FORECASTERS if name in drawn])
    add_hover(fig, [drawn["forecast"]], along="vline")
    return fig


def _value(rows: Sequence[Scored], forecaster: str, measure: Measure) -> float:
    value = next((measured(row, measure) for row in rows if row.forecaster == forecaster), None)
    return nan if value is None else value


def _bars(fig: figure, source: ColumnDataSource, held: set[Forecaster], *, with_naive: bool) -> dict[Forecaster, Renderer]:
    """What is drawn for each forecaster, from back to front."""
    colours = palette()
    drawn: dict[Forecaster, Renderer] = {}
    if with_naive and "weekly_naive" in held:
        drawn["weekly_naive"] = fig.vbar(
            "x",
            top="weekly_naive",
            width=day_bars(),
            source=source,
            fill_color=colours.naive,
            fill_alpha=0.18,
            line_color=colours.naive,
        )
    drawn["forecast"] = fig.vbar(
        "x", top="forecast", width=day_bars(0.4), source=source, fill_color=colours.forecast, fill_alpha=0.9, line_color=None
    )
    if "tso" in held:
        drawn["tso"] = fig.scatter(
            "x", "tso", source=source, marker="diamond", size=11, fill_color=colours.tso, line_color=colours.paper, line_width=1
        )
    return drawn


def coverage_chart(rows: Sequence[Scored], *, title: str, simulated: bool, height: int = 320) -> figure:
    """Share of every day's hours that fell inside P10 to P90, beside the 80 % that were promised."""
    days = [(day, of_day[0].coverage_80, of_day[0].hours) for day, of_day in rows_by_day(rows).items()]
    label = say("hours inside P10 to P90")
    if not days:
        return empty_figure(title=title, y_label=label, simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=label, simulated=simulated, height=height)
    use_days(fig, [day for day, _, _ in days])
    source = ColumnDataSource(
        {
            "x": [noon(day) for day, _, _ in days],
            "share": [nan if share is None else share for _, share, _ in days],
            "sentence": [
                say(
                    "{day}: {share} of {hours} hours were inside P10 to P90; 80 % were promised",
                    day=day_name(day),
                    share=per_cent(share),
                    hours=hours,
                )
                for day, share, hours in days
            ],
        }
    )
    colours = palette()
    line = fig.line("x", "share", source=source, line_color=colours.forecast, line_width=2)
    dots = fig.scatter("x", "share", source=source, size=7, fill_color=colours.forecast, line_color=colours.paper)
    ends = [noon(days[0][0]) - _DAY_MS / 2, noon(days[-1][0]) + _DAY_MS / 2]
    target = fig.line(ends, [COVERAGE_TARGET, COVERAGE_TARGET], line_color=colours.target, line_width=1.6, line_dash=[6, 4])
    fig.y_range = Range1d(start=0, end=1.03)
    share_ticks(fig)
    add_legend(fig, [(say("Inside P10 to P90"), [line, dots]), (say("Promised: 80 %"), [target])])
    add_hover(fig, [line])
    return fig
