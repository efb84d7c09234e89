"""A lake as a portable folder, and back: the files of every version up to a moment, and a manifest with their checksums.

The folder mirrors the lake: anything that reads Parquet reads it. The manifest is written last and read first: without it, or with
a file that is not as it says, there is nothing to import.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

from upath import UPath

from energy_dagster.domain.tables import MODELS, TABLES
from energy_dagster.io_managers.decisions import FOLDER as DECISIONS
from energy_dagster.io_managers.lake import SUFFIX, Lake, Version, written_at
from energy_dagster.io_managers.model_store import ASSET as MODEL_ASSET
from energy_dagster.io_managers.recipe_store import ASSET as RECIPE_ASSET
from energy_dagster.storage.code_identity import code_identity
from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One file of an export: its path below the folder, its size and its SHA-256."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Transferred:
    """How many files an export or import has, how large they are, and how many were there already."""

    files: int
    size_bytes: int
    there_before: int


class BrokenExport(ValueError):
    """The folder is no export, or not the whole of one; the message says which file, what was expected and what was found."""


def export_lake(
    lake: Lake, folder: UPath, *, as_of: datetime, now: datetime, told: Callable[[int, int], None] = lambda _done, _all: None
) -> Transferred:
    """Write every version that stood in the lake by a moment into an empty folder.

    Args:
        lake: where from.
        folder: where to; absent or empty.
        as_of: versions written later are left out; aware.
        now: the machine's time, aware, for the record.
        told: hears after each file how many of how many are written.

    Raises:
        StorageError: something cannot be read or written.
        BrokenExport: the folder holds files.
    """
    if files_below(folder):
        raise BrokenExport(f"expected an empty folder to export to, found files in {folder}")
    contents = dict(_contents(lake, as_of))
    entries = []
    for path, read in contents.items():
        payload = read()
        write_whole(folder / path, payload)
        entries.append(Entry(path, len(payload), hashlib.sha256(payload).hexdigest()))
        told(len(entries), len(contents))
    manifest = {
        "format": FORMAT,
        "as_of": as_of.astimezone(UTC).isoformat(),
        "exported_at": now.astimezone(UTC).isoformat(),
        "code_version": code_identity(),
        "files": [asdict(entry) for entry in entries],
    }
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return Transferred(len(entries), sum(entry.size_bytes for entry in entries), 0)


def import_lake(lake: Lake, folder: UPath, *, told: Callable[[int, int], None] = lambda _done, _all: None) -> Transferred:
    """Bring an export into a lake, which may hold other versions, or the same.

    Every file is held against the manifest before the first is written.

    Args:
        lake: where to.
        folder: an export.
        told: hears after each file how many of how many are brought in.

    Raises:
        BrokenExport: the folder is no export, or a file is absent or not as the manifest says, or the lake has another of its name.
        StorageError: something cannot be read or written.
    """
    entries = _manifest(folder)
    for entry in entries:
        _read(folder, entry)
    before = 0
    for number, entry in enumerate(sorted(entries, key=_meta_last), start=1):
        payload, standing = _read(folder, entry), _standing(lake, entry.path)
        if standing is not None and standing != payload:
            raise BrokenExport(f"{entry.path}: expected none or the same in {lake.root}, found another of that name")
        if standing is None:
            write_whole(lake.root / entry.path, payload)
        before += standing is not None
        told(number, len(entries))
    return Transferred(len(entries), sum(entry.size_bytes for entry in entries), before)


def _contents(lake: Lake, as_of: datetime) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Path and reader of every file that stood by a moment: versions of tables, whole models, tunings, decisions about models."""
    for name, table in TABLES.items():
        if table is not MODELS:
            for version in lake.versions(name):
                if written_at(version) <= as_of:
                    yield "/".join((name, *version.file)), partial(lake.payload, version)
    for asset in (MODEL_ASSET, RECIPE_ASSET, DECISIONS):
        for path in files_below(lake.root / asset):
            name = path[1] if asset == MODEL_ASSET else path[0].rpartition(".")[0]
            if written_at(Version(asset, path[0], name)) <= as_of:
                yield "/".join((asset, *path)), (lake.root / asset).joinpath(*path).read_bytes


def _manifest(folder: UPath) -> list[Entry]:
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise BrokenExport(f"{path}: expected an export of format {FORMAT}, found {document['format']!r}")
        entries = [Entry(**fields) for fields in document["files"]]
    except FileNotFoundError:
        raise BrokenExport(f"expected an export, found no {MANIFEST} in {folder}") from None
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, BrokenExport):
            raise
        raise BrokenExport(f"{path}: expected the manifest of an export, found otherwise: {error}") from error
    for entry in entries:
        if entry.path.startswith("/") or ".." in entry.path.split("/"):
            raise BrokenExport(f"{path}: expected files below the folder, found {entry.path!r}")
    return entries


def _read(folder: UPath, entry: Entry) -> bytes:
    path = folder / entry.path
    try:
        with reporting("read", path):
            payload = path.read_bytes()
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise BrokenExport(f"{entry.path}: expected a file of {entry.size_bytes} bytes, found none") from None
        raise
    found = hashlib.sha256(payload).hexdigest()
    if found != entry.sha256:
        raise BrokenExport(f"{entry.path}: expected SHA-256 {entry.sha256[:12]}.., found {found[:12]}.. in {len(payload)} bytes")
    return payload


def _meta_last(entry: Entry) -> tuple[bool, str]:
    """A model exists once its meta does."""
    return entry.path.endswith("/meta.json"), entry.path


def _standing(lake: Lake, path: str) -> bytes | None:
    asset, *rest = path.split("/")
    if asset in TABLES and len(rest) == 2:
        version = Version(asset, rest[0], rest[1].removesuffix(SUFFIX))
        return lake.payload(version) if version in set(lake.versions(asset, [version.partition])) else None
    try:
        return (lake.root / path).read_bytes()
    except FileNotFoundError:
        return None
