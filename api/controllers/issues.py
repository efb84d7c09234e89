"""When forecasts were made, and from what."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import BY_DEFAULT_ROWS, LATEST, EndText, FormatText, OneIssueText, RevisionText, RowsText, StartText
from api.schemas import IssuesAnswer, ProvenanceAnswer
from energy_dagster.store.reader import Store


class IssueController(Controller):
    """Issues and their provenance."""

    tags = ("issues",)

    @get(
        "/issues",
        operation_id="listIssues",
        summary="When forecasts were made, and with which model",
        responses=documented(IssuesAnswer, examples.ISSUES, 422),
        sync_to_thread=True,
    )
    def issues(
        self,
        request: Asked,
        store: NamedDependency[Store],
        start: StartText = None,
        end: EndText = None,
        limit: RowsText = str(BY_DEFAULT_ROWS),
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Issues made in [start, end), oldest first; by default those of the 7 days up to the snapshot's as_of, that included."""
        return answer(request, store, lambda reading: plans.issues(reading, start=start, end=end, limit=limit))

    @get(
        "/provenance",
        operation_id="getProvenance",
        summary="What an issue was made from, back to what was read from the sources",
        responses=documented(ProvenanceAnswer, examples.PROVENANCE, 404),
        sync_to_thread=True,
    )
    def provenance(
        self,
        request: Asked,
        store: NamedDependency[Store],
        issued_at: OneIssueText = LATEST,
        revision: RevisionText = None,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """Every version in the lake behind a served number, nearest first, with the code and the run that made it."""
        return answer(request, store, lambda reading: plans.provenance(reading, issued_at=issued_at, revision=revision))
