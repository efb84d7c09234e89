"""A data folder whose trainings are recorded with the real client against the stand-in for W&B."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult, MetadataValue, TextMetadataValue, UrlMetadataValue
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from energy_dagster.cli import cli
from energy_dagster.definitions import build_definitions
from energy_dagster.domain.held_out import NOMINALS, HeldOutScore
from energy_dagster.domain.model import TrainedModel
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.lake import Version
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.resources.experiment_folder import ExperimentFolder, KeptRun
from energy_dagster.settings import Settings
from energy_dagster_tests.brought_up import BroughtUp
from energy_dagster_tests.contract.wandb_standin import KEY, WandbStandin, wandb_standin
from energy_dagster_tests.io_managers.samples import tiny_model

WEEK, NEXT_WEEK = "2025-10-20", "2025-10-27"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def judged_model(version: str, week: str, verdict: Any = "champion") -> TrainedModel:
    """A tiny model with scores of its held-out weeks."""
    held = {name: float(name) - 1 for name in NOMINALS}
    scores = tuple(
        HeldOutScore(area, bucket, 100, 40.0, 2.5, 70.0, held) for area in ("all", "DK1") for bucket in ("all", "01-06", "25-48")
    )
    model = tiny_model(version, verdict=verdict, serves_from=f"{week}T00:00:00")
    return replace(model, meta=replace(model.meta, held_out=scores))


@dataclass
class House:
    """A data folder, the service it is recorded at, and the models that its trainings are to give."""

    settings: Settings
    instance: DagsterInstance
    standin: WandbStandin
    verdicts: dict[str, str] = field(default_factory=dict)
    trained: int = 0

    @property
    def folder(self) -> ExperimentFolder:
        return ExperimentFolder(self.settings.data)

    @property
    def models(self) -> ModelStore:
        return ModelStore(self.settings.lake)

    def waiting(self) -> list[KeptRun]:
        return self.folder.waiting(to_link=True)

    def waits(self, seconds: float) -> None:
        """No longer than this for the service."""
        self.settings = self.settings.model_copy(update={"experiments_seconds": seconds})

    def model(self, week: str) -> TrainedModel:
        """What the next training gives."""
        self.trained += 1
        return judged_model(f"lgbm-{week}-{self.trained}", week, self.verdicts.get(week, "champion"))

    def run(self, asset: str, partition: str | None = None) -> ExecuteInProcessResult:
        """A materialization."""
        job = build_definitions(self.settings).resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            asset_selection=[AssetKey(asset)], instance=self.instance, partition_key=partition, run_config=QUIET
        )

    def try_again(self, first: ExecuteInProcessResult, asset: str) -> None:
        """The run of a materialization once more, as Dagster's retries do it."""
        job = build_definitions(self.settings).resolve_implicit_global_asset_job_def()
        subset = job.get_subset(asset_selection={AssetKey(asset)})
        run = self.instance.create_run_for_job(
            subset,
            run_config=QUIET,
            tags=dict(first.dagster_run.tags),
            root_run_id=first.run_id,
            parent_run_id=first.run_id,
            asset_selection=frozenset({AssetKey(asset)}),
        )
        assert execute_run(InMemoryJob(subset), run, self.instance).success

    def sync(self, *options: str) -> Result:
        """`energy wandb-sync`, with the same settings."""
        environment = {
            "ENERGY_DATA": self.settings.data,
            "WANDB_API_KEY": self.settings.wandb_api_key,
            "WANDB_BASE_URL": self.settings.wandb_base_url,
        }
        return CliRunner(env=environment).invoke(cli, ["wandb-sync", *options])


def newest_of(house: House) -> Version:
    """The version of the model that was kept last."""
    return max(house.models.versions(), key=lambda version: version.version)


def metadata_of(result: ExecuteInProcessResult, asset: str) -> dict[str, MetadataValue[Any]]:
    """Of its one materialization."""
    (made,) = result.asset_materializations_for_node(asset)
    return dict(made.metadata)


def told_of(result: ExecuteInProcessResult, asset: str = "forecast_model") -> str:
    """What became of the record."""
    told = metadata_of(result, asset)["experiments"]
    assert isinstance(told, TextMetadataValue)
    return told.text or ""


def page_of(result: ExecuteInProcessResult, asset: str = "forecast_model") -> str:
    """The page of the run."""
    page = metadata_of(result, asset)["experiment"]
    assert isinstance(page, UrlMetadataValue)
    return page.url or ""


@pytest.fixture
def standin() -> Iterator[WandbStandin]:
    """The service; that it is asked what it does not know fails the test."""
    with wandb_standin() as service:
        yield service


@pytest.fixture
def house(own_copy: BroughtUp, standin: WandbStandin, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A data folder whose trainings take no time."""
    if find_spec("wandb") is None:
        pytest.skip("needs the client: the extra wandb")
    settings = own_copy.settings.model_copy(
        update={
            "experiments": "auto",
            "wandb_api_key": KEY,
            "wandb_base_url": standin.url,
        }
    )
    with open_instance(own_copy.data) as instance:
        made = House(settings, instance, standin)
        week_of: Callable[..., TrainedModel] = lambda *_, serves_from, **__: made.model(f"{serves_from:%Y-%m-%d}")  # noqa: E731
        monkeypatch.setattr("energy_dagster.defs.training.train", week_of)
        yield made
