"""Which series there are."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.schemas import SeriesAnswer, SeriesRow, SnapshotBody, as_rows
from energy_dagster.store.reader import Store


class SeriesController(Controller):
    """Series: an area and a consumer group."""

    path = "/series"
    tags = ("series",)

    @get(
        operation_id="listSeries",
        summary="Every series, and the span of what is held of it",
        responses=documented(SeriesAnswer, examples.SERIES, 400, 503),
        sync_to_thread=True,
    )
    def series(self, request: Request[Any, Any, Any], store: NamedDependency[Store]) -> Response[SeriesAnswer]:
        """A series is one area and one consumer group; its energies are MWh per hour."""
        answer = store.series()
        envelope = SeriesAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, SeriesRow))
        return conditional(request, envelope)
