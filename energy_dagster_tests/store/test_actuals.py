from datetime import UTC, timedelta
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster.domain.tables import Quality, Vintage
from energy_dagster.store.reader import Store
from energy_dagster_tests.store.written_hours import Written, store_of
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


Known = tuple[float | None, Quality]


@pytest.mark.parametrize(
    ("settled", "preliminary", "best"),
    [
        ((101, "ok"), (100, "ok"), ("settled", 101)),
        ((101, "imputed"), (100, "ok"), ("preliminary", 100)),
        ((101, "merged_dst"), (100, "ok"), ("preliminary", 100)),
        ((101, "ok"), (100, "imputed"), ("settled", 101)),
        ((101, "imputed"), (100, "merged_dst"), ("settled", 101)),
        ((101, "imputed"), (None, "spike"), ("settled", 101)),
        ((None, "missing"), (100, "imputed"), ("preliminary", 100)),
        ((None, "missing"), (None, "spike"), ("preliminary", None)),
    ],
)
def test_a_measured_value_goes_before_an_estimated_one_and_then_settled_before_preliminary(
    tmp_path: Path, settled: Known, preliminary: Known, best: tuple[Vintage, float | None]
) -> None:
    rows = [Written(GAP, "settled", *settled), Written(GAP, "preliminary", *preliminary)]
    with store_of(tmp_path, rows) as store:
        answered = [(row.vintage, row.consumption_mwh) for row in store.actuals("DK1").rows]
    assert answered == [best]


def test_an_hour_held_in_one_vintage_only_is_answered_without_a_value_too(tmp_path: Path) -> None:
    with store_of(tmp_path, [Written(GAP, "settled", None, "missing")]) as store:
        assert [(row.vintage, row.consumption_mwh) for row in store.actuals("DK1").rows] == [("settled", None)]


@pytest.mark.parametrize("vintage", [None, "preliminary"])
def test_what_the_source_said_is_told_even_where_it_is_not_used(tmp_path: Path, vintage: Vintage | None) -> None:
    rows = [
        Written(GAP, "preliminary", None, "spike", published_mwh=9000),
        Written(GAP + HOUR, "preliminary", 2000, "merged_dst", published_mwh=4000),
        Written(GAP + 2 * HOUR, "preliminary", 2100, "imputed"),
    ]
    with store_of(tmp_path, rows) as store:
        answered = store.actuals("DK1", vintage=vintage).rows
    assert [(row.quality, row.consumption_mwh, row.published_mwh) for row in answered] == [
        ("spike", None, 9000),
        ("merged_dst", 2000, 4000),
        ("imputed", 2100, None),
    ]
