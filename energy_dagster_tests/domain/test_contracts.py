import pandas as pd
import pytest

from energy_dagster.domain.contracts import TableContractError, conform, empty
from energy_dagster.domain.tables import TABLES, Column, Table

READINGS = Table(
    name="readings",
    row="One reading.",
    key=("area", "hour_utc"),
    partition_column="hour_utc",
    columns=(
        Column("hour_utc", "timestamp", "UTC", "Start of the hour"),
        Column("area", "string", "", "Area"),
        Column("load_mwh", "double", "MWh", "Load", nullable=True),
        Column("count", "integer", "", "How many"),
        Column("is_final", "boolean", "", "Whether it is final"),
        Column("read_at", "timestamp", "UTC", "When", nullable=True),
        Column("note", "string", "", "Note", nullable=True),
    ),
)


def readings(**columns: object) -> pd.DataFrame:
    """Two good rows, some columns replaced."""
    good: dict[str, object] = {
        "hour_utc": pd.to_datetime(["2026-01-01T01:00", "2026-01-01T00:00"]),
        "area": ["DK1", "DK1"],
        "load_mwh": [2.0, None],
        "count": [1, 2],
        "is_final": [True, False],
        "read_at": pd.DatetimeIndex(["2026-01-01T05:00", "NaT"]),
        "note": ["late", None],
    }
    return pd.DataFrame(good | columns)


def refused(frame: pd.DataFrame) -> TableContractError:
    with pytest.raises(TableContractError) as caught:
        conform(READINGS, frame)
    assert str(caught.value).startswith("table readings, column ")
    return caught.value


def test_rows_come_out_sorted_by_key() -> None:
    assert conform(READINGS, readings())["hour_utc"].tolist() == sorted(readings()["hour_utc"])


def test_columns_come_out_in_order_and_in_their_types() -> None:
    frame = conform(READINGS, readings()[list(reversed(READINGS.names))])
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "hour_utc": "datetime64[us]",
        "area": "object",
        "load_mwh": "float64",
        "count": "int64",
        "is_final": "bool",
        "read_at": "datetime64[us]",
        "note": "object",
    }


def test_conforming_twice_changes_nothing() -> None:
    once = conform(READINGS, readings())
    pd.testing.assert_frame_equal(conform(READINGS, once), once)


def test_a_frame_is_not_altered_in_place() -> None:
    frame = readings()
    conform(READINGS, frame)
    pd.testing.assert_frame_equal(frame, readings())


def test_nulls_stay_where_they_may_be() -> None:
    frame = conform(READINGS, readings())
    assert frame[["load_mwh", "read_at", "note"]].iloc[0].isna().all()


def test_whole_floats_are_taken_as_integers() -> None:
    assert conform(READINGS, readings(count=[1.0, 2.0]))["count"].tolist() == [2, 1]


def test_a_column_of_nulls_only_is_taken_where_nulls_may_be() -> None:
    frame = conform(READINGS, readings(load_mwh=[None, None], read_at=[None, None], note=[None, None]))
    assert frame[["load_mwh", "read_at", "note"]].isna().all().all()


def test_an_absent_column_is_refused() -> None:
    error = refused(readings().drop(columns="count"))
    assert (error.column, error.expected, error.found) == ("count", "a integer column", "no such column")


def test_an_unknown_column_is_refused() -> None:
    error = refused(readings(loud_mwh=1.0))
    assert error.column == "loud_mwh"
    assert "load_mwh" in error.expected
    assert error.found == "a column of another name"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("area", ["DK1", None]),
        ("count", [1, None]),
        ("hour_utc", pd.DatetimeIndex(["2026-01-01", "NaT"])),
        ("is_final", pd.Series([True, None], dtype=object)),
    ],
)
def test_a_null_where_none_may_be_is_refused(column: str, values: object) -> None:
    error = refused(readings(**{column: values}))
    assert (error.column, error.expected, error.found) == (column, "no null", "1 null of 2")


def test_times_with_a_zone_are_refused() -> None:
    error = refused(readings(hour_utc=pd.to_datetime(["2026-01-01T01:00", "2026-01-01T00:00"], utc=True)))
    assert (error.column, error.expected, error.found) == ("hour_utc", "naive UTC times", "times with zone UTC")


def test_times_with_a_zone_are_refused_as_objects_too() -> None:
    hours = pd.Series(pd.to_datetime(["2026-01-01T01:00", "2026-01-01T00:00"], utc=True)).astype(object)
    assert refused(readings(hour_utc=hours)).column == "hour_utc"


def test_a_repeated_key_is_refused() -> None:
    error = refused(readings(hour_utc=pd.to_datetime(["2026-01-01", "2026-01-01"])))
    assert error.column == "area, hour_utc"
    assert error.expected == "each key once"
    assert error.found.startswith("1 repeated, first {'area': 'DK1'")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("area", [1, 2]),
        ("note", [1.5, None]),
        ("load_mwh", ["many", "few"]),
        ("load_mwh", ["1.5", "2.5"]),
        ("count", [1.5, 2.0]),
        ("count", [float("inf"), 2.0]),
        ("is_final", ["no", "yes"]),
        ("is_final", [0.5, 1.0]),
        ("hour_utc", [1, 2]),
        ("hour_utc", ["soon", "late"]),
    ],
)
def test_values_of_another_type_are_refused(column: str, values: object) -> None:
    error = refused(readings(**{column: values}))
    assert error.column == column
    assert error.expected
    assert error.found


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_conforms(name: str) -> None:
    table = TABLES[name]
    pd.testing.assert_frame_equal(conform(table, empty(table)), empty(table))
