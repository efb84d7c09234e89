"""`energy wandb-sync`: the record of trainings and tunings that was kept offline, uploaded to Weights & Biases."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from energy_dagster.command_line import Chosen, choose, common_options, explained

if TYPE_CHECKING:
    from energy_dagster.resources.experiment_folder import ExperimentFolder, KeptRun
    from energy_dagster.resources.experiment_service import ExperimentService

NO_KEY = "expected a key of Weights & Biases in WANDB_API_KEY, found none; https://wandb.ai/authorize shows yours"


@click.command(name="wandb-sync")
@click.option("--dry-run", is_flag=True, help="Tell what would be uploaded, and ask nobody.")
@click.option("--seconds", type=click.FloatRange(min=1), default=600, show_default=True, help="Longest that the upload may take.")
@common_options
def wandb_sync(source: str | None, now: datetime | None, data: str | None, *, seconds: float, dry_run: bool, as_json: bool) -> None:
    """Upload the runs that were kept offline to Weights & Biases; what is there already is left out.

    A run that is uploaded again is the same run. A model counts as uploaded once it was found there as it was written. Status 0:
    nothing is left; 1: something is, and why was said.

    \b
    energy wandb-sync --dry-run
    WANDB_API_KEY=... energy wandb-sync
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.resources.experiment_folder import ClientFailed, ExperimentFolder  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.resources.experiment_service import ServiceAway, UploadFailed  # noqa: PLC0415

    with explained():
        folder = ExperimentFolder(chosen.data)
        waiting = folder.waiting(to_link=bool(chosen.settings.experiments_registry))
        document = {"folder": str(folder.folder), "there_before": len(folder.runs()) - len(waiting), "uploaded": [], "waiting": []}
        if dry_run or not waiting:
            _say(chosen, document | {"waiting": [run.run_id for run in waiting]})
            return
        try:
            document["uploaded"] = _uploaded(chosen, folder, waiting, seconds=seconds)
        except (ServiceAway, UploadFailed, ClientFailed) as failed:
            raise click.ClickException(str(failed)) from None
        _say(chosen, document)


def _uploaded(chosen: Chosen, folder: "ExperimentFolder", waiting: "Sequence[KeptRun]", *, seconds: float) -> list[str]:
    """Pages of the runs, now that they are uploaded."""
    service = _service(chosen)
    entity = service.reach()
    with _progress(len(waiting)) as told:
        service.upload(folder, waiting, entity, seconds=seconds, done=told)
    return [service.page(run, entity) for run in waiting]


def _service(chosen: Chosen) -> "ExperimentService":
    """Weights & Biases as it is set.

    Raises:
        ClickException: there is no key.
    """
    from energy_dagster.resources.experiment_service import ExperimentService  # noqa: PLC0415 - `--help` need not wait

    settings = chosen.settings
    if not settings.wandb_api_key:
        raise click.ClickException(NO_KEY)
    registry = settings.experiments_registry
    return ExperimentService(settings.wandb_api_key, settings.wandb_base_url, settings.wandb_entity or None, registry)


def _say(chosen: Chosen, document: dict[str, Any]) -> None:
    if chosen.as_json:
        click.echo(json.dumps(document, indent=1))
        return
    for line in (*document["uploaded"], *document["waiting"]):
        click.echo(line)
    counts = (
        f"{len(document['uploaded'])} uploaded, {len(document['waiting'])} waiting, {document['there_before']} were there before"
    )
    click.echo(f"{counts}; {document['folder']}")


@contextmanager
def _progress(runs: int) -> "Iterator[Callable[[Sequence[KeptRun]], None]]":
    """A bar on standard error, or a line for each upload where nobody looks at it."""
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    quiet, columns = not sys.stderr.isatty(), (TextColumn("Uploading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task = progress.add_task("", total=runs)

        def told(together: "Sequence[KeptRun]") -> None:
            progress.advance(task, len(together))
            if quiet:
                click.echo(f"uploaded: {', '.join(run.run_id for run in together)}", err=True)

        yield told
