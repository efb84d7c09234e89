"""How good the forecasts were, summed up."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import AnyAreaText, AnyGroupText, ByDayText, EndText, StartText, VintageText
from api.queries import scores
from api.schemas import ScoreRow, ScoresAnswer, SnapshotBody, as_rows
from energy_dagster.store.reader import Store


class ScoreController(Controller):
    """Scores: mean errors, skill against the weekly naive, and coverage."""

    path = "/scores"
    tags = ("scores",)

    @get(
        operation_id="listScores",
        summary="Mean errors, skill and coverage over a window",
        responses=documented(ScoresAnswer, examples.SCORES, 400, 404, 503),
        sync_to_thread=True,
    )
    def scores(
        self,
        request: Request[Any, Any, Any],
        store: NamedDependency[Store],
        start: StartText = None,
        end: EndText = None,
        vintage: VintageText = "preliminary",
        area: AnyAreaText = None,
        consumer_group: AnyGroupText = None,
        by_day: ByDayText = "false",
    ) -> Response[ScoresAnswer]:
        """Hours in [start, end): one row per series for all leads and for each bucket, per local day when asked by day."""
        answer = scores(store, start=start, end=end, vintage=vintage, area=area, consumer_group=consumer_group, by_day=by_day)
        envelope = ScoresAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, ScoreRow))
        return conditional(request, envelope)
