"""The experiment tracker of the assets: experiments are kept in the data folder first, and uploaded to W&B where that is wanted.

It is never in the way of an asset: whatever fails is told in the log and in the metadata, and each step has a time to end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dagster import ConfigurableResource, MetadataValue
from pydantic import Field

from energy_dagster.domain.experiment import Experiment
from energy_dagster.resources.experiment_folder import ClientFailed, Destination, ExperimentFolder, KeptRun
from energy_dagster.resources.experiment_service import (
    CLOUD,
    KEY,
    REACH_SECONDS,
    ExperimentService,
    ServiceAway,
    UploadFailed,
)

SYNC = "`energy wandb-sync` uploads it"
Metadata = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """Experiments to record, and the files of their models by run id and name."""

    experiments: Sequence[Experiment]
    files: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


class ExperimentTracker(ConfigurableResource):  # type: ignore[type-arg]
    """Records trainings and tunings as runs of Weights & Biases."""

    mode: str = Field(default="off", description="auto: online with a key, else offline; offline; online; off")
    data: str = Field(default="data", description="Data folder; runs are kept in its folder wandb")
    project: str = Field(default="energy-dagster", description="Project of W&B")
    entity: str | None = Field(default=None, description="Entity of W&B; none for that of the key")
    url: str = Field(default=CLOUD, description="The service")
    key: str | None = Field(default=None, repr=False, description="Key of the service")
    registry: str = Field(default="", description="Collection of the registry that champions are linked to; empty for none")
    seconds: float = Field(default=60.0, gt=0, description="Longest that an asset waits for the service")
    source: str = Field(default="sandbox", description="Where the data come from, as a tag")

    def record(self, made: Callable[[], Recording], *, tell: Callable[[str], object]) -> Metadata:
        """Record experiments; never raises.

        Args:
            made: makes them, when they are wanted.
            tell: hears what failed.

        Returns:
            Metadata: where the newest of them is, and what became of them; none when the tracker is off.
        """
        if self.mode == "off":
            return {}
        try:
            return self._recorded(made(), tell)
        except ClientFailed as failed:
            said = f"not recorded: {failed}"
        except Exception as error:  # noqa: BLE001 - no asset fails because its record did
            said = f"not recorded: {type(error).__name__}: {error}"
        tell(f"experiments: {said}")
        return {"experiments": said}

    def _recorded(self, recording: Recording, tell: Callable[[str], object]) -> Metadata:
        kept_in, to = ExperimentFolder(self.data), Destination(self.project, self.entity, (self.source,))
        runs = kept_in.write(recording.experiments, recording.files, to)
        newest = runs[-1]
        offline = {"experiment": MetadataValue.path(str(newest.folder))}
        if self.mode == "offline" or (self.mode == "auto" and not self.key):
            return {**offline, "experiments": f"{len(runs)} kept offline; {SYNC}"}
        try:
            page = self._uploaded(kept_in, newest)
        except (ServiceAway, UploadFailed, ClientFailed) as failed:
            tell(f"experiments: kept offline, {SYNC}: {failed}")
            return {**offline, "experiments": f"{len(runs)} kept offline; {SYNC}: {failed}"}
        return {"experiment": MetadataValue.url(page), "experiments": f"{len(runs)} uploaded"}

    def _uploaded(self, kept_in: ExperimentFolder, newest: KeptRun) -> str:
        """Page of the newest run, once everything that was waiting is uploaded: aliases are of who comes last."""
        if not self.key:
            raise ServiceAway(f"expected a key in {KEY}, found none")
        service = ExperimentService(self.key, self.url, self.entity, self.registry)
        entity = service.reach(seconds=min(self.seconds, REACH_SECONDS))
        service.upload(kept_in, kept_in.waiting(to_link=bool(self.registry)), entity, seconds=self.seconds)
        return service.page(newest, entity)
