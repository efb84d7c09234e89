"""The shape of a published warehouse: what the publisher writes and the store reads.

A snapshot is one DuckDB file `<warehouse>/<snapshot id>.duckdb`; the file `<warehouse>/CURRENT` names the newest one. Each
table of `domain.tables` is in it under its own name. Append-only tables carry `revision` (1 for the first version of a
partition). `_partitions` says which lake versions it holds, `_snapshot` (one row) what it is.
"""

from energy_dagster.domain.tables import TABLES, DType, Table

POINTER = "CURRENT"
SUFFIX = ".duckdb"

_SQL_TYPES: dict[DType, str] = {
    "timestamp": "TIMESTAMP",
    "string": "VARCHAR",
    "double": "DOUBLE",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
}

CREATE_PARTITIONS = """
CREATE TABLE IF NOT EXISTS _partitions (
    asset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (asset, partition, version)
)
"""

CREATE_SNAPSHOT = """
CREATE TABLE IF NOT EXISTS _snapshot (
    snapshot_id VARCHAR NOT NULL, published_at TIMESTAMP NOT NULL, as_of TIMESTAMP NOT NULL,
    source VARCHAR NOT NULL, simulated BOOLEAN NOT NULL
)
"""


def create_table(table: Table) -> str:
    """SQL that creates the table when it is absent. `_partition` names the lake partition each row came from."""
    columns = [f"{column.name} {_SQL_TYPES[column.dtype]}{'' if column.nullable else ' NOT NULL'}" for column in table.columns]
    if table.append_only:
        columns.append("revision INTEGER NOT NULL")
    columns.append("_partition VARCHAR NOT NULL")
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(columns)})"


def create_all() -> list[str]:
    """SQL statements that make an empty warehouse."""
    return [CREATE_PARTITIONS, CREATE_SNAPSHOT, *(create_table(table) for table in TABLES.values())]
