"""Trained models beside the lake, never overwritten: `forecast_model/<week>/<version>/`.

A model is `model.txt`, a `kernel-<area>.npz` for each area and `meta.json`, which is
written last: a version without it does not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from upath import UPath

from energy_dagster.domain.model import ModelMeta, TrainedModel, from_parts, kernels_to_bytes, to_text
from energy_dagster.io_managers.decisions import Decision, Decisions, standing_of
from energy_dagster.io_managers.lake import Version, version_name
from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

ASSET = "forecast_model"
TREES, META = "model.txt", "meta.json"


def kernel_file(area: str) -> str:
    """Name of the file that holds the kernel member of an area."""
    return f"kernel-{area}.npz"


@dataclass(frozen=True)
class Kept:
    """A model as it is kept."""

    version: Version
    model: TrainedModel


class ModelStore:
    """Versions of the model of each week below the lake's root."""

    def __init__(self, root: str) -> None:
        self.root = UPath(root).absolute() / ASSET
        self.decisions = Decisions(root)

    def versions(self) -> list[Version]:
        """Every whole version, oldest week first, oldest version first within a week.

        Raises:
            StorageError: the folder cannot be listed.
        """
        return [Version(ASSET, *path[:-1]) for path in files_below(self.root) if path[2:] == (META,)]

    def write(self, partition: str, model: TrainedModel, *, at: datetime, run_id: str) -> Version:
        """Keep a model.

        Raises:
            StorageError: it cannot be written.
        """
        version = Version(ASSET, partition, version_name(at, run_id))
        folder = self.root / partition / version.version
        write_whole(folder / TREES, to_text(model).encode())
        for area, content in kernels_to_bytes(model).items():
            write_whole(folder / kernel_file(area), content)
        write_whole(folder / META, model.meta.to_json().encode())
        return version

    def read_meta(self, version: Version) -> ModelMeta:
        """The meta of a version.

        Raises:
            StorageError: it is unreadable or was made for other features.
        """
        path = self.root / version.partition / version.version / META
        try:
            with reporting("read", path):
                return ModelMeta.from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise StorageError(f"cannot read {path}: {error}") from error

    def read(self, version: Version) -> TrainedModel:
        """A model of a version.

        Raises:
            StorageError: it is unreadable.
        """
        return _read(str(self.root / version.partition / version.version), self.read_meta(version).to_json())

    def contents(self, version: Version) -> dict[str, bytes]:
        """The files of a version by name, as they are kept.

        Raises:
            StorageError: one cannot be read.
        """
        folder = self.root / version.partition / version.version
        names = (TREES, *map(kernel_file, self.read_meta(version).areas), META)
        return {name: _content(folder / name) for name in names}

    def champion(self, *, at_or_before: str | None = None, before: str | None = None) -> Kept | None:
        """The model that serves: the newest champion of the weeks up to a key (or strictly before one); None if there is none.

        A champion is what its training or, from the week it was made in, a decision says is one.
        """
        version = self.champion_version(at_or_before=at_or_before, before=before)
        return None if version is None else Kept(version, self.read(version))

    def champion_version(self, *, at_or_before: str | None = None, before: str | None = None) -> Version | None:
        """The version of that model."""
        decisions = self.decisions.listing()
        for version in reversed(self.versions()):
            in_reach = (at_or_before is None or version.partition <= at_or_before) and (
                before is None or version.partition < before
            )
            if in_reach and self.standing(version, decisions, week=at_or_before or before) == "champion":
                return version
        return None

    def standing(self, version: Version, decisions: Sequence[Decision], *, week: str | None) -> str:
        """How a version stands in a week: as its training said, `champion` or `challenger`, or as decisions left it.

        Raises:
            StorageError: its meta cannot be read.
        """
        return standing_of(version, decisions, week=week) or self.read_meta(version).verdict

    def usable_champion(
        self, *, tell: Callable[[str], object], at_or_before: str | None = None, before: str | None = None
    ) -> Kept | None:
        """The champion, or None when there is none or it cannot be used; then `tell` hears why.

        A forecast never stops for a damaged model, or for one of other features: without it the weekly naive serves, flagged.
        """
        try:
            return self.champion(at_or_before=at_or_before, before=before)
        except StorageError as error:
            tell(f"no champion can be used: {error}")
            return None


@lru_cache(maxsize=8)
def _read(folder: str, text: str) -> TrainedModel:
    path, meta = UPath(folder) / TREES, ModelMeta.from_json(text)
    kernels = {area: _content(UPath(folder) / kernel_file(area)) for area in meta.areas}
    try:
        return from_parts(_content(path).decode(), kernels, meta)
    except ValueError as error:
        raise StorageError(f"cannot read {path}: {error}") from error


def _content(path: UPath) -> bytes:
    with reporting("read", path):
        return path.read_bytes()
