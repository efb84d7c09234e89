"""Feature views and their training datasets."""

import copy
import re

from energy_dagster_tests.contract.hopsworks_standin.cluster import (
    CREATED,
    FEATURE_STORE,
    FEATURE_STORE_ID,
    PROJECT,
    PROJECT_ID,
    Cluster,
    Json,
)
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, Routes, error

ROUTES = Routes()

VIEWS = f"/project/{PROJECT_ID}/featurestores/{FEATURE_STORE_ID}/featureview"
VIEW = rf"{VIEWS}/(\w+)/version/(\d+)"
DATASETS = f"{VIEW}/trainingdatasets"
NO_SUCH_VIEW = error(404, 270181, "Feature view wasn't found.")
NO_SUCH_DATASET = error(404, 270012, "Training dataset wasn't found.")
VIEW_EXISTS = error(400, 270179, "The provided feature view name and version already exists.")
NO_STATISTICS = error(404, 270228, "Statistics not found")


def _key(match: re.Match[str]) -> tuple[str, int]:
    return match[1], int(match[2])


def _serving_key(name: str, group: Json) -> Json:
    return {"featureName": name, "featureGroup": group, "prefix": "", "required": True, "joinIndex": 0, "joinOn": None}


@ROUTES.on("POST", VIEWS)
def create_view(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    view = request.document
    if (view["name"], view["version"]) in cluster.views:
        return VIEW_EXISTS
    group = cluster.groups[view["query"]["leftFeatureGroup"]["id"]]
    keys = [_serving_key(feature["name"], group) for feature in group["features"] if feature.get("primary")]
    view |= {"id": cluster.next_number(), "created": CREATED, "creator": {}, "servingKeys": keys}
    view |= {"featurestoreId": FEATURE_STORE_ID, "featurestoreName": FEATURE_STORE}
    cluster.views[view["name"], view["version"]] = view
    return Reply(view, 201)


@ROUTES.on("GET", VIEW)
def view(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    found = cluster.views.get(_key(match))
    return Reply(found) if found else NO_SUCH_VIEW


@ROUTES.on("DELETE", VIEW)
def delete_view(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    cluster.training_datasets.pop(_key(match), None)
    return Reply(status=204) if cluster.views.pop(_key(match), None) else NO_SUCH_VIEW


@ROUTES.on("GET", rf"{VIEW}/transformation/functions")
def transformations(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply({"count": 0, "items": []})


def _asked_features(view: Json, group: Json, request: Request) -> list[Json]:
    """The view's features without its labels, unless those are asked for; keys and event time are added where asked for."""
    asks = {name for name, values in request.query.items() if values == ["True"]}
    labels = {feature["name"] for feature in view["features"] if feature.get("label")}
    selected = {feature["name"] for feature in view["query"]["leftFeatures"]}
    names = selected if "with_label" in asks else selected - labels
    if "with_event_time" in asks:
        names |= {group.get("eventTime")}
    if "with_primary_keys" in asks:
        names |= {feature["name"] for feature in group["features"] if feature.get("primary")}
    return [feature for feature in group["features"] if feature["name"] in names]


@ROUTES.on("GET", rf"{VIEW}/query/batch")
def batch_query(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    """The view's query, held to a span of event time where one is asked for: start included, end not."""
    view = cluster.views[_key(match)]
    group = cluster.groups[view["query"]["leftFeatureGroup"]["id"]]
    query = copy.deepcopy(view["query"])
    query |= {"leftFeatureGroup": group, "leftFeatures": _asked_features(view, group, request)}
    event_time = next((feature for feature in group["features"] if feature["name"] == group.get("eventTime")), None)
    for name, condition in (("start_time", "GREATER_THAN_OR_EQUAL"), ("end_time", "LESS_THAN")):
        if request.first(name):
            span = {"feature": event_time, "condition": condition, "value": request.first(name)}
            query["filter"] = {"type": "AND", "leftFilter": span, "rightLogic": query.get("filter")}
    return Reply(query)


@ROUTES.on("POST", DATASETS)
def create_dataset(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.training_datasets.setdefault(_key(match), [])
    dataset = request.document
    version = dataset.get("version") or len(held) + 1
    folder = f"/Projects/{PROJECT}/{PROJECT}_Training_Datasets/{match[1]}_{match[2]}_{version}"
    dataset |= {"id": cluster.next_number(), "featurestoreId": FEATURE_STORE_ID, "version": version, "created": CREATED}
    dataset |= {"location": folder}
    held.append(dataset)
    return Reply(dataset, 201)


@ROUTES.on("GET", DATASETS)
def datasets(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.training_datasets.get(_key(match), [])
    return Reply({"count": len(held), "items": held})


@ROUTES.on("GET", rf"{DATASETS}/version/(\d+)")
def dataset(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.training_datasets.get(_key(match), [])
    found = next((each for each in held if each["version"] == int(match[3])), None)
    return Reply(found) if found else NO_SUCH_DATASET


def _statistics_key(match: re.Match[str]) -> str:
    return f"{match[1]}/{match[2]}/{match[3]}"


@ROUTES.on("POST", rf"{DATASETS}/version/(\d+)/statistics")
def add_statistics(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    cluster.statistics.setdefault(_statistics_key(match), []).append(request.document)
    return Reply(request.document)


@ROUTES.on("GET", rf"{DATASETS}/version/(\d+)/statistics")
def statistics(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    held = cluster.statistics.get(_statistics_key(match))
    return Reply({"items": held[-1:], "count": 1}) if held else NO_STATISTICS
