"""Level 1: the model registry of the real client, with explicit versions."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from energy_dagster_tests.contract.hopsworks_standin.faults import Fault

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

NAME = "load_model"
CHUNK_BYTES = 1_000_000
MODEL_BYTES = 2 * CHUNK_BYTES + 1000
SHORTEST_WAIT_SECONDS = 5
"""The client asks every 5 s whether a model is registered; with less it fails on its own None."""


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A model of more than one chunk, and what is told of it."""
    folder = tmp_path / "model"
    (folder / "meta").mkdir(parents=True)
    (folder / "model.txt").write_bytes(bytes(range(256)) * (MODEL_BYTES // 256) + b"end")
    (folder / "meta" / "meta.json").write_text("{}")
    return folder


def save(project: Any, folder: Path, *, version: int, mae_mwh: float = 20.0) -> None:
    """Save it the way an adapter would: with a version, and leaving the files where they are."""
    model = project.get_model_registry().python.create_model(name=NAME, version=version, metrics={"mae_mwh": mae_mwh})
    options = {"chunk_size": CHUNK_BYTES, "max_chunk_retries": 1}
    wait = SHORTEST_WAIT_SECONDS
    model.save(str(folder), await_registration=wait, keep_original_files=True, upload_configuration=options)


def test_a_saved_model_comes_back_file_by_file_although_a_chunk_was_lost(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any, model_folder: Path, tmp_path: Path
) -> None:
    hopsworks_standin.faults.add(Fault("unavailable", method="POST", path="/dataset/upload/"))
    save(hopsworks_project, model_folder, version=7)
    uploads = hopsworks_standin.asked("POST", "/dataset/upload/")
    assert sorted(request.status or 0 for request in uploads) == [200, 200, 200, 200, 503]

    model = hopsworks_project.get_model_registry().get_model(NAME, version=7)
    assert model.training_metrics == {"mae_mwh": 20.0}
    fetched = Path(model.download(local_path=str(tmp_path / "fetched")))
    for path in ("model.txt", "meta/meta.json"):
        assert (fetched / path).read_bytes() == (model_folder / path).read_bytes()


def test_the_best_model_is_that_of_the_least_error(hopsworks_project: Any, model_folder: Path) -> None:
    save(hopsworks_project, model_folder / "meta", version=1, mae_mwh=30.0)
    save(hopsworks_project, model_folder / "meta", version=2, mae_mwh=25.0)
    registry = hopsworks_project.get_model_registry()
    assert registry.get_best_model(NAME, "mae_mwh", "min").version == 2
    assert registry.get_best_model(NAME, "mae_mwh", "max").version == 1
    assert sorted(model.version for model in registry.get_models(NAME)) == [1, 2]


def test_a_model_nobody_saved_is_absent(hopsworks_project: Any) -> None:
    assert hopsworks_project.get_model_registry().get_model("another", version=1) is None


def test_a_failure_after_registration_leaves_a_version_that_has_to_be_deleted(
    hopsworks_standin: "HopsworksStandIn", hopsworks_project: Any, model_folder: Path
) -> None:
    """The client takes the files away and leaves the registration: the next attempt is refused until that is deleted."""
    from hopsworks_common.client.exceptions import ModelRegistryException, RestAPIError

    hopsworks_standin.faults.add(Fault("error_after", method="PUT", path="/models/"))
    with pytest.raises(RestAPIError):
        save(hopsworks_project, model_folder / "meta", version=3)
    with pytest.raises(ModelRegistryException, match="looks to be corrupt"):
        save(hopsworks_project, model_folder / "meta", version=3)
    hopsworks_project.get_model_registry().get_model(NAME, version=3).delete()
    save(hopsworks_project, model_folder / "meta", version=3)
    with pytest.raises(ModelRegistryException, match="already exists"):
        save(hopsworks_project, model_folder / "meta", version=3)
