"""The part of the monitoring page that shows how wrong the forecasts were: by hour, on one day, by day."""

from collections.abc import Sequence

import panel as pn

from energy_dagster.store.rows import JudgedPeriod, Scored
from ui import fragments, scoreboard
from ui.charts.daily import Measure, comparison, days_chart, measure_name, rows_by_day
from ui.charts.errors import error_chart, error_sentence, lead_name
from ui.charts.fan import P10, P50, P90
from ui.charts.truth import truth_chart
from ui.data import series_name
from ui.manner import say
from ui.monitoring_data import Asked, ErrorsRead
from ui.views.monitoring_cards import part, period_name, side_by_side, told_card
from ui.views.panes import html
from ui.wording import day_name, grouped, megawatt_hours


def errors_part(read: ErrorsRead, asked: Asked, measure: Measure) -> pn.viewable.Viewable:
    """Cards, the error of every hour, a day of predictions beside the truth, and the errors by day."""
    simulated = read.window.snapshot.simulated
    cards = scoreboard.score_cards(read.total)
    truth = told_card(
        truth_chart(read.day_forecast, read.day_actuals, day=read.day, title="", simulated=simulated),
        title=say("Day-ahead forecast and truth, {day}", day=day_name(read.day)),
        told=day_told(read),
    )
    name = series_name(asked.area, asked.consumer_group)
    title = say("How good were the forecasts of {name}?", name=name)
    about = period_name(read.window, lead_name(asked.lead_bucket))
    if not cards:
        return part(read.window, title, about, html(scoreboard.nothing_scored()), truth)
    hourly = told_card(
        error_chart(read.hours, title="", simulated=simulated), title=say("Error of every hour"), told=hours_told(read.hours)
    )
    daily = told_card(
        days_chart(read.days, measure=measure, title="", simulated=simulated),
        title=say("{measure}, day by day", measure=measure_name(measure)),
        told=days_told(read.days, measure),
    )
    return part(read.window, title, about, html(fragments.cards(cards)), hourly, side_by_side(truth, daily))


def hours_told(rows: Sequence[JudgedPeriod]) -> str:
    """What the errors by hour show, in a sentence."""
    known = [row for row in rows if row.naive_abs_error_mwh is not None]
    if not rows:
        return say("No error is known yet.")
    better = sum(row.abs_error_mwh < (row.naive_abs_error_mwh or 0) for row in known)
    return say(
        "The forecast was nearer than the weekly naive in {better} of {hours} hours. Largest error: {largest}.",
        better=grouped(better),
        hours=grouped(len(known)),
        largest=error_sentence(max(rows, key=lambda row: row.abs_error_mwh)),
    )


def days_told(rows: Sequence[Scored], measure: Measure) -> str:
    """What the errors by day show, in a sentence."""
    days = rows_by_day(rows)
    skills = [row.skill for row in rows if row.forecaster == "forecast" and row.skill is not None]
    if not days:
        return say("No day has been scored yet.")
    newest, of_day = list(days.items())[-1]
    return say(
        "The forecast beat the weekly naive on {better} of {days} days. Newest, {day}: {values}.",
        better=sum(skill > 0 for skill in skills),
        days=len(skills),
        day=day_name(newest),
        values=comparison(of_day, measure),
    )


def day_told(read: ErrorsRead) -> str:
    """What the shown day shows, in a sentence."""
    truth = {row.hour_utc: row.consumption_mwh for row in read.day_actuals if row.consumption_mwh is not None}
    if not read.day_forecast:
        return say("No forecast of this day is held; what was measured is shown.") if truth else say("Nothing is held of this day.")
    both = [(row.quantiles, truth[row.hour_utc]) for row in read.day_forecast if row.hour_utc in truth]
    if not both:
        return say("Nothing has been measured of this day yet.")
    inside = sum(quantiles[P10] <= actual <= quantiles[P90] for quantiles, actual in both)
    return say(
        "Mean error {error} MWh; {inside} of {hours} hours lie inside the 80 % interval.",
        error=megawatt_hours(sum(abs(quantiles[P50] - actual) for quantiles, actual in both) / len(both)),
        inside=inside,
        hours=len(both),
    )
