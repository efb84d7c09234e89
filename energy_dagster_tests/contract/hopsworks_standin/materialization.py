"""The materialization job: what has gathered in a group's topic becomes rows of its table."""

import io
import json
import time
from typing import Any

from fastavro import parse_schema, schemaless_reader

from energy_dagster_tests.contract.hopsworks_standin.cluster import FEATURE_STORE, Cluster, Json

AVRO_TYPES: dict[str, Any] = {
    "bigint": "long",
    "int": "int",
    "double": "double",
    "float": "float",
    "string": "string",
    "boolean": "boolean",
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
    "date": {"type": "int", "logicalType": "date"},
}


def job_name(group: Json) -> str:
    """Name of the job that belongs to a group."""
    return f"{group['name']}_{group['version']}_offline_fg_materialization"


def avro_schema(group: Json) -> Json:
    """The schema of a group's topic: every field may be null."""
    fields = [{"name": feature["name"], "type": ["null", AVRO_TYPES[feature["type"]]]} for feature in group["features"]]
    name = f"{group['name']}_{group['version']}"
    return {"type": "record", "name": name, "namespace": f"{FEATURE_STORE}.db", "fields": fields}


def materialize(cluster: Cluster, group: Json) -> None:
    """Upsert what no earlier job has read; rows for the online store alone are none of its business."""
    unread, ends = cluster.broker.unread(group["onlineTopicName"])
    schema = parse_schema(avro_schema(group))
    rows = []
    for row in unread:
        if row.headers["featureGroupId"] != str(group["id"]).encode():
            raise ValueError(f"expected rows of group {group['id']}, found {row.headers['featureGroupId']!r}")
        if row.headers.get("storage") != b"online":
            rows.append(schemaless_reader(io.BytesIO(row.value), schema, None))
    if rows:
        changes = cluster.table(group).upsert(rows)
        now_ms = int(time.time() * 1000)
        commit = {"commitID": now_ms, "commitTime": now_ms, "lastActiveCommitTime": now_ms, "rowsDeleted": 0}
        counts = {"rowsInserted": changes.inserted, "rowsUpdated": changes.updated}
        cluster.commits.setdefault(group["id"], []).append(commit | counts)
    cluster.broker.mark_read(ends)


def subject(group: Json) -> Json:
    """What the schema registry says of a group's topic."""
    name = f"{group['name']}_{group['version']}"
    return {"id": 1000 + group["id"], "subject": name, "version": 1, "schema": json.dumps(avro_schema(group))}
