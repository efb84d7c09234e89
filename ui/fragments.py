"""Pieces of HTML that the app and the self-contained page share; every value is escaped."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Literal

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, Rung
from energy_dagster.store.rows import ForecastHour, Scored, Snapshot
from ui.charts.errors import lead_name
from ui.charts.fan import P10, P50, P90
from ui.data import ALL_LEADS, series_name
from ui.forecast_data import CurrentError, ForecastData
from ui.manner import say
from ui.summary import DayEnergy, change_since_last_week, day_energy, peak, two_days
from ui.wording import ABSENT, day_name, gigawatt_hours, hour_span, hour_start, megawatt_hours, per_cent, short_moment

Tone = Literal["plain", "good", "warning"]


@dataclass(frozen=True)
class Card:
    """One number with its name and what it means."""

    name: str
    value: str
    unit: str
    note: str


def badge(text: str, tone: Tone = "plain") -> str:
    """A small label."""
    return f'<span class="badge {tone}">{escape(text)}</span>'


def badges(data: ForecastData, *, is_stale: bool) -> str:
    """What must be known of a forecast before it is used."""
    shown = []
    if data.snapshot.simulated:
        shown.append(badge(say("SIMULATED"), "warning"))
    if data.forecast:
        first = data.forecast[0]
        shown.append(badge(say("LIVE"), "good") if first.origin == "live" else badge(say("REPLAY")))
        if first.rung != "full":
            shown.append(badge(rung_name(first.rung), "warning"))
        if any(row.provisional for row in data.actuals):
            shown.append(badge(say("PRELIMINARY MEASUREMENTS")))
    if is_stale:
        shown.append(badge(say("STALE"), "warning"))
    return f'<p class="badges">{" ".join(shown)}</p>'


def rung_name(rung: Rung) -> str:
    """What was missing when a forecast was made."""
    return {
        "full": say("made from everything"),
        "no_weather": say("made without weather forecasts"),
        "older_lags": say("made from older consumption"),
        "naive": say("fallback: weekly naive"),
    }[rung]


def cards(items: Sequence[Card]) -> str:
    """Cards side by side."""
    return '<dl class="cards">' + "".join(_card(item) for item in items) + "</dl>"


def _card(item: Card) -> str:
    unit = f' <span class="unit">{escape(item.unit)}</span>' if item.unit else ""
    return (
        f'<div class="card"><dt>{escape(item.name)}</dt><dd class="value">{escape(item.value)}{unit}</dd>'
        f'<dd class="note">{escape(item.note)}</dd></div>'
    )


def forecast_cards(data: ForecastData) -> list[Card]:
    """Next peak, energy of the days, change since last week, current error, skill."""
    return [
        _peak_card(data),
        *(_day_card(day) for day in days_of(data)),
        *([_trough_card(data)] if data.delivery_day is not None else []),
        _change_card(data),
        _error_card(data.current_error),
        _skill_card(data.score),
    ]


def days_of(data: ForecastData) -> list[DayEnergy]:
    """The energy of the day of delivery, or of the issue's own day and the next, as it was known and forecast then."""
    known = [row for row in data.actuals if data.forecast and row.hour_utc <= data.forecast[0].consumption_cutoff]
    if data.delivery_day is not None:
        days = [day_energy(data.delivery_day, forecast=data.forecast, actuals=[], day_ahead=[])]
    else:
        days = two_days(data.forecast, actuals=known, day_ahead=data.day_ahead)
    return [replace(day, measured_mwh=_measured(day.day, data)) for day in days]


def _measured(day: date, data: ForecastData) -> float | None:
    """What a local day came to; None while an hour of it is not measured."""
    came_to = day_energy(day, forecast=[], actuals=data.actuals, day_ahead=[])
    return came_to.energy_mwh if came_to.is_complete else None


def _peak_card(data: ForecastData) -> Card:
    name = say("Next peak") if data.delivery_day is None else say("Peak of the day")
    top = peak(data.forecast)
    if top is None:
        return Card(name, ABSENT, "", say("no forecast"))
    note = f"{hour_span(top.hour_utc)}; P90 {megawatt_hours(top.quantiles[P90])} MWh"
    return Card(name, megawatt_hours(top.quantiles[P50]), "MWh", note)


def _trough_card(data: ForecastData) -> Card:
    low = min(data.forecast, key=lambda row: row.quantiles[P50])
    note = f"{hour_span(low.hour_utc)}; P10 {megawatt_hours(low.quantiles[P10])} MWh"
    return Card(say("Lowest hour"), megawatt_hours(low.quantiles[P50]), "MWh", note)


def _day_card(day: DayEnergy) -> Card:
    name = say("Energy, {day}", day=day_name(day.day))
    if not day.is_complete:
        return Card(name, ABSENT, "", say("{known} of {hours} hours known", known=day.hours_known, hours=day.hours))
    if day.is_measured:
        return Card(name, gigawatt_hours(day.energy_mwh), "GWh", say("all of it measured"))
    low, high = gigawatt_hours(day.low_mwh), gigawatt_hours(day.high_mwh)
    note = say("between {low} (every hour at P10) and {high} (every hour at P90): wider than 80 %", low=low, high=high)
    if day.measured_mwh is not None:
        note += say("; it came to {energy}", energy=gigawatt_hours(day.measured_mwh))
    return Card(name, gigawatt_hours(day.energy_mwh), "GWh", note)


def _change_card(data: ForecastData) -> Card:
    name = say("Next 24 hours") if data.delivery_day is None else say("The day")
    change = per_cent(change_since_last_week(data.forecast), signed=True, decimals=1)
    return Card(name, change, "", say("against the same hours last week"))


def _error_card(error: CurrentError | None) -> Card:
    name = say("Current error")
    if error is None:
        return Card(name, ABSENT, "", say("no hour has been scored yet"))
    note = say("mean of the last {hours} judged hours, 1 to 6 h ahead", hours=error.hours)
    if error.naive_mae_mwh is not None:
        note += say("; weekly naive {energy}", energy=megawatt_hours(error.naive_mae_mwh))
    return Card(name, megawatt_hours(error.mae_mwh), "MWh", note)


def _skill_card(score: Scored | None) -> Card:
    name = say("Skill, last 30 days")
    if score is None or score.skill is None:
        return Card(name, ABSENT, "", say("no hour has been scored yet"))
    if score.skill >= 0:
        return Card(name, per_cent(score.skill), "", say("mean error smaller than the weekly naive's"))
    return Card(name, per_cent(score.skill), "", say("mean error larger than the weekly naive's"))


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, text_columns: int = 1, wrapped: int | None = None
) -> str:
    """A table; all but the first `text_columns` columns are numbers, and the column `wrapped` holds sentences."""
    classes = ["" if n < text_columns else "number" for n in range(len(headings))]
    if wrapped is not None:
        classes[wrapped] = "wrap"
    head = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for kind, text in zip(classes, headings, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{escape(text)}</td>' for kind, text in zip(classes, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<figure class="table"><figcaption>{escape(caption)}</figcaption><div class="scroll" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


def hours_table(forecast: Sequence[ForecastHour], *, caption: str) -> str:
    """Forecast hours with P10, P50 and P90."""
    rows = [
        (hour_start(row.hour_utc), *(megawatt_hours(row.quantiles[n]) for n in (P10, P50, P90)), megawatt_hours(row.naive_mwh))
        for row in forecast
    ]
    return table((say("Hour from"), "P10", "P50", "P90", say("Weekly naive")), rows, caption=caption)


def scores_table(scores: Sequence[Scored], *, caption: str) -> str:
    """The forecast by series and lead beside the weekly naive."""
    naive = {_of_what(score): score for score in scores if score.forecaster == "weekly_naive"}
    order = (ALL_LEADS, *LEAD_BUCKET_NAMES)
    rows = [
        (
            series_name(score.area, score.consumer_group),
            lead_name(score.lead_bucket),
            per_cent(score.skill),
            megawatt_hours(score.mae_mwh),
            megawatt_hours(naive[_of_what(score)].mae_mwh) if _of_what(score) in naive else ABSENT,
            per_cent(score.coverage_80),
        )
        for score in sorted(scores, key=lambda score: (score.area, order.index(score.lead_bucket)))
        if score.forecaster == "forecast"
    ]
    headings = ("Area", "Lead", "Skill", "Mean error, MWh", "Weekly naive, MWh", "Inside P10 to P90")
    return table(headings, rows, caption=caption, text_columns=2)


def _of_what(score: Scored) -> tuple[str, str, str]:
    return score.area, score.consumer_group, score.lead_bucket


def heading(text: str) -> str:
    """The title of a page."""
    return f"<h1>{escape(text)}</h1>"


def about(text: str) -> str:
    """A sentence under a title."""
    return f'<p class="about">{escape(text)}.</p>'


def notice(title: str, text: str) -> str:
    """What stands in the place of content that cannot be shown; a command in backquotes is set as one."""
    said = re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
    return f'<div class="notice" role="status"><h2>{escape(title)}</h2><p>{said}</p></div>'


def credit(snapshot: Snapshot) -> str:
    """Whose data it is, and which state of it is shown."""
    source = (
        say("Simulated consumption and weather; no measured value is shown")
        if snapshot.source == "sandbox"
        else say("Source: Energinet (www.energidataservice.dk), CC BY 4.0; weather: Open-Meteo")
    )
    state = say("Data as of {moment}, snapshot {snapshot}.", moment=short_moment(snapshot.as_of), snapshot=snapshot.snapshot_id)
    return f'<p class="credit">{escape(source)}. {escape(state)}</p>'
