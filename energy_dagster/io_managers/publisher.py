"""Publishing the lake as the warehouse that people read."""

from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Published, Warehouse
from energy_dagster.resources.clock import Clock


class Publisher(ConfigurableResource):  # type: ignore[type-arg]
    """Publishes snapshots of the lake."""

    lake_root: str = Field(description="Folder or fsspec URL of the lake")
    folder: str = Field(description="Folder of the snapshots")
    source: str = Field(description="sandbox, recorded or live, as readers are told")
    simulated: bool = Field(description="Whether readers must be told that the numbers are simulated")
    clock: Clock

    def publish(self, *, anew: bool = False) -> Published:
        """Publish what the lake holds now; `anew` from the lake alone, whatever the standing snapshot holds.

        Raises:
            StorageError: the folder or the lake cannot be read or written.
        """
        return Warehouse(self.folder).publish(
            Lake(self.lake_root),
            ModelStore(self.lake_root),
            as_of=self.clock.now(),
            published_at=self.clock.machine_now(),
            source=self.source,
            simulated=self.simulated,
            anew=anew,
        )
