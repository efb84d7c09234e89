"""What a snapshot holds: the difference between the lake's listing and the snapshot's tables, and how it is applied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.model import model_row
from energy_dagster.domain.tables import MODELS, TABLES, Table
from energy_dagster.io_managers.lake import Lake, Stored, Version, arrow_schema
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.provenance import Provenance

ROWS_AT_ONCE = 200_000
"""Rows that are read before they are inserted; of forecasts, the widest table, about 50 MB."""


@dataclass(frozen=True)
class Change:
    """A version whose rows are to be held, and its number among those of its partition."""

    version: Version
    revision: int


def changes_of(
    connection: duckdb.DuckDBPyConnection, lake: Lake, models: ModelStore
) -> tuple[dict[str, list[Change]], list[Version]]:
    """Versions to hold that the snapshot does not, by asset, and others that it does not know of.

    Held is the newest version of a partition; of what is append-only, and of models, every one.
    """
    held: dict[tuple[str, str], list[str]] = {}
    known: set[Version] = set()
    for asset, partition, version, is_held in connection.execute(
        "SELECT asset, partition, version, held FROM _partitions ORDER BY asset, partition, revision"
    ).fetchall():
        known.add(Version(asset, partition, version))
        if is_held:
            held.setdefault((asset, partition), []).append(version)
    changes: dict[str, list[Change]] = {}
    replaced: list[Version] = []
    for name, table in TABLES.items():
        listing = models.versions() if table is MODELS else list(lake.versions(name))
        every = table.append_only or table is MODELS
        newest = {version.partition: version for version in listing}
        for version in listing:
            of_partition = held.setdefault((version.asset, version.partition), [])
            if not every and version != newest[version.partition]:
                replaced += [] if version in known else [version]
            elif version.version not in of_partition:
                of_partition.append(version.version)
                changes.setdefault(name, []).append(Change(version, len(of_partition) if table.append_only else 1))
    return changes, replaced


def apply_changes(
    connection: duckdb.DuckDBPyConnection, name: str, changes: Sequence[Change], lake: Lake, models: ModelStore
) -> None:
    """Put the rows of versions into a table, in the place of those they replace.

    Raises:
        StorageError: a version cannot be read.
    """
    table = TABLES[name]
    again = _looking_ahead_into(connection, changes) if table.looks_ahead else []
    if table is not MODELS and not table.append_only:
        replaced, reread = ([change.version.partition for change in group] for group in (changes, again))
        connection.execute(f"DELETE FROM {name} WHERE _partition IN (SELECT unnest(?))", [replaced + reread])  # noqa: S608 - a contract's name
        connection.execute(
            "UPDATE _partitions SET held = false WHERE asset = ? AND partition IN (SELECT unnest(?))", [name, replaced]
        )
    for batch in _batches((change, _part(table, change, lake, models)) for change in (*changes, *again)):
        _insert(connection, name, pa.concat_tables([part.rows for _, part in batch]))
        _describe_versions(connection, [(change, part.provenance) for change, part in batch], held=True)
    if table.looks_ahead:
        same_key = " AND ".join(f"early.{column} = late.{column}" for column in table.key)
        connection.execute(
            f"DELETE FROM {name} AS early USING {name} AS late WHERE {same_key} AND early._partition < late._partition"  # noqa: S608
        )


def _batches(parts: Iterable[tuple[Change, Stored]]) -> Iterator[list[tuple[Change, Stored]]]:
    """Parts by the dozen, so that a warehouse of any size is made in little memory."""
    batch: list[tuple[Change, Stored]] = []
    rows = 0
    for part in parts:
        batch.append(part)
        rows += len(part[1].rows)
        if rows >= ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def _describe_versions(connection: duckdb.DuckDBPyConnection, made: Sequence[tuple[Change, Provenance]], *, held: bool) -> None:
    """What versions are and what they were made from, whatever was said of them before; neither ever changes but for `held`."""
    if not made:
        return
    rows = [(*_named(change.version), change.revision, held, origin.code, origin.run_id) for change, origin in made]
    _insert_rows(connection, "_partitions", rows)
    inputs = [
        (*_named(change.version), asset, partition, version)
        for change, origin in made
        for asset, versions in origin.inputs.items()
        for partition, version in versions.items()
    ]
    _insert_rows(connection, "_lineage", inputs)


def remember(connection: duckdb.DuckDBPyConnection, versions: Sequence[Version], lake: Lake) -> None:
    """Say of versions whose rows others replaced what they are and came from: what was made from them leads back through them."""
    _describe_versions(connection, [(Change(version, 1), lake.provenance(version)) for version in versions], held=False)


def _named(version: Version) -> tuple[str, str, str]:
    return version.asset, version.partition, version.version


def _insert_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows with a value for each column of a table, all at once, in the place of those with their keys."""
    if rows:
        described = connection.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", [name]).fetchall()
        arrays = [pa.array(values) for values in zip(*rows, strict=True)]
        _insert(connection, name, pa.table(arrays, names=[str(row[0]) for row in described]), verb="INSERT OR REPLACE")


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, *, verb: str = "INSERT") -> None:
    columns = ", ".join(rows.column_names)
    connection.register("incoming", rows)
    connection.execute(f"{verb} INTO {name} ({columns}) SELECT {columns} FROM incoming")  # noqa: S608 - a table of ours
    connection.unregister("incoming")


def _looking_ahead_into(connection: duckdb.DuckDBPyConnection, changes: Sequence[Change]) -> list[Change]:
    """Held partitions just before the changed ones: their look-ahead counts again where a change no longer has the hour."""
    changed = {change.version.partition for change in changes}
    asset = changes[0].version.asset
    held = connection.execute(
        "SELECT partition, version FROM _partitions WHERE asset = ? AND held ORDER BY partition", [asset]
    ).fetchall()
    before = {partition: max((row for row in held if row[0] < partition), default=None) for partition in changed}
    unchanged = {row for row in before.values() if row is not None and row[0] not in changed}
    return [Change(Version(asset, partition, version), 1) for partition, version in sorted(unchanged)]


def _part(table: Table, change: Change, lake: Lake, models: ModelStore) -> Stored:
    """The rows of a version as the warehouse holds them, and where they came from."""
    if table is MODELS:
        meta = models.read_meta(change.version)
        row = conform(MODELS, pd.DataFrame([model_row(meta)]))
        rows = pa.Table.from_pandas(row, schema=arrow_schema(MODELS), preserve_index=False)
        stored = Stored(rows, Provenance(meta.inputs, meta.code, meta.run_id))
    else:
        stored = lake.stored(table, change.version)
    rows = stored.rows
    if table.append_only:
        rows = rows.append_column("revision", pa.array([change.revision] * len(rows), pa.int64()))
    rows = rows.append_column("_partition", pa.array([change.version.partition] * len(rows), pa.string()))
    return Stored(rows, stored.provenance)
