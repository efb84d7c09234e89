"""The real graph on a data folder, asking the replica over the network with little patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from dagster import AssetKey, AssetsDefinition, DagsterInstance, Definitions, ExecuteInProcessResult

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.tables import TABLES
from energy_dagster.io_managers.lake import Lake
from energy_dagster.settings import Settings
from energy_dagster.storage.quarantine import Kept, Quarantine
from energy_dagster_tests.faults.replica import NOW

MONTH = "2018-10-01"
"""The month of the day of 25 hours, published and settled by `NOW`."""

LARGEST_MB = 20.0
"""More than the whole simulated settlement, and less than the huge answer."""

INGESTION = {AssetKey(name) for name in ("raw_load", "raw_settlement", "raw_weather", "consumption")}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Platform:
    """One data folder, and how the sources are asked.

    Attributes:
        url: of the replica.
        data: the folder.
        now: the platform's present, by which rows are stamped; apart from the replica's.
        page_records: records to ask the portal for at once; None for as many as the product asks for.
        timeout_seconds: of silence.
    """

    url: str
    data: Path
    now: datetime = NOW
    page_records: int | None = None
    timeout_seconds: float = 30.0
    instance: DagsterInstance = field(default_factory=DagsterInstance.ephemeral)

    @property
    def settings(self) -> Settings:
        """Every source is the replica."""
        return Settings(
            source="live",
            data=str(self.data),
            now=self.now,
            portal_url=self.url,
            portal_seconds_between=0,
            weather_url=self.url,
            weather_archive_url=self.url,
            weather_previous_runs_url=self.url,
        )

    @property
    def definitions(self) -> Definitions:
        """What is read and cleaned of the graph, with sources that give up early and keep their pace in the data folder."""
        built = build_definitions(self.settings)
        resources = dict(built.resources or {})
        patience = {
            "timeout_seconds": self.timeout_seconds,
            "largest_answer_mb": LARGEST_MB,
            "pace_folder": str(self.data / "pace"),
        }
        sources = changed(resources["portal"].sources, patience)
        paging = {} if self.page_records is None else {"page_records": self.page_records}
        resources["portal"] = changed(resources["portal"], {"sources": sources, **paging})
        resources["weather"] = changed(resources["weather"], {"sources": sources})
        ingestion = [asset for asset in built.assets or () if isinstance(asset, AssetsDefinition) and asset.keys & INGESTION]
        return Definitions(assets=ingestion, executor=built.executor, resources=resources)

    def run(self, *assets: str, month: str = MONTH) -> ExecuteInProcessResult:
        """Make a month of some assets, as one run an hour after the last one; a failing asset fails it, nothing is raised."""
        self.now += timedelta(hours=1)
        job = self.definitions.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            asset_selection=[AssetKey(asset) for asset in assets],
            instance=self.instance,
            partition_key=month,
            raise_on_error=False,
            run_config=QUIET,
        )

    def rows(self, asset: str) -> pd.DataFrame:
        """What the lake holds of a table."""
        lake = Lake(self.settings.lake)
        return lake.read(TABLES[asset], lake.partitions(asset))

    def values(self, asset: str) -> pd.DataFrame:
        """The same without when it was read."""
        return self.rows(asset).drop(columns="fetched_at")

    def kept(self, dataset: str | None = None) -> list[Kept]:
        """What lies in the quarantine."""
        listed = Quarantine(self.settings.quarantine).listing()
        return [kept for kept in listed if dataset in (None, kept.dataset)]

    def files(self) -> set[str]:
        """Every file below the lake."""
        return {str(path.relative_to(self.settings.lake)) for path in Path(self.settings.lake).rglob("*") if path.is_file()}


def changed(resource: Any, fields: Mapping[str, Any]) -> Any:
    """A resource with other values of some fields."""
    return type(resource)(**{name: getattr(resource, name) for name in type(resource).model_fields} | dict(fields))


def told(result: ExecuteInProcessResult, asset: str) -> tuple[str, str]:
    """Class and sentence of the error that ended an asset of a run; both empty where it succeeded."""
    for event in result.all_events:
        if event.is_step_failure and event.step_key == asset:
            error = event.step_failure_data.error
            cause = None if error is None else error.cause
            assert cause is not None, error
            return str(cause.cls_name), cause.message.partition(": ")[2].strip()
    return "", ""
