"""What the query service makes of a query: rows of one group, filtered and cut."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from energy_dagster_tests.contract.hopsworks_standin.cluster import Cluster, Json

COMPARISONS: dict[str, Callable[..., Any]] = {
    "GREATER_THAN": pc.greater,
    "GREATER_THAN_OR_EQUAL": pc.greater_equal,
    "LESS_THAN": pc.less,
    "LESS_THAN_OR_EQUAL": pc.less_equal,
    "EQUALS": pc.equal,
    "NOT_EQUALS": pc.not_equal,
}


class NoRowsYet(LookupError):
    """A group has no table: nothing was written, or no job has moved it there."""


class QueryNotKnown(NotImplementedError):
    """A query of a kind the stand-in does not answer."""


def rows_of(cluster: Cluster, query: Json) -> pa.Table:
    """The answer to a query as the client words it.

    Raises:
        NoRowsYet: the group has no table.
        QueryNotKnown: it joins groups, travels in time or compares in another way than the stand-in knows.
    """
    if query.get("joins") or query.get("leftFeatureGroupStartTime") or query.get("leftFeatureGroupEndTime"):
        raise QueryNotKnown("the stand-in knows no joins and no time travel")
    group = cluster.groups[query["leftFeatureGroup"]["id"]]
    table = cluster.table(group).read()
    if table is None:
        raise NoRowsYet(f"No delta logs found for featuregroup {group['name']}_{group['version']}.")
    mask = _mask(table, query.get("filter"))
    rows = table if mask is None else table.filter(mask)
    rows = rows.select([feature["name"] for feature in query["leftFeatures"]])
    return rows.slice(0, query["limit"]) if query.get("limit") else rows


def _mask(table: pa.Table, node: Json | None) -> Any:
    """A filter or a tree of filters as a column of truths; None where it asks for nothing."""
    if node is None:
        return None
    if "feature" in node:
        return _compared(table[node["feature"]["name"]], node["condition"], node["value"])
    parts = [_mask(table, node.get(name)) for name in ("leftFilter", "rightFilter", "leftLogic", "rightLogic")]
    first, *others = [part for part in parts if part is not None]
    for other in others:
        first = pc.or_(first, other) if node["type"] == "OR" else pc.and_(first, other)
    return first


def _compared(column: Any, condition: str, value: Any) -> Any:
    if condition == "IN":
        listed = json.loads(value) if isinstance(value, str) else value
        return pc.is_in(column, pa.array([_scalar(each, column.type).as_py() for each in listed], type=column.type))
    if condition not in COMPARISONS:
        raise QueryNotKnown(f"the stand-in compares by {', '.join(COMPARISONS)} and IN, not by {condition}")
    return COMPARISONS[condition](column, _scalar(value, column.type))


def _scalar(value: Any, dtype: pa.DataType) -> Any:
    """A value of a filter, which travels as text, as the column's type; times travel as text or as milliseconds."""
    if pa.types.is_timestamp(dtype):
        text = str(value)
        time = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
        return pa.scalar(time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time, dtype)
    return pa.scalar(value).cast(dtype)
