"""A small platform with history whose mirrors go to the stand-in."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult
from dagster._core.storage.partition_status_cache import AssetPartitionStatus  # what the UI shows; nothing public does

from energy_dagster.definitions import build_definitions
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.resources.hopsworks_service import Hopsworks
from energy_dagster.settings import Settings
from energy_dagster.walk import QUIET

if TYPE_CHECKING:  # the stand-in needs packages that only some environments have
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

SECONDS = 60.0


def settings_with(standin: "HopsworksStandIn", settings: Settings, **others: object) -> Settings:
    """Settings of a platform, and the stand-in as its Hopsworks."""
    reached: dict[str, object] = {
        "hopsworks_host": standin.host,
        "hopsworks_port": standin.port,
        "hopsworks_project": standin.project,
        "hopsworks_api_key": standin.api_key,
        "hopsworks_trust_store": str(standin.trust_store),
        "hopsworks_seconds": SECONDS,
        "hopsworks_retry_seconds": 0.0,
    }
    return Settings.model_validate({**settings.model_dump(), **reached, **others})


class MirroredPlatform:
    """Runs assets of the graph, and tells what became of their partitions."""

    def __init__(self, settings: Settings, instance: DagsterInstance) -> None:
        self.settings, self.instance = settings, instance
        self.definitions = build_definitions(settings)
        self.lake, self.models = Lake(settings.lake), ModelStore(settings.lake)

    def run(self, asset: str, first: str | None = None, last: str | None = None) -> ExecuteInProcessResult:
        """A run of one asset, of the partitions from first to last."""
        tags: dict[str, Any] = {}
        if first is not None:
            tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first}
        job = self.definitions.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            asset_selection=[AssetKey(asset)], instance=self.instance, tags=tags, run_config=QUIET, raise_on_error=False
        )

    def failure(self, result: ExecuteInProcessResult) -> str:
        """What a run that failed says of it."""
        assert not result.success
        (failed,) = [event for event in result.all_events if event.is_step_failure]
        assert failed.step_failure_data.error is not None
        told = failed.step_failure_data.user_failure_data
        return str(failed.step_failure_data.error.message if told is None or told.description is None else told.description)

    def tries(self, result: ExecuteInProcessResult) -> int:
        """How often the step of a run was tried."""
        return 1 + sum(event.event_type_value == "STEP_RESTARTED" for event in result.all_events)

    def statuses(self, asset: str, keys: Sequence[str]) -> list[str]:
        """What became of partitions: materialized, failed or missing."""
        definition = self.definitions.resolve_asset_graph().get(AssetKey(asset)).partitions_def
        assert definition is not None
        found = self.instance.get_status_by_partition(AssetKey(asset), list(keys), definition) or {}
        named = {AssetPartitionStatus.MATERIALIZED: "materialized", AssetPartitionStatus.FAILED: "failed", None: "missing"}
        return [named[found.get(key)] for key in keys]

    def hopsworks(self) -> Hopsworks:
        """The service, as the assets have it."""
        settings = self.settings
        return Hopsworks(
            host=settings.hopsworks_host or "",
            port=settings.hopsworks_port,
            project=settings.hopsworks_project or "",
            key=settings.hopsworks_api_key,
            trust_store=settings.hopsworks_trust_store,
            mode=settings.hopsworks_mode,
            data=settings.data,
            seconds=settings.hopsworks_seconds,
        )


def metadata_of(result: ExecuteInProcessResult, asset: str) -> list[dict[str, Any]]:
    """What a run tells of each partition it has made."""
    made = result.asset_materializations_for_node(asset)
    return [{name: value.value for name, value in one.metadata.items()} for one in made]


def certificates_below(data: str) -> list[Path]:
    """Folders of certificates that are there now."""
    return list((Path(data) / "hopsworks").glob("certificates-*"))
