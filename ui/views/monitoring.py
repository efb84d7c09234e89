"""The monitoring page: how good the forecasts were, hour by hour, day by day, lead by lead."""

import panel as pn

from energy_dagster.store.reader import Store
from ui import fragments, scoreboard
from ui.charts.daily import coverage_chart, skill_chart
from ui.charts.errors import error_chart, lead_chart, lead_name
from ui.charts.truth import truth_chart
from ui.data import series_name
from ui.manner import speaking
from ui.monitoring_data import MonitoringData, read_monitoring
from ui.state import MonitoringChoice
from ui.views.choices import day_widget, period_widgets, series_widgets
from ui.views.notices import read_or_notice
from ui.views.panes import chart_card, html, row_of
from ui.views.zoom import Zoom
from ui.wording import day_name, local

_TWO_COLUMNS = {"display": "grid", "grid-template-columns": "repeat(auto-fit, minmax(min(460px, 100%), 1fr))", "gap": "16px"}


def monitoring_view(choice: MonitoringChoice, store: Store) -> pn.viewable.Viewable:
    """Widgets and, below them, the scores; they follow the choice and the edition of the data."""
    zoom = Zoom()

    def body(area: str, consumer_group: str, period: str, lead: str, **_: str) -> pn.viewable.Viewable:
        with speaking(choice.manner):
            return zoom.carry(
                read_or_notice(
                    lambda: read_monitoring(
                        store, area, consumer_group=consumer_group, days=int(period), lead_bucket=lead, day=choice.shown_day
                    ),
                    lambda data: render(data, name=series_name(area, consumer_group), lead=lead_name(lead)),
                )
            )

    shown = pn.bind(
        body,
        area=choice.param.area,
        consumer_group=choice.param.consumer_group,
        period=choice.param.period,
        lead=choice.param.lead,
        day=choice.param.day,
        edition=choice.param.edition,
    )
    widgets = row_of(*series_widgets(choice, store), *period_widgets(choice), day_widget(choice, store))
    return pn.Column(
        widgets,
        pn.panel(shown, defer_load=True, loading_indicator=True, sizing_mode="stretch_width", min_height=400),
        sizing_mode="stretch_width",
    )


def render(data: MonitoringData, *, name: str, lead: str) -> pn.viewable.Viewable:
    """Charts, then the models and the freshness of the data."""
    scored = fragments.cards(scoreboard.score_cards(data.scores)) if data.scores else scoreboard.NOTHING_SCORED
    return pn.Column(
        html(_heading(data, name)),
        html(scored),
        *_charts(data, lead),
        html(scoreboard.models_table(data.models)),
        html(scoreboard.freshness_table(data.freshness)),
        html(fragments.credit(data.snapshot)),
        sizing_mode="stretch_width",
        styles={"gap": "16px"},
    )


def _heading(data: MonitoringData, name: str) -> str:
    simulated = fragments.badge("SIMULATED", "warning") if data.snapshot.simulated else ""
    period = f"{day_name(local(data.start).date())} to {day_name(local(data.end).date())}, against preliminary measurements"
    title = fragments.heading(f"How good were the forecasts of {name}?")
    return f'<div class="heading">{title}{simulated}</div>{fragments.about(period)}'


def _charts(data: MonitoringData, lead: str) -> list[pn.viewable.Viewable]:
    simulated = data.snapshot.simulated
    truth = truth_chart(data.day_forecast, data.day_actuals, day=data.day, title="", simulated=simulated)
    hourly = error_chart(data.errors, title="", simulated=simulated)
    daily = skill_chart(data.days, title="", simulated=simulated)
    coverage = coverage_chart(data.days, title="", simulated=simulated)
    leads = lead_chart(data.scores, title="", simulated=simulated)
    return [
        chart_card(hourly, title=f"Error of every hour, {lead} ahead"),
        _grid(
            chart_card(truth, title=f"Day-ahead forecast and truth, {day_name(data.day)}"),
            chart_card(daily, title=f"Mean error of every day, {lead} ahead"),
            chart_card(leads, title="Mean error by lead time"),
            chart_card(coverage, title=f"Is the 80 % interval honest? {lead} ahead"),
        ),
    ]


def _grid(*cards: pn.viewable.Viewable) -> pn.Column:
    return pn.Column(*cards, sizing_mode="stretch_width", margin=0, styles=_TWO_COLUMNS)
