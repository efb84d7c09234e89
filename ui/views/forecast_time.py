"""The widgets with which a visitor travels in time: by slider and calendar to an issue, or to a day of delivery at the gate."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import panel as pn

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Issue
from ui.manner import say, speaking
from ui.state import NEWEST, TOMORROW, ForecastChoice, issue_key
from ui.theme import FONT
from ui.views.choices import WIDGET_STYLE, offer, select
from ui.wording import clock, day_name, local, local_day, short_moment

ISSUES_ON_THE_SLIDER = 14 * 24
DAYS_OFFERED = 30
"""How many past days of delivery are offered."""

_SLIDER_STYLE = f"""
:host {{ font-family: {FONT}; color: var(--ink); --handle-width: 18px; --handle-height: 18px; }}
.bk-slider-title {{ font-size: 13px; color: var(--muted); }}
.noUi-target {{ background: var(--line); border-color: var(--line-strong); box-shadow: none; }}
.noUi-connect {{ background: var(--forecast) !important; }}
.noUi-handle {{ background: var(--paper); border: 2px solid var(--forecast); border-radius: 50%; box-shadow: none; }}
.noUi-handle:focus-visible {{ outline: 2px solid var(--ink); outline-offset: 2px; }}
"""
BUTTON_STYLE = f"""
.bk-btn, .bk-btn a {{ font: 600 14px {FONT}; color: var(--link) !important; text-decoration: none; }}
.bk-btn {{
  display: flex; align-items: center; justify-content: center; min-height: 42px; padding: 0 8px; line-height: 1.2;
  border: 1px solid var(--line-strong) !important; border-radius: 8px; background: var(--paper) !important;
  box-shadow: none !important;
}}
.bk-btn a {{ display: flex; align-items: center; justify-content: center; width: 100%; height: 100%; padding: 0; }}
.bk-btn:hover:not([disabled]) {{ background: var(--shade) !important; border-color: var(--link) !important; }}
.bk-btn:focus-visible {{ outline: 2px solid var(--forecast); outline-offset: 2px; }}
.bk-btn[disabled] {{ opacity: 0.6; color: var(--muted) !important; }}
.bk-btn.bk-active {{ background: var(--link) !important; color: var(--paper) !important; }}
"""


def view_widget(choice: ForecastChoice) -> pn.widgets.RadioButtonGroup:
    """One issue, or a day as it stood at the gate."""
    toggle = pn.widgets.RadioButtonGroup(  # type: ignore[no-untyped-call]  # panel does not annotate it
        label=say("View"),
        options={say("48 hours"): "issue", say("Day-ahead"): "day-ahead"},
        value=choice.view,
        sizing_mode="stretch_width",
        margin=0,
        stylesheets=[BUTTON_STYLE],
    )

    def follow_state(*_: object) -> None:
        toggle.value = choice.view

    def follow_widget(*_: object) -> None:
        choice.view = toggle.value

    choice.param.watch(follow_state, "view")
    toggle.param.watch(follow_widget, "value")
    return toggle


def day_widget(choice: ForecastChoice, store: Store) -> pn.widgets.Select:
    """The day of delivery of the day-ahead view."""

    def days() -> dict[str, str]:
        issues = _issues(store)
        today = local(issues[0].issued_at).date() if issues else None
        past = [today - timedelta(days=n) for n in range(DAYS_OFFERED)] if today else []
        return {say("tomorrow"): TOMORROW, **{day_name(day): day.isoformat() for day in past}}

    widget = select(choice, "day", label=say("Day of delivery"), options=days())
    widget.visible = choice.view == "day-ahead"

    def renew(*_: object) -> None:
        with speaking(choice.manner):
            offer(widget, days())
        widget.visible = choice.view == "day-ahead"

    choice.param.watch(renew, ["edition", "view"])
    return widget


class TimeTravel:
    """A slider over the issues of two weeks, a calendar over all, and a way back; all of them follow the chosen issue."""

    def __init__(self, choice: ForecastChoice, store: Store) -> None:
        self._choice, self._store = choice, store
        self._following = False
        self._issues: Sequence[Issue] = []
        self._slider = pn.widgets.DiscreteSlider(  # type: ignore[no-untyped-call]  # panel does not annotate it
            label=say("Issued at"),
            options={say("newest"): NEWEST},
            value=NEWEST,
            sizing_mode="stretch_width",
            margin=(0, 6),
            stylesheets=[_SLIDER_STYLE],
        )
        self._day = pn.widgets.DatePicker(  # type: ignore[no-untyped-call]  # as above
            label=say("Issued on"), sizing_mode="stretch_width", margin=0, styles={"flex": "1 1 104px"}, stylesheets=[WIDGET_STYLE]
        )
        self._hour = pn.widgets.Select(  # type: ignore[no-untyped-call]  # as above
            label=say("at"), sizing_mode="stretch_width", margin=0, styles={"flex": "1 1 84px"}, stylesheets=[WIDGET_STYLE]
        )
        self._back = pn.widgets.Button(  # type: ignore[no-untyped-call]  # as above
            label=say("Back to newest"), sizing_mode="stretch_width", margin=0, stylesheets=[BUTTON_STYLE]
        )
        self.view = pn.Column(
            self._slider,
            pn.FlexBox(self._day, self._hour, sizing_mode="stretch_width", gap="8px", margin=0),  # type: ignore[no-untyped-call]  # as above
            self._back,
            sizing_mode="stretch_width",
            margin=0,
            styles={"gap": "10px"},
        )
        self._renew()
        choice.param.watch(self._renew, ["edition"])
        choice.param.watch(self._follow, ["issue", "view"])
        self._slider.param.watch(self._by_slider, "value_throttled")
        self._day.param.watch(self._by_day, "value")
        self._hour.param.watch(self._by_hour, "value")
        self._back.on_click(self._to_newest)

    def _renew(self, *_: object) -> None:
        self._issues = _issues(self._store)
        self._follow()

    def _follow(self, *_: object) -> None:
        """Show the chosen issue on every widget."""
        self.view.visible = self._choice.view == "issue"
        self._back.visible = self._choice.issue != NEWEST
        shown = self._shown()
        if shown is None:
            return
        self._following = True
        try:
            with speaking(self._choice.manner):
                self._slide_to(shown)
                self._open_calendar_at(shown)
        finally:
            self._following = False

    def _shown(self) -> datetime | None:
        newest = self._issues[0].issued_at if self._issues else None
        try:
            return self._choice.issued_at or newest
        except ValueError:
            return newest

    def _slide_to(self, shown: datetime) -> None:
        held = sorted({issue.issued_at for issue in self._issues} | {shown})
        newest = self._issues[0].issued_at if self._issues else shown
        options = {short_moment(at): NEWEST if at == newest else issue_key(at) for at in held}
        value = NEWEST if shown == newest else issue_key(shown)
        if options != self._slider.options:
            self._slider.param.update(options=options, value=value)
        else:
            self._slider.value = value

    def _open_calendar_at(self, shown: datetime) -> None:
        day = local(shown).date()
        self._day.param.update(end=local(self._issues[0].issued_at).date() if self._issues else day, value=day)
        hours = self._hours_of(day)
        key = issue_key(shown)
        self._hour.param.update(options=hours if key in hours.values() else {**hours, clock(shown): key}, value=key)

    def _hours_of(self, day: date) -> Mapping[str, str]:
        start, end = local_day(day)
        return {clock(issue.issued_at): issue_key(issue.issued_at) for issue in reversed(_issues(self._store, start, end))}

    def _by_slider(self, *_: object) -> None:
        if not self._following:
            self._choice.issue = self._slider.value

    def _by_day(self, *_: object) -> None:
        """Go to the same hour of another day, or to the last before it that is held."""
        if self._following or self._day.value is None:
            return
        hours = list(self._hours_of(self._day.value).items())
        if not hours:
            self._follow()
            return
        shown = self._shown()
        wanted = clock(shown) if shown else ""
        self._choice.issue = next((key for told, key in reversed(hours) if told <= wanted), hours[0][1])

    def _by_hour(self, *_: object) -> None:
        if not self._following and self._hour.value:
            newest = self._issues[0].issued_at if self._issues else None
            self._choice.issue = NEWEST if newest and self._hour.value == issue_key(newest) else self._hour.value

    def _to_newest(self, *_: object) -> None:
        self._choice.issue = NEWEST


def _issues(store: Store, start: datetime | None = None, end: datetime | None = None) -> Sequence[Issue]:
    """Issues newest first; none when nothing can be read, which the page's body says."""
    try:
        return store.issues(start, end=end, limit=ISSUES_ON_THE_SLIDER).rows
    except (NoSnapshot, UnreadableSnapshot, OSError):
        return []
