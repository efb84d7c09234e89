"""The code location: the graph of `defs/` with its connections, from the settings of the environment."""

from typing import cast

from dagster import AssetsDefinition, AssetSpec, Definitions, in_process_executor, load_assets_from_modules, map_asset_specs

from energy_dagster.defs import evaluation, features, forecasting, ingestion, serving, training
from energy_dagster.defs.automation import AUTOMATION
from energy_dagster.domain.tables import TABLES
from energy_dagster.io_managers.managers import LakeIOManager, ModelIOManager, table_schema
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.publisher import Publisher
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import Sources
from energy_dagster.resources.weather import Weather
from energy_dagster.settings import Settings

OWNERS = ["team:forecasting"]


def build_definitions(settings: Settings) -> Definitions:
    """The whole graph for given settings."""
    loaded = load_assets_from_modules([ingestion, features, training, forecasting, evaluation, serving], include_specs=True)
    clock = Clock(pretended=settings.now.isoformat() if settings.now else None)
    sources = Sources(source=settings.source, seed=settings.seed, clock=clock)
    return Definitions(
        assets=map_asset_specs(_owned, cast("list[AssetsDefinition | AssetSpec]", loaded)),
        sensors=[AUTOMATION] if settings.moves_with_time else [],
        executor=in_process_executor,
        resources={
            "clock": clock,
            "portal": OpenDataPortal(url=settings.portal_url, sources=sources),
            "weather": Weather(
                forecast_url=settings.weather_url,
                archive_url=settings.weather_archive_url,
                previous_runs_url=settings.weather_previous_runs_url,
                api_key=settings.weather_key,
                sources=sources,
            ),
            "model_settings": Models(root=settings.lake, seed=settings.seed),
            "publisher": Publisher(
                lake_root=settings.lake,
                folder=settings.warehouse,
                source=settings.source.split(":")[0],
                simulated=settings.simulated,
                clock=clock,
            ),
            "lake": LakeIOManager(root=settings.lake, clock=clock),
            "models": ModelIOManager(root=settings.lake, clock=clock),
        },
    )


def _owned(spec: AssetSpec) -> AssetSpec:
    """The spec with the owners, and the columns of its table."""
    table = TABLES.get(spec.key.path[-1])
    described = {} if table is None else {"dagster/column_schema": table_schema(table), "row": table.row}
    return spec.replace_attributes(owners=OWNERS, metadata={**spec.metadata, **described})


defs = build_definitions(Settings())
