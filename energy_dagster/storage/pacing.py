"""One request per key and period, for all threads and processes of a host."""

import getpass
import hashlib
import math
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock
from upath import UPath

from energy_dagster.storage.files import reporting

FARTHEST_SECONDS = 3600.0
"""A stored time farther ahead than this comes from a clock that was set back, and is ignored."""

LOCK_SECONDS = 10.0
"""Nobody holds the lock for longer than it takes to write a line: who does has hung."""

_NEVER = -math.inf


@dataclass(frozen=True)
class _Slots:
    """What a key's file says: the last slot that was given out, and until when nobody may ask (seconds of the wall clock)."""

    reserved: float = _NEVER
    held: float = _NEVER

    def next_free(self, seconds: float, now: float) -> float:
        return max(now, self.reserved + seconds, self.held)


class Pace:
    """Gives out time slots from a folder that the processes of a host share.

    A damaged file counts as none: the worst that follows is a request too early, which the source refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def reserve(self, key: str, seconds: float, *, now: float, longest: float = math.inf) -> float:
        """Take the next free slot; the caller waits for it, nothing here does.

        Args:
            key: what is paced.
            seconds: between two slots of the key.
            now: the wall clock, seconds since 1970.
            longest: a wait longer than this takes no slot, so that who gives up delays nobody.

        Returns:
            Seconds until the slot; where they exceed `longest`, nothing was taken.

        Raises:
            StorageError: the folder cannot be written.
        """
        with self._locked(key) as file:
            slots = _read(file, now)
            slot = slots.next_free(seconds, now)
            if slot - now <= longest:
                _write(file, replace(slots, reserved=slot))
            return slot - now

    def try_reserve(self, key: str, seconds: float, *, now: float) -> bool:
        """Take the slot of this moment if it is free; False, and nothing taken, if it is not.

        Raises:
            StorageError: the folder cannot be written.
        """
        return self.reserve(key, seconds, now=now, longest=0.0) <= 0.0

    def hold(self, key: str, seconds: float, *, now: float) -> None:
        """Give out no slot before that many seconds, at most an hour, have passed; a longer hold that stands is kept.

        Raises:
            StorageError: the folder cannot be written.
        """
        with self._locked(key) as file:
            slots = _read(file, now)
            _write(file, replace(slots, held=max(slots.held, now + min(seconds, FARTHEST_SECONDS))))

    @contextmanager
    def _locked(self, key: str) -> Iterator[Path]:
        with reporting("keep the pace of requests in", UPath(self.folder)):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self.folder / _file_name(key)
            with FileLock(file.with_name(f"{file.name}.lock"), timeout=LOCK_SECONDS):
                yield file


def host_folder() -> Path:
    """Where the processes of this user on this host keep their pace: a source counts requests by address, not by data folder."""
    return Path(tempfile.gettempdir()) / f"energy-dagster-{_user()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return str(os.getuid())


def _file_name(key: str) -> str:
    """Readable, and different for different keys."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', key)[:80].lstrip('.')}-{digest}"


def _read(file: Path, now: float) -> _Slots:
    try:
        reserved, held = (float(word) for word in file.read_text(errors="replace").split())
    except (FileNotFoundError, ValueError):
        return _Slots()
    return _Slots(_believed(reserved, now), _believed(held, now))


def _believed(moment: float, now: float) -> float:
    return moment if moment <= now + FARTHEST_SECONDS else _NEVER  # also for what is not a number


def _write(file: Path, slots: _Slots) -> None:
    file.write_text(f"{slots.reserved!r} {slots.held!r}\n")
