"""The lake as a feature store: what mirrors are made from, and held against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.feature_groups import GROUPS, Partition
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, Table
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.feature_store import Replaced, TrainingData


@dataclass(frozen=True)
class LakeFeatureStore:
    """Partitions of the lake.

    Attributes:
        lake: where they lie.
        clock: the machine's time, aware; for what is written.
        run_id: the run that writes.
    """

    lake: Lake
    clock: Callable[[], datetime]
    run_id: str = ""

    def replace(self, table: Table, partition: Partition, frame: pd.DataFrame) -> Replaced:
        """See `FeatureStore.replace`; versions before it are kept.

        Raises:
            StorageError: the lake cannot be read or written.
        """
        rows, key = conform(table, frame), list(table.key)
        before = self.read(table, partition)[key].merge(rows[key], on=key, how="left", indicator=True)
        self.lake.write(table, partition.key, rows, at=self.clock(), run_id=self.run_id)
        return Replaced(table.name, GROUPS[table.name].version, len(rows), int((before["_merge"] == "left_only").sum()))

    def read(self, table: Table, partition: Partition) -> pd.DataFrame:
        """See `FeatureStore.read`.

        Raises:
            StorageError: the lake cannot be read.
        """
        return conform(table, self.lake.read(table, [partition.key]))

    def training_data(self, partitions: Sequence[Partition], purpose: str) -> TrainingData:  # noqa: ARG002 - nothing is kept apart
        """See `FeatureStore.training_data`.

        Raises:
            StorageError: the lake cannot be read.
        """
        rows = self.lake.read(CONSUMPTION_FEATURES, [one.key for one in partitions])
        return TrainingData(conform(CONSUMPTION_FEATURES, rows), None)


class Record(ConfigurableResource):  # type: ignore[type-arg]
    """What is mirrored: the lake's partitions, and the models that are kept beside it."""

    lake_root: str = Field(description="Folder or fsspec URL of the lake")
    clock: Clock

    def feature_store(self) -> LakeFeatureStore:
        """The lake as a feature store."""
        return LakeFeatureStore(Lake(self.lake_root), self.clock.machine_now)

    def models(self) -> ModelStore:
        """The models."""
        return ModelStore(self.lake_root)

    def partitions(self, table: Table) -> list[str]:
        """Keys of a table's partitions that have a version.

        Raises:
            StorageError: the lake cannot be listed.
        """
        return Lake(self.lake_root).partitions(table.name)
