"""The widgets with which a visitor chooses; their options follow what is published, their values follow the state."""

from collections.abc import Mapping

import panel as pn

from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES, TOTAL
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store
from ui.charts.errors import lead_name
from ui.data import Choices, read_choices, series_name
from ui.manner import say, speaking
from ui.state import PERIODS_DAYS, MonitoringChoice, SeriesChoice
from ui.theme import FONT

WIDGET_STYLE = f"""
:host {{ font-family: {FONT}; }}
label {{ font-size: 13px; color: var(--muted); }}
.bk-input {{
  font-size: 15px; min-height: 42px; border-radius: 8px; border-color: var(--line-strong);
  background-color: var(--paper); color: var(--ink);
}}
select:not([multiple]).bk-input {{
  background-image:
    linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(135deg, var(--muted) 50%, transparent 50%);
  background-size: 5px 5px; background-position: right 16px center, right 11px center; background-repeat: no-repeat;
}}
.bk-input:focus-visible {{ outline: 2px solid var(--forecast); outline-offset: 1px; }}
"""


def select(choice: SeriesChoice, name: str, *, label: str, options: Mapping[str, str]) -> pn.widgets.Select:
    """A list from words to values, tied both ways to a value of the state; a value that is not offered is added."""
    value = getattr(choice, name)
    widget = pn.widgets.Select(  # type: ignore[no-untyped-call]  # panel does not annotate it
        label=label,
        options=_with(options, value),
        value=value,
        sizing_mode="stretch_width",
        max_width=260,
        margin=0,
        styles={"flex": "1 1 150px"},
        stylesheets=[WIDGET_STYLE],
    )

    def follow_state(*_: object) -> None:
        new = getattr(choice, name)
        if new not in widget.options.values():
            widget.options = _with(widget.options, new)
        widget.value = new

    def follow_widget(*_: object) -> None:
        setattr(choice, name, widget.value)

    choice.param.watch(follow_state, name)
    widget.param.watch(follow_widget, "value")
    return widget


def offer(widget: pn.widgets.Select, options: Mapping[str, str]) -> None:
    """Offer other options and keep the choice."""
    wanted = _with(options, widget.value)
    if wanted != widget.options:
        widget.options = wanted


def _with(options: Mapping[str, str], value: str) -> dict[str, str]:
    return dict(options) if value in options.values() else {**options, value: value}


def series_widgets(choice: SeriesChoice, store: Store) -> list[pn.widgets.Select]:
    """Area by name, and consumer group where there is more than everybody."""
    choices = _published(store)
    area = select(choice, "area", label=say("Area"), options=_areas(choices))
    group = select(choice, "consumer_group", label=say("Consumers"), options=_groups(choices, choice.area))
    group.visible = len(group.options) > 1

    def renew(*_: object) -> None:
        found = _published(store)
        with speaking(choice.manner):
            offer(area, _areas(found))
            offer(group, _groups(found, choice.area))
        group.visible = len(group.options) > 1

    choice.param.watch(renew, ["edition", "area"])
    return [area, group]


def period_widgets(choice: MonitoringChoice) -> list[pn.widgets.Select]:
    """Period and lead time."""
    periods = {say("last {days} days", days=days): days for days in PERIODS_DAYS}
    leads = {say("{lead} ahead", lead=lead_name(bucket)): bucket for bucket in LEAD_BUCKET_NAMES}
    return [
        select(choice, "period", label=say("Period"), options=periods),
        select(choice, "lead", label=say("Lead time"), options=leads),
    ]


def _published(store: Store) -> Choices | None:
    """What can be chosen; None when nothing can be read, which the page's body says."""
    try:
        return read_choices(store)
    except (NoSnapshot, UnreadableSnapshot, OSError):
        return None


def _areas(choices: Choices | None) -> dict[str, str]:
    areas = {series.area for series in choices.series if series.newest_issue} if choices else set()
    return {series_name(area, TOTAL): area for area in sorted(areas or AREAS)}


def _groups(choices: Choices | None, area: str) -> dict[str, str]:
    groups = {series.consumer_group for series in choices.series if series.area == area} if choices else set()
    return {say("everybody") if group == TOTAL else group: group for group in sorted(groups | {TOTAL})}
