"""How wrong the forecasts were, hour by hour."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import AreaText, BucketText, EndText, GroupText, StartText, VintageText
from api.queries import errors
from api.schemas import ErrorRow, ErrorsAnswer, SnapshotBody, as_rows
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ErrorController(Controller):
    """Errors: forecast minus actual, beside the weekly naive's."""

    path = "/errors"
    tags = ("errors",)

    @get(
        operation_id="listErrors",
        summary="Errors of a series' forecasts, by hour and lead bucket",
        responses=documented(ErrorsAnswer, examples.ERRORS, 400, 404, 503),
        sync_to_thread=True,
    )
    def errors(
        self,
        request: Request[Any, Any, Any],
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
        vintage: VintageText = "preliminary",
        lead_bucket: BucketText = None,
    ) -> Response[ErrorsAnswer]:
        """Hours in [start, end). Each row is a mean over the issues whose lead lies in its bucket."""
        answer = errors(store, area, consumer_group=consumer_group, start=start, end=end, vintage=vintage, lead_bucket=lead_bucket)
        envelope = ErrorsAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, ErrorRow))
        return conditional(request, envelope)
