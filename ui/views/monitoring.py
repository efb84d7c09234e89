"""The monitoring page: how good the forecasts were, whether their promises hold, which model makes them, how new the data is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import panel as pn

from energy_dagster.store.reader import Store
from ui.charts.daily import Measure
from ui.manner import speaking
from ui.monitoring_data import (
    Asked,
    CalibrationRead,
    ErrorsRead,
    FreshnessRead,
    ModelsRead,
    PartRead,
    PatternsRead,
    SettlementRead,
    read_part,
)
from ui.state import MonitoringChoice
from ui.views.choices import period_widgets, series_widgets
from ui.views.monitoring_calibration import calibration_part
from ui.views.monitoring_choices import day_calendar, measure_widget, part_tabs
from ui.views.monitoring_errors import errors_part
from ui.views.monitoring_freshness import freshness_part
from ui.views.monitoring_models import models_part
from ui.views.monitoring_patterns import patterns_part
from ui.views.monitoring_settlement import settlement_part
from ui.views.notices import Notice, read_or_notice
from ui.views.panes import row_of
from ui.views.redraw import Drawings, Place, filled_by, minute_of

_JUDGED = {"errors", "patterns", "calibration", "settlement"}
"""Parts that judge a period at a lead."""


def monitoring_view(
    choice: MonitoringChoice,
    store: Store,
    *,
    dagster: str | None = None,
    present: Callable[[], datetime] | None = None,
    drawings: Drawings | None = None,
) -> pn.viewable.Viewable:
    """Widgets, tabs and, below them, the part of the page that is chosen; it follows the choice and the edition of the data.

    Args:
        choice: what is shown.
        store: the published warehouse.
        dagster: address of the Dagster UI, to which tables are linked; None for no links.
        present: the platform's clock, by which ages are told; None to tell them as of the snapshot.
        drawings: drawings that are shared with other visitors.
    """
    place = Place(drawings or Drawings())
    followed = ("part", "area", "consumer_group", "period", "lead", "day", "measure", "edition")

    def body(*chosen: str) -> pn.viewable.Viewable:
        with speaking(choice.manner):
            read = read_or_notice(lambda: read_part(store, choice.part, asked(choice)))
            if isinstance(read, Notice):
                return place.show(None, read.view)
            now = present() if present else read.window.end
            return place.show(
                ("monitoring", chosen, choice.manner, read.window.snapshot.snapshot_id, minute_of(now)),
                lambda: render(read, asked(choice), measure=choice.measure, now=now, dagster=dagster),
            )

    shown = pn.bind(body, *(choice.param[name] for name in followed))
    return pn.Column(
        part_tabs(choice),
        _widgets(choice, store),
        filled_by(shown),
        sizing_mode="stretch_width",
    )


def asked(choice: MonitoringChoice) -> Asked:
    """What a choice asks of the store.

    Raises:
        ValueError: the address names no day.
    """
    return Asked(choice.area, choice.consumer_group, int(choice.period), choice.lead, choice.shown_day)


def render(
    read: PartRead, asked: Asked, *, measure: Measure = "mae", now: datetime | None = None, dagster: str | None = None
) -> pn.viewable.Viewable:
    """The part of the page that was read."""
    match read:
        case ErrorsRead():
            return errors_part(read, asked, measure)
        case PatternsRead():
            return patterns_part(read, asked)
        case CalibrationRead():
            return calibration_part(read, asked)
        case SettlementRead():
            return settlement_part(read, asked)
        case ModelsRead():
            return models_part(read, asked)
        case FreshnessRead():
            return freshness_part(read, now=now or read.window.end, dagster=dagster)


def _widgets(choice: MonitoringChoice, store: Store) -> pn.FlexBox:
    """The widgets of the shown part; the others are hidden."""
    area, group = series_widgets(choice, store)
    period, lead = period_widgets(choice)
    day, measure = day_calendar(choice, store), measure_widget(choice)
    in_parts: list[tuple[Any, set[str]]] = [
        (area, _JUDGED | {"models"}),
        (period, _JUDGED),
        (lead, _JUDGED),
        (day, {"errors"}),
        (measure, {"errors"}),
    ]

    def show(*_: object) -> None:
        for widget, parts in in_parts:
            widget.visible = choice.part in parts
        group.visible = area.visible and len(group.options) > 1

    show()
    choice.param.watch(show, ["part", "area", "edition"])
    return row_of(area, group, period, lead, day, measure)
