"""Pages until a short one, whatever `total` claims."""

from datetime import datetime

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import LOAD
from energy_dagster.resources import portal as portal_module
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import SourceError, Sources
from energy_dagster.sandbox.fault_kinds import Kind
from energy_dagster_tests.defs.overheard import failing, overheard
from energy_dagster_tests.sandbox.asking import NOW

START, END = datetime(2026, 3, 1), datetime(2026, 3, 3)  # noqa: DTZ001 - naive UTC, as the tables
RECORDS = 96
"""Hours of two days in two areas."""


def fetched(sources: Sources, page_records: int, fault: Kind | None = None) -> tuple[pd.DataFrame, list[int]]:
    """The window in pages of a size, and the offsets that were asked for."""
    portal = OpenDataPortal(url="https://portal", page_records=page_records, sources=sources)
    with overheard(failing({} if fault is None else {LOAD.name: fault})) as asked:
        rows = portal.fetch(LOAD, START, END, now=NOW)
    return rows, [int(one.parameters["offset"]) for one in asked]


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    from energy_dagster_tests.resources.conftest import STILL

    rows, _ = fetched(Sources(source="sandbox", clock=STILL), 500_000)
    return rows


def same(rows: pd.DataFrame, whole: pd.DataFrame) -> bool:
    order = ["area", "hour_utc"]
    return rows.sort_values(order, ignore_index=True).equals(whole.sort_values(order, ignore_index=True))


@pytest.mark.parametrize(
    ("page_records", "offsets"),
    [(500_000, [0]), (97, [0]), (96, [0, 96]), (95, [0, 95]), (48, [0, 48, 96]), (40, [0, 40, 80])],
)
def test_pages_are_asked_for_until_a_short_one(
    replica: Sources, whole: pd.DataFrame, page_records: int, offsets: list[int]
) -> None:
    rows, asked = fetched(replica, page_records)
    assert asked == offsets
    assert len(rows) == RECORDS
    assert same(rows, whole)


def test_a_total_that_promises_more_is_looked_for_and_then_not_believed(replica: Sources, whole: pd.DataFrame) -> None:
    rows, asked = fetched(replica, 500_000, "total-too-high")
    assert asked == [0, RECORDS]
    assert same(rows, whole)


def test_a_total_that_is_too_low_ends_nothing(replica: Sources, whole: pd.DataFrame) -> None:
    rows, asked = fetched(replica, 40, "total-too-low")
    assert asked == [0, 40, 80]
    assert same(rows, whole)


def test_pages_that_overlap_lose_nothing_and_are_no_conflict(replica: Sources, whole: pd.DataFrame) -> None:
    rows, _ = fetched(replica, 40, "overlapping-pages")
    assert same(rows, whole)


@pytest.mark.parametrize("kind", ["descending", "shuffled", "duplicates", "extra-column", "numbers-as-text", "ignored-window"])
def test_what_does_not_change_the_hours_changes_no_row(replica: Sources, whole: pd.DataFrame, kind: Kind) -> None:
    rows, _ = fetched(replica, 500_000, kind)
    assert same(rows, whole)


def test_an_ignored_offset_does_no_harm_where_one_page_holds_all(replica: Sources, whole: pd.DataFrame) -> None:
    rows, asked = fetched(replica, 500_000, "ignored-offset")
    assert (asked, same(rows, whole)) == ([0], True)


def test_an_ignored_offset_is_an_error_where_more_than_a_page_is_there(replica: Sources) -> None:
    with pytest.raises(SourceError, match="expected other records from offset 40 on, found the page before again"):
        fetched(replica, 40, "ignored-offset")


def test_pages_without_end_are_an_error(replica: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "MOST_PAGES", 3)
    with pytest.raises(SourceError, match="expected at most 3 pages of 10, found ever more records"):
        fetched(replica, 10)


def test_as_many_pages_as_are_allowed_are_read(replica: Sources, whole: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "MOST_PAGES", 3)
    rows, _ = fetched(replica, 40)
    assert same(rows, whole)


@pytest.mark.parametrize("kind", ["decimal-commas", "other-zone", "wrong-local-time", "missing-column", "truncated-json", "html"])
def test_what_cannot_be_understood_is_an_error_and_never_fewer_rows(replica: Sources, waits: list[float], kind: Kind) -> None:
    with pytest.raises(SourceError, match=LOAD.name):
        fetched(replica, 500_000, kind)


def test_conflicting_duplicates_keep_both_values(replica: Sources, whole: pd.DataFrame) -> None:
    rows, _ = fetched(replica, 500_000, "conflicting-duplicates")
    twice = rows["other_mwh"].notna()
    assert twice.sum() == RECORDS // 3
    assert same(rows[~twice], whole.merge(rows.loc[~twice, ["area", "hour_utc"]]))
