"""Serving: the published warehouse, and the screens that read it."""

from collections.abc import Mapping, Sequence

from dagster import (
    AssetCheckKey,
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    LastPartitionMapping,
    MaterializeResult,
    asset,
)

from energy_dagster.defs.attention import findings_of
from energy_dagster.defs.automation import WHEN_ANYTHING_MOVED
from energy_dagster.defs.mirror_lag import lagging_mirrors
from energy_dagster.io_managers.publisher import Publisher

HOURLY = "predictions"
"""The asset with the most partitions."""


def _dependence(key: AssetKey) -> AssetDep:
    """Of hourly partitions on the newest: going through those of eight years takes Dagster as long as publishing.

    An older issue is published with the errors that follow it.
    """
    return AssetDep(key, partition_mapping=LastPartitionMapping() if key.path[-1] == HOURLY else None)


def warehouse_asset(
    upstream: Sequence[AssetKey], checks: Sequence[AssetCheckKey], mirrors: Mapping[AssetKey, AssetKey]
) -> AssetsDefinition:
    """The asset that publishes the others.

    Args:
        upstream: what is published.
        checks: checks whose findings are published beside it.
        mirrors: what each mirror is a mirror of; those that lag are published with the findings.
    """

    @asset(
        deps=[_dependence(key) for key in upstream],
        kinds={"duckdb"},
        group_name="serving",
        pool="warehouse",
        automation_condition=WHEN_ANYTHING_MOVED,
        code_version="1",
    )
    def warehouse(context: AssetExecutionContext, publisher: Publisher) -> MaterializeResult[None]:
        """One published DuckDB snapshot that holds every table; readers follow the pointer to the newest.

        Key: the snapshot id. Exists when anything was materialized since the last one.
        """
        lagging = lagging_mirrors(context.instance, mirrors, now=publisher.clock.machine_now())
        published = publisher.publish(checks=[*findings_of(context.instance, checks), *lagging])
        return MaterializeResult(
            metadata={
                "snapshot": published.snapshot_id,
                "applied partitions": published.changed,
                "size [MB]": published.path.stat().st_size / 1e6,
                **{f"rows of {name}": count for name, count in published.rows.items()},
            }
        )

    return warehouse


api = AssetSpec(
    "api",
    deps=["warehouse"],
    group_name="serving",
    kinds={"litestar"},
    description="The REST API, which answers from the published warehouse. Started by `energy serve`.",
)

ui = AssetSpec(
    "ui",
    deps=["warehouse"],
    group_name="serving",
    kinds={"panel"},
    description="The forecast page and the monitoring page, which show the published warehouse. Started by `energy serve`.",
)
