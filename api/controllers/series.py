"""Which series there are."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import AreaPart, FormatText, GroupPart
from api.schemas import SeriesAnswer
from energy_dagster.store.reader import Store


class SeriesController(Controller):
    """Series: an area and a consumer group."""

    path = "/series"
    tags = ("series",)

    @get(
        operation_id="listSeries",
        summary="Every series: its names, what is held of it, how fresh it is",
        responses=documented(SeriesAnswer, examples.SERIES),
        sync_to_thread=True,
    )
    def list_series(self, request: Asked, store: NamedDependency[Store], format: FormatText = None) -> Answered:  # noqa: A002, ARG002
        """A series is one area and one consumer group; its energies are MWh per hour."""
        return answer(request, store, plans.series)

    @get(
        "/{area:str}/{consumer_group:str}",
        operation_id="getSeries",
        summary="One series: its names, what is held of it, how fresh it is",
        responses=documented(SeriesAnswer, examples.SERIES, 404),
        sync_to_thread=True,
    )
    def one_series(
        self,
        request: Asked,
        store: NamedDependency[Store],
        area: AreaPart,
        consumer_group: GroupPart,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """The same row as in the list."""
        return answer(request, store, lambda reading: plans.series(reading, area, consumer_group))
