"""The feature store of Hopsworks: tables as feature groups, and training datasets of a feature view.

Rows are inserted, then what the partition no longer holds is deleted, then it is read back and held against what was written. In
this order readers never miss a row, and rows that an earlier attempt left in Kafka are there before the stale ones are deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from energy_dagster.domain.contracts import TableContractError
from energy_dagster.domain.feature_groups import (
    GROUPS,
    MONTH,
    FeatureGroup,
    Partition,
    described,
    difference,
    group_rows,
    table_rows,
)
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, DType, Table
from energy_dagster.resources.feature_store import (
    NotAsWritten,
    OtherContract,
    Replaced,
    StoreAway,
    TrainingData,
    TrainingDataset,
)
from energy_dagster.resources.hopsworks_client import Access, feature, within
from energy_dagster.resources.hopsworks_errors import holds_no_rows
from energy_dagster.resources.hopsworks_stream import insert_by_stream

Mode = Literal["delta", "stream"]

TYPES: Final[dict[DType, str]] = {
    "timestamp": "timestamp",
    "string": "string",
    "double": "double",
    "integer": "bigint",
    "boolean": "boolean",
}
VIEW: Final = "training_features"
JOB_SHARE: Final = 0.4
"""Share of an operation's time that each wait for the job may take."""

READ_SECONDS: Final = 120.0
PAST_LOOKAHEAD = pd.Timedelta(days=7)
"""How far after its last month's end a training dataset asks for hours: further than any month looks ahead."""


@dataclass(frozen=True)
class HopsworksFeatureStore:
    """Feature groups of one project.

    Attributes:
        access: how it is reached.
        mode: `delta` writes files; `stream` goes by Kafka and a job, which it waits for.
    """

    access: Access
    mode: Mode = "delta"

    def replace(self, table: Table, partition: Partition, frame: pd.DataFrame) -> Replaced:
        """See `FeatureStore.replace`."""
        group = GROUPS[table.name]
        rows = group_rows(group, partition, frame)
        what = f"Writing partition {partition.key} of group {group.name}"
        return within(self.access, what, lambda project: self._replaced(project, group, partition, rows))

    def read(self, table: Table, partition: Partition) -> pd.DataFrame:
        """See `FeatureStore.read`."""
        group = GROUPS[table.name]
        what = f"Reading partition {partition.key} of group {group.name}"
        found = within(self.access, what, lambda project: _read(self._kept(project, group), group, partition))
        return _typed(group, partition, found)

    def training_data(self, partitions: Sequence[Partition], purpose: str) -> TrainingData:
        """See `FeatureStore.training_data`: each time a new training dataset of the view."""
        group = GROUPS[CONSUMPTION_FEATURES.name]
        what = f"Making a training dataset of {partitions[0].key} to {partitions[-1].key} from group {group.name}"
        return within(self.access, what, lambda project: self._dataset(project, group, partitions, purpose))

    def _replaced(self, project: Any, group: FeatureGroup, partition: Partition, rows: pd.DataFrame) -> Replaced:
        kept, deleted = self._kept(project, group), 0
        if kept.id is None and rows.empty:  # a group is created by its first rows
            return Replaced(group.table.name, group.version, 0, 0)
        self._insert(kept, rows)
        found = _read(kept, group, partition)
        repeated = found[found.duplicated(group.row_key, keep=False)]
        if len(repeated):  # nothing but deleting all of a key ends it
            kept.remove_rows(repeated[group.row_key].drop_duplicates(ignore_index=True))
            self._insert(kept, rows)
        stale = _without(found[group.row_key], rows[group.row_key])
        if len(stale):
            kept.remove_rows(stale)
            deleted = len(stale)
        if len(repeated) or len(stale):
            found = _read(kept, group, partition)
        differs = difference(group.table, rows.drop(columns=MONTH.name), _typed(group, partition, found))
        if differs is not None:
            raise NotAsWritten(f"Group {group.name}, partition {partition.key}, read back after it was written: {differs}")
        return Replaced(group.table.name, group.version, len(rows), deleted, self._page(project, kept))

    def _kept(self, project: Any, group: FeatureGroup) -> Any:
        """The group as the client has it; it has no id before its first rows are there.

        Raises:
            OtherContract: the group of this version has other columns or keys.
        """
        kept = project.get_feature_store().get_or_create_feature_group(
            name=group.table.name,
            version=group.version,
            description=f"{group.table.row} Mirror of the platform's table.",
            primary_key=group.primary_key,
            event_time=group.event_time,
            partition_key=[MONTH.name],
            time_travel_format="DELTA",
            stream=self.mode == "stream",
            statistics_config=False,
            features=[feature(column.name, TYPES[column.dtype], described(column)) for column in group.columns],
        )
        if kept.id is not None:
            expected = {column.name: TYPES[column.dtype] for column in group.columns}
            found = {one.name: one.type for one in kept.columns}
            keys = sorted(kept.primary_key), kept.event_time, list(kept.partition_key), bool(kept.stream)
            wanted = sorted(group.primary_key), group.event_time, [MONTH.name], self.mode == "stream"
            if found != expected or keys != wanted:
                raise OtherContract(
                    f"Group {group.name} in Hopsworks is another: expected {len(expected)} columns with keys {wanted}, found "
                    f"{len(found)} with {keys}, other columns {sorted(set(found.items()) ^ set(expected.items()))[:3]}; "
                    "give the group its next version, or delete it in Hopsworks"
                )
        return kept

    def _insert(self, kept: Any, rows: pd.DataFrame) -> None:
        """Insert rows; they are in the group's table when this ends."""
        if self.mode == "stream":
            insert_by_stream(kept, rows, seconds=JOB_SHARE * self.access.seconds)
        elif len(rows):
            kept.insert(rows, operation="upsert")

    def _dataset(self, project: Any, group: FeatureGroup, partitions: Sequence[Partition], purpose: str) -> TrainingData:
        kept = self._kept(project, group)
        if kept.id is None:
            raise StoreAway(f"expected group {group.name} to train from, found none: materialize hopsworks_features first")
        view = project.get_feature_store().get_or_create_feature_view(
            name=VIEW, version=group.version, query=kept.select_all(), description="What the model is trained from."
        )
        start, end = partitions[0].start, partitions[-1].end + PAST_LOOKAHEAD
        version, _ = view.create_training_data(
            start_time=start, end_time=end, description=purpose, data_format="parquet", statistics_config=False
        )
        options = {"arrow_flight_config": {"timeout": READ_SECONDS}}
        found, _ = view.get_training_data(version, read_options=options, primary_key=True, event_time=True)
        rows = found[found[MONTH.name].isin({one.month for one in partitions})]
        page = self._view_page(project, view)
        return TrainingData(table_rows(group, rows), TrainingDataset(VIEW, group.version, int(version), page))

    def _page(self, project: Any, kept: Any) -> str:
        """The group's page in Hopsworks."""
        return f"https://{self.access.host}:{self.access.port}/p/{project.id}/fs/{kept.feature_store_id}/fg/{kept.id}"

    def _view_page(self, project: Any, view: Any) -> str:
        store = view.featurestore_id
        return f"https://{self.access.host}:{self.access.port}/p/{project.id}/fs/{store}/fv/{view.name}/version/{view.version}"


def _read(kept: Any, group: FeatureGroup, partition: Partition) -> pd.DataFrame:
    """Rows of a partition as they are in the group; none where it has none."""
    columns = [column.name for column in group.columns]
    none = pd.DataFrame(columns=columns)
    if kept.id is None:
        return none
    within_it = getattr(kept, MONTH.name) == partition.month
    if not group.table.looks_ahead:  # of a table that does, the month says it all
        time_of = getattr(kept, group.event_time)
        within_it = within_it & (time_of >= pd.Timestamp(partition.start)) & (time_of < pd.Timestamp(partition.end))
    try:
        found: pd.DataFrame = kept.filter(within_it).read(read_options={"arrow_flight_config": {"timeout": READ_SECONDS}})
    except Exception as error:
        if holds_no_rows(error):
            return none
        raise
    return found[columns]


def _typed(group: FeatureGroup, partition: Partition, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of the group in the table's types.

    Raises:
        NotAsWritten: they break the table's contract.
    """
    try:
        return table_rows(group, found)
    except TableContractError as error:
        raise NotAsWritten(f"Group {group.name}, partition {partition.key}, holds what the table may not: {error}") from error


def _without(keys: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Keys that are not among the others, each once."""
    marked = keys.drop_duplicates().merge(others, how="left", on=list(keys.columns), indicator=True)
    return marked.loc[marked["_merge"] == "left_only", list(keys.columns)].reset_index(drop=True)
