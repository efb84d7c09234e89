"""A service to mirror to, below the data folder of a simulation, that can be away: what it keeps lies in files as in the lake."""

from pathlib import Path

from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.lake_feature_store import LakeFeatureStore
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.own_registry import OwnRegistry
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.feature_store import FeatureStore, StoreAway
from energy_dagster.resources.hopsworks_service import Hopsworks
from energy_dagster.resources.model_registry import ModelRegistry


class PretendedHopsworks(Hopsworks):
    """Stands in for Hopsworks; the client and its service are another matter, with tests of their own."""

    clock: Clock

    @property
    def root(self) -> Path:
        """Where it keeps what it was given."""
        return mirror_root(self.data)

    def feature_store(self) -> FeatureStore:
        """See `Hopsworks.feature_store`.

        Raises:
            StoreAway: it is away.
        """
        self._be_there()
        return LakeFeatureStore(Lake(str(self.root)), self.clock.machine_now)

    def registry(self) -> ModelRegistry:
        """See `Hopsworks.registry`.

        Raises:
            StoreAway: it is away.
        """
        self._be_there()
        return OwnRegistry(ModelStore(str(self.root)), self.clock.machine_now)

    def _be_there(self) -> None:
        if _sign(self.data).exists():
            raise StoreAway("the service that is mirrored to cannot be reached: it is simulated to be away")


def mirror_root(data: str) -> Path:
    """The folder of the service in a data folder."""
    return Path(data) / "mirrored"


def be_away(data: str, *, really: bool) -> None:
    """Let the service be away from now on, or be there."""
    if really:
        _sign(data).touch()
    else:
        _sign(data).unlink(missing_ok=True)


def _sign(data: str) -> Path:
    return Path(data) / "mirrors_are_away"
