"""The open data portal's protocol (api.energidataservice.dk) as routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap

from energy_dagster.sandbox.archive import Archive, PublishedDataset
from energy_dagster.sandbox.hours import hour_start, published_before
from energy_dagster.sandbox.portal_query import BadParameter, PortalQuery, parse_query, select
from energy_dagster.sandbox.throttle import RateLimited, Throttle

_CSV_DECIMALS = "%.6f"

AnyRequest = Request[Any, Any, Any]


class UnknownDataset(Exception):
    """The portal has no dataset of that name."""

    def __init__(self, name: str, known: Mapping[str, PublishedDataset]) -> None:
        super().__init__(f"Dataset '{name}' was not found; known are {', '.join(sorted(known))}")


def portal_routes(archive: Archive, *, clock: Callable[[], datetime], throttle: Throttle) -> list[HTTPRouteHandler]:
    """The routes of the portal over an archive.

    The envelope's `total` counts the records of the answer, as the real one has been seen to do: page until a short page.
    """
    desk = _Desk(archive, clock, throttle)

    @get("/dataset/{name:str}", sync_to_thread=False)
    def dataset(name: FromPath[str], request: AnyRequest) -> dict[str, Any]:
        query, rows = desk.ask(name, request)
        records = as_records(rows)
        return {"total": len(records), "sort": query.sort, "limit": query.limit, "dataset": name, "records": records}

    @get("/dataset/{name:str}/download", sync_to_thread=False)
    def download(name: FromPath[str], request: AnyRequest) -> Response[Any]:
        form = request.query_params.get("format", "json").lower()
        if form not in {"json", "csv"}:
            raise BadParameter("format", f"expected json or csv, found {form!r}")
        _, rows = desk.ask(name, request)
        if form == "json":
            return Response(as_records(rows))
        return Response(as_csv(rows), media_type="text/csv; charset=utf-8")

    @get("/meta/dataset/{name:str}", sync_to_thread=False)
    def meta(name: FromPath[str]) -> dict[str, Any]:
        return _describe(_find(archive, name), archive=archive, now=clock())

    return [dataset, download, meta]


@dataclass(frozen=True)
class _Desk:
    archive: Archive
    clock: Callable[[], datetime]
    throttle: Throttle

    def ask(self, name: str, request: AnyRequest) -> tuple[PortalQuery, pd.DataFrame]:
        dataset, now = _find(self.archive, name), self.clock()
        self.throttle.admit(name)
        query = parse_query(request.query_params, dataset=dataset, now=now)
        return query, select(query, self.archive.rows(name, hours=query.hours, now=now), dataset=dataset)


def as_csv(rows: pd.DataFrame) -> str:
    """Rows as the portal downloads them: semicolons, decimal commas, a space in the times."""
    return rows.to_csv(sep=";", decimal=",", float_format=_CSV_DECIMALS, date_format="%Y-%m-%d %H:%M:%S", index=False)


def as_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as the portal writes them: naive ISO seconds, and numbers or null.

    NaN stays in the records; the JSON encoder writes it as null.
    """
    names = [str(name) for name in rows.columns]
    columns = [_plain(rows[name]) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(column: "pd.Series[Any]") -> list[Any]:
    values = column.to_numpy()
    if np.issubdtype(values.dtype, np.datetime64):
        return [None if text == "NaT" else text for text in np.datetime_as_string(values, unit="s").tolist()]
    return list(values.tolist())


def _find(archive: Archive, name: str) -> PublishedDataset:
    known = archive.datasets
    if name not in known:
        raise UnknownDataset(name, known)
    return known[name]


def _describe(dataset: PublishedDataset, *, archive: Archive, now: datetime) -> dict[str, Any]:
    hour = archive.first_hour(dataset.name)
    published = hour is not None and hour < published_before(now, dataset.publication_delay)
    first = hour_start(hour).replace(tzinfo=None).isoformat() if hour is not None and published else None
    return {
        "datasetName": dataset.name,
        "title": dataset.name,
        "description": f"{dataset.name}, {archive.source} data of the portal's replica.",
        "organizationName": "tso-electricity",
        "updateFrequency": "P1D" if dataset.publication_delay >= timedelta(days=1) else "PT1H",
        "comment": "",
        "filterColumn": dataset.time_column,
        "author": "Energinet" if archive.source == "recorded" else "portal replica",
        "resolution": "1 hour (PT1H)",
        "columns": [_describe_column(dataset, index) for index in range(len(dataset.columns))],
        "tags": ["Active", "Hour"],
        "lastUpdate": hour_start(int(now.timestamp()) // 3600).replace(tzinfo=None).isoformat(),
        "dataFrom": first,
        "published": first,
        "active": True,
        "filterColumnIsDate": True,
    }


def _describe_column(dataset: PublishedDataset, index: int) -> dict[str, Any]:
    column = dataset.columns[index]
    described = {"dbColumn": column.name, "dataType": column.data_type, "sortOrder": index + 1}
    if column.name in dataset.key:
        described["primaryKeyIndex"] = dataset.key.index(column.name) + 1
    return described | {"displayName": column.name, "unit": column.unit, "description": "", "comment": ""}


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response[dict[str, Any]]:
    return Response({"statusCode": status, "message": message}, status_code=status, headers=headers)


def _unknown(_: AnyRequest, fault: UnknownDataset) -> Response[dict[str, Any]]:
    return _refusal(404, str(fault))


def _bad(_: AnyRequest, fault: BadParameter) -> Response[dict[str, Any]]:
    return _refusal(400, str(fault))


def _limited(_: AnyRequest, fault: RateLimited) -> Response[dict[str, Any]]:
    return _refusal(429, str(fault), {"Retry-After": str(fault.retry_after_seconds)})


PORTAL_REFUSALS: ExceptionHandlersMap = {UnknownDataset: _unknown, BadParameter: _bad, RateLimited: _limited}
"""How each fault is answered."""
