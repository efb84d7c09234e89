"""Files on a local disk or an object store, written so that readers see all of one or nothing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from upath import UPath

LOCAL_PROTOCOLS = ("", "file", "local")


class StorageError(OSError):
    """Storage cannot be read or written; the message names the file and the reason."""


def storage_errors() -> tuple[type[Exception], ...]:
    """What storage raises: errors of the system, of Parquet, and, where S3 is in use, of its client, which are no `OSError`."""
    client = sys.modules.get("botocore.exceptions")
    return (OSError, pa.ArrowException) if client is None else (OSError, pa.ArrowException, client.BotoCoreError)


@contextmanager
def reporting(action: str, path: UPath, *, but: type[OSError] | None = None) -> Iterator[None]:
    """Say which file a fault of the storage is about; a fault of the kind `but` passes as it is, for who knows what to do.

    Raises:
        StorageError: the storage failed.
    """
    try:
        yield
    except storage_errors() as error:
        if but is not None and isinstance(error, but):
            raise
        raise StorageError(f"cannot {action} {path}: {getattr(error, 'strerror', None) or error}") from error


def write_whole(path: UPath, payload: bytes) -> None:
    """Write a file so that readers see all of it or nothing, and that it outlives a crash.

    On an object store it is one conditional PUT: an object that is there with other content is not replaced.

    Raises:
        StorageError: the disk is full, read-only or gone; or the object is there with other content.
    """
    with reporting("write", path):
        if path.protocol in LOCAL_PROTOCOLS:
            _write_locally(Path(path.path), payload)
        else:
            _put(path, payload)


def _put(path: UPath, payload: bytes) -> None:
    try:
        path.fs.pipe_file(path.path, payload, mode="create")
    except FileExistsError:
        path.fs.invalidate_cache(path.path)
        if path.read_bytes() != payload:  # the same is there when an answer was lost and the PUT tried again
            raise


def _write_locally(target: Path, payload: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a local folder outlive a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files_below(folder: UPath) -> list[tuple[str, ...]]:
    """Every file below a folder as the parts of its path from there, sorted; none where there is no such folder.

    What was listed before is forgotten first, so that files which other machines wrote to an object store are seen. Hidden
    files are left out: they are not whole yet, or the remains of a writer that died.

    Raises:
        StorageError: the folder cannot be listed.
    """
    with reporting("list", folder):
        folder.fs.invalidate_cache()
        found: list[str] = folder.fs.find(folder.path)
    parts = (tuple(name.removeprefix(folder.path).strip("/").split("/")) for name in found)
    return sorted(path for path in parts if not path[-1].startswith("."))
