"""The API beside ours: FastAPI over pandas. Each request reads its Parquet file, or filters a frame that was read once.

`API_PEER` is `parquet` or `frame`, `API_PEER_DATA` the folder of the files; served by uvicorn with one worker. Of several ways to
write it the quickest was taken: the time is filtered before the area, pandas writes the JSON, and no thread is changed on the way.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd
from fastapi import FastAPI, Response

Format = Literal["json", "csv"]
Read = Callable[[str], pd.DataFrame]

FOLDER = Path(os.environ["API_PEER_DATA"])


def read_parquet(table: str) -> pd.DataFrame:
    """The whole table, from its file; times are naive UTC."""
    return pd.read_parquet(FOLDER / f"{table}.parquet")


READS: dict[str, Read] = {"parquet": read_parquet, "frame": cache(read_parquet)}
read = READS[os.environ["API_PEER"]]
app = FastAPI()


@app.get("/v1/forecasts")
async def forecasts(area: str, issued_at: datetime | None = None, format: Format = "json") -> Response:  # noqa: A002
    """One issue, the newest unless another is asked for."""
    frame = read("predictions")
    issue = frame["issued_at"].max() if issued_at is None else naive(issued_at)
    frame = frame[frame["issued_at"] == issue]
    return written(frame[frame["area"] == area], format)


@app.get("/v1/actuals")
async def actuals(area: str, start: datetime, end: datetime, format: Format = "json") -> Response:  # noqa: A002
    """Measured hours in [start, end)."""
    return written(hours(read("consumption"), "hour_utc", area, start, end), format)


@app.get("/v1/errors")
async def errors(area: str, start: datetime, end: datetime, format: Format = "json") -> Response:  # noqa: A002
    """Errors of the hours in [start, end)."""
    return written(hours(read("error_metrics"), "period_start", area, start, end), format)


def hours(frame: pd.DataFrame, column: str, area: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Rows of an area in [start, end)."""
    frame = frame[frame[column].between(naive(start), naive(end), inclusive="left")]
    return frame[frame["area"] == area]


def naive(instant: datetime) -> pd.Timestamp:
    """The time as the files hold it."""
    return pd.Timestamp(instant.astimezone(UTC).replace(tzinfo=None))


def written(frame: pd.DataFrame, format: Format) -> Response:  # noqa: A002
    """The rows as asked for."""
    if format == "csv":
        return Response(frame.to_csv(index=False), media_type="text/csv")
    return Response(frame.to_json(orient="records", date_format="iso"), media_type="application/json")
