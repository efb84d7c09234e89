"""What is published."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import FormatText
from api.schemas import SnapshotAnswer
from energy_dagster.store.reader import Store


class SnapshotController(Controller):
    """The published state of the warehouse."""

    path = "/snapshot"
    tags = ("snapshot",)

    @get(
        operation_id="getSnapshot",
        summary="What is published, and how new each table is",
        responses=documented(SnapshotAnswer, examples.SNAPSHOT),
        sync_to_thread=True,
    )
    def snapshot(self, request: Asked, store: NamedDependency[Store], format: FormatText = None) -> Answered:  # noqa: A002, ARG002
        """Every answer of the API is read from one snapshot and names it."""
        return answer(request, store, plans.snapshot)
