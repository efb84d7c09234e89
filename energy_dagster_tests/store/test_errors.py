from datetime import timedelta

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN

START = AUTUMN - timedelta(days=7)
END = AUTUMN - timedelta(days=1)


def test_errors_are_cut_to_window_vintage_and_bucket(store: Store) -> None:
    rows = store.errors("DK1", start=START, end=START + timedelta(hours=2), lead_bucket="07-12").rows
    assert [row.period_start for row in rows] == [START, START + timedelta(hours=1)]
    assert {(row.vintage, row.lead_bucket, row.issues) for row in rows} == {("preliminary", "07-12", 6)}


def test_errors_without_a_bucket_hold_every_bucket(store: Store) -> None:
    rows = store.errors("DK1", start=START, end=START + timedelta(hours=1)).rows
    assert [row.lead_bucket for row in rows] == list(LEAD_BUCKET_NAMES)


def test_settled_errors_are_judged_against_settled_truth(store: Store) -> None:
    begin = AUTUMN - timedelta(days=11)
    settled = store.errors("DK", start=begin, end=begin + timedelta(hours=1), vintage="settled").rows[0]
    truth = store.actuals("DK", start=begin, end=begin + timedelta(hours=1), vintage="settled").rows[0]
    assert settled.actual_mwh == truth.consumption_mwh
