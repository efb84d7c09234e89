from pathlib import Path

from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.publisher import Publisher
from energy_dagster.resources.clock import Clock
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.samples import AT, RUN, load_rows

PRETENDED = "2026-06-02T00:00:00+00:00"


def publisher(folder: Path, *, source: str = "sandbox", simulated: bool = True) -> Publisher:
    return Publisher(
        lake_root=str(folder / "lake"),
        folder=str(folder / "warehouse"),
        source=source,
        simulated=simulated,
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
