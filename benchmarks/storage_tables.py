"""What `storage.py` found, as it stands on the page."""

from collections.abc import Mapping
from typing import Any

from benchmarks.results import markdown_table

TITLES = {
    "ours": "ours: lake, published, store held open",
    "opened": "the same file, opened per question",
    "stock_duckdb": "Dagster's DuckDB IO manager, file opened per question",
    "overwritten_parquet": "Parquet overwritten in place, read per question",
}


_SIZES_ARE = """Measured on {measured} with DuckDB {duckdb}. A year of hours of 3, 100 and 1,000 series. Writing is of one month of
all of them; questions are 72 hours of one series at random, 200 of them; ours is published once, after the year."""

_HOURS_ARE = """One issue of 144 forecast hours more, into a warehouse of some size. Ours is a whole new file, so copying and
flushing such a file is the least it can take; Dagster's IO manager writes into the file in its place, where nobody may
read meanwhile."""

_CONCURRENCY_IS = """Four processes that write (ours also publish, each time) and four that read everything, for ten seconds.
A reading fails where it cannot be done, or where a partition is of two writes."""


def storage_text(found: Mapping[str, Any]) -> str:
    """The tables.

    >>> one = {"megabytes": 10.0, "seconds": 1.0, "peak_mb": 200.0, "before_mb": 150.0, "copy_seconds": 0.5}
    >>> text = storage_text({"sizes": {}, "hours": {"ours": [one]}, "concurrency": {}, "duckdb": "2", "measured": "2026-01-01"})
    >>> [line for line in text.splitlines() if line.startswith("| 10 MB")]
    ['| 10 MB | 1.00 | 0.50 | 200 | - |']
    """
    parts = (
        _SIZES_ARE.format(**found),
        _sizes(found["sizes"]),
        _HOURS_ARE,
        _hours(found["hours"]),
        _CONCURRENCY_IS,
        _concurrency(found["concurrency"]),
    )
    return "\n\n".join(parts)


def _sizes(sizes: Mapping[str, Any]) -> str:
    head = ["series", "store", "write a month, s", "publish, s", "a year of one, ms", "72 h p50, ms", "72 h p99, ms", "peak, MB"]
    rows = [
        [
            f"{one['series']:,}",
            TITLES[name],
            f"{one['write_month_s']:.3f}",
            f"{one['ready_s']:.2f}" if name in ("ours", "opened") else "-",
            *(f"{one[key]:.1f}" for key in ("read_year_ms", "p50_ms", "p99_ms")),
            f"{one['peak_mb']:,.0f}",
        ]
        for number in range(max(map(len, sizes.values()), default=0))
        for name, results in sizes.items()
        for one in [results[number]]
    ]
    return markdown_table(head, rows)


def _hours(hours: Mapping[str, Any]) -> str:
    head = ["size", "ours, s", "copying such a file, s", "ours, peak MB", "Dagster's IO manager, s"]
    stock = hours.get("stock_duckdb", [])
    rows = [
        [
            f"{one['megabytes']:,.0f} MB",
            f"{one['seconds']:.2f}",
            f"{one['copy_seconds']:.2f}",
            f"{one['peak_mb']:.0f}",
            f"{stock[number]['seconds']:.2f}" if number < len(stock) else "-",
        ]
        for number, one in enumerate(hours.get("ours", []))
    ]
    return markdown_table(head, rows)


def _concurrency(found: Mapping[str, Any]) -> str:
    head = ["store", "writes", "failed", "readings", "failed"]
    keys = ("writes", "failed_writes", "reads", "failed_reads")
    return markdown_table(head, [[TITLES[name], *(f"{said[key]:,}" for key in keys)] for name, said in found.items()])
