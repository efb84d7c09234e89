"""How wrong the forecasts were."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import (
    BY_DEFAULT_ROWS,
    AreaText,
    BucketText,
    EndText,
    FormatText,
    GroupText,
    PeriodText,
    RowsText,
    StartText,
    VintageText,
)
from api.schemas import ErrorsAnswer
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ErrorController(Controller):
    """Errors: forecast minus actual, beside the weekly naive's."""

    path = "/errors"
    tags = ("errors",)

    @get(
        operation_id="listErrors",
        summary="Errors of a series' forecasts, by hour and lead bucket, or summed up by day, month or lead bucket",
        responses=documented(ErrorsAnswer, examples.ERRORS, 404, 422),
        sync_to_thread=True,
    )
    def errors(
        self,
        request: Asked,
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
        vintage: VintageText = "preliminary",
        lead_bucket: BucketText = None,
        by: PeriodText = "hour",
        limit: RowsText = str(BY_DEFAULT_ROWS),
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Hours in [start, end). Each row is a mean over the issues whose lead lies in its bucket, or over all of them.

        Days and months are local and count the hours of them that lie in the window.
        """
        return answer(
            request,
            store,
            lambda reading: plans.errors(
                reading,
                area,
                consumer_group=consumer_group,
                start=start,
                end=end,
                vintage=vintage,
                lead_bucket=lead_bucket,
                by=by,
                limit=limit,
            ),
        )
