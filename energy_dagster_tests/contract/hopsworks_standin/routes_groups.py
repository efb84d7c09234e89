"""Feature groups: metadata, commits, statistics, the topic of a streamed one, its materialization job, queries."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from energy_dagster_tests.contract.hopsworks_standin.cluster import (
    CREATED,
    FEATURE_STORE,
    FEATURE_STORE_ID,
    PROJECT,
    PROJECT_ID,
    Cluster,
    Json,
)
from energy_dagster_tests.contract.hopsworks_standin.materialization import job_name, materialize, subject
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, Routes, error

ROUTES = Routes()

STORE = f"/project/{PROJECT_ID}/featurestores/{FEATURE_STORE_ID}"
GROUPS = f"{STORE}/featuregroups"
JOBS = f"/project/{PROJECT_ID}/jobs"
NO_SUCH_GROUP = error(404, 270009, "Featuregroup wasn't found.")
NO_STATISTICS = error(404, 270228, "Statistics not found")
NO_SUCH_JOB = error(404, 130009, "Job not found.")
GROUP_EXISTS = error(400, 270089, "Feature group already exists")
OWN_STORAGE = {
    "type": "featurestoreS3ConnectorDTO",
    "storageConnectorType": "S3",
    "id": 5,
    "name": "lake",
    "featurestoreId": FEATURE_STORE_ID,
    "bucket": "lake",
    "region": "eu-north-1",
    "arguments": [],
}
"""Storage that is not the cluster's own: with it the client writes Delta files to a group's location as it stands."""


def _listed(items: list[Json], request: Request) -> Reply:
    return Reply({"items": items[: request.number("limit", len(items))], "count": len(items)})


@ROUTES.on("GET", rf"{GROUPS}/([A-Za-z_]\w*)")
def groups_by_name(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    version = request.first("version")
    found = [group for group in cluster.versions_of(match[1]) if version in (None, str(group["version"]))]
    return Reply(found) if found else NO_SUCH_GROUP


@ROUTES.on("GET", rf"{GROUPS}/(\d+)")
def group_by_id(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group = cluster.groups.get(int(match[1]))
    return Reply(group) if group else NO_SUCH_GROUP


@ROUTES.on("POST", GROUPS)
def create_group(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group = request.document
    if cluster.group(group["name"], group["version"]):
        return GROUP_EXISTS
    number = cluster.next_number()
    whole_name = f"{group['name']}_{group['version']}"
    group |= {"id": number, "featurestoreId": FEATURE_STORE_ID, "featurestoreName": FEATURE_STORE}
    group |= {"created": CREATED, "creator": {"email": "standin@example.com"}}
    group |= {"location": f"file://{cluster.folder}/lake/{whole_name}"}
    group |= {"onlineTopicName": group.get("topicName") or f"{PROJECT_ID}_{number}_{whole_name}_onlinefs"}
    group["dataSource"] = (group.get("dataSource") or {}) | {"storageConnector": OWN_STORAGE}
    for feature in group["features"]:
        feature["featureGroupId"] = number
    if group.get("timeTravelFormat") == "HUDI":
        next(feature for feature in group["features"] if feature.get("primary"))["hudiPrecombineKey"] = True
    cluster.groups[number] = group
    if group["type"] == "streamFeatureGroupDTO":
        cluster.broker.create_topic(group["onlineTopicName"])
    return Reply(group, 201)


@ROUTES.on("PUT", rf"{GROUPS}/(\d+)")
def change_group(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group, asked = cluster.groups[int(match[1])], request.document
    group |= {name: asked[name] for name in ("description", "statisticsConfig") if name in asked}
    if "updateMetadata" in request.query:
        group["features"] = asked["features"]
    return Reply(group)


@ROUTES.on("DELETE", rf"{GROUPS}/(\d+)")
def delete_group(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group = cluster.groups.pop(int(match[1]))
    cluster.commits.pop(group["id"], None)
    cluster.executions.pop(job_name(group), None)
    cluster.table(group).drop()
    return Reply(status=204)


@ROUTES.on("POST", rf"{GROUPS}/(\d+)/clear")
def clear_group(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    cluster.table(cluster.groups[int(match[1])]).drop()
    return Reply(status=204)


@ROUTES.on("POST", rf"{GROUPS}/(\d+)/commits")
def add_commit(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    commit = request.document
    commit |= {"commitID": commit["commitTime"], "href": request.path}
    cluster.commits.setdefault(int(match[1]), []).append(commit)
    return Reply(commit)


@ROUTES.on("GET", rf"{GROUPS}/(\d+)/commits")
def commits(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    newest_first = sorted(cluster.commits.get(int(match[1]), []), key=lambda commit: -commit["commitTime"])
    return _listed(newest_first, request)


@ROUTES.on("POST", rf"{GROUPS}/(\d+)/statistics")
def add_statistics(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    cluster.statistics.setdefault(match[1], []).append(request.document)
    return Reply(request.document)


@ROUTES.on("GET", rf"{GROUPS}/(\d+)/statistics")
def group_statistics(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.statistics.get(match[1])
    return Reply({"items": held[-1:], "count": 1}) if held else NO_STATISTICS


@ROUTES.on("GET", rf"{GROUPS}/\d+/expectationsuite")
def expectations(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply({"count": 0})


@ROUTES.on("GET", rf"{STORE}/storageconnectors/kafka_connector/byok")
def kafka_connector(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    is_down = cluster.faults.take(("broker_down",), request.method, request.path)
    told = {"type": "featurestoreKafkaConnectorDTO", "storageConnectorType": "KAFKA", "id": 9, "name": "kafka_connector"}
    told |= {"featurestoreId": FEATURE_STORE_ID, "options": [], "externalKafka": True}
    address = cluster.broker.refused_address if is_down else cluster.broker.address
    wire = {"bootstrapServers": address, "securityProtocol": "PLAINTEXT", "sslEndpointIdentificationAlgorithm": ""}
    return Reply(told | wire)


@ROUTES.on("GET", rf"{STORE}/kafka/subjects/(\w+)_(\d+)/versions/\w+")
def topic_schema(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group = cluster.group(match[1], int(match[2]))
    return Reply(subject(group)) if group else NO_SUCH_GROUP


def _group_of_job(cluster: Cluster, name: str) -> Json | None:
    return next((group for group in cluster.groups.values() if job_name(group) == name), None)


@ROUTES.on("GET", rf"{JOBS}/(\w+)")
def job(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    if _group_of_job(cluster, match[1]) is None:
        return NO_SUCH_JOB
    config = {"type": "sparkJobConfiguration", "defaultArgs": "-op offline_fg_materialization"}
    told = {"id": 1, "name": match[1], "creationTime": CREATED, "jobType": "SPARK", "config": config}
    return Reply(told | {"creator": {"email": "standin@example.com"}, "href": request.path})


def _execution(number: int, state: str, status: str, args: str = "") -> Json:
    logs = {"stdoutPath": f"/Projects/{PROJECT}/Logs/{number}.out", "stderrPath": f"/Projects/{PROJECT}/Logs/{number}.err"}
    told: dict[str, Any] = {"id": number, "state": state, "finalStatus": status, "args": args, "href": f"executions/{number}"}
    return told | {"submissionTime": datetime.now(UTC).isoformat(), "duration": 0, "progress": 1.0} | logs


@ROUTES.on("POST", rf"{JOBS}/(\w+)/executions")
def run_job(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    group = _group_of_job(cluster, match[1])
    if group is None:
        return NO_SUCH_JOB
    number = cluster.next_number()
    if cluster.faults.take(("job_failed",), request.method, request.path):
        execution = _execution(number, "FAILED", "FAILED", request.body.decode())
    else:
        materialize(cluster, group)
        execution = _execution(number, "FINISHED", "SUCCEEDED", request.body.decode())
    for path in (execution["stdoutPath"], execution["stderrPath"]):
        cluster.file(path).write_text("")
    cluster.executions.setdefault(match[1], []).append(execution)
    return Reply(execution, 201)


@ROUTES.on("GET", rf"{JOBS}/(\w+)/executions")
def executions(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.executions.get(match[1], [])[::-1]
    if cluster.faults.take(("job_running",), request.method, request.path):
        held = [_execution(1, "RUNNING", "UNDEFINED"), *held]
    return _listed(held, request) if held else Reply({"count": 0})


@ROUTES.on("GET", rf"{JOBS}/(\w+)/executions/(\d+)")
def execution(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.executions.get(match[1], [])
    found = next((each for each in held if each["id"] == int(match[2])), None)
    return Reply(found) if found else NO_SUCH_JOB


@ROUTES.on("PUT", f"/project/{PROJECT_ID}/featurestores/query")
def prepare_query(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    """The query comes back as the payload that the query service takes; here it is the query itself."""
    told = {"query": "SELECT 1", "queryOnline": "SELECT 1", "hqsPayload": json.dumps(request.document)}
    kinds = dict.fromkeys(("onDemandFeatureGroups", "hudiCachedFeatureGroups", "deltaCachedFeatureGroups"), ())
    return Reply(told | {"hqsPayloadSignature": f"signed at {time.time():.0f}"} | kinds)
