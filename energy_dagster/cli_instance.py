"""`energy instance`: the configuration of the Dagster instance, for this machine or for a server."""

import os
from pathlib import Path

import click

from energy_dagster.command_line import choose, explained


@click.command()
@click.option(
    "--server", is_flag=True, help="For a server: history in PostgreSQL (ENERGY_POSTGRES_URL, or ENERGY_POSTGRES_HOST ...)."
)
@click.option("--write", is_flag=True, help="Put it into the data folder, in place of what is there.")
@click.option("--data", default=None, metavar="FOLDER", help="The data folder.  [default: data]")
def instance(data: str | None, *, server: bool, write: bool) -> None:
    """Print the configuration of the Dagster instance, or put it into the data folder.

    Passwords are never in it: it names the environment variables that Dagster reads them from.

    \b
    energy instance --server
    energy instance --server --write
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(None, None, data, as_json=False)
    from energy_dagster.instance_file import NoDatabase, laptop_file, server_file  # noqa: PLC0415 - `--help` need not wait

    try:
        text = server_file(chosen.settings) if server else laptop_file()
    except NoDatabase as problem:
        raise click.ClickException(str(problem)) from None
    if not write:
        click.echo(text, nl=False)
        return
    with explained():
        path = _written(chosen.data / "dagster", text)
    click.echo(f"{path} is written; restart the web server, the daemon and the code location.", err=True)


def _written(home: Path, text: str) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "dagster.yaml"
    new = home / f".dagster.yaml.{os.getpid()}"
    new.write_text(text, encoding="utf-8")
    return new.replace(path)
