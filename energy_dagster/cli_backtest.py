"""`energy backtest`: what would have been forecast, and how good it was."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from energy_dagster.command_line import Chosen, choose, common_options, explained

if TYPE_CHECKING:
    from energy_dagster.backtest_sources import WeatherMode
    from energy_dagster.domain.backtest import Protocol, Refit
    from energy_dagster.domain.model import Recipe

DATE = click.DateTime(["%Y-%m-%d"])
WEATHER_MODES = ("none", "observed", "forecast")
FEW_LOCAL_HOURS = 24
PARTS = ".parts"


@click.command()
@click.option("--area", default="DK1", show_default=True, help="Price area, or any area found in a recorded folder.")
@click.option("--from", "first", required=True, type=DATE, help="First local day, e.g. 2022-01-01.")
@click.option("--to", "last", required=True, type=DATE, help="Last local day, included.")
@click.option(
    "--protocol",
    type=click.Choice(["gate", "rolling"]),
    default="gate",
    show_default=True,
    help="gate: each local day, issued at 10:00 the day before. rolling: an issue every few hours, for the next 48.",
)
@click.option(
    "--every", "every_hours", type=click.IntRange(1, 24), default=3, show_default=True, help="Hours between rolling issues."
)
@click.option(
    "--refit",
    type=click.Choice(["weekly", "monthly", "quarterly", "yearly"]),
    default="monthly",
    show_default=True,
    help="How often a new model is taught.",
)
@click.option(
    "--weather",
    type=click.Choice(WEATHER_MODES),
    default="none",
    show_default=True,
    help="none; observed: as if forecasts were perfect; forecast: as forecast then, or, where only observations were recorded, "
    "those with simulated errors of a day-ahead forecast.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("forecasts.parquet"), show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=None, help="Windows computed side by side.  [default: the cores]")
@click.option(
    "--parameters",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recipe as JSON, or what of it is to be another than the own.",
)
@click.option("--fresh", is_flag=True, help="Do not go on from a backtest that was stopped.")
@common_options
def backtest(
    area: str,
    first: datetime,
    last: datetime,
    protocol: str,
    every_hours: int,
    refit: str,
    weather: str,
    out: Path,
    jobs: int | None,
    parameters: Path | None,
    source: str | None,
    now: datetime | None,
    data: str | None,
    *,
    fresh: bool,
    as_json: bool,
) -> None:
    """Tell what would have been forecast for each day of a span, with nothing that was not known then, and how good it was.

    Writes every forecast to a Parquet file and prints scores with 95 % intervals (bootstrap over weeks). A run that was stopped
    goes on where it was. A recorded folder may hold any area: see the guide "Backtests".

    \b
    energy backtest --source recorded:measurements --area DK1 --from 2022-01-01 --to 2022-12-31
    energy backtest --source recorded:measurements --area DE-LU --from 2019-01-01 --to 2019-12-31 --refit quarterly
    energy backtest --area DK2 --from 2026-09-01 --to 2026-10-31 --protocol rolling --every 6 --weather forecast
    """  # noqa: D301 - click wants the backspace itself
    if last < first:
        raise click.ClickException(f"expected --from before --to, found {first:%Y-%m-%d} and {last:%Y-%m-%d}")
    if FEW_LOCAL_HOURS % every_hours:
        raise click.ClickException(f"--every: expected a number of hours that 24 is a multiple of, found {every_hours}")
    if not out.absolute().parent.is_dir():
        raise click.ClickException(f"--out: expected a folder that is there, found {out.absolute().parent}, which is not")
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.backtest_report import document_of, print_document, scores_of, write_forecasts  # noqa: PLC0415 - `--help`
    from energy_dagster.backtest_sources import history_of, simulated_of  # noqa: PLC0415 - need not wait
    from energy_dagster.backtesting import forget, run_backtest  # noqa: PLC0415
    from energy_dagster.domain.backtest import Span  # noqa: PLC0415

    span = Span(first.date(), last.date(), cast("Protocol", protocol), cast("Refit", refit), every_hours)
    with explained():
        history = history_of(chosen.settings, area, cast("WeatherMode", weather))
        parts = out.with_name(out.name + PARTS)
        if fresh:
            forget(parts)
        with _progress(as_json=as_json) as told:
            done = run_backtest(history, span, _recipe(chosen, parameters), folder=parts, jobs=jobs or _cores(), told=told)
        write_forecasts(done, out)
        scores = scores_of(done, history, seed=chosen.settings.seed)
        forget(parts)
    simulated = simulated_of(chosen.settings, cast("WeatherMode", weather))
    document = document_of(done, span, scores, area=area, weather=weather, simulated=simulated, out=out)
    if document["last_day"] < document["to"]:
        click.echo(f"The data of {area} end before --to: the last day that is forecast is {document['last_day']}.", err=True)
    if as_json:
        click.echo(json.dumps(document, indent=1))
    else:
        print_document(document)


def _cores() -> int:
    import os  # noqa: PLC0415

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _recipe(chosen: Chosen, parameters: Path | None) -> "Recipe":
    from energy_dagster.domain.model import Recipe  # noqa: PLC0415

    own = Recipe(chosen.settings.seed)
    if parameters is None:
        return own
    try:
        return Recipe.from_fields(_changed(own.to_fields(), json.loads(parameters.read_text(encoding="utf-8"))))
    except (TypeError, ValueError, KeyError) as error:
        raise click.ClickException(f"{parameters}: expected a recipe as JSON, found otherwise: {error}") from None


def _changed(own: dict[str, Any], given: Any) -> dict[str, Any]:
    """Fields with those given in their place, group by group.

    Raises:
        TypeError: a value is not of the kind of the own.
    """
    if not isinstance(given, dict):
        raise TypeError(f"expected an object of named values, found {json.dumps(given)[:40]}")
    fields = dict(own)
    for name, value in given.items():
        standing = own.get(name)
        kinds = (int, float) if type(standing) in (int, float) else type(standing)
        if isinstance(standing, dict):
            fields[name] = _changed(standing, value)
        elif standing is not None and (not isinstance(value, kinds) or isinstance(value, bool) != isinstance(standing, bool)):
            raise TypeError(f"{name}: expected a value such as {json.dumps(standing)}, found {json.dumps(value)[:40]}")
        else:
            fields[name] = value
    return fields


def _progress(*, as_json: bool) -> Any:
    from contextlib import contextmanager  # noqa: PLC0415

    @contextmanager
    def shown() -> "Any":
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

        quiet = not sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
            task = progress.add_task("Windows", total=None)

            def told(done: int, of: int, name: str) -> None:
                progress.update(task, completed=done, total=of)
                if quiet and not as_json and name:
                    click.echo(f"window {name}: {done} of {of}", err=True)

            yield told

    return shown()
