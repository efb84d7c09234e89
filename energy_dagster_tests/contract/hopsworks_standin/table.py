"""The offline table of a feature group: Delta files in a folder, where the client writes them too."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError

ARROW_TYPES: dict[str, pa.DataType] = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "float": pa.float32(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Changes:
    """Rows that a write added and changed."""

    inserted: int
    updated: int


@dataclass(frozen=True)
class GroupTable:
    """A group's rows. The table appears with the first write."""

    location: str
    features: tuple[dict[str, Any], ...]
    event_time: str | None

    @property
    def schema(self) -> pa.Schema:
        """The features' types as Arrow's; times have no zone."""
        return pa.schema([(feature["name"], ARROW_TYPES[feature["type"]]) for feature in self.features])

    @property
    def partition_key(self) -> list[str]:
        """Columns by which the files are laid out."""
        return [feature["name"] for feature in self.features if feature.get("partition")]

    @property
    def merge_key(self) -> list[str]:
        """What a row is known by: primary key, event time and partition key together."""
        names = [feature["name"] for feature in self.features if feature.get("primary")]
        names += [self.event_time] if self.event_time else []
        return list(dict.fromkeys(names + self.partition_key))

    def read(self) -> pa.Table | None:
        """All rows, or None where nothing was ever written."""
        try:
            table = DeltaTable(self.location).to_pyarrow_table()
        except TableNotFoundError:
            return None
        return table.select(self.schema.names).cast(self.schema)

    def drop(self) -> None:
        """Remove the table and all it holds."""
        shutil.rmtree(self.location.removeprefix("file://"), ignore_errors=True)

    def upsert(self, rows: Sequence[dict[str, Any]]) -> Changes:
        """Rows of a known key replace theirs, others are added, and none is ever removed; of a key twice the last counts."""
        latest = {tuple(row[name] for name in self.merge_key): row for row in rows}
        source = pa.Table.from_pylist(list(latest.values()), schema=self.schema)
        try:
            target = DeltaTable(self.location)
        except TableNotFoundError:
            write_deltalake(self.location, source, partition_by=self.partition_key)
            return Changes(inserted=source.num_rows, updated=0)
        predicate = " AND ".join(f"target.{name} = source.{name}" for name in self.merge_key)
        merge = target.merge(source, predicate, source_alias="source", target_alias="target")
        counts = merge.when_matched_update_all().when_not_matched_insert_all().execute()
        return Changes(inserted=counts["num_target_rows_inserted"], updated=counts["num_target_rows_updated"])
