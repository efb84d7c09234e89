from pathlib import Path

import pytest

from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.publisher import Publisher
from energy_dagster.resources.clock import Clock
from energy_dagster.storage.files import StorageError
from energy_dagster.storage.quarantine import Kept, Quarantine
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Attention
from energy_dagster_tests.io_managers.samples import AT, RUN, load_rows

PRETENDED = "2026-06-02T00:00:00+00:00"


def publisher(folder: Path, *, source: str = "sandbox", simulated: bool = True) -> Publisher:
    return Publisher(
        lake_root=str(folder / "lake"),
        folder=str(folder / "warehouse"),
        source=source,
        simulated=simulated,
        quarantine=str(folder / "quarantine"),
        clock=Clock(pretended=PRETENDED),
    )


def test_a_publisher_publishes_the_lake_it_was_given(tmp_path: Path) -> None:
    frame = load_rows("2026-06-01", "2026-06-02")
    Lake(str(tmp_path / "lake")).write(RAW_LOAD, "2026-06-01", frame, at=AT, run_id=RUN)
    assert publisher(tmp_path).publish().rows["raw_load"] == len(frame)


def test_readers_are_told_the_pretended_present_and_the_real_time_of_publication(tmp_path: Path) -> None:
    publisher(tmp_path).publish()
    with Store(tmp_path / "warehouse") as store:
        snapshot = store.snapshot()
    assert snapshot.as_of.isoformat() == PRETENDED
    assert snapshot.published_at > snapshot.as_of


def test_readers_are_told_whether_the_numbers_are_simulated(tmp_path: Path) -> None:
    publisher(tmp_path, source="live", simulated=False).publish()
    with Store(tmp_path / "warehouse") as store:
        snapshot = store.snapshot()
    assert (snapshot.source, snapshot.simulated) == ("live", False)


CHECK = Attention("check", "raw_load", "newest_value_is_fresh", "warning", AT, "the newest value is 9 h old")


def test_readers_are_told_what_asks_for_a_look(tmp_path: Path) -> None:
    kept = _quarantined(tmp_path)
    publisher(tmp_path).publish(checks=[CHECK])
    payload = Attention("payload", "ConsumptionDE35Hour", kept, "warning", AT, "expected a list of records, found HTML")
    with Store(tmp_path / "warehouse") as store:
        assert list(store.attention().rows) == [CHECK, payload]


def test_what_no_longer_asks_for_a_look_is_gone_even_when_nothing_else_moved(tmp_path: Path) -> None:
    first = publisher(tmp_path).publish(checks=[CHECK])
    again, healed = publisher(tmp_path).publish(checks=[CHECK]), publisher(tmp_path).publish(checks=[])
    assert again.snapshot_id == first.snapshot_id
    assert healed.snapshot_id != first.snapshot_id
    with Store(tmp_path / "warehouse") as store:
        assert store.attention().rows == []


def test_who_has_not_looked_at_the_checks_leaves_what_is_said_of_them(tmp_path: Path) -> None:
    publisher(tmp_path).publish(checks=[CHECK])
    publisher(tmp_path).publish()
    with Store(tmp_path / "warehouse") as store:
        assert list(store.attention().rows) == [CHECK]


def test_a_quarantine_that_cannot_be_listed_is_said_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Quarantine) -> list[Kept]:
        raise StorageError("cannot list the quarantine: no room")

    monkeypatch.setattr(Quarantine, "listing", fail)
    publisher(tmp_path).publish(checks=[])
    with Store(tmp_path / "warehouse") as store:
        assert [(one.kind, one.told) for one in store.attention().rows] == [("payload", "cannot list the quarantine: no room")]


def _quarantined(folder: Path) -> str:
    reason = "expected a list of records, found HTML"
    kept = Quarantine(str(folder / "quarantine")).keep(
        "ConsumptionDE35Hour", url="http://127.0.0.1", params={}, payload=b"<html>", reason=reason, at=AT
    )
    return kept.kept_id
