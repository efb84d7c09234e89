"""Holding frames to the contracts of `domain.tables`."""

from typing import Any

import numpy as np
import pandas as pd

from energy_dagster.domain.tables import Column, DType, Table

_PANDAS_TYPES: dict[DType, str] = {
    "timestamp": "datetime64[us]",
    "string": "object",
    "double": "float64",
    "integer": "int64",
    "boolean": "bool",
}

_AS_STORED: dict[DType, Any] = {dtype: np.dtype(name) for dtype, name in _PANDAS_TYPES.items() if name != "object"}
"""Types in which there is nothing to look into but nulls."""

_KINDS: dict[DType, tuple[str, ...]] = {
    "timestamp": ("datetime64", "datetime"),
    "string": ("string",),
    "double": ("floating", "integer", "mixed-integer-float"),
    "integer": ("integer", "floating"),
    "boolean": ("boolean",),
}
"""What pandas calls the values that each type takes; whole floats count as integers."""


class TableContractError(ValueError):
    """A frame breaks a table's contract; the message names table, column, what was expected and what was found."""

    def __init__(self, table: str, column: str, expected: str, found: str) -> None:
        super().__init__(f"table {table}, column {column}: expected {expected}, found {found}")
        self.table, self.column, self.expected, self.found = table, column, expected, found


def empty(table: Table) -> pd.DataFrame:
    """A frame of the table's columns and types without a row."""
    return pd.DataFrame({column.name: pd.Series([], dtype=_PANDAS_TYPES[column.dtype]) for column in table.columns})


def conform(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the table's columns in order and in their types, sorted by key.

    Args:
        table: the contract.
        frame: rows in any order; columns beyond the contract's are refused.

    Raises:
        TableContractError: a column is absent, unknown or of another type; a value is null where it may not be; times
            carry a zone; or a key occurs twice.
    """
    unknown = [name for name in frame.columns if name not in table.names]
    if unknown:
        raise TableContractError(table.name, str(unknown[0]), f"one of {', '.join(table.names)}", "a column of another name")
    typed = pd.DataFrame({column.name: _typed(table, column, frame) for column in table.columns})
    if _ascends(typed, table.key):
        return typed.reset_index(drop=True)
    repeated = typed.duplicated(list(table.key))
    if repeated.any():
        first = typed.loc[repeated, list(table.key)].iloc[0].to_dict()
        raise TableContractError(
            table.name, ", ".join(table.key), "each key once", f"{int(repeated.sum())} repeated, first {first}"
        )
    return typed.sort_values(list(table.key), ignore_index=True)


def _ascends(frame: pd.DataFrame, key: tuple[str, ...]) -> bool:
    """Whether each row's key is greater than that of the row before: then it is sorted, and no key occurs twice."""
    greater = np.zeros(max(len(frame) - 1, 0), dtype=np.bool_)
    for name in reversed(key):
        values = frame[name].to_numpy()
        greater = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & greater)
    return bool(greater.all())


def _typed(table: Table, column: Column, frame: pd.DataFrame) -> "pd.Series[Any]":
    if column.name not in frame.columns:
        raise TableContractError(table.name, column.name, f"a {column.dtype} column", "no such column")
    values = frame[column.name]
    as_stored = column.dtype in _AS_STORED and values.dtype == _AS_STORED[column.dtype]
    if as_stored and (column.nullable or not pd.isna(values.to_numpy()).any()):
        return values
    nulls = int(values.isna().sum())
    if nulls and not column.nullable:
        raise TableContractError(table.name, column.name, "no null", f"{nulls} null of {len(values)}")
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        raise TableContractError(table.name, column.name, "naive UTC times", f"times with zone {values.dtype.tz}")
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if nulls < len(values) and kind not in _KINDS[column.dtype]:
        raise TableContractError(table.name, column.name, f"{column.dtype} values", f"{kind} values of type {values.dtype}")
    if column.dtype == "integer" and kind == "floating" and (values % 1 > 0).any():
        raise TableContractError(table.name, column.name, "whole numbers", f"{values[values % 1 > 0].iloc[0]}")
    try:
        return values.astype(_PANDAS_TYPES[column.dtype])  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError) as error:
        raise TableContractError(table.name, column.name, column.dtype, f"{values.dtype} ({error})") from error
