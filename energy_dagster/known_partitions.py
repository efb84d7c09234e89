"""Telling Dagster of partitions that came into the lake by another way than its runs."""

from collections.abc import Callable

from dagster import AssetKey, AssetMaterialization, DagsterInstance

from energy_dagster.domain.tables import MODELS, TABLES
from energy_dagster.io_managers.lake import Lake, Version
from energy_dagster.io_managers.model_store import ASSET as MODEL_ASSET
from energy_dagster.io_managers.model_store import ModelStore


def make_known(instance: DagsterInstance, lake: Lake, *, told: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Report every partition of the lake that Dagster does not know as materialized, with the version that stands.

    Args:
        instance: whose record.
        lake: what there is.
        told: hears after each partition how many of how many are known.

    Returns:
        How many were reported.

    Raises:
        StorageError: the lake cannot be listed.
    """
    standing = {name: lake.newest(name) for name, table in TABLES.items() if table is not MODELS}
    standing[MODEL_ASSET] = {version.partition: version for version in ModelStore(str(lake.root)).versions()}
    missing: list[Version] = []
    for asset, versions in standing.items():
        known = instance.get_materialized_partitions(AssetKey(asset)) if versions else set()
        missing += [version for partition, version in sorted(versions.items()) if partition not in known]
    for number, version in enumerate(missing, start=1):
        metadata = {"version": version.version, "brought in": "by an import"}
        event = AssetMaterialization(AssetKey(version.asset), partition=version.partition, metadata=metadata)
        instance.report_runless_asset_event(event)
        told(number, len(missing))
    return len(missing)
