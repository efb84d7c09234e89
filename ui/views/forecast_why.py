"""Why an hour is forecast as it is: its parts in words and as bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from energy_dagster.store.rows import ForecastHour
from ui import fragments
from ui.charts.fan import P50
from ui.manner import say
from ui.wording import grouped, hour_span, megawatt_hours

_TOLD = 2
"""How many parts the sentence names."""


@dataclass(frozen=True)
class Driver:
    """What one part adds to the forecast of an hour."""

    name: str
    adds_mwh: float


def drivers(row: ForecastHour) -> list[Driver]:
    """What is added to the level of the last week, the largest first; none where no model made the forecast."""
    added: Mapping[str, float | None] = {
        say("recent consumption"): row.recent_mwh,
        say("hour, weekday and season"): row.calendar_mwh,
        say("a holiday on the day or near it"): row.holiday_mwh,
        say("the weather forecast"): row.weather_mwh,
        say("all else"): row.other_mwh,
    }
    found = [Driver(name, adds) for name, adds in added.items() if adds is not None]
    return sorted(found, key=lambda driver: -abs(driver.adds_mwh))


def why_html(row: ForecastHour) -> str:
    """An hour explained: a sentence, and a bar for each part."""
    parts = drivers(row)
    if row.level_mwh is None or not parts:
        return fragments.about(say("{hour}: no model made this forecast, it repeats the week before", hour=hour_span(row.hour_utc)))
    widest = max(abs(part.adds_mwh) for part in parts) or 1
    bars = "".join(_bar(part, share=part.adds_mwh / widest) for part in parts)
    level = say("Level of the last week")
    expected = say("Expected")
    return (
        f'<p class="about why">{escape(_sentence(row, parts))}</p>'
        f'<dl class="drivers"><div class="total"><dt>{escape(level)}</dt><dd>{megawatt_hours(row.level_mwh)} MWh</dd></div>{bars}'
        f'<div class="total"><dt>{escape(expected)}</dt><dd>{megawatt_hours(row.quantiles[P50])} MWh</dd></div></dl>'
    )


def _sentence(row: ForecastHour, parts: list[Driver]) -> str:
    told = say(" and ").join(_pull(part) for part in parts[:_TOLD])
    return say(
        "{hour}: {line} MWh expected. The last week lay at {level} MWh on average; what moves this hour most is {parts}.",
        hour=hour_span(row.hour_utc),
        line=megawatt_hours(row.quantiles[P50]),
        level=megawatt_hours(row.level_mwh),
        parts=told,
    )


def _pull(part: Driver) -> str:
    energy = grouped(abs(part.adds_mwh))
    if part.adds_mwh < 0:
        return say("{part} ({energy} MWh down)", part=part.name, energy=energy)
    return say("{part} ({energy} MWh up)", part=part.name, energy=energy)


def _bar(part: Driver, *, share: float) -> str:
    width = f"{abs(share) * 50:.1f}%"
    side = "right: 50%" if share < 0 else "left: 50%"
    return (
        f"<div><dt>{escape(part.name)}</dt>"
        f'<dd class="track" aria-hidden="true"><i class="{"down" if share < 0 else "up"}" style="{side}; width: {width}"></i></dd>'
        f"<dd>{grouped(part.adds_mwh, signed=True)} MWh</dd></div>"
    )
