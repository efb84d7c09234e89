"""What is chosen on the monitoring page alone: the part that is shown, a day by calendar, the measure of days."""

from datetime import timedelta

import panel as pn

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store
from ui.charts.daily import Measure
from ui.manner import say
from ui.state import PARTS, YESTERDAY, MonitoringChoice
from ui.theme import FONT
from ui.views.choices import select
from ui.views.day_field import DayField
from ui.wording import local

_TABS = f"""
:host {{ font-family: {FONT}; border-bottom: 1px solid var(--line-strong); }}
.bk-btn-group {{ display: flex; flex-wrap: wrap; gap: 2px; }}
.bk-btn-group > button.bk-btn.bk-btn-default {{
  flex: 0 0 auto; border: 0; border-radius: 8px 8px 0 0; background: transparent !important;
  color: var(--muted) !important; font-size: 15px; font-weight: 550; padding: 11px 15px; box-shadow: none !important; margin: 0;
}}
.bk-btn-group > button.bk-btn.bk-btn-default:hover {{ background: var(--shade) !important; color: var(--ink) !important; }}
.bk-btn-group > button.bk-btn.bk-btn-default.bk-active {{
  color: var(--link) !important; box-shadow: inset 0 -3px 0 var(--link) !important;
}}
.bk-btn-group > button.bk-btn.bk-btn-default:focus-visible {{ outline: 2px solid var(--forecast); outline-offset: -2px; }}
"""


def part_name(part: str) -> str:
    """A part of the page in a word."""
    return {
        "errors": say("Errors"),
        "patterns": say("Patterns"),
        "calibration": say("Calibration"),
        "settlement": say("Settlement"),
        "models": say("Models"),
        "data": say("Data"),
    }[part]


def part_tabs(choice: MonitoringChoice) -> pn.widgets.RadioButtonGroup:
    """Buttons for the parts of the page, in rows."""
    tabs = pn.widgets.RadioButtonGroup(  # type: ignore[no-untyped-call]  # panel does not annotate it
        options={part_name(part): part for part in PARTS},
        value=choice.part,
        sizing_mode="stretch_width",
        margin=(0, 0, 14, 0),
        stylesheets=[_TABS],
    )

    def follow_state(*_: object) -> None:
        tabs.value = choice.part

    def follow_widget(*_: object) -> None:
        choice.part = tabs.value

    choice.param.watch(follow_state, "part")
    tabs.param.watch(follow_widget, "value")
    return tabs


def measure_widget(choice: MonitoringChoice) -> pn.widgets.Select:
    """How the days are measured."""
    names: dict[str, Measure] = {say("Mean error"): "mae", say("Share of consumption"): "wape", say("Skill"): "skill"}
    return select(choice, "measure", label=say("Days by"), options=names)


def day_calendar(choice: MonitoringChoice, store: Store) -> DayField:
    """A calendar of the past local days of which something is held."""
    first, last = _held_days(choice, store)
    calendar = DayField(  # type: ignore[no-untyped-call]  # panel does not annotate it
        label=say("Day of forecast and truth"),
        value=_shown(choice, last),
        first=first,
        last=last,
        sizing_mode="stretch_width",
        max_width=260,
        margin=0,
        styles={"flex": "1 1 150px"},
    )

    def follow_state(*_: object) -> None:
        calendar.value = _shown(choice, calendar.last)

    def follow_field(*_: object) -> None:
        if calendar.value:
            choice.day = YESTERDAY if calendar.value == calendar.last else calendar.value

    def renew(*_: object) -> None:
        first, last = _held_days(choice, store)
        calendar.param.update(first=first, last=last, value=_shown(choice, last))

    choice.param.watch(follow_state, "day")
    choice.param.watch(renew, ["edition", "area", "consumer_group"])
    calendar.param.watch(follow_field, "value")
    return calendar


def _shown(choice: MonitoringChoice, last: str) -> str:
    """The chosen day; empty where the address names none."""
    try:
        return last if choice.shown_day is None else choice.shown_day.isoformat()
    except ValueError:
        return ""


def _held_days(choice: MonitoringChoice, store: Store) -> tuple[str, str]:
    """The first local day with a measured hour, and the last that has ended; empty where nothing can be read."""
    try:
        answer = store.series()
    except (NoSnapshot, UnreadableSnapshot, OSError):
        return "", ""
    last = local(answer.snapshot.as_of).date() - timedelta(days=1)
    wanted = (choice.area, choice.consumer_group)
    firsts = [row.first_hour for row in answer.rows if (row.area, row.consumer_group) == wanted and row.first_hour]
    first = min((local(hour).date() for hour in firsts), default=last)
    return first.isoformat(), last.isoformat()
