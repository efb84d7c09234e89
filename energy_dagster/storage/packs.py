"""Packs: many small immutable files as one, byte for byte, so that a month of hourly files is read and listed as a single one.

A pack is a zip without compression: the files within are compressed already, and zip keeps a checksum of each. It is written whole,
never changed, and may be removed once another holds what it held.
"""

import io
import zipfile
from collections.abc import Mapping
from functools import lru_cache

from upath import UPath

from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

FOLDER, SUFFIX = "packed", ".zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)

_DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError)

_Name = tuple[str, ...]


def packs_below(folder: UPath) -> list[UPath]:
    """Every pack of a folder, sorted by name.

    Raises:
        StorageError: the folder cannot be listed.
    """
    place = folder / FOLDER
    return [place / path[0] for path in files_below(place) if len(path) == 1 and path[0].endswith(SUFFIX)]


def write_pack(path: UPath, files: Mapping[_Name, bytes]) -> None:
    """Write files, by the parts of their names, as a pack; the same files make the same bytes.

    Raises:
        StorageError: it cannot be written.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, payload in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo("/".join(name), _EPOCH), payload)
    write_whole(path, stream.getvalue())


def names_in(path: UPath) -> frozenset[_Name]:
    """Names of the files in a pack, from its directory alone: what it holds is not read.

    Raises:
        StorageError: it cannot be read, or is damaged.
        FileNotFoundError: it is no longer there.
    """
    return _names_in(str(path), path)


def read_packed(path: UPath, name: _Name) -> bytes:
    """One file of a pack.

    Raises:
        StorageError: it cannot be read, or is not what was packed.
        FileNotFoundError: the pack is no longer there.
    """
    try:
        return _opened(str(path), path).read("/".join(name))
    except (*_DAMAGED, KeyError) as error:
        raise StorageError(f"cannot read {'/'.join(name)} of {path}: {error}") from error


@lru_cache(maxsize=256)
def _names_in(_key: str, path: UPath) -> frozenset[_Name]:
    """A pack never changes, so what was read of it stays true."""
    try:
        with reporting("read", path, but=FileNotFoundError), path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return frozenset(tuple(name.split("/")) for name in archive.namelist())
    except _DAMAGED as error:
        raise StorageError(f"cannot read {path}: {error}") from error


@lru_cache(maxsize=2)
def _opened(_key: str, path: UPath) -> zipfile.ZipFile:
    """A whole pack in memory: who reads one file of it soon reads the others."""
    with reporting("read", path, but=FileNotFoundError):
        payload = path.read_bytes()
    return zipfile.ZipFile(io.BytesIO(payload))
