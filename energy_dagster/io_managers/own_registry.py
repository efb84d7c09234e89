"""The platform's own models as a registry: the number of each, what is told of it, and its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from energy_dagster.domain.model import ModelMeta, TrainedModel, from_parts
from energy_dagster.io_managers.lake import Version
from energy_dagster.io_managers.model_store import META, TREES, ModelStore, kernel_file
from energy_dagster.resources.feature_store import OtherContract, TrainingDataset
from energy_dagster.resources.model_registry import ModelToRegister, Registered

DATASET = "training_dataset"
"""What a model trained from a dataset of a feature store names among its inputs: versions by view and its version."""


def number_of(version: Version, versions: list[Version]) -> int:
    """The number of a model: the day its week starts, then which of the week's models it is; it is the same each time.

    >>> one, two = (Version("forecast_model", "2025-10-27", name) for name in ("20251027T0010Z", "20251028T0900Z"))
    >>> number_of(two, [one, two])
    2025102702
    """
    of_week = sorted(one for one in versions if one.partition == version.partition)
    return int(version.partition.replace("-", "")) * 100 + of_week.index(version) + 1


def to_register(store: ModelStore, version: Version) -> ModelToRegister:
    """A model that is kept, as it goes into a registry.

    Raises:
        StorageError: it cannot be read.
    """
    meta, scores = store.read_meta(version), store.read_meta(version).scores
    numbers = {
        "holdout_mae_mwh": scores.mae_mwh,
        "holdout_naive_mae_mwh": scores.naive_mae_mwh,
        "holdout_coverage_80": scores.coverage_80,
        "holdout_skill": scores.skill,
    }
    dataset = dataset_of(meta)
    trained_from = "the lake" if dataset is None else f"training dataset {dataset.version} of {dataset.view} {dataset.view_version}"
    inputs = sum(len(partitions) for partitions in meta.inputs.values())
    return ModelToRegister(
        number=number_of(version, store.versions()),
        week=version.partition,
        description=(
            f"{meta.model_version}, {meta.verdict} of the week from {version.partition}: version {version.version} of the "
            f"platform's own store, trained from {trained_from} ({inputs} versions, named in {META}) by code {meta.code}, run "
            f"{meta.run_id}."
        ),
        metrics={name: number for name, number in numbers.items() if number is not None},
        files=store.contents(version),
        dataset=dataset,
    )


def dataset_of(meta: ModelMeta) -> TrainingDataset | None:
    """The dataset that a model was trained from; None for the lake."""
    for named, version in meta.inputs.get(DATASET, {}).items():
        view, _, view_version = named.rpartition(" ")
        return TrainingDataset(view, int(view_version), int(version))
    return None


def model_of(files: Mapping[str, bytes]) -> TrainedModel:
    """A model from its files.

    Raises:
        ValueError: they are not those of a model.
    """
    meta = ModelMeta.from_json(files[META].decode())
    return from_parts(files[TREES].decode(), {area: files[kernel_file(area)] for area in meta.areas}, meta)


@dataclass(frozen=True)
class OwnRegistry:
    """The models that are kept beside the lake."""

    store: ModelStore
    clock: Callable[[], datetime]
    run_id: str = ""

    def save(self, model: ModelToRegister) -> Registered:
        """See `ModelRegistry.save`.

        Raises:
            StorageError: it cannot be written.
        """
        there = self.fetch(model.number)
        if there == model.files:
            return Registered(model.number, added=False)
        if there is not None:
            raise OtherContract(f"model {model.number} of the week {model.week} is another than the one to be kept")
        written = self.store.write(model.week, model_of(model.files), at=self.clock(), run_id=self.run_id)
        return Registered(number_of(written, self.store.versions()), added=True)

    def fetch(self, number: int) -> dict[str, bytes] | None:
        """See `ModelRegistry.fetch`.

        Raises:
            StorageError: it cannot be read.
        """
        versions = self.store.versions()
        found = next((one for one in versions if number_of(one, versions) == number), None)
        return None if found is None else self.store.contents(found)
