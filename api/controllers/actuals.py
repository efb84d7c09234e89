"""Measured consumption."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import BY_DEFAULT_ROWS, AnyVintageText, AreaText, EndText, FormatText, GroupText, RowsText, StartText
from api.schemas import ActualsAnswer
from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store


class ActualController(Controller):
    """Actuals: what was consumed."""

    path = "/actuals"
    tags = ("actuals",)

    @get(
        operation_id="listActuals",
        summary="Measured consumption of a series, hour by hour",
        responses=documented(ActualsAnswer, examples.ACTUALS, 404, 422),
        sync_to_thread=True,
    )
    def actuals(
        self,
        request: Asked,
        store: NamedDependency[Store],
        area: AreaText,
        consumer_group: GroupText = TOTAL,
        start: StartText = None,
        end: EndText = None,
        vintage: AnyVintageText = None,
        limit: RowsText = str(BY_DEFAULT_ROWS),
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Hours in [start, end), as they can be used and as they were published; quality says what became of each.

        Without a vintage each hour is settled where settled is ok, else preliminary where that is ok, else an estimate.
        """
        return answer(
            request,
            store,
            lambda reading: plans.actuals(
                reading, area, consumer_group=consumer_group, start=start, end=end, vintage=vintage, limit=limit
            ),
        )
