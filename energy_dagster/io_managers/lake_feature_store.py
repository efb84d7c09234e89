"""The lake as a feature store: what mirrors are made from, and held against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.feature_groups import GROUPS, Partition
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, Table
from energy_dagster.io_managers.lake import Lake
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
