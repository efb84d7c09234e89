"""`energy tune`: a recipe of models that fits an area better, if there is one."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from energy_dagster.cli_backtest import DATE, WEATHER_MODES
from energy_dagster.command_line import choose, common_options, explained

if TYPE_CHECKING:
    from energy_dagster.backtest_sources import WeatherMode
    from energy_dagster.domain.tuned import Compared, Trial, Tuned


@click.command()
@click.option("--area", default="DK1", show_default=True, help="Price area, or any area found in a recorded folder.")
@click.option("--before", required=True, type=DATE, help="Local day before which everything looked at was published.")
@click.option("--trials", type=click.IntRange(2), default=60, show_default=True, help="Recipes to try, the own among them.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=300, show_default=True, help="Time after which no further recipe is tried."
)
@click.option(
    "--weather",
    type=click.Choice(WEATHER_MODES),
    default="none",
    show_default=True,
    help="none, observed or forecast, as of `energy backtest`.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("recipe.json"), show_default=True)
@common_options
def tune(
    area: str,
    before: datetime,
    trials: int,
    seconds: float,
    weather: str,
    out: Path,
    source: str | None,
    now: datetime | None,
    data: str | None,
    *,
    as_json: bool,
) -> None:
    """Search for a recipe of models that forecasts an area better than the own one; Optuna does the searching.

    Up to two years before --before are forecast in six blocks, each by what was published before it. Recipes are compared in every
    other week; what that finds is taken if it proves better in the weeks between, else the own recipe is written. The recipe goes
    into --out, for `energy backtest --parameters`.

    \b
    energy tune --source recorded:measurements --area DK1 --before 2022-01-01 --out recipe.json
    energy backtest --source recorded:measurements --area DK1 --from 2022-01-01 --to 2022-12-31 --parameters recipe.json
    """  # noqa: D301 - click wants the backspace itself
    if not out.absolute().parent.is_dir():
        raise click.ClickException(f"--out: expected a folder that is there, found {out.absolute().parent}, which is not")
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.backtest_sources import history_of, simulated_of  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.domain import tuning  # noqa: PLC0415
    from energy_dagster.domain.availability import naive_utc  # noqa: PLC0415
    from energy_dagster.domain.calendar import DENMARK  # noqa: PLC0415
    from energy_dagster.domain.model import Recipe  # noqa: PLC0415

    mode = cast("WeatherMode", weather)
    with explained(), _progress(trials, as_json=as_json) as told:
        tuned = tuning.tune(
            {area: history_of(chosen.settings, area, mode)},
            cut=naive_utc(before.replace(tzinfo=DENMARK)),
            recipe=Recipe(chosen.settings.seed),
            budget=tuning.Budget(trials, seconds),
            seed=chosen.settings.seed,
            clock=time.monotonic,
            told=told,
        )
        _write(tuned, out)
    document = _document(tuned, weather=weather, simulated=simulated_of(chosen.settings, mode), out=out)
    if as_json:
        click.echo(json.dumps(document, indent=1))
    else:
        _print(document)


def _write(tuned: "Tuned", out: Path) -> None:
    """The recipe without its seed, which stays that of the settings."""
    from upath import UPath  # noqa: PLC0415 - `--help` need not wait

    from energy_dagster.storage.files import write_whole  # noqa: PLC0415

    fields = {name: value for name, value in tuned.recipe.to_fields().items() if name != "seed"}
    write_whole(UPath(out), json.dumps(fields, indent=1).encode())


def _document(tuned: "Tuned", *, weather: str, simulated: tuple[str, ...], out: Path) -> dict[str, Any]:
    """What was found, and whether it is taken; errors in percent."""

    def percent(compared: "Compared") -> dict[str, Any]:
        return {
            "start_pct": 100 * compared.start,
            "proposed_pct": 100 * compared.proposed,
            "improvement_pct": 100 * compared.improvement,
            "interval_pct": [100 * compared.low, 100 * compared.high],
            "forecasts": compared.forecasts,
        }

    return {
        "areas": list(tuned.areas),
        "before": f"{tuned.cut}Z",
        "weather": weather,
        "simulated": list(simulated),
        "taken": tuned.taken,
        "reason": tuned.reason,
        "trials": len(tuned.trials),
        "searched": percent(tuned.searched),
        "held_back": percent(tuned.held_back),
        "parameters": {name: {"start": tuned.start[name], "proposed": value} for name, value in tuned.proposed.items()},
        "out": str(out),
        "recipe": asdict(tuned.recipe),
    }


def _print(document: dict[str, Any]) -> None:
    """Show what was found."""
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.table import Table  # noqa: PLC0415

    from energy_dagster.report import SIMULATED  # noqa: PLC0415

    console = Console()
    if "consumption" in document["simulated"]:
        console.print(f"[bold yellow]{SIMULATED}[/]")
    table = Table(title=f"{', '.join(document['areas'])}, {document['trials']} trials, weather: {document['weather']}")
    for head in ("", "start", "proposed"):
        table.add_column(head, justify="right" if head else "left")
    for label, name in (("error, searched", "searched"), ("error, held back", "held_back")):
        table.add_row(label, *(f"{document[name][which]:.3f} %" for which in ("start_pct", "proposed_pct")))
    table.add_section()
    for name, values in document["parameters"].items():
        table.add_row(name, *(f"{values[which]:.3g}" for which in ("start", "proposed")))
    console.print(table)
    console.print(f"{document['reason'][:1].upper()}{document['reason'][1:]}. The recipe is in {document['out']}.")


@contextmanager
def _progress(trials: int, *, as_json: bool) -> Iterator[Callable[["Trial"], None]]:
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    quiet, best = not sys.stderr.isatty(), float("inf")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("Trials", total=trials)

        def told(trial: "Trial") -> None:
            nonlocal best
            best = min(best, trial.error)
            progress.update(task, completed=trial.number + 1, description=f"Trials, best error {100 * best:.3f} %")
            if quiet and not as_json:
                click.echo(
                    f"trial {trial.number + 1} of {trials}: error {100 * trial.error:.3f} %, best {100 * best:.3f} %", err=True
                )

        yield told
