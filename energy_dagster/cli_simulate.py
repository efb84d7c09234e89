"""`energy simulate`: days of the platform left alone, in minutes, with faults."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from energy_dagster.command_line import UtcTime, check_data_folder, explained
from energy_dagster.settings import Settings

if TYPE_CHECKING:
    from energy_dagster.simulation.account import Account

HISTORY_DAYS = 220
"""History that a simulation begins with: enough for a model, quickly brought in."""


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="Days to live through.")
@click.option("--from", "start", type=UtcTime(), default=None, help="First moment; by default so that the days end an hour ago.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Of the data and of what goes wrong.")
@click.option("--calm", is_flag=True, help="Nothing goes wrong.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Simulated hours in a minute at most; 0: as fast as it goes.",
)
@click.option("--data", type=click.Path(path_type=Path), default=Path("simulation"), show_default=True, help="A folder of its own.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Also write the account as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words.")
def simulate(
    days: int, start: datetime | None, seed: int, speed: float, data: Path, report: Path | None, *, calm: bool, as_json: bool
) -> None:
    """Leave the platform alone for some days on a simulated clock, with sources, disk, runs and models that fail; and give account.

    Everything is the real thing: conditions, sensors and runs, on the portal's replica. It ends with 1 if a promise was broken:
    an hour without a forecast, one that was issued twice, a leak, a forecast that was not scored, a partition that is missing.

    \b
    energy simulate --days 3
    energy simulate --days 30 --from 2025-10-10T00:20:00Z --report account.json
    """  # noqa: D301 - click wants the backspace itself
    begin = start or (datetime.now(UTC) - timedelta(days=days, hours=1)).replace(minute=20, second=0, microsecond=0)
    if begin + timedelta(days=days) > datetime.now(UTC):
        raise click.ClickException(f"expected days that are over, found {days} from {begin:%Y-%m-%dT%H:%MZ}")
    if data.exists() and any(data.iterdir()):
        raise click.ClickException(f"expected an empty folder for the simulation, found files in {data}")
    check_data_folder(data.resolve())
    with explained():
        account = _lived(begin, days, seed, speed, data.resolve(), calm=calm, quiet=as_json)
    document = json.dumps(account.document(), indent=1)
    if report is not None:
        report.write_text(document, encoding="utf-8")
    if as_json:
        click.echo(document)
    else:
        from energy_dagster.simulation.telling import print_account  # noqa: PLC0415 - after the work, with its imports

        print_account(account)
    if account.broken:
        raise click.ClickException("; ".join(account.broken))


SIMULATED = "simulated"


def secluded(data: Path, hand: Path, *, seed: int) -> Settings:
    """Settings of a simulation: whatever the environment says, nothing is read from, written to or told to anybody outside."""
    return Settings(
        source="sandbox",
        data=str(data),
        lake_url=None,
        now=None,
        now_file=str(hand),
        seed=seed,
        history_days=HISTORY_DAYS,
        families="total",
        entsoe_token=None,
        experiments="off",
        hopsworks_host=SIMULATED,
        hopsworks_project=SIMULATED,
        hopsworks_api_key=SIMULATED,
        hopsworks_retry_seconds=0.0,
        training_source="lake",
    )


def _lived(begin: datetime, days: int, seed: int, speed: float, data: Path, *, calm: bool, quiet: bool) -> "Account":
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    from energy_dagster.simulation.account import account_of  # noqa: PLC0415
    from energy_dagster.simulation.loop import bring_up, live  # noqa: PLC0415
    from energy_dagster.simulation.pacing import Pacing  # noqa: PLC0415
    from energy_dagster.simulation.planning import plan  # noqa: PLC0415

    hand = data / "now"
    settings = secluded(data, hand, seed=seed)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    mishaps = [] if calm else plan(begin.replace(minute=0), days, seed=seed)
    pacing = Pacing(speed)
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("History, models and two days of issues", total=days * 24)
        bring_up(settings, hand, begin)

        def told(hour: datetime, runs: int, failed: int) -> None:
            pacing.wait()
            progress.update(task, advance=1, description=f"{hour:%Y-%m-%d %H:00}, {runs} runs, {failed} failed")

        lived = live(settings, hand, begin, days, mishaps, told)
    return account_of(settings, lived)
