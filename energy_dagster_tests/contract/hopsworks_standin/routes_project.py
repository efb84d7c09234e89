"""Login: versions, settings, the project, its credentials and its feature store."""

import base64
import re

from energy_dagster_tests.contract.hopsworks_standin.cluster import (
    CREATED,
    DOMAIN,
    FEATURE_STORE,
    FEATURE_STORE_ID,
    OTHER_VERSION,
    PROJECT,
    PROJECT_ID,
    USERNAME,
    VERSION,
    Cluster,
    Json,
)
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, Routes, error

ROUTES = Routes()

SETTINGS = {
    "enable_flyingduck": "true",
    "service_discovery_domain": DOMAIN,
    "loadbalancer_external_domain_feature_query": "127.0.0.1",
    "upload_policy": "ENABLED",
    "enable_data_science_profile": "false",
}
NO_SUCH_SETTING = error(404, 160026, "Variable not found")
NO_SUCH_PROJECT = error(404, 150004, "Project wasn't found.")
KEY_STORE = base64.b64encode(b"a key store that nobody opens").decode()
USER = {"username": USERNAME, "email": "standin@example.com", "fname": "Stand", "lname": "In"}


@ROUTES.on("GET", "/variables/versions")
def versions(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    is_other = cluster.faults.take(("wrong_version",), request.method, request.path)
    return Reply([{"software": "hopsworks", "version": OTHER_VERSION if is_other else VERSION}])


@ROUTES.on("GET", r"/variables/(\w+)")
def setting(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply({"successMessage": SETTINGS[match[1]]}) if match[1] in SETTINGS else NO_SUCH_SETTING


@ROUTES.on("GET", "/project")
def projects(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply([{"project": {"id": PROJECT_ID, "name": PROJECT}, "user": USER}])


@ROUTES.on("GET", "/project/getProjectInfo/(.+)")
def project(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    if match[1] != PROJECT:
        return NO_SUCH_PROJECT
    told = {"projectId": PROJECT_ID, "projectName": PROJECT, "owner": USER["email"], "description": "", "created": CREATED}
    return Reply(told | {"projectTeam": [], "services": ["FEATURESTORE", "JOBS", "SERVING"], "datasets": []})


@ROUTES.on("GET", f"/project/{PROJECT_ID}/credentials")
def credentials(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    certificates = cluster.certificates
    stores = {"kStore": KEY_STORE, "tStore": KEY_STORE, "password": "of no use"}
    pems = {"caChain": certificates.authority, "clientCert": certificates.client, "clientKey": certificates.client_key}
    return Reply(stores | pems)


def _feature_store() -> Json:
    told = {"featurestoreId": FEATURE_STORE_ID, "featurestoreName": FEATURE_STORE, "created": CREATED}
    told |= {"projectName": PROJECT, "projectId": PROJECT_ID, "offlineFeaturestoreName": FEATURE_STORE}
    counts = dict.fromkeys(("numFeatureGroups", "numTrainingDatasets", "numStorageConnectors", "numFeatureViews"), 0)
    return told | {"onlineEnabled": True, "onlineFeaturestoreName": PROJECT} | counts


@ROUTES.on("GET", f"/project/{PROJECT_ID}/featurestores")
def feature_stores(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    """The client looks into all of them before it calls something absent."""
    return Reply([_feature_store()])


@ROUTES.on("GET", f"/project/{PROJECT_ID}/featurestores/(?:{FEATURE_STORE}|{FEATURE_STORE_ID})")
def feature_store(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    return Reply(_feature_store())
