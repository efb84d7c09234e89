"""What settlement changed."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import AreaText, EndText, FormatText, GroupText, StartText
from api.schemas import RevisionsAnswer
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class RevisionController(Controller):
    """Revisions: preliminary against settled."""

    path = "/revisions"
    tags = ("revisions",)

    @get(
        operation_id="listRevisions",
        summary="How far settled consumption lies from preliminary, by local day",
        responses=documented(RevisionsAnswer, examples.REVISIONS, 404, 422),
        sync_to_thread=True,
    )
    def revisions(
        self,
        request: Asked,
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Days (Europe/Copenhagen) that begin in [start, end), each whole, over the hours that are ok in both vintages."""
        return answer(
            request, store, lambda reading: plans.revisions(reading, area, consumer_group=consumer_group, start=start, end=end)
        )
