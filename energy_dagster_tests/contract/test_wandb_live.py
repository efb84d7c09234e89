"""The record at the real service, for whoever has a key: `WANDB_API_KEY=... pytest -m live_wandb`.

It makes a project of a name of its own, and deletes what it put there. Its entity is `WANDB_ENTITY`, or that of the key; the
registry is tried where `ENERGY_LIVE_REGISTRY` names a collection, such as `wandb-registry-model/try-out`.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from dagster import UrlMetadataValue

from energy_dagster.domain.experiment import of_training
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.resources.experiment_folder import ExperimentFolder
from energy_dagster.resources.experiment_tracker import ExperimentTracker, Recording
from energy_dagster_tests.contract.wandb_fixtures import NEXT_WEEK, judged_model
from energy_dagster_tests.io_managers.samples import AT

KEY, ENTITY = os.environ.get("WANDB_API_KEY"), os.environ.get("WANDB_ENTITY")
URL = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")
REGISTRY = os.environ.get("ENERGY_LIVE_REGISTRY", "")

pytestmark = [
    pytest.mark.network,
    pytest.mark.live_wandb,
    pytest.mark.skipif(not KEY or find_spec("wandb") is None, reason="needs WANDB_API_KEY and the extra wandb"),
    pytest.mark.filterwarnings("default"),  # the client is imported here to look and to clean up, and warns as it likes
]


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A project of its own, emptied afterwards."""
    monkeypatch.setenv("WANDB_API_KEY", KEY or "")
    monkeypatch.setenv("WANDB_BASE_URL", URL)
    name = f"energy-dagster-test-{uuid4().hex[:8]}"
    yield name
    import wandb

    api = wandb.Api()
    for run in api.runs(f"{ENTITY or api.default_entity}/{name}"):
        run.delete(delete_artifacts=True)


def test_a_training_arrives_whole_and_twice_the_same(tmp_path: Path, project: str) -> None:
    store = ModelStore(str(tmp_path / "lake"))
    version = store.write(NEXT_WEEK, judged_model(f"lgbm-{project}", NEXT_WEEK), at=AT, run_id="run")
    made = of_training(store.read_meta(version), week=NEXT_WEEK, attempt=uuid4().hex, promoted=True)
    recording = Recording([made], {made.run_id: store.contents(version)})
    tracker = ExperimentTracker(
        mode="online", data=str(tmp_path / "data"), project=project, entity=ENTITY, url=URL, key=KEY, registry=REGISTRY, seconds=180
    )
    told: list[str] = []
    for _ in range(2):
        page = tracker.record(lambda: recording, tell=told.append)["experiment"]
        assert told == []
        assert isinstance(page, UrlMetadataValue)
    assert ExperimentFolder(tmp_path / "data").waiting(to_link=bool(REGISTRY)) == []
    import wandb

    api = wandb.Api()
    place = f"{ENTITY or api.default_entity}/{project}"
    (run,) = api.runs(place)
    assert (run.id, run.summary["verdict"], run.config["seed"]) == (made.run_id, "champion", 7)
    artifact = api.artifact(f"{place}/forecast_model:champion", type="model")
    assert {"latest", "champion", NEXT_WEEK} <= set(artifact.aliases)
    folder = Path(artifact.download(root=str(tmp_path / "down")))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == store.contents(version)
