"""Feature store: mirrors of tables and models in Hopsworks, in the graph only where Hopsworks is configured.

A mirror has the partitions of its upstream. Dagster's own record of them is the queue: an outage leaves partitions missing or
failed, retries and backfills heal them, and no forecast waits for any.
"""

from dataclasses import dataclass
from typing import Any

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AutomationCondition,
    BackfillPolicy,
    MetadataValue,
    RetryPolicy,
    TimeWindowPartitionsDefinition,
    asset,
)

from energy_dagster.defs.automation import ERRORS_PUBLISHED, FEATURES_PUBLISHED, ISSUE_PUBLISHED, MODEL_PUBLISHED
from energy_dagster.defs.mirroring import Mirrored, mirror_each, partition_of, partitions_of
from energy_dagster.domain.feature_groups import Partition
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, Table
from energy_dagster.io_managers.lake_feature_store import Record
from energy_dagster.io_managers.own_registry import to_register
from energy_dagster.io_managers.training_features import as_the_lake_has_it
from energy_dagster.partitions import DAYS, FEATURES_OF_A_TRAINING, ISSUE_HOURS, MONTHS, WEEKS, training_months
from energy_dagster.resources.hopsworks_service import Hopsworks

GROUP, POOL = "feature_store", "hopsworks"
RETRIES = 2


@dataclass(frozen=True)
class Mirror:
    """A mirror of a table: its name, the table, its calendar, when it runs by itself, and what one row is."""

    name: str
    table: Table
    calendar: TimeWindowPartitionsDefinition
    automation: "AutomationCondition[Any]"
    exists: str


MIRRORS = (
    Mirror("hopsworks_features", CONSUMPTION_FEATURES, MONTHS, FEATURES_PUBLISHED, "once a month's features are published"),
    Mirror("hopsworks_predictions", PREDICTIONS, ISSUE_HOURS, ISSUE_PUBLISHED, "once the issue is published"),
    Mirror("hopsworks_error_metrics", ERROR_METRICS, DAYS, ERRORS_PUBLISHED, "once the day's errors are published"),
)
MODEL_MIRROR, MODEL_UPSTREAM = "hopsworks_model", "forecast_model"

UPSTREAM: dict[AssetKey, AssetKey] = {
    **{AssetKey(mirror.name): AssetKey(mirror.table.name) for mirror in MIRRORS},
    AssetKey(MODEL_MIRROR): AssetKey(MODEL_UPSTREAM),
}
"""What each mirror is a mirror of."""


def mirrors(*, retry_seconds: float) -> list[AssetsDefinition]:
    """The assets that mirror the platform to Hopsworks.

    Args:
        retry_seconds: wait before a run tries again what failed.
    """
    retry = RetryPolicy(max_retries=RETRIES, delay=retry_seconds)
    return [*(table_mirror(mirror, retry) for mirror in MIRRORS), model_mirror(retry), training_data(retry)]


def table_mirror(mirror: Mirror, retry: RetryPolicy) -> AssetsDefinition:
    """The asset that mirrors a table."""

    @asset(
        name=mirror.name,
        deps=[mirror.table.name, "warehouse"],
        partitions_def=mirror.calendar,
        kinds={"hopsworks"},
        group_name=GROUP,
        pool=POOL,
        automation_condition=mirror.automation,
        backfill_policy=BackfillPolicy.single_run(),
        retry_policy=retry,
        output_required=False,
        description=f"{mirror.table.row} A feature group in Hopsworks, partition by partition as in the lake. Key and units are "
        f"those of `{mirror.table.name}`, and the month of the partition. Exists {mirror.exists}, and was read back as written.",
        code_version="1",
    )
    def mirrored(context: AssetExecutionContext, hopsworks: Hopsworks, record: Record) -> Mirrored:
        store, lake = hopsworks.feature_store(), record.feature_store()

        def copied(partition: Partition) -> dict[str, Any]:
            replaced = store.replace(mirror.table, partition, lake.read(mirror.table, partition))
            return {
                "group": replaced.group,
                "group version": replaced.version,
                "dagster/row_count": replaced.rows,
                "deleted": replaced.deleted,
                **_page(replaced.url),
            }

        yield from mirror_each(context, partitions_of(context, mirror.calendar), copied)

    return mirrored


def model_mirror(retry: RetryPolicy) -> AssetsDefinition:
    """The asset that registers the champions."""

    @asset(
        name=MODEL_MIRROR,
        deps=[MODEL_UPSTREAM, "warehouse"],
        partitions_def=WEEKS,
        kinds={"hopsworks", "lightgbm"},
        group_name=GROUP,
        pool=POOL,
        automation_condition=MODEL_PUBLISHED,
        backfill_policy=BackfillPolicy.single_run(),
        retry_policy=retry,
        output_required=False,
        code_version="1",
    )
    def hopsworks_model(context: AssetExecutionContext, hopsworks: Hopsworks, record: Record) -> Mirrored:
        """The champion that serves in a week, in the model registry of Hopsworks: its files, scores and lineage.

        Key: the week it serves; its version there is the day its own week starts and a number, so the same each time. Exists once
        the week's model is published, and was read back from there file by file.
        """
        models, registry = record.models(), hopsworks.registry()

        def registered(partition: Partition) -> dict[str, Any]:
            champion = models.champion_version(at_or_before=partition.key)
            if champion is None:
                return {"model": "none: the weekly naive serves"}
            model = to_register(models, champion)
            done = registry.save(model)
            return {"model": model.description, "registry version": done.number, "added": done.added, **_page(done.url)}

        yield from mirror_each(context, partitions_of(context, WEEKS), registered)

    return hopsworks_model


def training_data(retry: RetryPolicy) -> AssetsDefinition:
    """The asset that makes training datasets."""

    @asset(
        deps=[AssetDep("hopsworks_features", partition_mapping=FEATURES_OF_A_TRAINING)],
        partitions_def=WEEKS,
        kinds={"hopsworks"},
        group_name=GROUP,
        pool=POOL,
        backfill_policy=BackfillPolicy.single_run(),
        retry_policy=retry,
        output_required=False,
        code_version="1",
    )
    def hopsworks_training_data(context: AssetExecutionContext, hopsworks: Hopsworks, record: Record) -> Mirrored:
        """The features that the model of a week learns from, as a training dataset of a feature view in Hopsworks.

        Key: the week the model serves. Each materialization makes a new version; it holds what the lake holds. Exists when somebody
        asked for it: a training from Hopsworks makes its own.
        """
        store, lake, kept = hopsworks.feature_store(), record.feature_store(), set(record.partitions(CONSUMPTION_FEATURES))

        def made(partition: Partition) -> dict[str, Any]:
            months = [partition_of(MONTHS, key) for key in training_months(partition.start) if key in kept]
            data = as_the_lake_has_it(store, lake, months, f"training of the week from {partition.key}")
            if data.dataset is None:
                return {"dagster/row_count": len(data.rows)}
            return {
                "feature view": data.dataset.view,
                "feature view version": data.dataset.view_version,
                "training dataset version": data.dataset.version,
                "dagster/row_count": len(data.rows),
                **_page(data.dataset.url),
            }

        yield from mirror_each(context, partitions_of(context, WEEKS), made)

    return hopsworks_training_data


def _page(url: str | None) -> dict[str, Any]:
    return {} if url is None else {"page in Hopsworks": MetadataValue.url(url)}
