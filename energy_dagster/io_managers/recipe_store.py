"""What tunings found, beside the models, never overwritten: `tuned_parameters/<version>.json`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from upath import UPath

from energy_dagster.domain.tuned import Tuned
from energy_dagster.io_managers.lake import version_name
from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

ASSET = "tuned_parameters"
SUFFIX = ".json"


@dataclass(frozen=True)
class KeptTuning:
    """A tuning and the version it is kept as."""

    version: str
    tuned: Tuned


class RecipeStore:
    """Versions of the tuned parameters below the lake's root."""

    def __init__(self, root: str) -> None:
        self.root = UPath(root).absolute() / ASSET

    def path(self, version: str) -> UPath:
        """Where a version lies."""
        return self.root / f"{version}{SUFFIX}"

    def versions(self) -> list[str]:
        """Every version, oldest first.

        Raises:
            StorageError: the folder cannot be listed.
        """
        return [path[0].removesuffix(SUFFIX) for path in files_below(self.root) if len(path) == 1 and path[0].endswith(SUFFIX)]

    def write(self, tuned: Tuned, *, at: datetime, run_id: str) -> str:
        """Keep what a tuning found; the version it is kept as.

        Raises:
            StorageError: it cannot be written.
        """
        version = version_name(at, run_id)
        write_whole(self.path(version), tuned.to_json().encode())
        return version

    def read(self, version: str) -> Tuned:
        """A version.

        Raises:
            StorageError: it is unreadable, or its recipe is none of this code's.
        """
        path = self.path(version)
        try:
            with reporting("read", path):
                return Tuned.from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise StorageError(f"cannot read {path}: {error}") from error

    def newest(self, *, known_at: datetime, tell: Callable[[str], object]) -> KeptTuning | None:
        """The newest tuning that looked at nothing published after a moment (naive UTC); None where there is none.

        One that cannot be used is passed over, and `tell` hears why: a model is trained all the same.
        """
        for version in reversed(self.versions()):
            try:
                tuned = self.read(version)
            except StorageError as error:
                tell(f"a tuning cannot be used: {error}")
                continue
            if datetime.fromisoformat(tuned.cut) <= known_at:
                return KeptTuning(version, tuned)
        return None
