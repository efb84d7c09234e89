"""What is published."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.schemas import SnapshotAnswer, SnapshotBody, TableRow, as_rows
from energy_dagster.store.reader import Store


class SnapshotController(Controller):
    """The published state of the warehouse."""

    path = "/snapshot"
    tags = ("snapshot",)

    @get(
        operation_id="getSnapshot",
        summary="What is published, and how new each table is",
        responses=documented(SnapshotAnswer, examples.SNAPSHOT, 400, 503),
        sync_to_thread=True,
    )
    def snapshot(self, request: Request[Any, Any, Any], store: NamedDependency[Store]) -> Response[SnapshotAnswer]:
        """Every answer of the API is read from one snapshot and names it."""
        answer = store.freshness()
        envelope = SnapshotAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, TableRow))
        return conditional(request, envelope)
