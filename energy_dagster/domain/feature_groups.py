"""Tables as feature groups of a feature store: their keys, and a version that is tied to the table's contract.

A group of another contract is another version of the group; it is never changed in place. Rows carry the month of the partition
they belong to, by which a store lays out its files: the look-ahead of a month stays apart from the month after it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, Column, Table

MONTH = Column(
    "partition_month", "string", "", "Month of the partition the row belongs to, YYYY-MM; of an hour twice the later counts"
)
FINGERPRINT_LETTERS = 12
MOST_TOLD = 3


@dataclass(frozen=True)
class Partition:
    """One partition of a table: its key, and its time from start (included) to end (not), naive UTC."""

    key: str
    start: datetime
    end: datetime

    @property
    def month(self) -> str:
        """The month it begins in.

        >>> Partition("2025-10-27T09", datetime(2025, 10, 27, 9), datetime(2025, 10, 27, 10)).month
        '2025-10'
        """
        return f"{self.start:%Y-%m}"


@dataclass(frozen=True)
class FeatureGroup:
    """A table as a feature group.

    Attributes:
        table: its contract.
        version: of the group; a changed contract takes the next.
        fingerprint: of the contract that the version stands for.
    """

    table: Table
    version: int
    fingerprint: str

    @property
    def name(self) -> str:
        """Name of the group and its version, as messages say it."""
        return f"{self.table.name} {self.version}"

    @property
    def event_time(self) -> str:
        """The time of a row."""
        return self.table.partition_column

    @property
    def primary_key(self) -> list[str]:
        """The table's key without the event time."""
        return [name for name in self.table.key if name != self.event_time]

    @property
    def row_key(self) -> list[str]:
        """What a store knows a row by."""
        return [*self.primary_key, self.event_time, MONTH.name]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns and the month."""
        return (*self.table.columns, MONTH)


def fingerprint_of(table: Table) -> str:
    """A digest of what makes a group: columns, their types, nulls, and the keys. Descriptions and units may change."""
    columns = [f"{column.name}:{column.dtype}:{column.nullable}" for column in table.columns]
    said = ";".join([*columns, ",".join(table.key), table.partition_column])
    return hashlib.sha256(said.encode()).hexdigest()[:FINGERPRINT_LETTERS]


GROUPS: dict[str, FeatureGroup] = {
    group.table.name: group
    for group in (
        FeatureGroup(CONSUMPTION_FEATURES, version=1, fingerprint="15a48a125a78"),
        FeatureGroup(PREDICTIONS, version=1, fingerprint="904acacb7e1b"),
        FeatureGroup(ERROR_METRICS, version=1, fingerprint="a208b2471b18"),
    )
}
"""The groups by the name of their table."""


def described(column: Column) -> str:
    """What a column says, with its unit.

    >>> described(MONTH).split(";")[0]
    'Month of the partition the row belongs to, YYYY-MM'
    """
    return f"{column.description}{f' [{column.unit}]' if column.unit else ''}"


def group_rows(group: FeatureGroup, partition: Partition, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a partition of the table as rows of the group.

    Raises:
        TableContractError: the frame breaks the table's contract, or holds a key twice.
    """
    return conform(group.table, frame).assign(**{MONTH.name: partition.month})


def table_rows(group: FeatureGroup, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of partitions of the group as rows of the table; of an hour that two months hold, the later month's.

    Raises:
        TableContractError: the frame breaks the table's contract.
    """
    newest = frame.sort_values(MONTH.name, kind="stable").drop_duplicates(list(group.table.key), keep="last")
    return conform(group.table, newest.drop(columns=MONTH.name))


def difference(table: Table, expected: pd.DataFrame, found: pd.DataFrame) -> str | None:
    """How rows of a table differ from those expected, in words; None where they are the same to the last digit.

    Args:
        table: of both frames, which keep its contract.
        expected: what there should be.
        found: what there is.
    """
    if expected.equals(found):
        return None
    key = list(table.key)
    if len(expected) != len(found) or not expected[key].equals(found[key]):
        both = expected[key].merge(found[key], on=key, how="inner")
        return f"expected {len(expected)} rows, found {len(found)}, of which {len(both)} have an expected key"
    differing = [name for name in table.names if not expected[name].equals(found[name])]
    told = ", ".join(differing[:MOST_TOLD]) + (f" and {len(differing) - MOST_TOLD} more" if len(differing) > MOST_TOLD else "")
    return f"expected the values that were written, found others in {told}"
