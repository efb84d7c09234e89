"""What a feature store is to the platform: partitions of tables, each replaced as a whole, and data to train from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from energy_dagster.domain.feature_groups import Partition
from energy_dagster.domain.tables import Table


class FeatureStoreError(RuntimeError):
    """Something of a feature store or a model registry failed; the message says what, where, and what to do.

    `lasts` says that trying again changes nothing.
    """

    lasts = False


class StoreAway(FeatureStoreError):
    """The service cannot be reached, has a fault, or did not end in time; trying again may help."""


class NotAsWritten(FeatureStoreError):
    """What was read back is not what was written; writing again may help."""


class MirrorLags(FeatureStoreError):
    """A mirror does not hold what the lake holds; materializing it helps."""


class AccessRefused(FeatureStoreError):
    """The service does not accept who asks, or may not be trusted itself."""

    lasts = True


class OtherServer(FeatureStoreError):
    """The server is of another version than the client."""

    lasts = True


class OtherContract(FeatureStoreError):
    """A group or a model of that version is another than the one to be written, or the service refuses what it is told."""

    lasts = True


class ClientMissing(FeatureStoreError):
    """The client is not installed."""

    lasts = True


@dataclass(frozen=True)
class Replaced:
    """What replacing a partition did: the group and its version, rows that stand, stale rows deleted, and the group's page."""

    group: str
    version: int
    rows: int
    deleted: int
    url: str | None = None


@dataclass(frozen=True)
class TrainingDataset:
    """A dataset that was made to be trained from: the view it is of, their versions, and its page."""

    view: str
    view_version: int
    version: int
    url: str | None = None


@dataclass(frozen=True)
class TrainingData:
    """Rows of `consumption_features`, and the dataset they were kept as; None where nothing is kept apart."""

    rows: pd.DataFrame
    dataset: TrainingDataset | None


class FeatureStore(Protocol):
    """Keeps tables by partition."""

    def replace(self, table: Table, partition: Partition, frame: pd.DataFrame) -> Replaced:
        """Make a partition hold these rows and no other.

        Raises:
            TableContractError: the frame breaks the table's contract, or holds a key twice; nothing was written.
            FeatureStoreError: as its classes say.
        """

    def read(self, table: Table, partition: Partition) -> pd.DataFrame:
        """The rows of a partition in the table's types; none where it was never written.

        Raises:
            FeatureStoreError: as its classes say.
        """

    def training_data(self, partitions: Sequence[Partition], purpose: str) -> TrainingData:
        """The features of some months, later months before the look-ahead of earlier ones.

        Args:
            partitions: months in their order.
            purpose: what they are for, in a few words.

        Raises:
            FeatureStoreError: as its classes say.
        """
