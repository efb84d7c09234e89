"""What settlement changed."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import AreaText, EndText, GroupText, StartText
from api.queries import revisions
from api.schemas import RevisionRow, RevisionsAnswer, SnapshotBody, as_rows
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class RevisionController(Controller):
    """Revisions: preliminary against settled."""

    path = "/revisions"
    tags = ("revisions",)

    @get(
        operation_id="listRevisions",
        summary="How far settled consumption lies from preliminary, by local day",
        responses=documented(RevisionsAnswer, examples.REVISIONS, 400, 404, 503),
        sync_to_thread=True,
    )
    def revisions(
        self,
        request: Request[Any, Any, Any],
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
    ) -> Response[RevisionsAnswer]:
        """Days (Europe/Copenhagen) that begin in [start, end), each whole, over the hours that are ok in both vintages."""
        answer = revisions(store, area, consumer_group=consumer_group, start=start, end=end)
        envelope = RevisionsAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, RevisionRow))
        return conditional(request, envelope)
