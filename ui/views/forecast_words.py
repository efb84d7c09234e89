"""What is said of a forecast: how it was made, how it turned out, and what its chart shows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.rows import ForecastHour
from ui import fragments
from ui.charts.fan import P50, P90, gate_of
from ui.data import series_name
from ui.forecast_data import ForecastData
from ui.manner import say
from ui.summary import Hindsight, hindsight, peak
from ui.wording import day_name, hour_span, megawatt_hours, moment_name, per_cent, short_moment

STALE_AFTER = timedelta(hours=2)
"""Age of the newest issue from which a forecast is called stale; one is made every hour."""


def is_stale(forecast: Sequence[ForecastHour], now: datetime) -> bool:
    """Whether an issue is older than two hours."""
    return bool(forecast) and now - forecast[0].issued_at > STALE_AFTER


def nothing(data: ForecastData, name: str) -> str:
    """What stands in the place of a forecast that there is not."""
    if data.delivery_day is not None:
        why = say("No issue stood at the gate that reaches {day}. Choose another day.", day=day_name(data.delivery_day))
        return fragments.notice(say("There is no such forecast of {series}", series=name), why)
    there = ", ".join(series_name(area, TOTAL) for area in data.others)
    why = say("Choose another area or issue, or run `make forecast`.")
    if there:
        why += " " + say("There are forecasts of {areas}.", areas=there)
    return fragments.notice(say("There is no such forecast of {series}", series=name), why)


def title(data: ForecastData, name: str) -> str:
    """The heading."""
    return name if data.delivery_day is None else say("{series}, {day}, day-ahead", series=name, day=day_name(data.delivery_day))


def about(data: ForecastData, now: datetime) -> str:
    """When and from what a forecast was made, and how old it is."""
    first = data.forecast[0]
    said = [
        say(
            "Issued {moment} by {model}, {age}.",
            moment=moment_name(first.issued_at),
            model=first.model_version,
            age=_age(first, now),
        ),
        say("Consumption was known up to {moment}", moment=short_moment(first.consumption_cutoff)),
    ]
    weather = say("no weather forecast") if first.weather_cutoff is None else short_moment(first.weather_cutoff)
    said[-1] += say(", weather as of {moment}.", moment=weather)
    if data.delivery_day is not None:
        gate = short_moment(gate_of(data.delivery_day))
        said.insert(
            0, say("As it stood at 10:00 the day before, two hours ahead of the gate of the day-ahead market ({gate}).", gate=gate)
        )
        if now < gate_of(data.delivery_day) - timedelta(hours=2):
            said.append(say("That is still to come: a newer issue may take its place."))
    return " ".join(said)


def _age(row: ForecastHour, now: datetime) -> str:
    minutes = int((now - row.created_at) / timedelta(minutes=1))
    if minutes < 1:
        return say("made just now")
    if minutes < 120:
        return say("made {minutes} minutes ago", minutes=minutes)
    hours = minutes // 60
    return say("made {hours} hours ago", hours=hours) if hours < 48 else say("made {days} days ago", days=hours // 24)


def turned_out(data: ForecastData, *, is_newest: bool) -> list[str]:
    """How a forecast turned out so far, as sentences; nothing of the newest while none of its hours is measured."""
    judged = hindsight(data.forecast, data.actuals)
    if judged is not None:
        return [_judged(judged)]
    if is_newest and data.delivery_day is None:
        return []
    return [say("None of its hours has been measured yet.")]


def _judged(judged: Hindsight) -> str:
    said = say(
        "So far it was {energy} MWh wrong on average, and {share} of the {hours} hours measured since lay between P10 and P90.",
        energy=megawatt_hours(judged.mae_mwh),
        share=per_cent(judged.inside_80),
        hours=judged.hours,
    )
    if judged.naive_mae_mwh is None:
        return said
    return f"{said} {say('The weekly naive was {energy} MWh wrong.', energy=megawatt_hours(judged.naive_mae_mwh))}"


def spoken(data: ForecastData, name: str) -> str:
    """The chart in words, for who cannot see it."""
    top = peak(data.forecast)
    said = say(
        "Chart of the consumption of {series}: a week measured and {hours} hours forecast.", series=name, hours=len(data.forecast)
    )
    if top is None:
        return said
    line, high = (megawatt_hours(top.quantiles[n]) for n in (P50, P90))
    highest = say("Highest {hour} with {line} MWh, P90 {high}.", hour=hour_span(top.hour_utc), line=line, high=high)
    return f"{said} {highest} {say('Every hour is in the table below.')}"
