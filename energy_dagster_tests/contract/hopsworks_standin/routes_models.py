"""The model registry: what is known of a model; its files are the file system's."""

import re
import time

from energy_dagster_tests.contract.hopsworks_standin.cluster import PROJECT, PROJECT_ID, Cluster, Json
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, Routes, error

ROUTES = Routes()

REGISTRIES = f"/project/{PROJECT_ID}/modelregistries"
MODELS = f"{REGISTRIES}/{PROJECT_ID}/models"
NO_SUCH_MODEL = error(404, 360000, "Model not found")


def _metric(model: Json, name: str) -> float | None:
    """A metric of a model, however the client has written it."""
    metrics = model.get("metrics") or {}
    if "attributes" in metrics:
        metrics = {attribute["key"]: attribute["value"] for attribute in metrics["attributes"]}
    return None if name not in metrics else float(metrics[name])


@ROUTES.on("GET", REGISTRIES)
def registries(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply({"count": 1, "items": [{"id": PROJECT_ID, "name": PROJECT}]})


@ROUTES.on("PUT", rf"{MODELS}/(\w+)")
def register(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    model = request.document
    model |= {"id": match[1], "created": int(time.time() * 1000), "creator": "standin", "modelRegistryId": PROJECT_ID}
    cluster.models[match[1]] = model
    return Reply(model)


@ROUTES.on("GET", rf"{MODELS}/(\w+)")
def model(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    found = cluster.models.get(match[1])
    return Reply(found) if found else NO_SUCH_MODEL


@ROUTES.on("DELETE", rf"{MODELS}/(\w+)")
def delete(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply(status=204) if cluster.models.pop(match[1], None) else NO_SUCH_MODEL


@ROUTES.on("GET", MODELS)
def models(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    """Those of a name, the best by a metric first where one is named; models without the metric are left out then."""
    names = [condition.removeprefix("name_eq:") for condition in request.query.get("filter_by", [])]
    found = [each for each in cluster.models.values() if not names or each["name"] in names]
    sort_by = request.first("sort_by")
    if sort_by:
        metric, direction = sort_by.split(":")
        valued = [(value, each) for each in found if (value := _metric(each, metric)) is not None]
        valued.sort(key=lambda pair: pair[0], reverse=direction == "desc")
        found = [each for _, each in valued]
    page = found[: request.number("limit", len(found))]
    return Reply({"count": len(page), "items": page})
