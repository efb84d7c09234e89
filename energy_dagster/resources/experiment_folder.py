"""The folder where experiments are kept, `<data>/wandb`, written by the client in a process of its own with a time to end.

A run is whole once its folder has `experiment.json`. It is uploaded once the client's own mark is there and, where it has a
model, that was found in the service, see `experiment_service`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from energy_dagster.domain.experiment import Experiment
from energy_dagster.resources.experiments import KEPT

FOLDER = "wandb"
CONFIRMED, LINKED = "experiment.confirmed", "experiment.linked"
SHOWN_LETTERS = 300
START_SECONDS, RUN_SECONDS = 30.0, 5.0
"""Longest that the client may take to start, and for a run; on a quiet machine they take 2 and 0.2."""

KILL_SECONDS = 5.0
OURS_ALONE = frozenset(
    f"WANDB_{name}"
    for name in ("DISABLED", "JOB_TYPE", "MODE", "NAME", "NOTES", "RESUME", "RUN_GROUP", "RUN_ID", "SERVICE", "SWEEP_ID", "TAGS")
)
"""Settings of the client for some one run, which must not become those of ours."""


class ClientFailed(RuntimeError):
    """The client is not there, ended with an error or did not end in time; the message says which."""


@dataclass(frozen=True)
class KeptRun:
    """A whole run in its folder; of one with a model also the alias of its own, its digest, and whether it was promoted."""

    folder: Path
    run_id: str
    name: str
    project: str
    written_ns: int
    version: str | None = None
    digest: str | None = None
    promoted: bool = False

    @property
    def uploaded(self) -> bool:
        """Whether the client says so."""
        return any(self.folder.glob("*.wandb.synced"))

    @property
    def confirmed(self) -> bool:
        """Whether the model was found in the service; true of a run without one."""
        return self.version is None or (self.folder / CONFIRMED).exists()

    @property
    def linked(self) -> bool:
        """Whether the model was linked into the registry."""
        return (self.folder / LINKED).exists()

    def forget_upload(self) -> None:
        """Take the client's mark away, so that it uploads again."""
        for mark in self.folder.glob("*.wandb.synced"):
            mark.unlink()


@dataclass(frozen=True)
class Destination:
    """Where runs belong in W&B; no entity is that of the key. The tags are put on all of them."""

    project: str
    entity: str | None = None
    tags: tuple[str, ...] = ()


class ExperimentFolder:
    """Kept experiments of a data folder."""

    def __init__(self, data: str | Path) -> None:
        self.data = Path(data).resolve()
        self.folder = self.data / FOLDER

    def runs(self) -> list[KeptRun]:
        """Every whole run, in the order in which they were written."""
        whole = self.folder.glob(f"offline-run-*/{KEPT}")
        runs = [KeptRun(path.parent, **json.loads(path.read_text(encoding="utf-8"))) for path in whole]
        return sorted(runs, key=lambda run: run.written_ns)

    def waiting(self, *, to_link: bool) -> list[KeptRun]:
        """Runs that are not uploaded, or, where models are linked, whose promoted model is not."""
        return [run for run in self.runs() if not (run.uploaded and run.confirmed) or (to_link and run.promoted and not run.linked)]

    def write(self, experiments: Sequence[Experiment], files: Mapping[str, Mapping[str, bytes]], to: Destination) -> list[KeptRun]:
        """Write experiments as offline runs; asks nobody.

        Args:
            experiments: in the order in which they are to be uploaded.
            files: of the models, by run id and name.
            to: where they will be uploaded.

        Raises:
            ClientFailed: the client is not there, failed or took too long.
            OSError: the folder cannot be written.
        """
        if not experiments:
            return []
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="files-", dir=self.folder) as place:
            for run_id, contents in files.items():
                Path(place, run_id).mkdir()
                for name, content in contents.items():
                    Path(place, run_id, name).write_bytes(content)
            request = {"do": "log", "folder": str(self.data), "files": place, **asdict(to)}
            request["experiments"] = [asdict(experiment) for experiment in experiments]
            answers = self.ask(request, seconds=START_SECONDS + RUN_SECONDS * len(experiments))
        written = {answer["folder"] for answer in answers}
        return [run for run in self.runs() if str(run.folder) in written]

    def ask(
        self,
        request: Mapping[str, Any],
        *,
        seconds: float,
        service: Mapping[str, str] | None = None,
        told: Callable[[dict[str, Any]], object] = lambda _: None,
    ) -> list[dict[str, Any]]:
        """What the client's process answered; `told` hears it also when the process failed after it.

        Raises:
            ClientFailed: it is not there, said that it failed, or did not end in time.
        """
        text, done = json.dumps(request, default=_plain), (sys.executable, "-m", "energy_dagster.resources.experiments")
        with self.client(done, service or {}) as process:
            try:
                said, complained = process.communicate(text, timeout=seconds)
            except subprocess.TimeoutExpired as late:
                process.kill()
                _told(process.communicate()[0] or "", told)
                raise ClientFailed(f"the client did not end within {seconds:.0f} s") from late
        answers = _told(said, told)
        problem = next((answer["problem"] for answer in answers if "problem" in answer), None)
        if problem is None and process.returncode != 0:
            problem = f"ended with status {process.returncode}: {complained.strip()[-SHOWN_LETTERS:]}"
        if problem is not None:
            raise ClientFailed(f"the client failed: {problem[:SHOWN_LETTERS]}")
        return answers

    @contextmanager
    def client(self, command: Sequence[str], service: Mapping[str, str]) -> "Iterator[subprocess.Popen[str]]":
        """A process of the client, ended at the end of the block at the latest; the client's own processes end with it.

        Raises:
            ClientFailed: the client is not installed.
        """
        try:
            version("wandb")
        except PackageNotFoundError:
            raise ClientFailed("the package wandb is not installed (extra `wandb`)") from None
        pipe = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 - this Python, with arguments of our own
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environment() | dict(service)
        )
        try:
            yield process
        finally:
            process.kill()
            with suppress(subprocess.TimeoutExpired, ValueError):
                process.communicate(timeout=KILL_SECONDS)

    def environment(self) -> dict[str, str]:
        """Of the client's processes: everything it writes lies in the folder, and it reports to nobody how it fares."""
        kept = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
        return kept | {
            "WANDB_DIR": str(self.data),
            "WANDB_DATA_DIR": str(self.folder),
            "WANDB_CACHE_DIR": str(self.folder / "cache"),
            "WANDB_CONFIG_DIR": str(self.folder / "config"),
            "WANDB_ARTIFACT_DIR": str(self.folder / "downloads"),
            "WANDB_ERROR_REPORTING": "false",
        }


def _told(said: str, told: Callable[[dict[str, Any]], object]) -> list[dict[str, Any]]:
    answers = [json.loads(line) for line in said.splitlines()]
    for answer in answers:
        told(answer)
    return answers


def _plain(value: Any) -> Any:
    """A value of numpy as one of Python."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"expected plain values in an experiment, found {type(value).__name__}")
