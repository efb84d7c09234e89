"""One question to a dataset of the open data portal: parsed from the address, answered from rows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from energy_dagster.sandbox.archive import PublishedDataset
from energy_dagster.sandbox.hours import LOCAL_ZONE, first_hour_from
from energy_dagster.sandbox.portal_dates import parse_date

DEFAULT_LIMIT = 100
"""Rows of an answer when neither start nor limit is given."""

Value = str | float | datetime
"""What a column can be compared with."""

_EARLIEST_HOUR, _LATEST_HOUR = -(10**8), 10**8
_STRING_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


class BadParameter(ValueError):
    """A parameter the portal refuses; the message names it."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"Invalid parameter '{parameter}': {reason}")
        self.parameter = parameter


@dataclass(frozen=True)
class Order:
    """One column to sort by."""

    column: str
    descending: bool


@dataclass(frozen=True)
class PortalQuery:
    """What is asked of a dataset.

    Attributes:
        hours: hours wanted.
        columns: columns wanted, in the order asked for.
        filters: allowed values by column.
        order: columns to sort by; the unique key descending when nothing was asked for.
        offset: rows to leave out first.
        limit: rows wanted at most; 0 for all.
    """

    hours: range
    columns: tuple[str, ...]
    filters: Mapping[str, list[Value]]
    order: tuple[Order, ...]
    offset: int
    limit: int

    @property
    def sort(self) -> str:
        """The order in the portal's words."""
        return ",".join(f"{order.column} {'desc' if order.descending else 'asc'}" for order in self.order)


def parse_query(parameters: Mapping[str, str], *, dataset: PublishedDataset, now: datetime) -> PortalQuery:
    """Parse the parameters of an address.

    Raises:
        BadParameter: a parameter cannot be understood, or names a column the dataset does not have.
    """
    zone = _zone(parameters.get("timezone", "dk"))
    start, end = (_date(parameters, name, zone=zone, now=now) for name in ("start", "end"))
    unbounded = "start" not in parameters and "limit" not in parameters
    return PortalQuery(
        hours=range(
            _EARLIEST_HOUR if start is None else first_hour_from(start), _LATEST_HOUR if end is None else first_hour_from(end)
        ),
        columns=_columns(parameters.get("columns"), dataset),
        filters=_filters(parameters.get("filter"), dataset),
        order=_order(parameters.get("sort"), dataset),
        offset=_count(parameters, "offset", default=0),
        limit=_count(parameters, "limit", default=DEFAULT_LIMIT if unbounded else 0),
    )


def select(query: PortalQuery, rows: pd.DataFrame, *, dataset: PublishedDataset) -> pd.DataFrame:
    """The rows and columns asked for, in the order asked for; `rows` ascend by the key."""
    for column, allowed in query.filters.items():
        rows = rows[rows[column].isin(allowed)]
    if query.order == _order(None, dataset):
        rows = rows.iloc[::-1]
    else:
        by, ascending = [order.column for order in query.order], [not order.descending for order in query.order]
        for column, upward in reversed(list(zip(by, ascending, strict=True))):
            rows = rows.sort_values(column, ascending=upward, kind="stable")
    last = None if query.limit == 0 else query.offset + query.limit
    return rows.iloc[query.offset : last][list(query.columns)]


def _zone(name: str) -> ZoneInfo:
    if name.lower() == "utc":
        return ZoneInfo("UTC")
    if name.lower() in {"dk", LOCAL_ZONE.lower()}:
        return ZoneInfo(LOCAL_ZONE)
    raise BadParameter("timezone", f"expected UTC or DK, found {name!r}")


def _date(parameters: Mapping[str, str], name: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    if name not in parameters:
        return None
    try:
        return parse_date(parameters[name], zone=zone, now=now.astimezone(UTC))
    except ValueError as fault:
        raise BadParameter(name, str(fault)) from fault


def _known(parameter: str, column: str, dataset: PublishedDataset) -> str:
    if column not in dataset.names:
        raise BadParameter(parameter, f"{dataset.name} has no column {column!r}; it has {', '.join(dataset.names)}")
    return column


def _columns(text: str | None, dataset: PublishedDataset) -> tuple[str, ...]:
    if text is None:
        return dataset.names
    return tuple(dict.fromkeys(_known("columns", column, dataset) for column in text.split(",")))


def _order(text: str | None, dataset: PublishedDataset) -> tuple[Order, ...]:
    if text is None:
        return tuple(Order(column, descending=True) for column in dataset.key)
    orders = []
    for part in text.split(","):
        column, *direction = part.split()[:3] or [""]
        if [word.lower() for word in direction] not in ([], ["asc"], ["desc"]):
            raise BadParameter("sort", f"expected a column, then nothing, asc or desc; found {part!r}")
        orders.append(Order(_known("sort", column, dataset), descending=[word.lower() for word in direction] == ["desc"]))
    return tuple(orders)


def _count(parameters: Mapping[str, str], name: str, *, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadParameter(name, f"expected a whole number from 0 on, found {text!r}")
    return int(text)


def _filters(text: str | None, dataset: PublishedDataset) -> dict[str, list[Value]]:
    if text is None:
        return {}
    if re.search(r"\s", _STRING_LITERAL.sub("", text)):
        raise BadParameter("filter", "expected compact JSON, found spaces")
    try:
        wanted = json.loads(text)
    except ValueError as fault:
        raise BadParameter("filter", f"expected JSON, found {text!r}") from fault
    if not isinstance(wanted, dict) or not all(isinstance(values, list) for values in wanted.values()):
        raise BadParameter("filter", f"expected an object of arrays, found {text!r}")
    return {_known("filter", name, dataset): _allowed(name, values, dataset) for name, values in wanted.items()}


def _allowed(column: str, values: list[object], dataset: PublishedDataset) -> list[Value]:
    kind = dataset.data_type(column)
    if not all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in values):
        raise BadParameter("filter", f"expected texts or numbers for {column}, found {values!r}")
    if kind == "string":
        return [str(value).replace("''", "'") for value in values]
    try:
        return [float(str(value)) if kind == "number" else _stamp(str(value)) for value in values]
    except ValueError as fault:
        raise BadParameter("filter", f"expected {kind} values for {column}, found {values!r}") from fault


def _stamp(text: str) -> datetime:
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is not None:
        raise ValueError(text)
    return stamp
