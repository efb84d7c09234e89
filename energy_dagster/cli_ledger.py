"""`energy rebuild`, `upkeep`, `export` and `import`: the lake and the warehouse as things one keeps, moves and mends."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from energy_dagster.command_line import Chosen, UtcTime, check_data_folder, choose, common_options, explained

if TYPE_CHECKING:
    from energy_dagster.io_managers.publisher import Publisher

MEGABYTE = 1e6


@click.command()
@common_options
def rebuild(source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Make the warehouse anew from the lake alone, whatever state the standing one is in; readers switch when it is whole.

    \b
    energy rebuild
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        check_data_folder(chosen.data)
        published = _publisher(chosen).publish(anew=True)
    size_bytes = published.path.stat().st_size
    document = {"versions": published.changed, "size_bytes": size_bytes, "rows": published.rows}
    said = f"{published.changed} versions make the snapshot {published.snapshot_id}, {size_bytes / MEGABYTE:.0f} MB."
    _say(chosen, {"snapshot_id": published.snapshot_id, **document}, said)


@click.command()
@click.option(
    "--keep-days", type=click.FloatRange(min=1), help="Days a version is kept after another took its place.  [default: 90]"
)
@common_options
def upkeep(source: str | None, now: datetime | None, data: str | None, *, keep_days: float | None, as_json: bool) -> None:
    """Drop versions whose place others took long ago, and put the files of closed months together; forecasts are kept for ever.

    \b
    energy upkeep
    energy upkeep --keep-days 30
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.io_managers.lake import Lake  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.io_managers.upkeep import KEEP_DAYS, keep_up  # noqa: PLC0415

    with explained():
        done = keep_up(Lake(chosen.settings.lake), now=datetime.now(UTC), keep_days=KEEP_DAYS if keep_days is None else keep_days)
    _say(chosen, asdict(done), f"{done.dropped} versions dropped, {done.packed} put together in {done.packs} files.")


@click.command(name="export")
@click.option("--out", required=True, metavar="FOLDER", help="Where to: a folder or fsspec URL, absent or empty.")
@click.option("--as-of", type=UtcTime(), metavar="TIME", help="Leave out versions written later, e.g. 2026-11-01T00:00:00Z.")
@common_options
def export(source: str | None, now: datetime | None, data: str | None, *, out: str, as_of: datetime | None, as_json: bool) -> None:
    """Write every version of the lake as a portable folder: Parquet files and a manifest with their checksums.

    \b
    energy export --out backup
    energy export --out backup --as-of 2026-11-01T00:00:00Z
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    from upath import UPath  # noqa: PLC0415 - `--help` need not wait

    from energy_dagster.io_managers.lake import Lake  # noqa: PLC0415
    from energy_dagster.io_managers.transfer import export_lake  # noqa: PLC0415

    at = datetime.now(UTC)
    with explained(), _progress("Exporting") as told:
        done = export_lake(Lake(chosen.settings.lake), UPath(out).absolute(), as_of=as_of or at, now=at, told=told)
    _say(chosen, asdict(done) | {"folder": out}, f"{done.files} files, {done.size_bytes / MEGABYTE:.1f} MB, in {out}.")


@click.command(name="import")
@click.argument("folder")
@common_options
def import_(source: str | None, now: datetime | None, data: str | None, *, folder: str, as_json: bool) -> None:
    """Bring an export into the lake, tell Dagster of its partitions, and publish it. Nothing that is there is replaced.

    \b
    energy import backup
    energy import backup --data elsewhere
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    from upath import UPath  # noqa: PLC0415 - `--help` need not wait

    from energy_dagster.instance import open_instance  # noqa: PLC0415
    from energy_dagster.io_managers.lake import Lake  # noqa: PLC0415
    from energy_dagster.io_managers.transfer import import_lake  # noqa: PLC0415
    from energy_dagster.known_partitions import make_known  # noqa: PLC0415

    with explained():
        check_data_folder(chosen.data)
        lake = Lake(chosen.settings.lake)
        with _progress("Importing") as told:
            done = import_lake(lake, UPath(folder).absolute(), told=told)
        with open_instance(chosen.data) as instance, _progress("Telling Dagster") as told:
            known = make_known(instance, lake, told=told)
        published = _publisher(chosen).publish()
    document = asdict(done) | {"made_known": known, "snapshot_id": published.snapshot_id}
    said = f"{done.files} files, {done.there_before} of them there before; {known} partitions are new to Dagster."
    _say(chosen, document, f"{said} Snapshot {published.snapshot_id}.")


def _publisher(chosen: Chosen) -> "Publisher":
    from energy_dagster.definitions import publisher_of  # noqa: PLC0415 - `--help` need not wait

    return publisher_of(chosen.settings)


def _say(chosen: Chosen, document: dict[str, Any], said: str) -> None:
    click.echo(json.dumps(document, indent=1) if chosen.as_json else said)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where somebody looks at it."""
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, whole: progress.update(task, total=whole, completed=done)
