"""Measured consumption."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import AnyVintageText, AreaText, EndText, GroupText, StartText
from api.queries import actuals
from api.schemas import ActualRow, ActualsAnswer, SnapshotBody, as_rows
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ActualController(Controller):
    """Actuals: what was consumed."""

    path = "/actuals"
    tags = ("actuals",)

    @get(
        operation_id="listActuals",
        summary="Measured consumption of a series, hour by hour",
        responses=documented(ActualsAnswer, examples.ACTUALS, 400, 404, 503),
        sync_to_thread=True,
    )
    def actuals(
        self,
        request: Request[Any, Any, Any],
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
        vintage: AnyVintageText = None,
    ) -> Response[ActualsAnswer]:
        """Hours in [start, end), as they can be used and as they were published; quality says what became of each.

        Without a vintage each hour is settled where settled is ok, else preliminary where that is ok, else an estimate.
        """
        answer = actuals(store, area, consumer_group=consumer_group, start=start, end=end, vintage=vintage)
        envelope = ActualsAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, ActualRow))
        return conditional(request, envelope)
