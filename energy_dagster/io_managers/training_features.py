"""The features that a model is trained from, read from a training dataset of Hopsworks that holds what the lake holds."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from dagster import ConfigurableIOManager, InputContext, OutputContext
from pydantic import Field

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.feature_groups import Partition, difference
from energy_dagster.domain.tables import CONSUMPTION_FEATURES
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.lake_feature_store import LakeFeatureStore
from energy_dagster.io_managers.own_registry import DATASET
from energy_dagster.io_managers.provenance import READS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.feature_store import FeatureStore, MirrorLags, TrainingData
from energy_dagster.resources.hopsworks_service import Hopsworks
from energy_dagster.storage.files import StorageError

LAGGING: Final = "the training dataset in Hopsworks does not hold what the lake holds, though its months were written anew"


def as_the_lake_has_it(mirror: FeatureStore, lake: FeatureStore, partitions: Sequence[Partition], purpose: str) -> TrainingData:
    """A training dataset of the mirror that holds what the lake holds; months that lag are mirrored first.

    Args:
        mirror: where the dataset is made.
        lake: what it is held against.
        partitions: months in their order.
        purpose: what it is for.

    Raises:
        MirrorLags: it still holds something else.
        FeatureStoreError: as its classes say.
    """
    if not partitions:
        raise MirrorLags(f"expected months of features for the {purpose}, found none in the lake: materialize consumption_features")
    expected = lake.training_data(partitions, purpose).rows
    lagging = [one for one in partitions if _differs(mirror, lake, one) is not None]
    for one in lagging:
        mirror.replace(CONSUMPTION_FEATURES, one, lake.read(CONSUMPTION_FEATURES, one))
    data = mirror.training_data(partitions, purpose)
    differs = difference(CONSUMPTION_FEATURES, expected, data.rows)
    if differs is not None:
        raise MirrorLags(f"{LAGGING}: {differs}; materialize hopsworks_features")
    return data


def _differs(mirror: FeatureStore, lake: FeatureStore, one: Partition) -> str | None:
    return difference(CONSUMPTION_FEATURES, lake.read(CONSUMPTION_FEATURES, one), mirror.read(CONSUMPTION_FEATURES, one))


class TrainingFeaturesIOManager(ConfigurableIOManager):
    """Reads the features of a training from Hopsworks, as a dataset that is named in the model's lineage."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    clock: Clock
    hopsworks: Hopsworks

    def handle_output(self, context: OutputContext, obj: object) -> None:  # noqa: ARG002 - as every manager has it
        """Nothing is written by this manager.

        Raises:
            StorageError: always.
        """
        raise StorageError(f"expected {context.asset_key.to_user_string()} to be written by another manager")

    def load_input(self, context: InputContext) -> pd.DataFrame:
        """The features of the months that the input maps to.

        Raises:
            FeatureStoreError: as its classes say.
            StorageError: the lake cannot be read.
        """
        lake, definition = Lake(self.root), context.asset_partitions_def
        versions = lake.standing(CONSUMPTION_FEATURES, list(context.asset_partition_keys))
        windows = {key: definition.time_window_for_partition_key(key) for key in sorted(versions)}  # type: ignore[attr-defined]
        months = [Partition(key, naive_utc(window.start), naive_utc(window.end)) for key, window in windows.items()]
        if not months:
            return lake.read(CONSUMPTION_FEATURES, [])
        own = LakeFeatureStore(lake, self.clock.machine_now)
        data = as_the_lake_has_it(self.hopsworks.feature_store(), own, months, f"training in run {context.step_context.run_id}")
        READS.note(context, CONSUMPTION_FEATURES.name, {key: version.version for key, version in versions.items()})
        if data.dataset is not None:
            READS.note(context, DATASET, {f"{data.dataset.view} {data.dataset.view_version}": str(data.dataset.version)})
        return data.rows
