"""What the portal says of its datasets, held against the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from energy_dagster.domain.catalogue import Dataset
from energy_dagster.domain.quality import Finding
from energy_dagster.resources.sources import SourceError

DATE_TYPES, NUMBER_TYPES = ("datetime", "date", "timestamp"), ("number", "decimal", "float", "double", "integer", "int")


@dataclass(frozen=True)
class DescribedColumn:
    """A column as the portal describes it; names of types and units in lower case."""

    data_type: str
    unit: str
    in_key: bool


@dataclass(frozen=True)
class Described:
    """A dataset as the portal describes it."""

    columns: Mapping[str, DescribedColumn]
    active: bool
    last_update: str


def described(dataset: Dataset, answer: Any) -> Described:
    """The portal's description, from its answer.

    Raises:
        SourceError: the answer describes no columns.
    """
    columns = answer.get("columns") if isinstance(answer, dict) else None
    if not isinstance(columns, list) or not all(isinstance(column, dict) and "dbColumn" in column for column in columns):
        raise SourceError(dataset.name, "a description with named columns", type(answer).__name__)
    return Described(
        {str(column["dbColumn"]): _column(column) for column in columns},
        active=bool(answer.get("active", True)),
        last_update=str(answer.get("lastUpdate") or ""),
    )


def _column(column: Mapping[str, Any]) -> DescribedColumn:
    return DescribedColumn(
        data_type=str(column.get("dataType") or "").lower(),
        unit=str(column.get("unit") or "").lower(),
        in_key=bool(column.get("primaryKeyIndex")),
    )


def is_as_declared(dataset: Dataset, found: Described) -> Finding:
    """Whether a dataset still has the columns, types, unit and key that the catalogue declares."""
    absent = [name for name in dataset.columns if name not in found.columns]
    there = {name: found.columns[name] for name in dataset.columns if name in found.columns}
    faults = [f"no column {name}" for name in absent]
    faults += [
        f"{name} is {column.data_type or 'untyped'}, expected {expected[0]}"
        for name, column in there.items()
        if (expected := _expected_types(dataset, name)) and column.data_type not in expected
    ]
    measure = there.get(dataset.measure)
    if measure is not None and measure.unit and dataset.unit.lower() not in measure.unit:
        faults.append(f"{dataset.measure} is in {measure.unit}, expected {dataset.unit}")
    key = {name for name, column in found.columns.items() if column.in_key}
    if key and not key <= {*dataset.key, dataset.local_time_column}:
        faults.append(f"its key is {', '.join(sorted(key))}, expected {', '.join(dataset.key)}")
    if not found.active:
        faults.append(f"it is no longer active{f'; read {dataset.successor}' if dataset.successor else ''}")
    well = f"columns, types, unit and key are as declared; last update {found.last_update or 'unknown'}"
    told = "; ".join(faults) or well
    return Finding(passed=not faults, description=f"{dataset.name}: {told}", numbers={"faults": len(faults)})


def _expected_types(dataset: Dataset, name: str) -> tuple[str, ...]:
    if name in (dataset.time_column, dataset.local_time_column):
        return DATE_TYPES
    return NUMBER_TYPES if name == dataset.measure else ()
