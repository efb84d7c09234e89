"""The trained models."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from api import examples
from api.answers import conditional, documented
from api.parameters import LimitText, limit_of
from api.schemas import ModelRow, ModelsAnswer, SnapshotBody, as_rows
from energy_dagster.store.reader import Store


class ModelController(Controller):
    """Models: what each was trained on, its held-out scores and the verdict."""

    path = "/models"
    tags = ("models",)

    @get(
        operation_id="listModels",
        summary="Trained models, newest first",
        responses=documented(ModelsAnswer, examples.MODELS, 400, 503),
        sync_to_thread=True,
    )
    def models(
        self, request: Request[Any, Any, Any], store: NamedDependency[Store], limit: LimitText = "50"
    ) -> Response[ModelsAnswer]:
        """A champion is served; a challenger was not better than the champion or than the weekly naive."""
        answer = store.models(limit_of(limit))
        envelope = ModelsAnswer(snapshot=SnapshotBody.of(answer.snapshot), rows=as_rows(answer.rows, ModelRow))
        return conditional(request, envelope)
