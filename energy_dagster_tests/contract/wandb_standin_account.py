"""What an account of the stand-in for W&B holds: runs, artifacts with their aliases, links into the registry."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from energy_dagster_tests.contract.wandb_standin_answers import global_id, membership_node, project_of

ENTITY, ORGANIZATION = "team", "organization-entity"
HISTORY, SUMMARY = "wandb-history.jsonl", "wandb-summary.json"


class UnknownOperation(LookupError):
    """The stand-in knows no such GraphQL operation."""


@dataclass
class Run:
    """A run: what was said of it, and its history by line."""

    entity: str
    project: str
    name: str
    upserts: list[dict[str, Any]] = field(default_factory=list)
    history: dict[int, str] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    finished: int = 0

    def said(self, name: str) -> Any:
        """The newest value of a field that was said."""
        return next((one[name] for one in reversed(self.upserts) if one.get(name) is not None), None)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration without the client's own entries."""
        return {name: value["value"] for name, value in json.loads(self.said("config")).items() if not name.startswith("_")}


@dataclass
class Artifact:
    """A version of an artifact."""

    id: str
    type: str
    collection: str
    project: str
    run: str
    digest: str
    version: int
    metadata: dict[str, Any]
    aliases: set[str] = field(default_factory=set)
    state: str = "PENDING"
    files: set[str] = field(default_factory=set)

    @property
    def metadata_json(self) -> str:
        """As it was said."""
        return json.dumps(self.metadata)


@dataclass(frozen=True)
class Link:
    """An artifact that was linked into a collection of the registry."""

    artifact: Artifact
    collection: str
    project: str
    entity: str
    aliases: frozenset[str]


class Account:
    """One entity with its projects."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.artifacts: list[Artifact] = []
        self.links: list[Link] = []
        self.storage: dict[str, bytes] = {}
        self._operations: dict[str, Callable[[dict[str, Any], str], Any]] = {
            "Viewer": self._viewer,
            "ServerFeaturesQuery": lambda _v, _url: {"serverInfo": {"features": []}},
            "UpsertBucket": self._upsert,
            "CreateArtifact": self._create,
            "CreateArtifactManifest": self._manifest,
            "CreateArtifactFiles": self._artifact_files,
            "CommitArtifact": self._commit,
            "CreateRunFiles": self._run_files,
            "ArtifactMembershipByName": self._membership,
            "FetchOrgInfoFromEntity": self._organization,
            "LinkArtifact": self._link,
        }

    def models(self) -> list[Artifact]:
        """The committed versions of models, oldest first."""
        return [one for one in self.artifacts if one.type == "model" and one.state == "COMMITTED"]

    def content(self, artifact: Artifact) -> dict[str, bytes]:
        """The files of an artifact as its manifest names them."""
        manifest = json.loads(self.storage[f"/storage/{artifact.id}/wandb_manifest.json"])
        return {name: self.storage[f"/storage/{artifact.id}/files/{name}"] for name in manifest["contents"]}

    def asked(self, operation: str, variables: dict[str, Any], url: str) -> Any:
        """The answer to an operation.

        Raises:
            UnknownOperation: there is none of this name.
        """
        if operation not in self._operations:
            raise UnknownOperation(operation)
        given = variables.get("input")
        return self._operations[operation](given if isinstance(given, dict) else variables, url)

    def streamed(self, path: str, sent: dict[str, Any]) -> None:
        """Take what a run streams; its lines are put at their offset, as the service says that it does."""
        run = self.runs[path.split("/")[-2]]
        files = sent.get("files") or {}
        if HISTORY in files:
            offset = files[HISTORY]["offset"]
            run.history.update({offset + number: line for number, line in enumerate(files[HISTORY]["content"])})
        if SUMMARY in files:
            run.summary = json.loads(files[SUMMARY]["content"][-1])
        if sent.get("complete"):
            run.finished += 1

    def _viewer(self, _: dict[str, Any], _url: str) -> Any:
        return {"viewer": {"id": "user", "entity": ENTITY, "username": "user", "email": "user@example.org"}}

    def _upsert(self, given: dict[str, Any], _: str) -> Any:
        name, project, entity = given["name"], given["project"], given.get("entity") or ENTITY
        inserted = name not in self.runs
        run = self.runs.setdefault(name, Run(entity, project, name))
        run.upserts.append(given)
        bucket = {
            "id": global_id("Run", name),
            "name": name,
            "displayName": run.said("displayName") or name,
            "description": "",
            "config": run.said("config") or "{}",
            "sweepName": None,
            "project": project_of(project, entity),
            "historyLineCount": len(run.history),
            "summaryMetrics": json.dumps(run.summary),
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": inserted}}

    def _create(self, given: dict[str, Any], _: str) -> Any:
        """A version, or the one there is of the same content, with the aliases moved once it stands."""
        collection, aliases = given["artifactCollectionName"], {one["alias"] for one in given["aliases"]}
        before = [one for one in self.artifacts if one.collection == collection]
        same = next((one for one in before if one.digest == given["digest"]), None)
        artifact = same or Artifact(
            global_id("Artifact", str(len(self.artifacts))).rstrip("="),
            given["artifactTypeName"],
            collection,
            given["projectName"],
            given["runName"],
            given["digest"],
            len(before),
            json.loads(given["metadata"] or "{}"),
        )
        if same is None:
            self.artifacts.append(artifact)
        artifact.aliases |= aliases
        if artifact.state == "COMMITTED":
            self._move(artifact)
        made = {"id": artifact.id, "state": artifact.state, "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": made}}

    def _manifest(self, given: dict[str, Any], url: str) -> Any:
        place = f"{url}/storage/{given['artifactID']}/wandb_manifest.json" if given["includeUpload"] else None
        file: dict[str, Any] = {"id": "file", "uploadUrl": place, "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": "manifest", "file": file}}}

    def _artifact_files(self, given: dict[str, Any], url: str) -> Any:
        edges = []
        for one in given["artifactFiles"]:
            place = f"/storage/{one['artifactID']}/files/{one['name']}"
            self._artifact(one["artifactID"]).files.add(one["name"])
            node: dict[str, Any] = {
                "storagePath": place,
                "uploadUrl": url + place,
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
            }
            edges.append({"node": {**node, "artifact": {"id": one["artifactID"]}}})
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def _commit(self, given: dict[str, Any], _: str) -> Any:
        artifact = self._artifact(given["artifactID"])
        artifact.state = "COMMITTED"
        self._move(artifact)
        return {"commitArtifact": {"artifact": {"id": artifact.id, "digest": artifact.digest}}}

    def _move(self, artifact: Artifact) -> None:
        """An alias is of one version of a collection."""
        for other in self.artifacts:
            if other is not artifact and other.collection == artifact.collection:
                other.aliases -= artifact.aliases

    def _run_files(self, given: dict[str, Any], url: str) -> Any:
        self.runs[given["run"]].files |= set(given["files"])
        files = [{"name": name, "uploadUrl": f"{url}/storage/runs/{given['run']}/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": global_id("Run", given["run"]), "uploadHeaders": [], "files": files}}

    def _membership(self, given: dict[str, Any], _: str) -> Any:
        collection, _, name = given["name"].partition(":")
        for link in reversed(self.links):
            if (link.project, link.collection) == (given["project"], collection):
                node = membership_node(
                    link.artifact, collection=collection, project=link.project, entity=link.entity, aliases=set(link.aliases)
                )
                return {"project": {"artifactCollectionMembership": node}}
        for one in self.artifacts:
            if one.collection == collection and one.state == "COMMITTED" and name in {*one.aliases, f"v{one.version}"}:
                node = membership_node(one, collection=collection, project=one.project, entity=ENTITY, aliases=one.aliases)
                return {"project": {"artifactCollectionMembership": node}}
        return {"project": {"artifactCollectionMembership": None}}

    def _organization(self, _: dict[str, Any], _url: str) -> Any:
        return {"entity": {"organization": {"name": "Organization", "orgEntity": {"name": ORGANIZATION}}, "user": None}}

    def _link(self, given: dict[str, Any], _: str) -> Any:
        aliases = frozenset(one["alias"] for one in given["aliases"])
        place = (given["artifactPortfolioName"], given["projectName"], given["entityName"])
        self.links.append(Link(self._artifact(given["artifactID"]), *place, aliases))
        return {"result": {"versionIndex": len(self.links) - 1}}

    def _artifact(self, artifact_id: str) -> Artifact:
        return next(one for one in self.artifacts if one.id == artifact_id)
