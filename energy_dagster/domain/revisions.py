"""What a new reading of a source does to what is known: which hours are new, which moved and by how much, and what stays.

Sources forget, stumble and correct themselves. A reading therefore never takes anything away: an hour that it no longer has stays
as it was, a null never replaces a number (nor one of several numbers of a row), and a fallback dataset never replaces the one it
stands in for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.catalogue import FEEDS
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import Table

FALLBACKS = tuple(feed.fallback.name for feed in FEEDS if feed.fallback is not None)


@dataclass(frozen=True)
class Moves:
    """How a reading differs from what was known.

    Attributes:
        new: rows that were not known.
        revised: rows whose measure, or other value, moved.
        withdrawn: rows that were known and that the reading lacks, or has a null for.
        mean_mwh: mean size of the revisions of the measure, MWh; 0 where there is none.
        largest_mwh: the largest of them, MWh.
        hours: the distinct hours that are new or revised, ascending.
    """

    new: int
    revised: int
    withdrawn: int
    mean_mwh: float
    largest_mwh: float
    hours: pd.DatetimeIndex

    @property
    def nothing(self) -> bool:
        """Whether everything stays as it was."""
        return not self.new and not self.revised


@dataclass(frozen=True)
class Merged:
    """What is known after a reading, and what the reading changed."""

    rows: pd.DataFrame
    moves: Moves


def merged(table: Table, standing: pd.DataFrame, reading: pd.DataFrame) -> Merged:
    """Put a reading on top of what was known.

    Args:
        table: contract of both; it must have a `first_seen` column.
        standing: rows known before.
        reading: rows read now; they need not be complete.

    Returns:
        Every key of either side once. A row that says what it said keeps the time it was first seen.

    Raises:
        TableContractError: a side breaks the contract.
    """
    before, now = (conform(table, side).set_index(list(table.key)) for side in (standing, reading))
    both = before.index.intersection(now.index)
    old, new = before.loc[both], now.loc[both]
    lost = _lost(table, old, new)
    new = _completed(table, old, new)
    moved = ~lost & ~_same(table, old, new) & ~_stands_in(old, new)
    added = now.index.difference(before.index, sort=False)
    rows = pd.concat([before.drop(index=both[moved]), new[moved], now.loc[added]]).reset_index()
    return Merged(
        conform(table, rows[list(table.names)]),
        Moves(
            new=len(added),
            revised=int(moved.sum()),
            withdrawn=len(before) - len(both) + int(lost.sum()),
            **_sizes(table, old[moved], new[moved]),
            hours=_hours(table, added.append(both[moved])),
        ),
    )


def _values(table: Table) -> list[str]:
    return [name for name in table.names if name not in (*table.key, table.first_seen)]


def _same(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each row says what it said; null says the same as null."""
    alike = [(old[name] == new[name]) | (old[name].isna() & new[name].isna()) for name in _values(table)]
    return np.asarray(np.logical_and.reduce([np.asarray(column) for column in alike]), dtype=np.bool_)


def _numbers(table: Table) -> list[str]:
    """Columns in which a null never replaces a number."""
    return [column.name for column in table.columns if column.dtype == "double"] if table.measure is None else [table.measure]


def _completed(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The new rows with the old numbers where they have null now."""
    return new.assign(**{name: new[name].where(new[name].notna(), old[name]) for name in _numbers(table)})


def _lost(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each row had a number, and has none now."""
    numbers = _numbers(table)
    return np.asarray(old[numbers].notna().any(axis=1) & new[numbers].isna().all(axis=1), dtype=np.bool_)


def _stands_in(old: pd.DataFrame, new: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each row is of a fallback where the dataset itself has spoken."""
    if "dataset" not in old:
        return np.zeros(len(old), dtype=np.bool_)
    return np.asarray(new["dataset"].isin(FALLBACKS) & ~old["dataset"].isin(FALLBACKS))


def _sizes(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> dict[str, float]:
    sizes = (new[table.measure] - old[table.measure]).abs().dropna() if table.measure else pd.Series(dtype="float64")
    return {"mean_mwh": float(sizes.mean()) if len(sizes) else 0.0, "largest_mwh": float(sizes.max()) if len(sizes) else 0.0}


def _hours(table: Table, keys: "pd.Index[Any]") -> pd.DatetimeIndex:
    return pd.DatetimeIndex(keys.get_level_values(table.partition_column).unique()).sort_values()
