"""The IO managers: `lake` for table assets, `models` for the trained model, `recipes` for what a tuning found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from dagster import (
    ConfigurableIOManager,
    DagsterInvariantViolationError,
    InputContext,
    MetadataValue,
    OutputContext,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)
from pydantic import Field

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.contracts import TableContractError
from energy_dagster.domain.experiment import Experiment, of_training, of_tuning
from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.revisions import Moves, merged
from energy_dagster.domain.tables import TABLES, Table
from energy_dagster.domain.tuned import Tuned
from energy_dagster.io_managers.lake import Lake, Version
from energy_dagster.io_managers.model_store import ASSET as MODEL_ASSET
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.provenance import READS
from energy_dagster.io_managers.recipe_store import RecipeStore
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.experiment_tracker import ExperimentTracker, Recording
from energy_dagster.storage.files import StorageError


class LakeIOManager(ConfigurableIOManager):
    """Writes each partition of a table asset as a version in the lake, and reads the newest versions back."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    clock: Clock

    def lake(self) -> Lake:
        """The lake itself."""
        return Lake(self.root)

    def handle_output(self, context: OutputContext, obj: pd.DataFrame) -> None:
        """Split rows by partition and write each partition that changed.

        What a source says is put on top of what it said before, see `domain.revisions`; anything else replaces its partition.

        Raises:
            TableContractError: the rows break the table's contract or belong to none of the partitions.
            StorageError: the lake cannot be written.
        """
        table = table_of(context)
        lake, at = self.lake(), self.clock.machine_now()
        parts, said = by_partition(table, obj, context), {}
        if table.first_seen is not None:
            merges = {key: merged(table, lake.read(table, [key]), part) for key, part in parts.items()}
            parts, said = {key: merge.rows for key, merge in merges.items()}, _revisions([m.moves for m in merges.values()])
        origin = READS.provenance(context)
        written = [lake.write(table, key, part, at=at, run_id=context.run_id, provenance=origin) for key, part in parts.items()]
        context.add_output_metadata(
            {
                "dagster/row_count": sum(one.rows for one in written),
                "new versions": sum(one.changed for one in written),
                "unchanged partitions": sum(not one.changed for one in written),
                "version": written[-1].version.version if written else "none",
                "lake path": MetadataValue.path(str(lake.path(written[-1].version).parent)) if written else "none",
                **_window(table, obj),
                **said,
            }
        )

    def load_input(self, context: InputContext) -> pd.DataFrame:
        """The standing versions of the partitions that the input maps to."""
        table, lake = TABLES[context.asset_key.path[-1]], self.lake()
        versions = lake.standing(table, list(context.asset_partition_keys))
        READS.note(context, table.name, {version.partition: version.version for version in versions.values()})
        return lake.read_versions(table, versions.values())


class ModelIOManager(ConfigurableIOManager):
    """Keeps the trained model of each week; reading a week gives the champion that serves in it, or None."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    clock: Clock
    experiments: ExperimentTracker

    def store(self) -> ModelStore:
        """The models themselves."""
        return ModelStore(self.root)

    def handle_output(self, context: OutputContext, obj: Mapping[str, TrainedModel]) -> None:
        """Keep the models, one per partition key.

        Raises:
            StorageError: the folder cannot be written.
        """
        at, origin = self.clock.machine_now(), READS.provenance(context)
        written: list[Version] = []
        for partition, model in obj.items():
            meta = replace(model.meta, code=origin.code, run_id=origin.run_id, inputs=origin.inputs)
            written.append(self.store().write(partition, replace(model, meta=meta), at=at, run_id=context.run_id))
        recorded = self.experiments.record(lambda: self._trainings(written, attempt_of(context)), tell=context.log.warning)
        context.add_output_metadata(recorded)

    def _trainings(self, written: Sequence[Version], attempt: str) -> Recording:
        """What is told of models that were kept: as they are kept, file by file."""
        newest, experiments, files = self.store().champion_version(), list[Experiment](), dict[str, dict[str, bytes]]()
        for version in written:
            meta = self.store().read_meta(version)
            made = of_training(meta, week=version.partition, attempt=attempt, promoted=version == newest)
            experiments.append(made)
            files[made.run_id] = self.store().contents(version)
        return Recording(experiments, files)

    def load_input(self, context: InputContext) -> dict[str, TrainedModel | None]:
        """For each week asked for, the champion that serves in it; None where there is none that can be used."""
        store, tell = self.store(), context.log.warning
        serving = {key: store.usable_champion(at_or_before=key, tell=tell) for key in context.asset_partition_keys}
        read = {kept.version.partition: kept.version.version for kept in serving.values() if kept is not None}
        READS.note(context, MODEL_ASSET, read)
        return {key: None if kept is None else kept.model for key, kept in serving.items()}


class RecipeIOManager(ConfigurableIOManager):
    """Keeps what each tuning found; those who make models read it through `Models`, as it was known then."""

    root: str = Field(description="Folder or fsspec URL of the lake")
    clock: Clock
    experiments: ExperimentTracker

    def handle_output(self, context: OutputContext, obj: Tuned) -> None:
        """Keep what a tuning found as a version of its own.

        Raises:
            StorageError: the folder cannot be written.
        """
        store = RecipeStore(self.root)
        version = store.write(obj, at=self.clock.machine_now(), run_id=context.run_id)
        recorded = self.experiments.record(
            lambda: Recording(of_tuning(obj, version=version, attempt=attempt_of(context))), tell=context.log.warning
        )
        place = MetadataValue.path(str(store.path(version)))
        context.add_output_metadata({"version": version, "lake path": place, **recorded})

    def load_input(self, context: InputContext) -> Tuned:  # noqa: ARG002 - whoever asks gets the same
        """The newest version.

        Raises:
            StorageError: there is none, or it is unreadable.
        """
        store = RecipeStore(self.root)
        versions = store.versions()
        if not versions:
            raise StorageError(f"expected what a tuning found below {store.root}, found none")
        return store.read(versions[-1])


def table_of(context: OutputContext) -> Table:
    """The contract of the asset that is written."""
    return TABLES[context.asset_key.path[-1]]


def attempt_of(context: OutputContext) -> str:
    """Id of the run that tried first to make what is written: of the run itself, unless it tries again what another did not end."""
    try:
        return context.step_context.dagster_run.root_run_id or context.run_id
    except DagsterInvariantViolationError:  # written outside of a run
        return context.run_id


def by_partition(table: Table, frame: pd.DataFrame, context: OutputContext) -> dict[str, pd.DataFrame]:
    """Rows by the partition key they belong to; every key of the run is there, if only with no row.

    Raises:
        TableContractError: a row lies outside the partitions of the run.
    """
    keys = list(context.asset_partition_keys)
    definition = context.asset_partitions_def
    starts = [naive_utc(definition.time_window_for_partition_key(key).start) for key in keys]  # type: ignore[attr-defined]
    end = pd.Timestamp(naive_utc(definition.time_window_for_partition_key(keys[-1]).end))  # type: ignore[attr-defined]
    times = _naive_times(table, frame) if len(frame) else pd.Series([], dtype="datetime64[us]")
    number = pd.DatetimeIndex(starts).as_unit("us").searchsorted(times, side="right") - 1
    outside = (number < 0) | ((times >= end).to_numpy() & (not table.looks_ahead))
    if outside.any():
        raise TableContractError(
            table.name,
            table.partition_column,
            f"times from {starts[0]} to {end}",
            f"{times[outside].min()} to {times[outside].max()}",
        )
    rows = pd.Series(np.arange(len(frame))).groupby(number).indices
    return {key: frame.iloc[rows.get(n, [])] for n, key in enumerate(keys)}


def _naive_times(table: Table, frame: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """The column by which rows belong to partitions."""
    if table.partition_column not in frame:
        raise TableContractError(table.name, table.partition_column, "a timestamp column", "no such column")
    times = frame[table.partition_column]
    if not pd.api.types.is_datetime64_dtype(times):
        raise TableContractError(table.name, table.partition_column, "naive UTC times", f"values of type {times.dtype}")
    if times.isna().any():
        raise TableContractError(table.name, table.partition_column, "no null", f"{int(times.isna().sum())} null of {len(times)}")
    return times


def table_schema(table: Table) -> TableSchema:
    """The contract as the Dagster UI shows it."""
    return TableSchema(
        columns=[
            TableColumn(
                name=column.name,
                type=column.dtype,
                description=f"{column.description}{f' [{column.unit}]' if column.unit else ''}",
                constraints=TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def _revisions(moves: Sequence[Moves]) -> dict[str, Any]:
    """How many hours a reading moved and by how much; the mean is over all of them."""
    revised = sum(one.revised for one in moves)
    return {
        "new rows": sum(one.new for one in moves),
        "revised rows": revised,
        "rows the source no longer has": sum(one.withdrawn for one in moves),
        "mean revision [MWh]": sum(one.mean_mwh * one.revised for one in moves) / revised if revised else 0.0,
        "largest revision [MWh]": max((one.largest_mwh for one in moves), default=0.0),
    }


def _window(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    if not len(frame):
        return {}
    times = frame[table.partition_column]
    return {"first": f"{times.min():%Y-%m-%d %H:%M} UTC", "newest": f"{times.max():%Y-%m-%d %H:%M} UTC"}
