"""Answers of the stand-in for W&B as its GraphQL has them."""

from base64 import b64encode
from typing import Any, Protocol

CREATED = "2026-01-01T00:00:00Z"


class HasVersion(Protocol):
    """What of an artifact is told."""

    id: str
    type: str
    collection: str
    project: str
    digest: str
    version: int
    state: str
    files: set[str]
    aliases: set[str]

    @property
    def metadata_json(self) -> str: ...


def global_id(kind: str, name: str) -> str:
    """An id as the service makes them."""
    return b64encode(f"{kind}:{name}".encode()).decode()


def project_of(name: str, entity: str) -> dict[str, Any]:
    """A project with its entity."""
    owner = {"id": global_id("Entity", entity), "name": entity}
    return {"id": global_id("Project", name), "internalId": global_id("ProjectInternal", "1"), "name": name, "entity": owner}


def artifact_node(artifact: HasVersion, entity: str) -> dict[str, Any]:
    """A version of an artifact."""
    sequence = {"__typename": "ArtifactSequence", "name": artifact.collection, "project": project_of(artifact.project, entity)}
    return {
        "__typename": "Artifact",
        "id": artifact.id,
        "artifactSequence": sequence,
        "versionIndex": artifact.version,
        "artifactType": {"name": artifact.type},
        "description": None,
        "metadata": artifact.metadata_json,
        "ttlDurationSeconds": -1,
        "ttlIsInherited": True,
        "tags": [],
        "historyStep": None,
        "state": artifact.state,
        "size": 1,
        "digest": artifact.digest,
        "commitHash": None,
        "fileCount": len(artifact.files),
        "createdAt": CREATED,
        "updatedAt": CREATED,
    }


def membership_node(artifact: HasVersion, *, collection: str, project: str, entity: str, aliases: set[str]) -> dict[str, Any]:
    """A version of an artifact as a member of a collection."""
    return {
        "__typename": "ArtifactCollectionMembership",
        "id": global_id("ArtifactCollectionMembership", artifact.id),
        "versionIndex": artifact.version,
        "createdAt": CREATED,
        "aliases": [{"__typename": "ArtifactAlias", "id": global_id("ArtifactAlias", one), "alias": one} for one in aliases],
        "artifactCollection": {"__typename": "ArtifactSequence", "name": collection, "project": project_of(project, entity)},
        "artifact": artifact_node(artifact, entity),
    }
