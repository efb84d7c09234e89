"""The model registry of Hopsworks: models under the platform's own numbers, file by file."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from energy_dagster.resources.feature_store import NotAsWritten, OtherContract
from energy_dagster.resources.hopsworks_client import Access, within
from energy_dagster.resources.model_registry import MODEL_NAME, ModelToRegister, Registered

MODELS: Final = "Models"
IDENTITY: Final = "meta.json"
"""The file by which one model is told from another."""

REGISTRATION_SECONDS: Final = 5
"""The client asks every 5 s whether a model is registered; with less it fails on its own None."""

UPLOAD: Final = {"max_chunk_retries": 3}


@dataclass(frozen=True)
class HopsworksRegistry:
    """The registry of one project."""

    access: Access

    def save(self, model: ModelToRegister) -> Registered:
        """See `ModelRegistry.save`. What an attempt that broke off left behind is taken away first."""
        what = f"Registering model {MODEL_NAME} {model.number}"
        return within(self.access, what, lambda project: self._saved(project, model))

    def fetch(self, number: int) -> dict[str, bytes] | None:
        """See `ModelRegistry.fetch`."""
        return within(self.access, f"Fetching model {MODEL_NAME} {number}", lambda project: _files(project, number))

    def _saved(self, project: Any, model: ModelToRegister) -> Registered:
        there = _files(project, model.number)
        if there == model.files:
            return Registered(model.number, added=False, url=self._page(project, model.number))
        if there and there.get(IDENTITY) not in (None, model.files[IDENTITY]):
            raise OtherContract(
                f"Model {MODEL_NAME} {model.number} in Hopsworks is another: its {IDENTITY} differs; delete it there to "
                "register this one"
            )
        _remove(project, model.number)
        registry = project.get_model_registry()
        lineage: dict[str, Any] = {}
        if model.dataset is not None:
            view = project.get_feature_store().get_feature_view(model.dataset.view, version=model.dataset.view_version)
            lineage = {"feature_view": view, "training_dataset_version": model.dataset.version} if view is not None else {}
        made = registry.python.create_model(
            name=MODEL_NAME,
            version=model.number,
            metrics=dict(model.metrics),
            description=model.description,
            **lineage,
        )
        with tempfile.TemporaryDirectory() as folder:
            for name, content in model.files.items():
                (Path(folder) / name).write_bytes(content)
            made.save(folder, await_registration=REGISTRATION_SECONDS, keep_original_files=True, upload_configuration=UPLOAD)
        there = _files(project, model.number) or {}
        if there != model.files:
            differing = sorted(name for name in {*there, *model.files} if there.get(name) != model.files.get(name))
            raise NotAsWritten(f"Model {MODEL_NAME} {model.number}, read back after it was registered: other files {differing}")
        return Registered(model.number, added=True, url=self._page(project, model.number))

    def _page(self, project: Any, number: int) -> str:
        """The model's page in Hopsworks."""
        return f"https://{self.access.host}:{self.access.port}/p/{project.id}/models/{MODEL_NAME}/{number}"


def _files(project: Any, number: int) -> dict[str, bytes] | None:
    """The files of a model; None where it is not registered."""
    model = project.get_model_registry().get_model(MODEL_NAME, version=number)
    if model is None:
        return None
    if not project.get_dataset_api().exists(_folder(number)):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        fetched = Path(model.download(local_path=str(Path(folder) / "model")))
        return {path.name: path.read_bytes() for path in fetched.iterdir() if path.is_file()}


def _remove(project: Any, number: int) -> None:
    """Take away the registration and the files of a number, whichever of them there is."""
    model = project.get_model_registry().get_model(MODEL_NAME, version=number)
    if model is not None:
        model.delete()
    files = project.get_dataset_api()
    if files.exists(_folder(number)):
        files.remove(_folder(number))


def _folder(number: int) -> str:
    return f"{MODELS}/{MODEL_NAME}/{number}"
