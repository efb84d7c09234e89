"""Publishing the lake as the warehouse that people read."""

from collections.abc import Iterator, Sequence
from typing import Final

from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Published, Warehouse
from energy_dagster.resources.clock import Clock
from energy_dagster.storage.files import StorageError
from energy_dagster.storage.quarantine import Quarantine
from energy_dagster.store.rows import Attention

PAYLOADS_TOLD: Final = 50
"""Kept answers that readers are told of, the newest; `energy quarantine list` has them all."""


class Publisher(ConfigurableResource):  # type: ignore[type-arg]
    """Publishes snapshots of the lake."""

    lake_root: str = Field(description="Folder or fsspec URL of the lake")
    folder: str = Field(description="Folder of the snapshots")
    source: str = Field(description="sandbox, recorded or live, as readers are told")
    simulated: bool = Field(description="Whether readers must be told that the numbers are simulated")
    quarantine: str = Field(description="Folder or fsspec URL of the answers that could not be understood")
    clock: Clock

    def publish(self, *, checks: Sequence[Attention] | None = None, anew: bool = False) -> Published:
        """Publish what the lake holds now.

        Args:
            checks: checks of assets that found something and mirrors that lag, which are published with what lies in quarantine;
                None where nobody has looked, to leave what the standing snapshot says.
            anew: from the lake alone, whatever the standing snapshot holds.

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
            attention=None if checks is None else [*checks, *self._payloads()],
            anew=anew,
        )

    def _payloads(self) -> Iterator[Attention]:
        """Answers that lie in quarantine; that they cannot be listed is something to look at as well."""
        try:
            for kept in Quarantine(self.quarantine).listing()[:PAYLOADS_TOLD]:
                yield Attention("payload", kept.dataset, kept.kept_id, "warning", kept.at, kept.reason)
        except StorageError as error:
            yield Attention("payload", "quarantine", self.quarantine, "warning", self.clock.machine_now(), str(error))
