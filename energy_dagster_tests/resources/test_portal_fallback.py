"""The balance of the control room speaks for the total load where that fails or is late."""

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import BALANCE, LOAD, RAW_LOAD_FEED
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import SourceError, Sources
from energy_dagster.sandbox.fault_changes import Envelope
from energy_dagster.sandbox.fault_kinds import Changed, Fault, Kind
from energy_dagster_tests.defs.overheard import failing, overheard
from energy_dagster_tests.sandbox.asking import NOW

START, END = datetime(2026, 3, 10), datetime(2026, 4, 1)  # noqa: DTZ001 - naive UTC; the present is 18:30 on the first day
DUE = pd.Timestamp("2026-03-10T15:00")
BALANCE_DUE = pd.Timestamp("2026-03-10T16:00")


def silent_after(hour: int, *areas: str) -> Changed:
    """The total load says nothing of some areas after an hour of the day."""

    def stuck(record: dict[str, Any]) -> bool:
        return record["PriceArea"] in areas and int(record["TimeUTC"][11:13]) > hour

    def change(envelope: Envelope) -> Envelope:
        records = [record for record in envelope["records"] if not stuck(record)]
        return {"total": len(records), "records": records}

    return Changed(change)


def read(sources: Sources, faults: dict[str, Kind | Fault]) -> tuple[pd.DataFrame, list[str]]:
    """What the feed gives, and the datasets that were asked."""
    portal = OpenDataPortal(url="https://portal", sources=sources)
    with overheard(failing(faults)) as asked:
        rows = portal.read(RAW_LOAD_FEED, START, END, now=NOW)
    return rows, [one.name for one in asked]


def newest(rows: pd.DataFrame) -> dict[tuple[str, str], pd.Timestamp]:
    return dict(rows.groupby(["area", "dataset"])["hour_utc"].max())


def test_while_the_total_load_is_on_time_its_fallback_is_not_asked(replica: Sources) -> None:
    rows, asked = read(replica, {})
    assert asked == [LOAD.name]
    assert newest(rows) == {("DK1", LOAD.name): DUE, ("DK2", LOAD.name): DUE}


def test_a_dataset_that_is_gone_is_stood_in_for(replica: Sources) -> None:
    rows, asked = read(replica, {LOAD.name: "renamed"})
    assert asked == [LOAD.name, BALANCE.name]
    assert newest(rows) == {("DK1", BALANCE.name): BALANCE_DUE, ("DK2", BALANCE.name): BALANCE_DUE}


@pytest.mark.parametrize("kind", ["status-500", "html", "decimal-commas", "missing-column", "truncated-json"])
def test_a_dataset_that_fails_is_stood_in_for(replica: Sources, waits: list[float], kind: Kind) -> None:
    rows, _ = read(replica, {LOAD.name: kind})
    assert set(rows["dataset"]) == {BALANCE.name}


def test_a_dataset_late_by_six_hours_is_waited_for(replica: Sources) -> None:
    rows, asked = read(replica, {LOAD.name: silent_after(9, "DK1", "DK2")})
    assert asked == [LOAD.name]
    assert rows["hour_utc"].max() == pd.Timestamp("2026-03-10T09:00")


def test_a_dataset_late_by_more_is_stood_in_for_from_its_next_hour_on(replica: Sources) -> None:
    rows, asked = read(replica, {LOAD.name: silent_after(8, "DK1", "DK2")})
    assert asked == [LOAD.name, BALANCE.name]
    instead = rows[rows["dataset"] == BALANCE.name]
    assert (instead["hour_utc"].min(), instead["hour_utc"].max()) == (pd.Timestamp("2026-03-10T09:00"), BALANCE_DUE)
    assert rows.groupby("area")["hour_utc"].nunique().to_dict() == {"DK1": 17, "DK2": 17}


@pytest.mark.parametrize("hour", [8, 3, -1])
def test_one_late_area_is_stood_in_for_while_the_other_speaks_for_itself(replica: Sources, hour: int) -> None:
    rows, _ = read(replica, {LOAD.name: silent_after(hour, "DK2")})
    east = rows[(rows["area"] == "DK2") & (rows["dataset"] == BALANCE.name)]
    assert east["hour_utc"].min() == pd.Timestamp("2026-03-10") + pd.Timedelta(hours=hour + 1)
    assert newest(rows)["DK1", LOAD.name] == DUE
    assert rows.groupby("area")["hour_utc"].nunique().to_dict() == {"DK1": 17, "DK2": 17}


def test_hours_of_nulls_are_late_hours(replica: Sources) -> None:
    def nothing(envelope: Envelope) -> Envelope:
        return envelope | {"records": [record | {"GrossCon": None} for record in envelope["records"]]}

    rows, asked = read(replica, {LOAD.name: Changed(nothing)})
    assert asked == [LOAD.name, BALANCE.name]
    assert rows.groupby("area")["hour_utc"].nunique().to_dict() == {"DK1": 17, "DK2": 17}


def test_an_empty_answer_is_stood_in_for(replica: Sources) -> None:
    rows, _ = read(replica, {LOAD.name: "empty"})
    assert rows.groupby("dataset")["hour_utc"].nunique().to_dict() == {BALANCE.name: 17}


def test_a_late_dataset_is_kept_as_it_is_while_its_fallback_fails(replica: Sources) -> None:
    rows, asked = read(replica, {LOAD.name: silent_after(8, "DK1", "DK2"), BALANCE.name: "renamed"})
    assert asked == [LOAD.name, BALANCE.name]
    assert newest(rows) == {(area, LOAD.name): pd.Timestamp("2026-03-10T08:00") for area in ("DK1", "DK2")}


def test_where_both_fail_the_error_is_that_of_the_dataset_itself(replica: Sources) -> None:
    with pytest.raises(SourceError, match="status 404") as fault:
        read(replica, {LOAD.name: "renamed", BALANCE.name: "renamed"})
    assert fault.value.dataset == LOAD.name
    assert isinstance(fault.value.__cause__, SourceError)
    assert fault.value.__cause__.dataset == BALANCE.name


def test_a_month_that_is_over_is_judged_by_its_own_end(replica: Sources) -> None:
    portal = OpenDataPortal(url="https://portal", sources=replica)
    with overheard() as asked:
        portal.read(RAW_LOAD_FEED, datetime(2026, 1, 1), datetime(2026, 2, 1), now=NOW)  # noqa: DTZ001
    assert [one.name for one in asked] == [LOAD.name]


def test_a_window_that_has_just_begun_needs_no_fallback(replica: Sources) -> None:
    portal = OpenDataPortal(url="https://portal", sources=replica)
    with overheard() as asked:
        portal.read(RAW_LOAD_FEED, datetime(2026, 3, 10, 16), END, now=NOW)  # noqa: DTZ001
    assert [one.name for one in asked] == [LOAD.name]
