"""Pieces of HTML that the app and the self-contained page share; every value is escaped."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.rows import ForecastHour, Score, Snapshot
from ui.charts.errors import lead_name
from ui.charts.fan import P10, P50, P90
from ui.data import ALL_LEADS, series_name
from ui.forecast_data import ForecastData
from ui.manner import say
from ui.summary import DayEnergy, change_since_last_week, peak, two_days
from ui.wording import ABSENT, day_name, gigawatt_hours, hour_span, hour_start, megawatt_hours, per_cent, short_moment

RUNGS = {
    "no_weather": "made without weather forecasts",
    "older_lags": "made from older consumption",
    "naive": "fallback: weekly naive",
}
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
        shown.append(badge("SIMULATED", "warning"))
    if data.forecast:
        first = data.forecast[0]
        shown.append(badge(first.origin.upper(), "good" if first.origin == "live" else "plain"))
        if first.rung != "full":
            shown.append(badge(RUNGS[first.rung], "warning"))
    if is_stale:
        shown.append(badge("STALE", "warning"))
    return f'<p class="badges">{" ".join(shown)}</p>'


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
    """Next peak, energy of two days, change since last week, skill."""
    return [
        _peak_card(data.forecast),
        *(_day_card(day) for day in two_days(data.forecast, actuals=data.actuals, day_ahead=data.day_ahead)),
        _change_card(data.forecast),
        _skill_card(data.score),
    ]


def _peak_card(forecast: Sequence[ForecastHour]) -> Card:
    top = peak(forecast)
    if top is None:
        return Card("Next peak", ABSENT, "", "no forecast")
    note = f"{hour_span(top.hour_utc)}; P90 {megawatt_hours(top.quantiles[P90])} MWh"
    return Card("Next peak", megawatt_hours(top.quantiles[P50]), "MWh", note)


def _day_card(day: DayEnergy) -> Card:
    name = f"Energy, {day_name(day.day)}"
    if not day.is_complete:
        return Card(name, ABSENT, "", f"{day.hours_known} of {day.hours} hours known")
    return Card(name, gigawatt_hours(day.energy_mwh), "GWh", f"sum of {day.hours} hours, measured or forecast")


def _change_card(forecast: Sequence[ForecastHour]) -> Card:
    change = change_since_last_week(forecast)
    return Card("Next 24 hours", per_cent(change, signed=True, decimals=1), "", "against the same hours last week")


def _skill_card(score: Score | None) -> Card:
    if score is None or score.skill is None:
        return Card("Skill, last 30 days", ABSENT, "", "no hour has been scored yet")
    direction = "smaller" if score.skill >= 0 else "larger"
    return Card("Skill, last 30 days", per_cent(score.skill), "", f"mean error {direction} than the weekly naive's")


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
    return table(("Hour from", "P10", "P50", "P90", "Weekly naive"), rows, caption=caption)


def scores_table(scores: Sequence[Score], *, caption: str) -> str:
    """Scores by series and lead beside the weekly naive."""
    order = (ALL_LEADS, *LEAD_BUCKET_NAMES)
    rows = [
        (
            series_name(score.area, score.consumer_group),
            lead_name(score.lead_bucket),
            per_cent(score.skill),
            megawatt_hours(score.mae_mwh),
            megawatt_hours(score.naive_mae_mwh),
            per_cent(score.coverage_80),
        )
        for score in sorted(scores, key=lambda score: (score.area, order.index(score.lead_bucket)))
    ]
    headings = ("Area", "Lead", "Skill", "Mean error, MWh", "Weekly naive, MWh", "Inside P10 to P90")
    return table(headings, rows, caption=caption, text_columns=2)


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
