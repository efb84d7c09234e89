"""How good the forecasts were, beside others."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import AnyAreaText, AnyGroupText, BucketText, DimensionsText, EndText, FormatText, StartText, VintageText
from api.schemas import ScorecardAnswer
from energy_dagster.store.reader import Store


class ScorecardController(Controller):
    """The scorecard: our forecast, the weekly naive and the TSO's forecast on the same hours."""

    path = "/scorecard"
    tags = ("scorecard",)

    @get(
        operation_id="getScorecard",
        summary="Our forecast, the weekly naive and the TSO's forecast, judged on the same hours",
        responses=documented(ScorecardAnswer, examples.SCORECARD, 404, 422),
        sync_to_thread=True,
    )
    def scorecard(
        self,
        request: Asked,
        store: NamedDependency[Store],
        start: StartText = None,
        end: EndText = None,
        vintage: VintageText = "preliminary",
        area: AnyAreaText = None,
        consumer_group: AnyGroupText = None,
        lead_bucket: BucketText = None,
        by: DimensionsText = None,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Hours in [start, end): MAE, WAPE, MAPE, RMSE, bias, skill, pinball loss and coverage, told apart by what is asked for.

        The naive and the TSO give one value per hour, whatever the lead; the TSO's is there where it is read.
        """
        return answer(
            request,
            store,
            lambda reading: plans.scorecard(
                reading,
                start=start,
                end=end,
                vintage=vintage,
                area=area,
                consumer_group=consumer_group,
                lead_bucket=lead_bucket,
                by=by,
            ),
        )
