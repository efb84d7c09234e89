from datetime import UTC, timedelta

import pandas as pd

from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN

HOUR = timedelta(hours=1)
GAP = AUTUMN - timedelta(days=10)
"""The hour whose settled value the sample lacks."""


def test_the_best_known_actual_is_settled_where_settled_has_a_value(store: Store) -> None:
    rows = store.actuals("DK1", start=GAP - HOUR, end=GAP + 2 * HOUR).rows
    assert [row.vintage for row in rows] == ["settled", "preliminary", "settled"]
    assert all(row.consumption_mwh is not None and row.quality == "ok" for row in rows)


def test_hours_too_young_to_be_settled_are_preliminary(store: Store) -> None:
    rows = store.actuals("DK1", start=AUTUMN - timedelta(days=2)).rows
    assert {row.vintage for row in rows} == {"preliminary"}
    assert rows[-1].hour_utc == AUTUMN - 3 * HOUR


def test_a_vintage_is_answered_as_it_is_held_with_its_gaps(store: Store) -> None:
    rows = store.actuals("DK1", start=GAP, end=GAP + HOUR, vintage="settled").rows
    assert [(row.hour_utc, row.consumption_mwh, row.quality) for row in rows] == [(GAP, None, "missing")]
    fast = store.actuals("DK1", start=GAP, end=GAP + HOUR, vintage="preliminary").rows
    assert [row.vintage for row in fast] == ["preliminary"]


def test_the_values_are_those_of_the_table(store: Store, frames: dict[str, pd.DataFrame]) -> None:
    table = frames["consumption"]
    chosen = table[(table["area"] == "DK2") & (table["vintage"] == "preliminary")].sort_values("hour_utc")
    rows = store.actuals("DK2", vintage="preliminary").rows
    assert [row.consumption_mwh for row in rows] == list(chosen["consumption_mwh"])
    assert [row.hour_utc for row in rows] == [hour.to_pydatetime().replace(tzinfo=UTC) for hour in chosen["hour_utc"]]


def test_windows_hold_their_start_and_not_their_end(store: Store) -> None:
    rows = store.actuals("DK", start=GAP, end=GAP + 3 * HOUR).rows
    assert [row.hour_utc for row in rows] == [GAP, GAP + HOUR, GAP + 2 * HOUR]
