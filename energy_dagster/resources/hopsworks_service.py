"""Hopsworks as the assets see it: a feature store and a model registry, configured once."""

from typing import Literal

from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.resources.feature_store import FeatureStore
from energy_dagster.resources.hopsworks_client import Access
from energy_dagster.resources.hopsworks_groups import HopsworksFeatureStore
from energy_dagster.resources.hopsworks_registry import HopsworksRegistry
from energy_dagster.resources.model_registry import ModelRegistry


class Hopsworks(ConfigurableResource):  # type: ignore[type-arg]
    """One project of a Hopsworks service. Nothing is asked of it before something is read or written."""

    host: str = Field(default="", description="Name of the service, without https://")
    port: int = Field(default=443, description="Its port")
    project: str = Field(default="", description="The project")
    key: str | None = Field(default=None, repr=False, description="API key")
    trust_store: str | None = Field(default=None, description="File of the authorities that are trusted")
    mode: Literal["delta", "stream"] = Field(default="delta", description="How rows are written: to files, or by Kafka and a job")
    data: str = Field(default="data", description="Data folder; certificates are kept below it while somebody is logged in")
    seconds: float = Field(default=900.0, gt=0, description="Longest that a whole operation may take")

    def access(self) -> Access:
        """How the service is reached."""
        return Access(
            self.host, self.port, self.project, self.key or "", self.trust_store, f"{self.data.rstrip('/')}/hopsworks", self.seconds
        )

    def feature_store(self) -> FeatureStore:
        """Its feature groups."""
        return HopsworksFeatureStore(self.access(), self.mode)

    def registry(self) -> ModelRegistry:
        """Its models."""
        return HopsworksRegistry(self.access())
