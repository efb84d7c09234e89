"""What every server is given and asked: the same rows, the same requests, drawn with the same seed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, product
from pathlib import Path

import duckdb

from energy_dagster.domain.tables import QUANTILE_COLUMNS
from energy_dagster.store.schema import POINTER

SEED = 1
AREAS = ("DK1", "DK2", "DK")
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
MOST_VARIED = 1000
"""Requests of a kind that differ from each other."""

VARIED_MINUTES = 1440
"""A month of errors may hold fewer days than a month has, so its windows differ by minutes at their start."""

EXPLAINED = "naive_mwh, level_mwh, recent_mwh, calendar_mwh, holiday_mwh, weather_mwh, other_mwh"

TABLES = {
    "predictions": f"""
        SELECT issued_at, area, consumer_group, hour_utc, lead_hours, {EXPLAINED}, rung, origin, revision, model_version,
            consumption_cutoff, weather_cutoff, created_at, {", ".join(QUANTILE_COLUMNS)}
        FROM predictions
        ORDER BY issued_at, area, consumer_group, hour_utc""",
    "consumption": """
        SELECT area, consumer_group, hour_utc, vintage, vintage = 'preliminary' AS provisional, consumption_mwh, quality,
            published_mwh
        FROM consumption
        QUALIFY 1 = ROW_NUMBER() OVER (
            PARTITION BY area, consumer_group, hour_utc
            ORDER BY CASE
                WHEN quality = 'ok' AND vintage = 'settled' THEN 0
                WHEN quality = 'ok' THEN 1
                WHEN consumption_mwh IS NOT NULL AND vintage = 'settled' THEN 2
                WHEN vintage = 'preliminary' THEN 3
                ELSE 4
            END
        )
        ORDER BY hour_utc, area, consumer_group""",
    "error_metrics": """
        SELECT area, consumer_group, hour_utc AS period_start, hour_utc + INTERVAL 1 HOUR AS period_end, lead_bucket, vintage,
            1 AS hours, issues, live_issues, actual_mwh, forecast_mwh, naive_mwh, error_mwh, abs_error_mwh,
            SQRT(squared_error_mwh2) AS rmse_mwh, naive_abs_error_mwh, pinball_mwh, inside_80, inside_90
        FROM error_metrics WHERE vintage = 'preliminary'
        ORDER BY hour_utc, area, consumer_group, lead_bucket""",
}
"""What the peers are given: the columns that are answered, in order, the better vintage chosen and roots taken."""


@dataclass(frozen=True)
class Question:
    """One kind of request.

    Attributes:
        key: short name.
        title: as it stands in a table.
        path: the request that is made again and again.
        varied: requests of the same kind that all differ.
        time: column of the hours.
        value: column that must be the same whoever answers.
    """

    key: str
    title: str
    path: str
    varied: tuple[str, ...]
    time: str
    value: str


def current_file(warehouse: Path) -> Path:
    """The published file of a warehouse."""
    return warehouse / (warehouse / POINTER).read_text().strip()


def export(warehouse: Path, folder: Path) -> None:
    """Write what the peers read: one Parquet file a table."""
    with duckdb.connect(str(current_file(warehouse)), read_only=True) as connection:
        for name, query in TABLES.items():
            connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")


def questions(warehouse: Path) -> list[Question]:
    """The three kinds, for the hours that the warehouse holds."""
    with duckdb.connect(str(current_file(warehouse)), read_only=True) as connection:
        issues = [row[0] for row in connection.execute("SELECT DISTINCT issued_at FROM predictions ORDER BY 1").fetchall()]
        first, last = span(connection, "consumption")
        _, judged = span(connection, "error_metrics")
    forecast = [f"/v1/forecasts?area={area}&issued_at={iso(issue)}" for issue in issues for area in AREAS]
    starts = [first + timedelta(hours=number) for number in range(int((last - first - WEEK) / timedelta(hours=1)))]
    minutes = [judged - MONTH - timedelta(minutes=number) for number in range(VARIED_MINUTES)]

    def actuals(area: str, start: datetime) -> str:
        return f"/v1/actuals?area={area}&start={iso(start)}&end={iso(start + WEEK)}"

    def errors(area: str, start: datetime) -> str:
        return f"/v1/errors?area={area}&start={iso(start)}&end={iso(judged)}&format=csv"

    return [
        Question("forecast", "newest forecast, JSON", "/v1/forecasts?area=DK1", drawn(forecast, MOST_VARIED), "hour_utc", "q50"),
        Question(
            "actuals",
            "a week of actuals, JSON",
            actuals("DK1", last - WEEK),
            drawn(asked(actuals, starts), 10 * MOST_VARIED),
            "hour_utc",
            "consumption_mwh",
        ),
        Question(
            "errors",
            "a month of errors, CSV",
            errors("DK1", judged - MONTH),
            drawn(asked(errors, minutes), MOST_VARIED),
            "period_start",
            "abs_error_mwh",
        ),
    ]


def span(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[datetime, datetime]:
    """First hour and end of a table's hours."""
    first, last = connection.execute(f"SELECT MIN(hour_utc), MAX(hour_utc) + INTERVAL 1 HOUR FROM {table}").fetchall()[0]
    return first, last


def iso(instant: datetime) -> str:
    """A naive UTC time as a request has it.

    >>> iso(datetime(2026, 6, 1, 10))
    '2026-06-01T10:00:00Z'
    """
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def asked(ask: Callable[[str, datetime], str], starts: Sequence[datetime]) -> list[str]:
    """A request for each area and start."""
    return [ask(area, start) for area, start in product(AREAS, starts)]


def drawn(paths: Sequence[str], most: int) -> tuple[str, ...]:
    """At most so many of them, in an order that is always the same.

    >>> drawn(["a", "b", "c"], 2) == drawn(["a", "b", "c"], 2)
    True
    """
    return tuple(random.Random(SEED).sample(paths, min(most, len(paths))))


def mixed(kinds: Sequence[Question], count: int, *, one_new_in: int) -> list[str]:
    """So many requests, one in some of them a week of actuals that was not asked for before, the others the same three again.

    >>> one = Question("actuals", "", "/old", ("/1", "/2", "/3"), "", "")
    >>> mixed([one], 4, one_new_in=2)
    ['/1', '/old', '/2', '/old']
    """
    new = islice(next(one.varied for one in kinds if one.key == "actuals"), (count - 1) // one_new_in + 1)
    return [next(new) if number % one_new_in == 0 else kinds[number % len(kinds)].path for number in range(count)]
