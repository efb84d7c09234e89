"""`energy datasets` and `energy quarantine`: what the platform reads, and what it could not understand."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from energy_dagster.command_line import choose, common_options, explained, opened
from energy_dagster.settings import Settings

if TYPE_CHECKING:
    from energy_dagster.domain.quality import Finding
    from energy_dagster.storage.quarantine import Kept

SHOWN_CHARACTERS = 2000
DAY = 24


@click.command()
@click.option("--check", is_flag=True, help="Ask the portal whether its datasets still are as declared.")
@common_options
def datasets(source: str | None, now: datetime | None, data: str | None, *, check: bool, as_json: bool) -> None:
    """List the datasets of the catalogue: which are read, their unit and delay, what succeeds them.

    \b
    energy datasets
    energy datasets --check --source live
    """  # noqa: D301 - click wants the backspace itself
    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        rows = _catalogue_rows(chosen.settings, check=check)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            click.echo(_in_words(row))
    if any(row["as_declared"] is False for row in rows):
        raise click.ClickException("a dataset that is read is not as the catalogue declares it")


def _catalogue_rows(settings: Settings, *, check: bool) -> list[dict[str, Any]]:
    from energy_dagster.definitions import feeds_of, portal_of  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.domain.catalogue import DATASETS  # noqa: PLC0415

    feeds = feeds_of(settings)
    read_by = {dataset.name: feed.asset for feed in feeds for dataset in feed.datasets}
    read_by |= {feed.fallback.name: f"{feed.asset}, as a fallback" for feed in feeds if feed.fallback is not None}
    portal = portal_of(settings)
    rows = []
    for name, dataset in DATASETS.items():
        finding: Finding | None = portal.holds_to_the_catalogue(dataset) if check and name in read_by else None
        rows.append(
            {
                "dataset": name,
                "read_by": read_by.get(name),
                "measure": dataset.measure,
                "unit": dataset.unit,
                "key": list(dataset.key),
                "publication_delay_hours": dataset.publication_delay / timedelta(hours=1),
                "active": dataset.active,
                "successor": dataset.successor,
                "as_declared": None if finding is None else finding.passed,
                "found": None if finding is None else finding.description,
            }
        )
    return rows


def _in_words(row: dict[str, Any]) -> str:
    """A dataset on a line, and what was found on the next."""
    hours = row["publication_delay_hours"]
    delay = f"{abs(hours):g} h {'after' if hours > 0 else 'before'}" if abs(hours) < DAY else f"{hours / DAY:g} days after"
    parts = [
        f"read by {row['read_by']}" if row["read_by"] else "not read",
        f"{row['measure']} [{row['unit']}]",
        f"{delay} the hour",
        *([] if row["active"] else ["no longer published"]),
        *([f"successor {row['successor']}"] if row["successor"] else []),
    ]
    found = "" if row["found"] is None else f"\n  {'as declared' if row['as_declared'] else 'NOT AS DECLARED'}: {row['found']}"
    return f"{row['dataset']}: {'; '.join(parts)}{found}"


def quarantined(settings: Settings) -> list[dict[str, Any]]:
    """What lies in quarantine, newest first."""
    from energy_dagster.storage.quarantine import Quarantine  # noqa: PLC0415 - `--help` need not wait

    return [
        {"id": kept.kept_id, "at": f"{kept.at:%Y-%m-%dT%H:%M:%SZ}", "size_bytes": kept.size_bytes, "reason": kept.reason}
        for kept in Quarantine(settings.quarantine).listing()
    ]


@click.group()
def quarantine() -> None:
    """See, replay or drop answers of the sources that could not be understood.

    \b
    energy quarantine list
    energy quarantine show ID
    energy quarantine replay ID     read it again by the rules of today, and bring its hours into the lake
    energy quarantine drop ID
    """  # noqa: D301 - click wants the backspace itself


@quarantine.command("list")
@common_options
def list_kept(source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """List what lies in quarantine, newest first."""
    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        rows = quarantined(chosen.settings)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif rows:
        for row in rows:  # no table: it would cut the ids, which the other commands want whole
            click.echo(f"{row['id']}\n  {row['at']}, {row['size_bytes']} bytes: {row['reason']}")
    else:
        click.echo("Nothing lies in quarantine.")


@quarantine.command()
@click.argument("kept_id", metavar="ID")
@common_options
def show(kept_id: str, source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Show what was asked, what was wrong, and the beginning of the answer."""
    from energy_dagster.storage.quarantine import Quarantine  # noqa: PLC0415 - `--help` need not wait

    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        store = Quarantine(chosen.settings.quarantine)
        kept, payload = store.get(kept_id), store.payload(kept_id)
    document = _document(kept) | {"begins": payload[:SHOWN_CHARACTERS].decode("utf-8", errors="replace")}
    if as_json:
        click.echo(json.dumps(document, indent=1))
    else:
        for name, value in document.items():
            click.echo(f"{name}: {value}")


def _document(kept: "Kept") -> dict[str, Any]:
    return {
        "id": kept.kept_id,
        "at": f"{kept.at:%Y-%m-%dT%H:%M:%SZ}",
        "reason": kept.reason,
        "url": kept.url,
        "params": dict(kept.params),
        "content_type": kept.content_type,
        "size_bytes": kept.size_bytes,
        "only_the_head": kept.cut,
    }


@quarantine.command()
@click.argument("kept_id", metavar="ID")
@common_options
def replay(kept_id: str, source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Read an answer again by the rules of today; once understood, its hours are brought in and it leaves the quarantine."""
    from energy_dagster.storage.quarantine import Quarantine  # noqa: PLC0415 - `--help` need not wait

    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        store = Quarantine(chosen.settings.quarantine)
        kept = store.get(kept_id)
        with opened(chosen) as (walk, told):
            walked = walk.replay(kept, told)
        store.drop(kept_id)
    if as_json:
        click.echo(json.dumps({"id": kept_id, "partitions": walked.partitions}))
    else:
        click.echo(f"{kept_id} is understood now; {walked.partitions} partitions were made again.")


@quarantine.command()
@click.argument("kept_id", metavar="ID")
@common_options
def drop(kept_id: str, source: str | None, now: datetime | None, data: str | None, *, as_json: bool) -> None:
    """Remove an answer from the quarantine."""
    from energy_dagster.storage.quarantine import Quarantine  # noqa: PLC0415 - `--help` need not wait

    chosen = choose(source, now, data, as_json=as_json)
    with explained():
        store = Quarantine(chosen.settings.quarantine)
        store.get(kept_id)
        store.drop(kept_id)
    click.echo(json.dumps({"dropped": kept_id}) if as_json else f"{kept_id} is dropped.")
