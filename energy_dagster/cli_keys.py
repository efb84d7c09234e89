"""`energy keys`: who may ask the API."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from filelock import FileLock
from rich.console import Console
from rich.table import Table

from energy_dagster.access_keys import SCOPES, AccessKey, KeyBook, NoSuchKey, Scope, UnreadableKeys
from energy_dagster.command_line import check_data_folder, choose, explained

_HIDDEN = ("secret_sha256",)


@click.group()
def keys() -> None:
    """Make, list and revoke keys of the API.

    Keys are needed only where ENERGY_API_REQUIRE_KEY is true; a key that is given must be good everywhere. They are kept hashed in
    <data>/api-keys.json: a key is shown once, when it is made. A running API follows the file at once.

    \b
    energy keys create --name planner
    energy keys create --name prometheus --scope admin --days 365
    energy keys list
    energy keys revoke 3f2a9c01b7de
    """  # noqa: D301 - click wants the backspace itself


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words."),
        click.option("--data", default=None, metavar="FOLDER", help="Folder beside whose data the keys are kept.  [default: data]"),
    ):
        command = option(command)
    return command


@keys.command()
@click.option("--name", required=True, help="Who or what will use it.")
@click.option("--scope", type=click.Choice(SCOPES), default="read", show_default=True, help="admin also opens /metrics.")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="Days until it expires; never when absent.")
@_options
def create(name: str, scope: Scope, days: int | None, data: str | None, *, as_json: bool) -> None:
    """Make a key and show it, this once."""
    if not name.strip():
        raise click.BadParameter("expected a name, found nothing", param_hint="--name")
    chosen, now = choose(None, None, data, as_json=as_json), datetime.now(UTC)
    with explained():
        check_data_folder(chosen.data)
    with _book(chosen.settings.api_keys) as book:
        key, text = book.create(name.strip(), scope=scope, now=now, expires_at=None if days is None else now + timedelta(days=days))
    if as_json:
        click.echo(json.dumps({**_shown(key), "key": text}, indent=1))
    else:
        click.echo(text)
        click.echo(f"The key {key.key_id} of {key.name}, scope {key.scope}; it is not shown again.", err=True)


@keys.command(name="list")
@_options
def list_(data: str | None, *, as_json: bool) -> None:
    """Show every key ever made; not the keys themselves, which nobody has but their holders."""
    chosen, now = choose(None, None, data, as_json=as_json), datetime.now(UTC)
    with _book(chosen.settings.api_keys) as book:
        held = book.keys()
    if as_json:
        click.echo(json.dumps({"keys": [_shown(key) for key in held]}, indent=1))
        return
    if not held:
        click.echo("No key was made yet.")
        return
    table = Table("id", "name", "scope", "made", "state", box=None)
    for key in held:
        table.add_row(key.key_id, key.name, key.scope, key.created_at[:10], _state(key, now))
    Console(width=120).print(table)


@keys.command()
@click.argument("key_id")
@_options
def revoke(key_id: str, data: str | None, *, as_json: bool) -> None:
    """Close a key for good, by its id."""
    chosen = choose(None, None, data, as_json=as_json)
    with _book(chosen.settings.api_keys) as book:
        key = book.revoke(key_id, now=datetime.now(UTC))
    click.echo(json.dumps(_shown(key), indent=1) if as_json else f"The key {key.key_id} of {key.name} opens nothing any more.")


@contextmanager
def _book(path: str) -> Iterator[KeyBook]:
    """The key book, for one writer at a time, its faults told in a sentence."""
    try:
        with FileLock(f"{path}.lock") if Path(path).parent.is_dir() else nullcontext():
            yield KeyBook(path)
    except (NoSuchKey, UnreadableKeys) as problem:
        raise click.ClickException(str(problem)) from None


def _shown(key: AccessKey) -> dict[str, Any]:
    return {name: value for name, value in asdict(key).items() if name not in _HIDDEN}


def _state(key: AccessKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at[:10]}"
    if not key.opens(now):
        return f"expired {str(key.expires_at)[:10]}"
    return "good" if key.expires_at is None else f"good until {key.expires_at[:10]}"
