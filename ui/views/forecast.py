"""The forecast page: what will be used in the next 48 hours, how sure that is and why, now or at any time before."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

import panel as pn
import param
from bokeh.models import CustomJS
from bokeh.plotting import figure

from energy_dagster.store.reader import Store
from ui import fragments
from ui.charts.denmark import area_at, denmark_map, light_up
from ui.charts.fan import fan_chart, mark_hour
from ui.charts.time_axis import HOUR_MS
from ui.data import series_name
from ui.forecast_data import ForecastData, read_day_ahead, read_forecast
from ui.manner import say, speaking
from ui.state import NEWEST, PEAK, ForecastChoice, issue_key
from ui.summary import hour_shown
from ui.views import forecast_words as words
from ui.views.choices import offer, select, series_widgets
from ui.views.forecast_downloads import Downloads, label_for_files
from ui.views.forecast_time import TimeTravel, day_widget, view_widget
from ui.views.forecast_why import why_html
from ui.views.notices import Notice, read_or_notice
from ui.views.panes import CARD_STYLE, chart_card, html
from ui.views.redraw import Drawings, Place, filled_by, minute_of
from ui.wording import hour_start

_STAYS_IN_SIGHT = "@media (min-width: 901px) and (min-height: 760px) { :host { position: sticky; top: 14px; } }"

_NAME_FOR_READERS = """
const visit = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.shadowRoot) visit(element.shadowRoot)
    for (const [kind, name] of Object.entries(names)) if (element.matches(kind)) element.setAttribute("aria-label", name)
  }
}
visit(document)
"""
"""Names the parts of widgets that their makers have left without a name; a screen reader says it."""

Clock = Callable[[], datetime]
Tell = Callable[[datetime], None]


class _Shown(param.Parameterized):
    """What the page shows now."""

    data = param.Parameter(default=None, doc="ForecastData, or None where there is none")


def forecast_view(choice: ForecastChoice, store: Store, present: Clock, drawings: Drawings | None = None) -> pn.viewable.Viewable:
    """Widgets beside the chosen forecast, which follows the choice and the edition of the data; below it, why it is so.

    Args:
        choice: what is shown.
        store: the published warehouse.
        present: the platform's clock.
        drawings: drawings that are shared with other visitors.
    """
    place = Place(drawings or Drawings())
    shown = _Shown()  # type: ignore[no-untyped-call]  # param does not annotate it

    def choose_hour(hour_utc: datetime) -> None:
        if shown.data is not None and any(row.hour_utc == hour_utc for row in shown.data.forecast):
            choice.hour = issue_key(hour_utc)

    def read() -> ForecastData:
        if choice.view == "day-ahead":
            return read_day_ahead(store, choice.area, consumer_group=choice.consumer_group, day=choice.delivery_day)
        return read_forecast(store, choice.area, consumer_group=choice.consumer_group, issued_at=choice.issued_at)

    followed = ("area", "consumer_group", "view", "issue", "day", "edition")

    def body(*chosen: str) -> pn.viewable.Viewable:
        with speaking(choice.manner), pn.io.hold():  # the chart and what is said of it go out in one message
            data = read_or_notice(read)
            if isinstance(data, Notice):
                place.show(None, data.view)
                shown.data = None
                return place.view
            now, newest = present(), choice.issue == NEWEST
            place.show(
                ("forecast", chosen, choice.manner, data.snapshot.snapshot_id, minute_of(now)),
                lambda: render(data, now=now, is_newest=newest, tapped=choose_hour),
            )
            shown.data = data if data.forecast else None
            return place.view

    bound = pn.bind(body, *(choice.param[name] for name in followed))
    main = pn.Column(
        filled_by(bound),
        _why(choice, shown, place),
        _after(choice, shown),
        sizing_mode="stretch_width",
        styles={"flex": "999 1 560px", "min-width": "0", "gap": "16px"},
    )
    wrapping = {"flex-wrap": "wrap", "gap": "18px", "align-items": "flex-start"}
    return pn.Row(_side(choice, store), main, sizing_mode="stretch_width", margin=0, styles=wrapping)


def _side(choice: ForecastChoice, store: Store) -> pn.viewable.Viewable:
    """What is chosen: where, and when."""
    area, group = series_widgets(choice, store)
    day = day_widget(choice, store)
    for widget in (area, group, day):
        widget.param.update(max_width=None, styles={})
    choices = pn.Column(
        area,
        group,
        view_widget(choice),
        day,
        TimeTravel(choice, store).view,
        sizing_mode="stretch_width",
        margin=0,
        styles={"gap": "12px", "flex": "2 1 150px", "min-width": "0"},
    )
    return pn.FlexBox(  # type: ignore[no-untyped-call]  # panel does not annotate it
        choices,
        _map(choice),
        gap="12px",
        margin=0,
        justify_content="center",
        styles={**CARD_STYLE, "padding": "14px", "flex": "1 1 230px", "min-width": "0"},
        stylesheets=[_STAYS_IN_SIGHT],
    )


def _map(choice: ForecastChoice) -> pn.viewable.Viewable:
    chart = denmark_map(choice.area)
    chart.on_event("tap", lambda event: setattr(choice, "area", area_at(event.x, event.y)))

    names = {".noUi-handle": say("Issued at"), "input.form-control": say("Issued on")}
    chart.js_on_change("inner_width", CustomJS(args={"names": names}, code=_NAME_FOR_READERS))

    def follow(*_: object) -> None:
        with speaking(choice.manner):
            light_up(chart, choice.area)

    choice.param.watch(follow, "area")
    told = say("Map of the price areas. Click on one, or on the sea for all of Denmark.")
    return pn.Column(
        pn.pane.Bokeh(chart, margin=0),  # type: ignore[no-untyped-call]  # panel does not annotate it
        html(f'<p class="about map">{escape(told)}</p>'),
        width=160,
        margin=0,
        styles={"align-items": "center"},
    )


def render(data: ForecastData, *, now: datetime, is_newest: bool, tapped: Tell | None = None) -> pn.viewable.Viewable:
    """One forecast: heading with badges, what came of it, cards and the fan; a tap on an hour of the fan is told."""
    name = series_name(data.area, data.consumer_group)
    if not data.forecast:
        return html(words.nothing(data, name))
    stale = is_newest and data.delivery_day is None and words.is_stale(data.forecast, now)
    told = [words.about(data, now), *words.turned_out(data, is_newest=is_newest)]
    chart = fan_chart(
        data.forecast,
        data.actuals,
        naive=[row.naive_mwh for row in data.forecast],
        tso_mwh=data.tso_mwh,
        delivery_day=data.delivery_day,
        title="",
        simulated=data.snapshot.simulated,
        height=420,
    )
    label_for_files(chart, data)
    if tapped is not None:
        _tell_taps(chart, tapped)
    said = "".join(f'<p class="about">{escape(sentence)}</p>' for sentence in told)
    cards = fragments.cards(fragments.forecast_cards(data))
    return pn.Column(
        html(
            f'<div class="heading">{fragments.heading(words.title(data, name))}{fragments.badges(data, is_stale=stale)}</div>{said}'
            f'<div class="six">{cards}</div><p class="spoken">{escape(words.spoken(data, name))}</p>'
        ),
        chart_card(chart),
        sizing_mode="stretch_width",
        styles={"gap": "16px"},
    )


def _tell_taps(chart: figure, tapped: Tell) -> None:
    def tell(event: Any) -> None:  # of Bokeh, which has a class for each kind
        tapped(datetime.fromtimestamp(event.x // HOUR_MS * HOUR_MS / 1000, UTC))

    chart.on_event("tap", tell)


def _why(choice: ForecastChoice, shown: _Shown, place: Place) -> pn.viewable.Viewable:
    """The chosen hour, explained; it is chosen here or by a tap on the chart."""
    widget = select(choice, "hour", label=say("Hour"), options={say("the peak"): PEAK})
    widget.styles = {}
    explained = html("")

    def explain(*_: object) -> None:
        forecast = shown.data.forecast if shown.data else []
        row = hour_shown(forecast, choice.explained_hour)
        section.visible = row is not None
        if row is None:
            return
        if choice.hour not in (PEAK, issue_key(row.hour_utc)):
            choice.hour = PEAK
            return
        with speaking(choice.manner):
            offer(widget, {say("the peak"): PEAK, **{hour_start(one.hour_utc): issue_key(one.hour_utc) for one in forecast}})
            explained.object = why_html(row)
        if place.chart is not None:
            mark_hour(place.chart, row.hour_utc)

    section = pn.Column(
        html(
            f"<h2>{escape(say('Why this much'))}</h2>"
            f'<p class="about">{escape(say("Choose an hour here, or click on one in the chart."))}</p>'
        ),
        widget,
        explained,
        sizing_mode="stretch_width",
        margin=0,
        visible=False,
        styles={**CARD_STYLE, "padding": "16px", "gap": "10px"},
    )
    shown.param.watch(explain, "data")
    choice.param.watch(explain, "hour")
    return section


def _after(choice: ForecastChoice, shown: _Shown) -> pn.viewable.Viewable:
    """What can be taken along, every hour as a table, and whose data it is."""
    below = html("")
    files = Downloads(lambda: shown.data)
    section = pn.Column(files.view, below, sizing_mode="stretch_width", margin=0, styles={"gap": "16px"}, visible=False)

    def follow(*_: object) -> None:
        data: ForecastData | None = shown.data
        section.visible = data is not None
        if data is None:
            return
        with speaking(choice.manner):
            files.follow(data)
            caption = say("Every hour of this forecast, MWh per hour, local time")
            below.object = fragments.hours_table(data.forecast, caption=caption) + fragments.credit(data.snapshot)

    shown.param.watch(follow, "data")
    return section
