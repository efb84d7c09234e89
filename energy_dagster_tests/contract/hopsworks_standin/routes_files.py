"""The cluster's file system as REST shows it: listing, folders, chunked upload, download."""

import re
import shutil
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

from energy_dagster_tests.contract.hopsworks_standin.cluster import CREATED, PROJECT_ID, Cluster, Json
from energy_dagster_tests.contract.hopsworks_standin.routing import Reply, Request, Routes, error

ROUTES = Routes()

FILES = f"/project/{PROJECT_ID}/dataset"
NO_SUCH_PATH = error(400, 110011, "Path not found")


def _inode(cluster: Cluster, path: Path) -> Json:
    whole_path = "/" + str(path.relative_to(cluster.files.resolve()))
    attributes = {"name": path.name, "path": whole_path, "dir": path.is_dir(), "size": path.stat().st_size, "id": 1}
    attributes |= {"owner": "standin", "group": "standin", "permission": "rwxr-x---", "modificationTime": CREATED}
    return {"attributes": attributes | {"underConstruction": False, "parentId": 0}, "href": whole_path}


def _form(request: Request) -> dict[str, bytes]:
    """The parts of a multipart form by name."""
    whole = b"Content-Type: " + request.content_type.encode() + b"\r\n\r\n" + request.body
    form = {}
    for part in BytesParser(policy=HTTP).parsebytes(whole).iter_parts():
        payload = part.get_payload(decode=True)
        form[str(part.get_param("name", header="content-disposition"))] = payload if isinstance(payload, bytes) else b""
    return form


@ROUTES.on("POST", rf"{FILES}/upload/(.+)")
def upload(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    """One chunk of a file goes to its place in it; chunks come in any order."""
    form = _form(request)
    folder = cluster.file(match[1])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / form["flowFilename"].decode()
    path.touch()
    with path.open("r+b") as file:
        file.seek((int(form["flowChunkNumber"]) - 1) * int(form["flowChunkSize"]))
        file.write(form["file"])
    return Reply()


@ROUTES.on("GET", rf"{FILES}/download/with_auth/(.+)")
def download(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    path = cluster.file(match[1])
    return Reply(path.read_bytes()) if path.is_file() else NO_SUCH_PATH


@ROUTES.on("GET", rf"{FILES}/(.+)")
def stat(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    path = cluster.file(match[1])
    if not path.exists():
        return NO_SUCH_PATH
    if request.first("action") != "listing":
        return Reply(_inode(cluster, path))
    inside = sorted(path.iterdir(), key=lambda each: each.name, reverse=True)
    offset = request.number("offset", 0)
    page = inside[offset : offset + request.number("limit", len(inside))]
    return Reply({"count": len(inside), "items": [_inode(cluster, each) for each in page]})


@ROUTES.on("POST", rf"{FILES}/(.+)")
def make_folder(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    path = cluster.file(match[1])
    path.mkdir(parents=True, exist_ok=True)
    return Reply(_inode(cluster, path), 201)


@ROUTES.on("DELETE", rf"{FILES}/(.+)")
def delete(cluster: Cluster, request: Request, match: re.Match[str]) -> Reply:
    path = cluster.file(match[1])
    if path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
    return Reply(status=204)
