"""Forecasts."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import (
    BY_DEFAULT_ROWS,
    LATEST,
    AreaText,
    AsOfText,
    DayText,
    FormatText,
    GroupText,
    HourFromText,
    HourToText,
    IssueText,
    OriginText,
    QuantilesText,
    RevisionText,
    RowsText,
)
from api.schemas import ForecastsAnswer
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ForecastController(Controller):
    """Forecasts: the next 48 hours as each issue saw them."""

    path = "/forecasts"
    tags = ("forecasts",)

    @get(
        operation_id="listForecasts",
        summary="Forecasts of a series, hour by hour, with quantiles: the newest issue, one of any time, or a range of issues",
        responses=documented(ForecastsAnswer, examples.FORECASTS, 404, 422),
        sync_to_thread=True,
    )
    def forecasts(
        self,
        request: Asked,
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        issued_at: IssueText = LATEST,
        as_of: AsOfText = None,
        start: HourFromText = None,
        end: HourToText = None,
        quantiles: QuantilesText = None,
        revision: RevisionText = None,
        origin: OriginText = None,
        limit: RowsText = str(BY_DEFAULT_ROWS),
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Hours in [start, end); q50 is the forecast line. Pages of a range hold whole issues.

        Of an issue that was made several times the first live revision is served, or the newest where none was live.
        """
        return answer(
            request,
            store,
            lambda reading: plans.forecasts(
                reading,
                area,
                consumer_group=consumer_group,
                issued_at=issued_at,
                as_of=as_of,
                start=start,
                end=end,
                quantiles=quantiles,
                revision=revision,
                origin=origin,
                limit=limit,
            ),
        )

    @get(
        "/day-ahead/{delivery_day:str}",
        operation_id="getDayAhead",
        summary="The day-ahead product: a local day as it was forecast at the gate",
        responses=documented(ForecastsAnswer, examples.DAY_AHEAD, 404),
        sync_to_thread=True,
    )
    def day_ahead(
        self,
        request: Asked,
        store: NamedDependency[Store],
        delivery_day: DayText,
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        quantiles: QuantilesText = None,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """The 23, 24 or 25 hours of a day in Europe/Copenhagen, as they stood at 10:00 the day before."""
        return answer(
            request,
            store,
            lambda reading: plans.day_ahead(reading, delivery_day, area, consumer_group=consumer_group, quantiles=quantiles),
        )
