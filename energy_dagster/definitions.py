"""The code location: the graph of `defs/` with its connections, from the settings of the environment."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

from dagster import (
    AssetsDefinition,
    AssetSpec,
    Definitions,
    EnvVar,
    FreshnessPolicy,
    SensorDefinition,
    in_process_executor,
    load_assets_from_modules,
    map_asset_specs,
)

from energy_dagster.alert_definitions import alert_resources_of, alert_sensors_of
from energy_dagster.defs import backtest, evaluation, features, forecasting, training
from energy_dagster.defs.automation import AUTOMATION, HOURLY_ISSUES
from energy_dagster.defs.drift_checks import DRIFT_CHECKS
from energy_dagster.defs.feature_store import UPSTREAM, mirrors
from energy_dagster.defs.ingestion import consumption_asset, raw_asset, raw_tso_forecast, raw_weather
from energy_dagster.defs.late_issues import late_issues
from energy_dagster.defs.missing_history import missing_history_sensor
from energy_dagster.defs.retraining import retraining
from energy_dagster.defs.revised_truth import revised_truth_sensor
from energy_dagster.defs.run_logs import NIGHTLY_LOGS, LogKeeper, run_log_upkeep
from energy_dagster.defs.sensors import source_sensor
from energy_dagster.defs.serving import api, ui, warehouse_asset
from energy_dagster.defs.source_checks import description_check
from energy_dagster.defs.upkeep import EVERY_MONTH, Keeper, lake_upkeep
from energy_dagster.domain.catalogue import DATASETS, FEEDS, Feed
from energy_dagster.domain.tables import TABLES
from energy_dagster.io_managers.lake_feature_store import Record
from energy_dagster.io_managers.managers import LakeIOManager, ModelIOManager, RecipeIOManager, table_schema
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.publisher import Publisher
from energy_dagster.io_managers.standing import Standing
from energy_dagster.io_managers.training_features import TrainingFeaturesIOManager
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.experiment_tracker import ExperimentTracker
from energy_dagster.resources.hopsworks_service import Hopsworks
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import Sources, archive_of
from energy_dagster.resources.tso import TsoForecasts
from energy_dagster.resources.weather import Weather
from energy_dagster.settings import Settings

OWNERS = ["team:forecasting"]

FRESH_WITHIN: dict[str, timedelta] = {
    **dict.fromkeys(("raw_load", "raw_weather", "consumption", "consumption_features"), timedelta(hours=3)),
    **dict.fromkeys(("raw_settlement", "raw_consumer_groups", "raw_grid_areas"), timedelta(hours=30)),
    "raw_tso_forecast": timedelta(hours=6),
    "forecast_model": timedelta(days=8),
    "predictions": timedelta(hours=2),
    "error_metrics": timedelta(hours=6),
    "warehouse": timedelta(hours=2),
    **dict.fromkeys(("hopsworks_features", "hopsworks_predictions"), timedelta(hours=4)),
    "hopsworks_error_metrics": timedelta(hours=8),
    "hopsworks_model": timedelta(days=9),
}
"""How long after an asset was last made its page says that it is stale; the age of the data itself is a check of the asset."""

NOT_PUBLISHED = ("tuned_parameters",)
"""Assets that the warehouse holds nothing of."""


def feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """The feeds that are on, each with the datasets its source has.

    Raises:
        NoRecordedData: the folder of a recorded source holds no dataset.
    """
    if settings.recorded_folder is not None:
        known = set(archive_of(settings.source, settings.seed).datasets)
    else:
        known = {name for name, dataset in DATASETS.items() if dataset.active}
    wanted = (feed for feed in FEEDS if feed.family in settings.families.split(","))
    having = (replace(feed, datasets=tuple(dataset for dataset in feed.datasets if dataset.name in known)) for feed in wanted)
    return tuple(feed for feed in having if feed.datasets)


def raw_assets_of(settings: Settings) -> tuple[str, ...]:
    """Names of the assets that read a source."""
    tso = ("raw_tso_forecast",) if settings.entsoe_token else ()
    return (*(feed.asset for feed in feeds_of(settings)), "raw_weather", *tso)


def _secret(name: str, value: str | None) -> EnvVar | None:
    """A secret that Dagster reads from this process's environment when it needs it: what it is given is shown in no snapshot.

    It is handed over under a name that no setting has, so that the settings of another graph in this process do not find it.
    """
    if value is None:
        return None
    os.environ[f"_{name}"] = value
    return EnvVar(f"_{name}")


def sources_of(settings: Settings) -> Sources:
    """Where requests go."""
    clock = Clock(pretended=settings.now.isoformat() if settings.now else None, hand=settings.now_file)
    return Sources(
        source=settings.source, seed=settings.seed, clock=clock, contact=settings.contact, quarantine=settings.quarantine
    )


def portal_of(settings: Settings) -> OpenDataPortal:
    """The open data portal."""
    return OpenDataPortal(url=settings.portal_url, seconds_between=settings.portal_seconds_between, sources=sources_of(settings))


def publisher_of(settings: Settings) -> Publisher:
    """What publishes the lake as the warehouse."""
    return Publisher(
        lake_root=settings.lake,
        folder=settings.warehouse,
        source=settings.source.split(":")[0],
        simulated=settings.simulated,
        quarantine=settings.quarantine,
        clock=sources_of(settings).clock,
    )


def experiments_of(settings: Settings) -> ExperimentTracker:
    """What records trainings and tunings."""
    return ExperimentTracker(
        mode=settings.experiments,
        data=settings.data,
        project=settings.wandb_project,
        entity=settings.wandb_entity or None,
        url=settings.wandb_base_url,
        key=_secret("WANDB_API_KEY", settings.wandb_api_key or None),
        registry=settings.experiments_registry,
        seconds=settings.experiments_seconds,
        source=settings.source.split(":")[0],
    )


def hopsworks_of(settings: Settings) -> Hopsworks:
    """The service that tables and models are mirrored to."""
    return Hopsworks(
        host=settings.hopsworks_host or "",
        port=settings.hopsworks_port,
        project=settings.hopsworks_project or "",
        key=_secret("HOPSWORKS_API_KEY", settings.hopsworks_api_key or None),
        trust_store=settings.hopsworks_trust_store or None,
        mode=settings.hopsworks_mode,
        data=settings.data,
        seconds=settings.hopsworks_seconds,
    )


def sensors_of(settings: Settings, feeds: Sequence[Feed]) -> list[SensorDefinition]:
    """What looks after the graph by itself."""
    return [
        HOURLY_ISSUES,
        AUTOMATION,
        late_issues,
        retraining,
        revised_truth_sensor(feeds),
        missing_history_sensor(raw_assets_of(settings), days=settings.history_days),
        *map(source_sensor, feeds),
    ]


def build_definitions(settings: Settings, *, hopsworks: Hopsworks | None = None) -> Definitions:
    """The whole graph for given settings.

    Args:
        settings: of the platform.
        hopsworks: the service that is mirrored to, if not the one of the settings.
    """
    feeds = feeds_of(settings)
    inner = cast("list[AssetsDefinition]", load_assets_from_modules([features, training, forecasting, evaluation, backtest]))
    tso = [raw_tso_forecast] if settings.entsoe_token else []
    made = [*map(raw_asset, feeds), raw_weather, *tso, consumption_asset(feeds), *inner]
    published = [asset.key for asset in made if asset.key.path[-1] not in NOT_PUBLISHED]
    looked_at = [*map(description_check, feeds), *DRIFT_CHECKS]
    checks = [key for one in [*made, *looked_at] for key in one.check_keys]
    mirrored = mirrors(retry_seconds=settings.hopsworks_retry_seconds) if settings.mirrors_to_hopsworks else []
    warehouse = warehouse_asset(published, checks, UPSTREAM if mirrored else {})
    loaded: list[AssetsDefinition | AssetSpec] = [*made, warehouse, *mirrored, api, ui]
    sources, experiments, hopsworks = sources_of(settings), experiments_of(settings), hopsworks or hopsworks_of(settings)
    clock = sources.clock
    lake = LakeIOManager(root=settings.lake, clock=clock)
    from_hopsworks = TrainingFeaturesIOManager(root=settings.lake, clock=clock, hopsworks=hopsworks)
    return Definitions(
        assets=map_asset_specs(_owned, loaded),
        asset_checks=looked_at,
        sensors=[*sensors_of(settings, feeds), *alert_sensors_of(settings, checks)] if settings.moves_with_time else [],
        jobs=[lake_upkeep, run_log_upkeep],
        schedules=[EVERY_MONTH, NIGHTLY_LOGS] if settings.moves_with_time else [],
        executor=in_process_executor,
        resources={
            "clock": clock,
            "portal": portal_of(settings),
            "weather": Weather(
                forecast_url=settings.weather_url,
                archive_url=settings.weather_archive_url,
                previous_runs_url=settings.weather_previous_runs_url,
                api_key=_secret("ENERGY_WEATHER_KEY", settings.weather_key),
                sources=sources,
            ),
            "tso": TsoForecasts(token=_secret("ENERGY_ENTSOE_TOKEN", settings.entsoe_token), url=settings.entsoe_url),
            "model_settings": Models(root=settings.lake, seed=settings.seed),
            "publisher": publisher_of(settings),
            "standing": Standing(lake_root=settings.lake),
            "keeper": Keeper(lake_root=settings.lake, clock=clock),
            "log_keeper": LogKeeper(keep_days=settings.run_logs_days, clock=clock),
            "hopsworks": hopsworks,
            "record": Record(lake_root=settings.lake, clock=clock),
            "lake": lake,
            "training_features": from_hopsworks if settings.training_source == "hopsworks" else lake,
            "models": ModelIOManager(root=settings.lake, clock=clock, experiments=experiments),
            "recipes": RecipeIOManager(root=settings.lake, clock=clock, experiments=experiments),
            **alert_resources_of(
                settings,
                urls=_secret("ENERGY_ALERT_URLS", settings.alert_urls),
                pulse=_secret("ENERGY_HEARTBEAT_URL", settings.heartbeat_url),
            ),
        },
    )


def _owned(spec: AssetSpec) -> AssetSpec:
    """The spec with the owners, how fresh it must be, and the columns of its table."""
    table = TABLES.get(spec.key.path[-1])
    described = {} if table is None else {"dagster/column_schema": table_schema(table), "row": table.row}
    window = FRESH_WITHIN.get(spec.key.path[-1])
    policy = None if window is None else FreshnessPolicy.time_window(fail_window=window)
    return spec.replace_attributes(owners=OWNERS, metadata={**spec.metadata, **described}, freshness_policy=policy)


defs = build_definitions(Settings())
