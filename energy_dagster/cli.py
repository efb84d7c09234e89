"""The command line: `energy forecast` and those beside it."""

import json
import time
from datetime import UTC, datetime, timedelta

import click

from energy_dagster.cli_alerts import alerts
from energy_dagster.cli_backtest import backtest
from energy_dagster.cli_instance import instance
from energy_dagster.cli_keys import keys
from energy_dagster.cli_ledger import export, import_, rebuild, upkeep
from energy_dagster.cli_metrics import metrics
from energy_dagster.cli_models import models
from energy_dagster.cli_simulate import simulate
from energy_dagster.cli_sources import datasets, quarantine, quarantined
from energy_dagster.cli_tune import tune
from energy_dagster.cli_wandb import wandb_sync
from energy_dagster.command_line import check_data_folder, choose, common_options, explained, opened

PAGE = "forecast.html"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="energy-dagster", prog_name="energy")
def cli() -> None:
    """Forecast the electricity consumption of Denmark, hour by hour, and show how good every forecast turned out.

    \b
    energy forecast         everything, from nothing to a forecast of the next 48 hours
    energy serve            the Dagster UI, the API and the app
    energy status           what is there, how fresh it is
    energy backfill ...     bring in another stretch of history
    energy backtest ...     what would have been forecast then, and how good it was
    energy tune ...         a recipe of models that fits an area better, if there is one
    energy datasets         what the platform reads, and whether the sources still are as declared
    energy quarantine ...   answers of the sources that could not be understood
    energy export ...       everything as a portable folder
    energy import ...       such a folder brought in
    energy rebuild          the warehouse made anew from the lake alone
    energy upkeep           drop what was replaced long ago, put closed months together
    energy simulate         days left alone on a simulated clock, with faults; which promises were kept
    energy wandb-sync       upload the record of trainings that was kept offline
    energy keys ...         who may ask the API
    energy models ...       which model serves, and decisions about it
    energy alerts ...       whether people can be told when something is wrong
    energy instance ...     the configuration of the Dagster instance, also of a server
    energy metrics          the queue, runs and failures for Prometheus

    Options can also be set in the environment or a .env file: ENERGY_SOURCE, ENERGY_DATA, ENERGY_NOW.
    """  # noqa: D301 - click wants the backspace itself


@cli.command()
@common_options
def forecast(source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Make what is missing up to the present: history, model, forecasts, errors; and print the next 24 hours.

    The first time brings in two years of history, trains, replays the issues of the last 14 days as they would have been made,
    and issues the forecast of the present hour. Later times add only what is new. Nothing that was issued is changed.

    \b
    energy forecast
    energy forecast --source recorded:measurements --now 2022-06-15T08:00:00Z --data june
    """  # noqa: D301 - click wants the backspace itself
    chosen, started = choose(source, now, data, as_json=as_json), time.monotonic()
    with explained(), opened(chosen) as (walk, told):
        walked = walk.forecast(told)
    from energy_dagster.report import forecast_document, print_forecast  # noqa: PLC0415 - after the work, with its imports
    from energy_dagster.store.reader import Store  # noqa: PLC0415
    from ui.page import write_page  # noqa: PLC0415

    with Store(chosen.settings.warehouse) as store:
        page = write_page(chosen.data / PAGE, store=store)
        document = forecast_document(store, walked, page=page, now=chosen.now, seconds=time.monotonic() - started)
        if as_json:
            click.echo(json.dumps(document, indent=1))
        else:
            print_forecast(store, document)


@cli.command()
@click.option("--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day, e.g. 2025-01-01.")
@click.option("--to", "last", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day, e.g. 2025-12-31.")
@click.option("--issues", is_flag=True, help="Also replay the forecasts of these days, hour by hour, and judge them.")
@common_options
def backfill(
    first: datetime, last: datetime, source: str | None, now: datetime | None, data: str | None, *, issues: bool, as_json: bool
) -> None:
    """Bring in the months of a stretch of history: raw data, consumption, features; each range is one run.

    \b
    energy backfill --from 2023-01-01 --to 2023-12-31
    energy backfill --from 2026-03-01 --to 2026-03-31 --issues
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    begin, end = first.replace(tzinfo=UTC), min(last.replace(tzinfo=UTC) + timedelta(hours=23), chosen.now)
    if begin > end:
        raise click.ClickException(f"expected --from before --to and the present, found {first:%Y-%m-%d} and {last:%Y-%m-%d}")
    with explained(), opened(chosen) as (walk, told):
        walked = walk.backfill(begin, end, told, issues=issues)
    if as_json:
        click.echo(json.dumps({"partitions": walked.partitions, "seconds_by_step": walked.steps}, indent=1))
    else:
        click.echo(f"{walked.partitions} partitions in {sum(walked.steps.values()):.0f} s; see `energy status`.")


@cli.command()
@common_options
def status(source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Tell what is there: the snapshot, the newest forecast, how fresh each table is, what lies in quarantine."""
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.report import print_status, status_document  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.store.reader import Store  # noqa: PLC0415

    with explained(), Store(chosen.settings.warehouse) as store:
        document = status_document(store, now=chosen.now) | {"quarantine": quarantined(chosen.settings)}
    if as_json:
        click.echo(json.dumps(document, indent=1))
    else:
        print_status(document)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for everybody.")
@common_options
def serve(host: str, source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Start the Dagster UI with its daemon, the API and the app; Ctrl-C stops all.

    Ports are ENERGY_DAGSTER_PORT (3000), ENERGY_API_PORT (8000) and ENERGY_UI_PORT (8001).
    """
    chosen = choose(source, now, data, as_json=as_json)
    from energy_dagster.processes import PortTaken, ProcessEnded, serve_all  # noqa: PLC0415 - `--help` need not wait

    with explained():
        check_data_folder(chosen.data)
        try:
            serve_all(chosen.settings, host=host, echo=lambda line: click.echo(line, err=as_json))
        except (PortTaken, ProcessEnded) as problem:
            raise click.ClickException(str(problem)) from None


cli.add_command(backtest)
cli.add_command(tune)
cli.add_command(datasets)
cli.add_command(quarantine)
cli.add_command(export)
cli.add_command(import_)
cli.add_command(rebuild)
cli.add_command(upkeep)
cli.add_command(simulate)
cli.add_command(keys)
cli.add_command(models)
cli.add_command(alerts)
cli.add_command(instance)
cli.add_command(metrics)
cli.add_command(wandb_sync)


def main() -> None:
    """Entry point of the `energy` command."""
    cli(prog_name="energy")


if __name__ == "__main__":
    main()
