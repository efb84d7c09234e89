from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from energy_dagster.store.reader import Store
from energy_dagster.store.rows import RevisedDay
from energy_dagster.store.schema import POINTER, create_all
from energy_dagster_tests.store.written_hours import HOUR, Written, both, store_of

MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)
"""The start of 1 June 2026 in Denmark."""


def test_a_day_sums_its_hours_and_their_differences(tmp_path: Path) -> None:
    with store_of(tmp_path, both(MIDNIGHT, [(100, 110), (200, 190), (500, 540)])) as store:
        assert store.revisions("DK1").rows == [
            RevisedDay(
                area="DK1",
                consumer_group="total",
                day=date(2026, 6, 1),
                hours=3,
                preliminary_mwh=800,
                settled_mwh=840,
                difference_mwh=40,
                mean_abs_difference_mwh=20,
                largest_abs_difference_mwh=40,
                difference_share=0.05,
            )
        ]


def test_an_hour_counts_only_where_it_is_ok_in_both_vintages(tmp_path: Path) -> None:
    rows = [
        *both(MIDNIGHT, [(100, 90)]),
        Written(MIDNIGHT + HOUR, "preliminary", 500, "imputed"),
        Written(MIDNIGHT + HOUR, "settled", 700),
        Written(MIDNIGHT + 2 * HOUR, "preliminary", 500),
        Written(MIDNIGHT + 2 * HOUR, "settled", None, "missing"),
        Written(MIDNIGHT + 3 * HOUR, "preliminary", 500),
        Written(MIDNIGHT + 3 * HOUR, "settled", 700, "merged_dst"),
        Written(MIDNIGHT + 4 * HOUR, "preliminary", 500),
    ]
    with store_of(tmp_path, rows) as store:
        (day,) = store.revisions("DK1").rows
    assert (day.hours, day.preliminary_mwh, day.settled_mwh, day.difference_mwh) == (1, 100, 90, -10)
    assert (day.mean_abs_difference_mwh, day.largest_abs_difference_mwh, day.difference_share) == (10, 10, -0.1)


@pytest.mark.parametrize(
    ("start", "changed", "length"),
    [
        (datetime(2026, 3, 27, 23, tzinfo=UTC), date(2026, 3, 29), 23),
        (datetime(2026, 10, 23, 22, tzinfo=UTC), date(2026, 10, 25), 25),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(tmp_path: Path, start: datetime, changed: date, length: int) -> None:
    with store_of(tmp_path, both(start, [(100, 102)] * (48 + length))) as store:
        days = store.revisions("DK1").rows
    assert [(day.day, day.hours) for day in days] == [
        (changed - timedelta(days=1), 24),
        (changed, length),
        (changed + timedelta(days=1), 24),
    ]
    assert (days[1].preliminary_mwh, days[1].settled_mwh, days[1].difference_mwh) == (100 * length, 102 * length, 2 * length)


def test_a_day_belongs_to_the_window_it_begins_in_and_is_answered_whole(tmp_path: Path) -> None:
    with store_of(tmp_path, both(MIDNIGHT, [(100, 102)] * 72)) as store:
        exact = store.revisions("DK1", start=MIDNIGHT, end=MIDNIGHT + 24 * HOUR).rows
        cut = store.revisions("DK1", start=MIDNIGHT + HOUR, end=MIDNIGHT + 25 * HOUR).rows
    assert [(day.day, day.hours) for day in exact] == [(date(2026, 6, 1), 24)]
    assert [(day.day, day.hours) for day in cut] == [(date(2026, 6, 2), 24)]


@pytest.mark.parametrize("midnight", [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
def test_a_day_on_which_clocks_change_begins_at_its_own_midnight(tmp_path: Path, midnight: datetime) -> None:
    with store_of(tmp_path, both(midnight, [(100, 102)])) as store:
        assert len(store.revisions("DK1", start=midnight, end=midnight + timedelta(seconds=1)).rows) == 1
        assert store.revisions("DK1", start=midnight + timedelta(seconds=1)).rows == []


def test_each_series_is_compared_with_itself(tmp_path: Path) -> None:
    rows = [
        *both(MIDNIGHT, [(100, 101)]),
        *both(MIDNIGHT, [(200, 203)], area="DK2"),
        *both(MIDNIGHT, [(10, 15)], group="Privat"),
    ]
    with store_of(tmp_path, rows) as store:
        asked = (store.revisions("DK1"), store.revisions("DK2"), store.revisions("DK1", consumer_group="Privat"))
    assert [[day.difference_mwh for day in answer.rows] for answer in asked] == [[1], [3], [5]]


def test_a_day_of_nothing_has_no_share(tmp_path: Path) -> None:
    with store_of(tmp_path, both(MIDNIGHT, [(0, 4)])) as store:
        (day,) = store.revisions("DK1").rows
    assert (day.difference_mwh, day.difference_share) == (4, None)


def test_days_come_in_order_with_the_snapshot_they_were_read_from(store: Store) -> None:
    answer = store.revisions("DK")
    assert answer.snapshot == store.snapshot()
    days = [row.day for row in answer.rows]
    assert days == sorted(set(days))
    assert len(days) > 10


def test_creating_the_warehouse_again_keeps_its_rows_and_its_view(tmp_path: Path) -> None:
    with store_of(tmp_path, both(MIDNIGHT, [(100, 110)])) as store:
        before = store.revisions("DK1").rows
    published = tmp_path / (tmp_path / POINTER).read_text(encoding="utf-8")
    with duckdb.connect(str(published)) as connection:
        for statement in create_all():
            connection.execute(statement)
    with Store(tmp_path) as store:
        assert store.revisions("DK1").rows == before != []


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_the_view_has_danish_days_whatever_the_zone_of_the_session(tmp_path: Path, zone: str) -> None:
    store_of(tmp_path, both(MIDNIGHT - HOUR, [(100, 110)] * 2)).close()
    published = tmp_path / (tmp_path / POINTER).read_text(encoding="utf-8")
    with duckdb.connect(str(published), read_only=True) as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        days = connection.execute("SELECT day, hours FROM revisions ORDER BY day").fetchall()
    assert days == [(date(2026, 5, 31), 1), (date(2026, 6, 1), 1)]


def test_a_row_holds_every_column_of_the_view(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for statement in create_all():
            connection.execute(statement)
        columns = [column[0] for column in connection.execute("DESCRIBE revisions").fetchall()]
    assert columns == list(RevisedDay.__struct_fields__)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="expected a time with a zone"):
        store.revisions("DK1", start=datetime(2026, 6, 1))  # noqa: DTZ001 - what is refused
