"""Answers of sources that could not be understood, kept with the reason so that they can be read again by better rules."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from upath import UPath

from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

MOST_ENTRIES = 100
"""Of one dataset; the oldest go."""

_STAMP = "%Y%m%dT%H%M%S.%fZ"
_KEPT_ID = re.compile(r"(?P<dataset>[A-Za-z0-9][A-Za-z0-9._-]*)/(?P<at>\d{8}T\d{6}\.\d{6}Z)-[0-9a-f]{8}")
_TICK = timedelta(microseconds=1)


class UnknownKept(LookupError):
    """Nothing is kept under an id; the message says what is."""

    def __init__(self, kept_id: str, known: Iterable[str]) -> None:
        super().__init__(f"expected the id of a kept answer, found {kept_id!r}; kept are: {', '.join(known) or 'none'}")
        self.kept_id = kept_id


@dataclass(frozen=True)
class Kept:
    """One kept answer.

    Attributes:
        kept_id: `<dataset>/<UTC time>-<digest>`.
        dataset: what was asked for.
        url: the address, without its query.
        params: the query, without secrets.
        at: when it was kept, aware UTC.
        reason: the sentence of the error.
        content_type: what the answer called itself.
        size_bytes: of the whole answer as far as it was read; 0 where the description is damaged.
        cut: only a part of the answer was kept, or could be unpacked.
        digest: SHA-256 of what was kept.
    """

    kept_id: str
    dataset: str
    url: str
    params: dict[str, str]
    at: datetime
    reason: str
    content_type: str
    size_bytes: int
    cut: bool
    digest: str

    @property
    def question(self) -> tuple[str, str, dict[str, str], str]:
        """What makes two entries the same: the same answer to the same request."""
        return (self.dataset, self.url, self.params, self.digest)


class Quarantine:
    """A folder of kept answers on any storage that fsspec knows: `<id>.body`, and `<id>.json` that says what it is."""

    def __init__(self, root: str) -> None:
        self._root = UPath(root)

    def keep(
        self,
        dataset: str,
        *,
        url: str,
        params: Mapping[str, str],
        payload: bytes,
        reason: str,
        at: datetime,
        content_type: str = "",
        size_bytes: int | None = None,
        cut: bool = False,
    ) -> Kept:
        """Keep an answer, and of its dataset the newest 100.

        Args:
            dataset: what was asked for.
            url: the address, without its query.
            params: the query, without secrets.
            payload: the answer, or a part of it.
            reason: the sentence of the error.
            at: the present, aware UTC.
            content_type: what the answer called itself.
            size_bytes: of the whole answer; that of the payload when not given.
            cut: whether the payload is only a part.

        Returns:
            The entry; where the same answer to the same request is kept already, that one.

        Raises:
            StorageError: the storage cannot be written.
        """
        digest = hashlib.sha256(payload).hexdigest()
        size = len(payload) if size_bytes is None else size_bytes
        kept = Kept("", dataset, url, dict(params), at.astimezone(UTC), reason, content_type, size, cut, digest)
        entries = self._ids(_folder(dataset))
        twins = (self._described(one) for one in entries if one.endswith(f"-{digest[:8]}"))
        standing = next((one for one in twins if one is not None and one.question == kept.question), None)
        if standing is not None:
            return standing
        kept = _named(kept, taken=entries)
        write_whole(self._file(kept.kept_id, "body"), payload)
        write_whole(self._file(kept.kept_id, "json"), _encoded(kept))
        self._trim(_folder(dataset))
        return kept

    def listing(self) -> list[Kept]:
        """Every entry, newest first; one whose description cannot be read says so as its reason.

        Raises:
            StorageError: the storage cannot be listed.
        """
        found = [kept for kept_id in self._ids() if (kept := self._described(kept_id)) is not None]
        return sorted(found, key=lambda kept: (kept.at, kept.kept_id), reverse=True)

    def get(self, kept_id: str) -> Kept:
        """One entry.

        Raises:
            UnknownKept: nothing is kept under that id.
            StorageError: the storage cannot be read.
        """
        kept = self._described(kept_id) if _KEPT_ID.fullmatch(kept_id) else None
        if kept is None:
            raise UnknownKept(kept_id, (one.kept_id for one in self.listing()))
        return kept

    def payload(self, kept_id: str) -> bytes:
        """What was kept of an answer.

        Raises:
            UnknownKept: nothing is kept under that id.
            StorageError: the storage cannot be read.
        """
        path = self._file(self.get(kept_id).kept_id, "body")
        with reporting("read", path):
            return bytes(path.read_bytes())

    def drop(self, kept_id: str) -> None:
        """Forget an entry.

        Raises:
            UnknownKept: nothing is kept under that id.
            StorageError: the storage cannot be written.
        """
        self._remove(self.get(kept_id).kept_id)

    def _described(self, kept_id: str) -> Kept | None:
        """An entry; None where there is none."""
        path = self._file(kept_id, "json")
        try:
            with reporting("read", path):
                return _decoded(kept_id, path.read_bytes())
        except StorageError as error:
            return None if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError) else _damaged(kept_id, error)
        except (ValueError, KeyError, TypeError) as error:
            return _damaged(kept_id, error)

    def _ids(self, folder: str | None = None, *, endings: tuple[str, ...] = ("json",)) -> list[str]:
        """Ids of all datasets or one, oldest of a dataset first; what else lies in the folder is left alone."""
        below = files_below(self._root if folder is None else self._root / folder)
        parts = (path if folder is None else (folder, *path) for path in below)
        named = ("/".join(path).rpartition(".") for path in parts)
        return sorted({stem for stem, _, ending in named if ending in endings and _KEPT_ID.fullmatch(stem)})

    def _trim(self, folder: str) -> None:
        """Also bodies that never got their description count, and go when they are the oldest."""
        for kept_id in self._ids(folder, endings=("json", "body"))[:-MOST_ENTRIES]:
            self._remove(kept_id)

    def _remove(self, kept_id: str) -> None:
        for ending in ("json", "body"):  # the description first: without it there is no entry
            path = self._file(kept_id, ending)
            with reporting("remove", path), suppress(FileNotFoundError):  # somebody else removed it
                path.unlink()

    def _file(self, kept_id: str, ending: str) -> UPath:
        return self._root / f"{kept_id}.{ending}"


def _folder(dataset: str) -> str:
    """The dataset as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", dataset).strip("._-") or "dataset"


def _named(kept: Kept, *, taken: Iterable[str]) -> Kept:
    """With an id of its own: the same page in answer to two requests, on a clock that stands still, is two entries."""
    at = kept.at
    while (kept_id := f"{_folder(kept.dataset)}/{at.strftime(_STAMP)}-{kept.digest[:8]}") in taken:
        at += _TICK
    return replace(kept, kept_id=kept_id, at=at)


def _encoded(kept: Kept) -> bytes:
    return json.dumps(asdict(kept) | {"at": kept.at.isoformat()}, indent=2).encode()


def _decoded(kept_id: str, text: bytes) -> Kept:
    said: dict[str, Any] = json.loads(text)
    return Kept(**said | {"kept_id": kept_id, "at": datetime.fromisoformat(said["at"]).astimezone(UTC)})


def _damaged(kept_id: str, error: Exception) -> Kept:
    dataset, _, name = kept_id.partition("/")
    at = datetime.strptime(name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    reason = f"its description cannot be read ({type(error).__name__}: {error})"
    return Kept(kept_id, dataset, "", {}, at, reason, "", 0, cut=False, digest="")
