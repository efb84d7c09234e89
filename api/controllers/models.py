"""The trained models."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples, plans
from api.answers import Answered, Asked, answer, documented
from api.parameters import FormatText, LimitText, ModelPart
from api.schemas import ModelsAnswer
from energy_dagster.store.reader import Store


class ModelController(Controller):
    """Models: what each was trained on, its held-out scores and the verdict."""

    path = "/models"
    tags = ("models",)

    @get(
        operation_id="listModels",
        summary="Trained models, newest first",
        responses=documented(ModelsAnswer, examples.MODELS),
        sync_to_thread=True,
    )
    def models(
        self,
        request: Asked,
        store: NamedDependency[Store],
        limit: LimitText = "50",
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """A champion is served; a challenger was not better than the champion or than the weekly naive."""
        return answer(request, store, lambda reading: plans.models(reading, limit=limit))

    @get(
        "/{model_version:str}",
        operation_id="getModel",
        summary="One model: parameters, training window, held-out scores, verdict, lineage",
        responses=documented(ModelsAnswer, examples.MODELS, 404),
        sync_to_thread=True,
    )
    def model(
        self,
        request: Asked,
        store: NamedDependency[Store],
        model_version: ModelPart,
        format: FormatText = None,  # noqa: A002, ARG002
    ) -> Answered:
        """The same row as in the list; forecasts name it as their model_version."""
        return answer(request, store, lambda reading: plans.model(reading, model_version))
