"""Tables as feature groups: a changed contract is a new version, and an hour twice is the later month's."""

from dataclasses import replace

import pandas as pd
import pytest

from energy_dagster.domain.contracts import TableContractError, conform
from energy_dagster.domain.feature_groups import GROUPS, MONTH, Partition, difference, fingerprint_of, group_rows, table_rows
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, Table
from energy_dagster_tests.io_managers.samples import frame_of

JUNE = Partition("2026-06-01", pd.Timestamp("2026-06-01"), pd.Timestamp("2026-07-01"))
JULY = Partition("2026-07-01", pd.Timestamp("2026-07-01"), pd.Timestamp("2026-08-01"))
TABLES = (CONSUMPTION_FEATURES, PREDICTIONS, ERROR_METRICS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_a_changed_contract_has_another_version_of_its_group(table: Table) -> None:
    group = GROUPS[table.name]
    assert fingerprint_of(table) == group.fingerprint, (
        f"the contract of {table.name} has changed: give its group version {group.version + 1} and this fingerprint"
    )


@pytest.mark.parametrize(
    "changed",
    [
        replace(PREDICTIONS, columns=PREDICTIONS.columns[:-1]),
        replace(PREDICTIONS, columns=(*PREDICTIONS.columns[:-1], replace(PREDICTIONS.columns[-1], dtype="integer"))),
        replace(PREDICTIONS, columns=(*PREDICTIONS.columns[:-1], replace(PREDICTIONS.columns[-1], nullable=True))),
        replace(PREDICTIONS, key=PREDICTIONS.key[:-1]),
        replace(PREDICTIONS, partition_column="hour_utc"),
    ],
)
def test_columns_types_nulls_and_keys_make_a_contract(changed: Table) -> None:
    assert fingerprint_of(changed) != fingerprint_of(PREDICTIONS)


def test_words_do_not_make_a_contract() -> None:
    said = tuple(replace(column, description="In other words", unit="kWh") for column in PREDICTIONS.columns)
    assert fingerprint_of(replace(PREDICTIONS, columns=said, row="Another sentence.")) == fingerprint_of(PREDICTIONS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_a_row_is_known_by_the_tables_key_and_the_month(table: Table) -> None:
    assert set(GROUPS[table.name].row_key) == {*table.key, MONTH.name}


def test_rows_come_back_from_their_group() -> None:
    group, rows = GROUPS["error_metrics"], conform(ERROR_METRICS, frame_of(ERROR_METRICS))
    assert difference(ERROR_METRICS, rows, table_rows(group, group_rows(group, JUNE, rows))) is None


def test_of_an_hour_in_two_months_the_laters_counts() -> None:
    group, rows = GROUPS["error_metrics"], conform(ERROR_METRICS, frame_of(ERROR_METRICS))
    later = rows.assign(actual_mwh=7.0)
    both = pd.concat([group_rows(group, JULY, later), group_rows(group, JUNE, rows)], ignore_index=True)
    assert difference(ERROR_METRICS, later, table_rows(group, both)) is None


def test_a_key_twice_makes_no_group_rows() -> None:
    rows = frame_of(ERROR_METRICS)
    with pytest.raises(TableContractError, match="each key once"):
        group_rows(GROUPS["error_metrics"], JUNE, pd.concat([rows, rows[:1]]))


def test_a_difference_is_told_by_keys_or_by_columns() -> None:
    rows = frame_of(ERROR_METRICS)
    fewer = difference(ERROR_METRICS, rows, rows[:-1])
    assert fewer == f"expected {len(rows)} rows, found {len(rows) - 1}, of which {len(rows) - 1} have an expected key"
    other = rows.assign(actual_mwh=rows["actual_mwh"] + 1e-9, error_mwh=0.5, pinball_mwh=0.5, inside_80=0.5, inside_90=2.0)
    assert difference(ERROR_METRICS, rows, other) == (
        "expected the values that were written, found others in actual_mwh, error_mwh, pinball_mwh and 2 more"
    )
