"""What the command line tells: the result of a forecast, and the status, as words and as one JSON document."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from energy_dagster.domain.tables import AREAS, QUANTILES
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ForecastHour

if TYPE_CHECKING:  # the status needs no graph
    from energy_dagster.walk import Walked

DENMARK = ZoneInfo("Europe/Copenhagen")
SHOWN_QUARANTINED = 3
SHOWN_HOURS = 24
SHOWN_LEVELS = (0.1, 0.5, 0.9)
SIMULATED = "SIMULATED DATA: nothing here was measured in Denmark"


def forecast_document(store: Store, walked: "Walked", *, page: Path, now: datetime, seconds: float) -> dict[str, Any]:
    """The result of `energy forecast`: the issue, skill per area over the replay, what was left out, where the page is.

    Skill is against the weekly naive, over every lead and judged hour of the kept issues; None where nothing is judged yet.
    """
    snapshot = store.snapshot()
    forecasts = {area: store.forecast(area).rows for area in AREAS}
    newest = max((rows[0].issued_at for rows in forecasts.values() if rows), default=None)
    areas = [area for area, rows in forecasts.items() if rows and rows[0].issued_at == newest]
    judged = [score for score in store.scorecard(start=now - timedelta(days=30), end=now).rows if score.area in areas]
    scores = [score for score in judged if score.forecaster == "forecast"]
    left_out = dict(walked.left_out) | {area: _why_left_out(area) for area in AREAS if area not in areas}
    return {
        "snapshot_id": snapshot.snapshot_id,
        "simulated": snapshot.simulated,
        "source": snapshot.source,
        "issued_at": None if newest is None else _iso(newest),
        "areas": areas,
        "skill": {score.area: score.skill for score in scores},
        "mae_mwh": {score.area: score.mae_mwh for score in scores},
        "naive_mae_mwh": {score.area: score.mae_mwh for score in judged if score.forecaster == "weekly_naive"},
        "coverage_80": {score.area: score.coverage_80 for score in scores},
        "judged_hours": {score.area: score.hours for score in scores},
        "model_version": {area: forecasts[area][0].model_version for area in areas},
        "inputs": {area: forecasts[area][0].rung for area in areas},
        "left_out": left_out,
        "page": str(page),
        "partitions": walked.partitions,
        "seconds_by_step": walked.steps,
        "seconds": round(seconds, 1),
    }


def _why_left_out(area: str) -> str:
    if area == "DK":
        return "DK is DK1 + DK2, and needs both"
    return "no consumption of it was known in the week before the issue"


def print_forecast(store: Store, document: dict[str, Any]) -> None:
    """The next 24 hours as a table, the skill of the replay, and where to look."""
    console = Console()
    areas = list(document["areas"])
    if document["simulated"]:
        console.print(f"[bold yellow]{SIMULATED}[/]")
    if areas:
        console.print(_hours_table({area: list(store.forecast(area).rows) for area in areas}))
    for area in areas:
        console.print(_skill_sentence(area, document), highlight=False, soft_wrap=True)
    for name, reason in document["left_out"].items():
        console.print(f"Left out: {name}: {reason}.", highlight=False, soft_wrap=True)
    made = f"{document['partitions']} partitions in {document['seconds']:.0f} s"
    console.print(f"{made}. Snapshot {document['snapshot_id']}.", highlight=False, soft_wrap=True)
    console.print(f"The forecast as a page: {document['page']}", highlight=False, soft_wrap=True)


def _hours_table(forecasts: dict[str, list[ForecastHour]]) -> Table:
    first = next(iter(forecasts.values()))[0]
    table = Table(title=f"Issued {_local(first.issued_at)}; MWh per hour; local time", padding=(0, 0), collapse_padding=True)
    table.add_column("hour", no_wrap=True)
    columns = [QUANTILES.index(level) for level in SHOWN_LEVELS]
    for area in forecasts:
        table.add_column(f"{area}\nP10", justify="right", no_wrap=True)
        table.add_column(f"{area}\nP50", justify="right", no_wrap=True, style="bold")
        table.add_column(f"{area}\nP90", justify="right", no_wrap=True)
    for hour in zip(*(rows[:SHOWN_HOURS] for rows in forecasts.values()), strict=True):
        values = [f"{row.quantiles[n]:,.0f}" for row in hour for n in columns]
        table.add_row(f"{hour[0].hour_utc.astimezone(DENMARK):%a %H:%M %Z}", *values)
    return table


def _skill_sentence(area: str, document: dict[str, Any]) -> str:
    value = document["skill"].get(area)
    if value is None:
        return f"{AREAS[area]}: nothing is judged yet."
    return (
        f"{AREAS[area]}: skill {value:.2f} against the weekly naive (MAE {document['mae_mwh'][area]:.0f} against "
        f"{document['naive_mae_mwh'][area]:.0f} MWh; P10 to P90 held {document['coverage_80'][area]:.0%} of "
        f"{document['judged_hours'][area]} hours)."
    )


def status_document(store: Store, *, now: datetime) -> dict[str, Any]:
    """What the warehouse holds and how fresh it is."""
    snapshot, issue = store.snapshot(), store.latest_issue().rows
    models = store.models(1).rows
    return {
        "snapshot_id": snapshot.snapshot_id,
        "published_at": _iso(snapshot.published_at),
        "as_of": _iso(snapshot.as_of),
        "source": snapshot.source,
        "simulated": snapshot.simulated,
        "newest_issue": _iso(issue[0].issued_at) if issue else None,
        "newest_issue_age_hours": round((now - issue[0].issued_at) / timedelta(hours=1), 1) if issue else None,
        "newest_issue_inputs": issue[0].rung if issue else None,
        "model": {"version": models[0].model_version, "verdict": models[0].verdict, "reason": models[0].reason} if models else None,
        "tables": [
            {"table": row.table, "newest": _iso(row.newest) if row.newest else None, "rows": row.rows}
            for row in store.freshness().rows
        ],
    }


def print_status(document: dict[str, Any]) -> None:
    """The status in words."""
    console = Console()
    if document["simulated"]:
        console.print(f"[bold yellow]{SIMULATED}[/]")
    console.print(f"Snapshot {document['snapshot_id']}, as of {document['as_of']}, source {document['source']}", highlight=False)
    if document["newest_issue"]:
        age, inputs = document["newest_issue_age_hours"], document["newest_issue_inputs"]
        console.print(f"Newest forecast: {document['newest_issue']}, {age} h old, inputs: {inputs}", highlight=False)
    if document["model"]:
        console.print(
            f"Model: {document['model']['version']}, {document['model']['verdict']}: {document['model']['reason']}", highlight=False
        )
    table = Table("table", "newest", "rows")
    for row in document["tables"]:
        table.add_row(row["table"], row["newest"] or "nothing", f"{row['rows']:,}")
    console.print(table)
    if document["quarantine"]:
        console.print(
            f"{len(document['quarantine'])} answers lie in quarantine; `energy quarantine list` tells more:", style="yellow"
        )
        for kept in document["quarantine"][:SHOWN_QUARANTINED]:
            console.print(f"  {kept['id']}: {kept['reason']}", highlight=False)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(DENMARK):%a %d %b %H:%M %Z}"
