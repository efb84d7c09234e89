"""What the lake holds of a table, for those who look at a source without writing."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.tables import Table
from energy_dagster.io_managers.lake import Lake, written_at


class Standing(ConfigurableResource):  # type: ignore[type-arg]
    """Reads the newest versions of partitions."""

    lake_root: str = Field(description="Folder or fsspec URL of the lake")

    def rows(self, table: Table, partitions: Sequence[str]) -> pd.DataFrame:
        """The rows of some partitions; none where there is no such partition.

        Raises:
            StorageError: the lake cannot be read.
        """
        return Lake(self.lake_root).read(table, partitions)

    def partitions(self, table: Table) -> frozenset[str]:
        """Keys of the partitions there are.

        Raises:
            StorageError: the lake cannot be listed.
        """
        return frozenset(Lake(self.lake_root).partitions(table.name))

    def written_at(self, table: Table, partitions: Sequence[str]) -> datetime | None:
        """When the newest version of some partitions was written, aware UTC; None where there is none.

        Raises:
            StorageError: the lake cannot be listed.
        """
        return max(map(written_at, Lake(self.lake_root).newest(table.name, partitions).values()), default=None)
