"""`energy metrics`: what only the Dagster instance knows, for Prometheus."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from energy_dagster.command_line import choose, explained


@click.command()
@click.option(
    "--textfile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them here at once and whole, for node_exporter's textfile collector; the name ends in .prom.",
)
@click.option("--listen", type=click.IntRange(1, 65535), metavar="PORT", help="Answer scrapes on this port until Ctrl-C.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for everybody.")
@click.option("--data", default=None, metavar="FOLDER", help="The data folder.  [default: data]")
def metrics(textfile: Path | None, listen: int | None, host: str, data: str | None) -> None:
    """Tell the queue, runs, failures, failing checks and the daemon's heartbeats in the text format of Prometheus.

    How new forecasts and tables are is told by the API's /metrics.

    \b
    energy metrics
    energy metrics --textfile /var/lib/node_exporter/energy.prom
    energy metrics --listen 9464
    """  # noqa: D301 - click wants the backspace itself
    if textfile is not None and listen is not None:
        raise click.UsageError("expected --textfile or --listen, found both")
    chosen = choose(None, None, data, as_json=False)
    if not (chosen.data / "dagster" / "dagster.yaml").exists():
        raise click.ClickException(
            f"expected a Dagster instance in {chosen.data / 'dagster'}, found none; `energy forecast` makes one"
        )
    with explained():
        from prometheus_client import CollectorRegistry, generate_latest, start_http_server, write_to_textfile  # noqa: PLC0415

        from energy_dagster.definitions import build_definitions  # noqa: PLC0415 - takes seconds, `--help` need not wait
        from energy_dagster.instance import open_instance  # noqa: PLC0415
        from energy_dagster.instance_metrics import InstanceMetrics  # noqa: PLC0415

        checks = sorted(build_definitions(chosen.settings).resolve_asset_graph().asset_check_keys)
        with open_instance(chosen.data) as instance:
            registry = CollectorRegistry()
            registry.register(InstanceMetrics(instance, checks, lambda: datetime.now(UTC)))
            if textfile is not None:
                write_to_textfile(str(textfile), registry)
            elif listen is None:
                click.echo(generate_latest(registry), nl=False)
            else:
                start_http_server(listen, host, registry)
                click.echo(f"http://{host}:{listen}/metrics", err=True)
                threading.Event().wait()
