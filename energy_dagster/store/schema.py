"""The shape of a published warehouse: what the publisher writes and the store reads.

A snapshot is one DuckDB file `<warehouse>/<snapshot id>.duckdb`; the file `<warehouse>/CURRENT` names the newest one. Each
table of `domain.tables` is in it under its own name. Append-only tables carry `revision` (1 for the first version of a
partition). `_partitions` names the lake's versions, by which code and run they were made, and whether their rows are held or others
took their place; `_lineage` says what each was made from, `_attention` what asks for a look, `_snapshot` (one row) what it is. The
view `revisions` sets the two vintages of `consumption` against each other.
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
    held BOOLEAN NOT NULL, code_version VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
    PRIMARY KEY (asset, partition, version)
)
"""

CREATE_LINEAGE = """
CREATE TABLE IF NOT EXISTS _lineage (
    asset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
    input_asset VARCHAR NOT NULL, input_partition VARCHAR NOT NULL, input_version VARCHAR NOT NULL,
    PRIMARY KEY (asset, partition, version, input_asset, input_partition, input_version)
)
"""
"""One row is one version that another was made from."""

CREATE_SNAPSHOT = """
CREATE TABLE IF NOT EXISTS _snapshot (
    snapshot_id VARCHAR NOT NULL, published_at TIMESTAMP NOT NULL, as_of TIMESTAMP NOT NULL,
    source VARCHAR NOT NULL, simulated BOOLEAN NOT NULL
)
"""

CREATE_DECISIONS = """
CREATE TABLE IF NOT EXISTS _decisions (
    decided_at TIMESTAMP NOT NULL, action VARCHAR NOT NULL, model_version VARCHAR NOT NULL, decided_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
)
"""
"""One row is what somebody decided about a model."""

CREATE_PROMOTIONS = """
CREATE OR REPLACE VIEW promotions AS
SELECT trained_at AS decided_at, CASE verdict WHEN 'champion' THEN 'promoted' ELSE 'refused' END AS action, model_version,
    'training' AS decided_by, reason
FROM models
UNION ALL
SELECT decided_at, action, model_version, decided_by, reason FROM _decisions
"""
"""One row is one decision about which model serves: every training's own verdict, and what people decided.

- `decided_at` [UTC]: when
- `action`: `promoted`: it serves, before every model that was there; `refused`: it was trained and does not serve; `withdrawn`: it
  does not serve any more
- `model_version`: which model
- `decided_by`: `training`, or who decided
- `reason`: why, in a sentence
"""

CREATE_ATTENTION = """
CREATE TABLE IF NOT EXISTS _attention (
    kind VARCHAR NOT NULL, subject VARCHAR NOT NULL, name VARCHAR NOT NULL, severity VARCHAR NOT NULL,
    found_at TIMESTAMP NOT NULL, told VARCHAR NOT NULL
)
"""
"""One row is one thing that asks for a look, as it stood at the last publication: a check of an asset that found something, or an
answer of a source that lies in quarantine.

- `kind`: `check` or `payload`
- `subject`: the asset, or the dataset that was asked for
- `name`: the check, or the id of the kept answer
- `severity`: `error` where it stops what follows, else `warning`
- `found_at` [UTC]: when it was found
- `told`: what was found, in a sentence
"""

CREATE_REVISIONS = """
CREATE OR REPLACE VIEW revisions AS
WITH pairs AS (
    SELECT area, consumer_group, CAST(timezone('Europe/Copenhagen', timezone('UTC', hour_utc)) AS DATE) AS day,
        fast.consumption_mwh AS preliminary_mwh, late.consumption_mwh AS settled_mwh
    FROM consumption AS fast JOIN consumption AS late USING (area, consumer_group, hour_utc)
    WHERE fast.vintage = 'preliminary' AND late.vintage = 'settled' AND fast.quality = 'ok' AND late.quality = 'ok'
)
SELECT area, consumer_group, day, COUNT(*) AS hours,
    SUM(preliminary_mwh) AS preliminary_mwh, SUM(settled_mwh) AS settled_mwh,
    SUM(settled_mwh - preliminary_mwh) AS difference_mwh,
    AVG(ABS(settled_mwh - preliminary_mwh)) AS mean_abs_difference_mwh,
    MAX(ABS(settled_mwh - preliminary_mwh)) AS largest_abs_difference_mwh,
    SUM(settled_mwh - preliminary_mwh) / NULLIF(SUM(preliminary_mwh), 0) AS difference_share
FROM pairs GROUP BY area, consumer_group, day
"""
"""One row is one local day (Europe/Copenhagen) of one series, over the hours whose quality is `ok` in both vintages.

Key: area, consumer_group, day. Exists once an hour of the day is settled.

- `day`: the local day; 23 or 25 hours long when clocks change
- `hours` [h]: how many were compared; fewer than the day has where one is missing or flagged
- `preliminary_mwh`, `settled_mwh` [MWh]: sums of those hours
- `difference_mwh` [MWh]: settled minus preliminary; above 0 where settlement found more
- `mean_abs_difference_mwh`, `largest_abs_difference_mwh` [MWh]: of an hour
- `difference_share` [share]: difference_mwh as a share of preliminary_mwh; null where that is 0
"""


def create_table(table: Table) -> str:
    """SQL that creates the table when it is absent. `_partition` names the lake partition each row came from."""
    columns = [f"{column.name} {_SQL_TYPES[column.dtype]}{'' if column.nullable else ' NOT NULL'}" for column in table.columns]
    if table.append_only:
        columns.append("revision INTEGER NOT NULL")
    columns.append("_partition VARCHAR NOT NULL")
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(columns)})"


def create_all() -> list[str]:
    """SQL statements that make an empty warehouse, and leave a filled one as it is."""
    return [
        CREATE_PARTITIONS,
        CREATE_LINEAGE,
        CREATE_SNAPSHOT,
        CREATE_ATTENTION,
        CREATE_DECISIONS,
        *(create_table(table) for table in TABLES.values()),
        CREATE_REVISIONS,
        CREATE_PROMOTIONS,
    ]
