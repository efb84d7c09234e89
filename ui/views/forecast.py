"""The forecast page: what will be used in the next 48 hours, and how sure that is."""

import csv
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import StringIO

import panel as pn

from energy_dagster.domain.tables import QUANTILE_COLUMNS
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ForecastHour
from ui import fragments
from ui.charts.fan import fan_chart
from ui.data import series_name
from ui.forecast_data import ForecastData, read_forecast
from ui.manner import speaking
from ui.state import NEWEST, ForecastChoice
from ui.theme import FONT
from ui.views.choices import issue_widget, series_widgets
from ui.views.notices import read_or_notice
from ui.views.panes import chart_card, html, row_of
from ui.views.zoom import Zoom
from ui.wording import moment_name

STALE_AFTER = timedelta(hours=2)
"""Age of the newest issue from which a forecast is called stale; one is made every hour."""

_BUTTON = f"""
.bk-btn, .bk-btn a {{ background: #0072B2; color: #fff; font: 600 14px {FONT}; border-radius: 8px; text-decoration: none; }}
.bk-btn {{ padding: 0 16px; border: 0; height: 44px; line-height: 44px; }}
.bk-btn:hover, .bk-btn:hover a {{ background: #005a8d; }}
"""

Clock = Callable[[], datetime]


def forecast_view(choice: ForecastChoice, store: Store, present: Clock) -> pn.viewable.Viewable:
    """Widgets and, below them, the chosen forecast; it follows the choice and the edition of the data."""
    zoom = Zoom()

    def body(area: str, consumer_group: str, **_: str) -> pn.viewable.Viewable:
        with speaking(choice.manner):
            return zoom.carry(
                read_or_notice(
                    lambda: read_forecast(store, area, consumer_group=consumer_group, issued_at=choice.issued_at),
                    lambda data: render(data, is_stale=choice.issue == NEWEST and is_stale(data.forecast, present())),
                )
            )

    shown = pn.bind(
        body,
        area=choice.param.area,
        consumer_group=choice.param.consumer_group,
        issue=choice.param.issue,
        edition=choice.param.edition,
    )
    widgets = row_of(*series_widgets(choice, store), issue_widget(choice, store))
    return pn.Column(
        widgets,
        pn.panel(shown, defer_load=True, loading_indicator=True, sizing_mode="stretch_width", min_height=400),
        sizing_mode="stretch_width",
    )


def is_stale(forecast: Sequence[ForecastHour], now: datetime) -> bool:
    """Whether an issue is older than two hours."""
    return bool(forecast) and now - forecast[0].issued_at > STALE_AFTER


def render(data: ForecastData, *, is_stale: bool) -> pn.viewable.Viewable:
    """One forecast: heading with badges, cards, fan, table, download."""
    name = series_name(data.area, data.consumer_group)
    if not data.forecast:
        return html(
            fragments.notice(f"There is no such forecast of {name}", "Choose another area or issue, or run `make forecast`.")
        )
    first = data.forecast[0]
    heading = (
        f'<div class="heading">{fragments.heading(name)}{fragments.badges(data, is_stale=is_stale)}</div>'
        f"{fragments.about(f'Issued {moment_name(first.issued_at)} by {first.model_version}, for the next 48 hours')}"
    )
    chart = fan_chart(
        data.forecast,
        data.actuals,
        naive=[row.naive_mwh for row in data.forecast],
        title="",
        simulated=data.snapshot.simulated,
        height=420,
    )
    return pn.Column(
        html(heading),
        html(fragments.cards(fragments.forecast_cards(data))),
        chart_card(chart),
        html(fragments.hours_table(data.forecast, caption="Every hour of this forecast, MWh per hour, local time")),
        _download(data),
        html(fragments.credit(data.snapshot)),
        sizing_mode="stretch_width",
        styles={"gap": "16px"},
    )


def _download(data: ForecastData) -> pn.widgets.FileDownload:
    first = data.forecast[0]
    name = f"forecast-{data.area}-{data.consumer_group}-{first.issued_at:%Y%m%dT%H%MZ}.csv"
    return pn.widgets.FileDownload(  # type: ignore[no-untyped-call]  # panel does not annotate it
        callback=lambda: StringIO(forecast_csv(data.forecast)),
        filename=name,
        label="Download this forecast as CSV",
        color="primary",
        width=280,
        height=44,
        margin=0,
        stylesheets=[_BUTTON],
    )


def forecast_csv(forecast: Sequence[ForecastHour]) -> str:
    """The forecast as CSV: one row an hour, times in UTC, columns named as in the warehouse."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        (
            "issued_at",
            "area",
            "consumer_group",
            "hour_utc",
            "lead_hours",
            *QUANTILE_COLUMNS,
            "naive_mwh",
            "rung",
            "origin",
            "model_version",
        )
    )
    for row in forecast:
        times = (
            row.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            row.area,
            row.consumer_group,
            row.hour_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        quantiles = (f"{value:.3f}" for value in row.quantiles)
        naive = "" if row.naive_mwh is None else f"{row.naive_mwh:.3f}"
        writer.writerow((*times, row.lead_hours, *quantiles, naive, row.rung, row.origin, row.model_version))
    return out.getvalue()
