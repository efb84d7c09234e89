"""What the commands share: their options, checked, the graph they walk, and faults told in a sentence."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from energy_dagster.settings import RECORDED_PREFIX, Settings

if TYPE_CHECKING:  # dagster takes seconds to import; `--help` and a wrong option should not wait for it
    from energy_dagster.walk import Step, Walk

NEEDED_BYTES = 300 * 1024 * 1024
"""Free space asked for before a first history is brought in; it takes about 125 MB."""

FAR_FROM_DATA = timedelta(days=2)


@dataclass(frozen=True)
class Chosen:
    """What the common options chose."""

    settings: Settings
    now: datetime
    data: Path
    as_json: bool


class UtcTime(click.ParamType[datetime]):
    """An ISO time with a zone, such as 2022-06-15T08:00:00Z."""

    name = "ISO time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"expected an ISO time such as 2022-06-15T08:00:00Z, found {value!r}", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"expected a time with its zone, such as {value}Z for UTC, found {value!r}", param, ctx)
        return moment.astimezone(UTC)


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every command takes; each can also be an environment variable."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words."),
        click.option(
            "--data",
            default=None,
            metavar="FOLDER",
            help="Folder of the lake, the warehouse and the Dagster instance.  [default: data]",
        ),
        click.option(
            "--now", type=UtcTime(), default=None, metavar="TIME", help="Pretend this is the present, e.g. 2022-06-15T08:00:00Z."
        ),
        click.option(
            "--source",
            default=None,
            metavar="SOURCE",
            help="Where the data comes from: sandbox (simulated, no network), recorded:<folder>, or live.  [default: sandbox]",
        ),
    ):
        command = option(command)
    return command


def choose(source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> Chosen:
    """Settings from options over the environment, checked.

    Raises:
        ClickException: an option cannot be: unknown source, a time in the future.
    """
    given: dict[str, Any] = {name: value for name, value in (("source", source), ("now", now), ("data", data)) if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problem = error.errors()[0]
        raise click.ClickException(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
        ) from None
    if settings.now is not None and settings.now > datetime.now(UTC):
        raise click.ClickException(f"--now {settings.now:%Y-%m-%dT%H:%M:%SZ} lies in the future; it can only go back")
    folder = Path(settings.data).resolve()
    if settings.source.startswith(RECORDED_PREFIX):
        recorded = Path(settings.source.removeprefix(RECORDED_PREFIX)).resolve()
        settings = settings.model_copy(update={"source": f"{RECORDED_PREFIX}{recorded}"})
    settings = settings.model_copy(update={"data": str(folder)})
    return Chosen(settings, settings.present(), folder, as_json)


def check_data_folder(data: Path) -> None:
    """Make the data folder and see that it can hold a history.

    Raises:
        ClickException: it cannot be made or written, or too little space is left.
    """
    probe = data / f".probe.{os.getpid()}"
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"energy")
    except OSError as error:
        raise click.ClickException(f"the data folder {data} cannot be written: {error.strerror or error}") from None
    finally:
        try:
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise click.ClickException(f"the data folder {data} cannot be written: {error.strerror or error}") from None
    space = os.statvfs(data)
    free = space.f_bavail * space.f_frsize
    if free < NEEDED_BYTES:
        raise click.ClickException(
            f"the data folder {data} has {free / 1e6:.0f} MB free; expected at least {NEEDED_BYTES / 1e6:.0f} MB"
        )


def check_recorded(chosen: Chosen) -> None:
    """See that a recorded source can be used.

    Raises:
        ClickException: the folder has no dataset or no total load, or the present lies outside of it.
    """
    if chosen.settings.recorded_folder is None:
        return
    from energy_dagster.domain.catalogue import LOAD  # noqa: PLC0415 - only recorded sources need it
    from energy_dagster.resources.sources import archive_of  # noqa: PLC0415
    from energy_dagster.sandbox.recorded import NoRecordedData  # noqa: PLC0415

    try:
        archive = archive_of(chosen.settings.source, chosen.settings.seed)
    except NoRecordedData as nothing:
        raise click.ClickException(str(nothing)) from None
    held = archive.span()
    if held is None:
        raise click.ClickException(f"{chosen.settings.recorded_folder}: expected {LOAD.name}.parquet among the files, found none")
    first, last = held
    if not first < chosen.now <= last + FAR_FROM_DATA:
        raise click.ClickException(
            f"{chosen.settings.recorded_folder} holds {LOAD.name} from {first:%Y-%m-%d} to {last:%Y-%m-%d}, but the present is "
            f"{chosen.now:%Y-%m-%dT%H:%MZ}; choose a time inside with --now"
        )


@contextmanager
def opened(chosen: Chosen) -> "Iterator[tuple[Walk, Callable[[Step], None]]]":
    """The graph on the data folder, and a line of progress on standard error for each step.

    Raises:
        ClickException: the data folder or the source cannot be used.
    """
    check_recorded(chosen)
    check_data_folder(chosen.data)
    quiet = not sys.stderr.isatty()
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("Loading the asset graph", total=None)
        from energy_dagster.instance import open_instance  # noqa: PLC0415 - takes seconds, shown as progress
        from energy_dagster.walk import Walk  # noqa: PLC0415

        def told(step: "Step") -> None:
            nonlocal task
            progress.update(task, total=1, completed=1)
            task = progress.add_task(describe_step(step), total=None)
            if quiet:
                click.echo(describe_step(step), err=True)

        with open_instance(chosen.data) as instance:
            yield Walk(chosen.settings, instance, now=chosen.now), told
        progress.update(task, total=1, completed=1)


def describe_step(step: "Step") -> str:
    """A step in words."""
    if step.first is None:
        return f"{step.title}: {', '.join(step.assets)}"
    span = step.first if step.first == step.last else f"{step.first} to {step.last}"
    return f"{step.title}: {', '.join(step.assets)} ({span}, {step.partitions} partitions)"


EXPLAINED = frozenset(
    (
        "BrokenExport",
        "CannotBacktest",
        "CannotReplay",
        "CannotTune",
        "Failure",
        "NoSnapshot",
        "NoSuchRecording",
        "NotEnoughHistory",
        "NothingToForecast",
        "OperationalError",
        "RunFailed",
        "SourceError",
        "TableContractError",
        "UnknownKept",
        "UnscorableForecasts",
        "UnreadableSnapshot",
        "WorkerEnded",
    )
)
"""Errors whose message is made for the person at the keyboard; by name, so that none of their modules need be loaded."""


@contextmanager
def explained() -> Iterator[None]:
    """Faults of the world as one sentence and a non-zero exit; faults of the program keep their traceback."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is currently in (beta|preview)")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__name__ not in EXPLAINED:
            raise
        raise click.ClickException(in_one_sentence(error)) from None


def in_one_sentence(error: Exception) -> str:
    """What happened, on one line, with what to do where that is known."""
    told = str(error).splitlines()[0]
    if "libgomp" in told:
        return f"LightGBM needs the system library libgomp1 ({told}); on Debian and Ubuntu: apt-get install libgomp1"
    if type(error).__name__ == "NoSnapshot":
        return f"{told}; `energy forecast` publishes one"
    return told
