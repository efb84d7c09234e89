"""Forecasts."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import LATEST, AreaText, GroupText, HourFromText, HourToText, IssueText, QuantilesText
from api.queries import forecast, forecast_rows
from api.schemas import ForecastsAnswer, SnapshotBody
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ForecastController(Controller):
    """Forecasts: the next 48 hours as each issue saw them."""

    path = "/forecasts"
    tags = ("forecasts",)

    @get(
        operation_id="listForecasts",
        summary="One issue's forecast of a series, hour by hour, with quantiles",
        responses=documented(ForecastsAnswer, examples.FORECASTS, 400, 404, 503),
        sync_to_thread=True,
    )
    def forecasts(
        self,
        request: Request[Any, Any, Any],
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        issued_at: IssueText = LATEST,
        start: HourFromText = None,
        end: HourToText = None,
        quantiles: QuantilesText = None,
    ) -> Response[ForecastsAnswer]:
        """The newest issue, or the one of an exact time; hours in [start, end). q50 is the forecast line."""
        answer = forecast(store, area, consumer_group=consumer_group, issued_at=issued_at, start=start, end=end)
        envelope = ForecastsAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=forecast_rows(answer.rows, quantiles))
        return conditional(request, envelope)
