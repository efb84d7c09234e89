"""The W&B service: whether it answers, and the upload of kept experiments by the client's own `wandb sync`.

`wandb sync` ends with status 0 and marks a run as uploaded also when its artifacts were refused (wandb 0.31.0). So a run counts
only with that mark, and a model only when it was found in the service with the digest it was written with.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from energy_dagster.resources.experiment_folder import CONFIRMED, LINKED, ClientFailed, ExperimentFolder, KeptRun

CLOUD = "https://api.wandb.ai"
KEY = "WANDB_API_KEY"
REACH_SECONDS = 10.0
TOGETHER = 20
"""Runs without a model that one `wandb sync` uploads."""

VIEWER = "query Viewer { viewer { entity username } }"
REFUSED = (401, 403)
SHOWN_LETTERS = 200


class ServiceAway(RuntimeError):
    """W&B cannot be used now; the message says where it was looked for and what came instead."""


class UploadFailed(RuntimeError):
    """Runs are not all uploaded; those that are stay so. The message says what was found."""


@dataclass(frozen=True)
class ExperimentService:
    """W&B for the holder of a key."""

    key: str
    url: str = CLOUD
    entity: str | None = None
    registry: str = ""

    def reach(self, *, seconds: float = REACH_SECONDS) -> str:
        """The entity that runs go to.

        Raises:
            ServiceAway: it does not answer, refuses the key or has a fault.
        """
        asked = {"operationName": "Viewer", "query": VIEWER, "variables": {}}
        try:
            answer = httpx.post(f"{self.url.rstrip('/')}/graphql", json=asked, auth=("api", self.key), timeout=seconds)
        except httpx.TimeoutException:
            raise ServiceAway(f"W&B at {self.url} did not answer within {seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceAway(f"W&B at {self.url} cannot be reached: {error}") from None
        if answer.status_code in REFUSED:
            raise ServiceAway(f"W&B at {self.url} refused the key in {KEY} ({answer.status_code})")
        try:
            entity = answer.raise_for_status().json()["data"]["viewer"]["entity"]
        except (httpx.HTTPStatusError, ValueError, LookupError, TypeError):
            raise ServiceAway(
                f"W&B at {self.url}: expected who holds the key, found {answer.status_code} {answer.text[:SHOWN_LETTERS]!r}"
            ) from None
        return self.entity or str(entity)

    def page(self, run: KeptRun, entity: str) -> str:
        """Address of the page of a run."""
        site = "https://wandb.ai" if self.url.rstrip("/") == CLOUD else self.url.rstrip("/")
        return f"{site}/{entity}/{run.project}/runs/{run.run_id}"

    def upload(
        self,
        folder: ExperimentFolder,
        runs: Sequence[KeptRun],
        entity: str,
        *,
        seconds: float,
        done: Callable[[Sequence[KeptRun]], object] = lambda _: None,
    ) -> None:
        """Upload runs in their order, models one by one: an alias is of the model that came last.

        Args:
            folder: where they are kept.
            runs: to upload; of those that are there already, what is missing.
            entity: as from `reach`.
            seconds: for everything.
            done: hears of runs that are uploaded.

        Raises:
            UploadFailed: some are not.
            ClientFailed: the client is not there or did not end in time.
        """
        end = time.monotonic() + seconds
        for together in _batches(runs):
            self._sync(folder, [run for run in together if not run.uploaded], end - time.monotonic())
            for run in together:
                self._confirm(folder, run, entity, end - time.monotonic())
            done(together)

    def _environment(self) -> dict[str, str]:
        """The client's settings; said to no one but its processes."""
        return {"WANDB_API_KEY": self.key, "WANDB_BASE_URL": self.url}

    def _sync(self, folder: ExperimentFolder, runs: Sequence[KeptRun], seconds: float) -> None:
        if not runs:
            return
        command = [sys.executable, "-m", "wandb", "sync", *(str(run.folder) for run in runs)]
        with folder.client(command, self._environment()) as process:
            try:
                complained = process.communicate(timeout=max(seconds, 0))[1]
            except subprocess.TimeoutExpired:
                raise UploadFailed(f"{_named(runs)} not uploaded by W&B at {self.url} in the time there was") from None
        left = [run for run in runs if not run.uploaded]
        if left:
            errors = [line.partition("ERROR ")[2] for line in complained.splitlines() if "ERROR " in line]
            raise UploadFailed(
                f"{_named(left)} not uploaded to W&B at {self.url}: {'; '.join(dict.fromkeys(errors)) or complained}"
            )

    def _confirm(self, folder: ExperimentFolder, run: KeptRun, entity: str, seconds: float) -> None:
        """See that a model arrived, and link it; a run whose model did not is uploaded anew next time."""
        link = self.registry if run.promoted and not run.linked else ""
        if run.version is None or (run.confirmed and not link):
            return
        asked: dict[str, Any] = {
            "do": "confirm",
            "entity": entity,
            "project": run.project,
            "version": run.version,
            "digest": run.digest,
        }
        asked |= {"link": link, "link_aliases": ["champion", run.version], "seconds": max(1, int(seconds))}
        try:
            folder.ask(asked, seconds=max(seconds, 0), service=self._environment(), told=lambda answer: _mark(run, answer))
        except ClientFailed as failed:
            if run.confirmed:
                raise UploadFailed(f"{run.run_id} is uploaded, its model is not linked to {link}: {failed}") from failed
            run.forget_upload()
            raise UploadFailed(
                f"the model of {run.run_id} was not found in W&B at {self.url} after its upload: {failed}"
            ) from failed


def _mark(run: KeptRun, answer: dict[str, str]) -> None:
    for said, mark in (("confirmed", CONFIRMED), ("linked", LINKED)):
        if said in answer:
            (run.folder / mark).write_text(answer[said], encoding="utf-8")


def _batches(runs: Sequence[KeptRun]) -> list[list[KeptRun]]:
    """Runs in their order: each with a model by itself, the others together."""
    batches: list[list[KeptRun]] = []
    for run in runs:
        room = batches and batches[-1][-1].version is None and len(batches[-1]) < TOGETHER
        if run.version is None and room:
            batches[-1].append(run)
        else:
            batches.append([run])
    return batches


def _named(runs: Sequence[KeptRun]) -> str:
    names = ", ".join(run.run_id for run in runs[:3])
    return f"{names} and {len(runs) - 3} more are" if len(runs) > 3 else f"{names} {'is' if len(runs) == 1 else 'are'}"
