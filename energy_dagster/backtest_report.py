"""A finished backtest as scores, as one document, and as a table on the screen."""

import json
import resource
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from energy_dagster.backtesting import Backtested
from energy_dagster.domain.backtest import Span, truth_of, with_naive
from energy_dagster.domain.backtest_scores import Score, score_table
from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.judged_forecasts import judge_forecasts
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.report import SIMULATED

_SHOWN = {
    "overall": "all",
    "area": "area",
    "lead_bucket": "lead",
    "day_type": "day",
    "day_length": "hours of the day",
    "local_month": "month",
    "local_hour": "hour",
}

LEAST_WIDTH = 150
"""Characters a line of scores takes."""


def scores_of(done: Backtested, history: SeriesHistory, *, seed: int) -> tuple[Score, ...]:
    """Scores against the series itself, hours that are not known or not sound left out.

    Raises:
        UnscorableForecasts: no forecast has a truth.
    """
    return score_table(judge_forecasts(with_naive(done.forecasts, history), truth_of(history)), seed=seed)


def write_forecasts(done: Backtested, out: Path) -> None:
    """The forecasts, under a temporary name first, with what they were made from in the file's own metadata."""
    table = pa.Table.from_pandas(done.forecasts, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"lineage": json.dumps(done.lineage).encode()})
    unfinished = out.with_name(f".{out.name}.unfinished")
    pq.write_table(table, unfinished)
    unfinished.replace(out)


def document_of(
    done: Backtested, span: Span, scores: tuple[Score, ...], *, area: str, weather: str, simulated: tuple[str, ...], out: Path
) -> dict[str, Any]:
    """What was backtested, what it took, what it was made from, and the scores.

    Args:
        done: the backtest.
        span: of it.
        scores: of it.
        area: of it.
        weather: the mode.
        simulated: which of its inputs were simulated: `consumption`, `weather`, `errors of the weather forecasts`.
        out: where the forecasts are.
    """
    last_hour = done.forecasts["hour_utc"].max() if span.protocol == "gate" else done.forecasts["issued_at"].max()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = asdict(done.seconds)
    return {
        "area": area,
        "from": span.first.isoformat(),
        "to": span.last.isoformat(),
        "last_day": f"{last_hour.tz_localize('UTC').tz_convert(DENMARK):%Y-%m-%d}",
        "protocol": span.protocol,
        "every_hours": span.every_hours if span.protocol == "rolling" else None,
        "refit": span.refit,
        "weather": weather,
        "simulated": list(simulated),
        "forecasts": len(done.forecasts),
        "issues": int(done.forecasts["issued_at"].nunique()),
        "out": str(out),
        "cpu_s": {
            **{name: round(seconds[name], 3) for name in ("fit", "forecast", "bands")},
            "process": round(sum(one.ru_utime + one.ru_stime for one in usage), 2),
        },
        "fits": seconds["fits"],
        "resumed_windows": seconds["resumed"],
        "peak_rss_mb": round(max(one.ru_maxrss for one in usage) / 1024),
        "lineage": done.lineage,
        "scores": [asdict(score) for score in scores],
    }


def print_document(document: dict[str, Any]) -> None:
    """Show the scores."""
    console = Console()
    console.width = max(console.width, LEAST_WIDTH)
    if "consumption" in document["simulated"]:
        console.print(f"[bold yellow]{SIMULATED}[/]")
    elif document["simulated"]:
        console.print(f"[bold yellow]Simulated: {', '.join(document['simulated'])}[/]")
    every = f" every {document['every_hours']} h" if document["every_hours"] else ""
    title = (
        f"{document['area']} {document['from']} to {document['to']}, protocol {document['protocol']}{every}, "
        f"{document['refit']} refit, weather: {document['weather']}"
    )
    table = Table(
        title=title,
        caption="MWh; in brackets the 95 % interval; P10-P90, P5-P95: share of hours inside; width: of the first",
    )
    heads = ("", "hours", "MAE", "MAPE %", "WAPE %", "RMSE", "bias", "skill", "pinball", "P10-P90", "width", "P5-P95")
    for head in heads:
        table.add_column(head, justify="left" if not head else "right", no_wrap=True)
    before = None
    for score in document["scores"]:
        if before not in (None, score["breakdown"]):
            table.add_section()
        before = score["breakdown"]
        label = "all" if before == "overall" else f"{_SHOWN[before]} {score['group']}"
        table.add_row(label, *_cells(score))
    console.print(table)
    cpu = document["cpu_s"]
    console.print(
        f"{document['forecasts']} forecasts of {document['issues']} issues in {document['out']}; {document['fits']} fits "
        f"({document['resumed_windows']} windows taken from an earlier run), {cpu['process']:.0f} CPU seconds, "
        f"{document['peak_rss_mb']} MB."
    )


def _cells(score: dict[str, Any]) -> list[str]:
    def number(name: str, form: Callable[[float], str]) -> str:
        value = score[name]
        return "" if value is None else form(value)

    def held(name: str) -> str:
        return number(name, lambda value: f"{100 * value:.0f} %")

    mape = number("mape_pct", lambda value: f"{value:.2f}")
    interval = score["intervals"].get("mape_pct")
    if interval is not None and score["breakdown"] in ("overall", "area"):
        mape += f" ({interval['low']:.2f} to {interval['high']:.2f})"
    return [
        f"{score['hours']:,}",
        f"{score['mae_mwh']:,.1f}",
        mape,
        number("wape_pct", lambda value: f"{value:.2f}"),
        f"{score['rmse_mwh']:,.1f}",
        f"{score['bias_mwh']:+,.1f}",
        number("skill", lambda value: f"{value:.2f}"),
        f"{score['pinball_deciles_mwh']:,.1f}",
        held("coverage_80"),
        f"{score['width_80_mwh']:,.0f}",
        held("coverage_90"),
    ]
