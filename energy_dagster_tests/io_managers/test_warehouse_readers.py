"""Readers and publishers at the same time."""

import multiprocessing
import threading
from pathlib import Path

from energy_dagster.io_managers.warehouse import SNAPSHOTS_KEPT
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.house import MONTHS, House

SECONDS_TO_FINISH = 60


def test_readers_see_no_error_while_snapshots_are_published(house: House) -> None:
    house.write_load()
    house.publish(at=0)
    faults: list[BaseException] = []
    seen: set[str] = set()
    done = threading.Event()

    def poll() -> None:
        with Store(house.folder / "warehouse") as store:
            try:
                while not done.is_set():
                    seen.add(store.snapshot().snapshot_id)
                    store.freshness()
            except BaseException as fault:  # noqa: BLE001 - whatever it is, the test has to tell
                faults.append(fault)

    readers = [threading.Thread(target=poll) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(1, 11):
        house.write_load(at % 4, mwh=float(at))
        house.publish(at=at)
    done.set()
    for reader in readers:
        reader.join(SECONDS_TO_FINISH)
    assert faults == []
    assert len(seen) > 1, "the readers looked on"


def publish_apart(folder: Path, month: int) -> None:
    house = House(folder, writes=month)
    house.write_load(month)
    house.publish(at=10 + month)


def test_publishers_in_two_processes_both_succeed(house: House) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=publish_apart, args=(house.folder, month)) for month in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS_TO_FINISH)
    assert [process.exitcode for process in processes] == [0, 0]
    assert house.rows("raw_load", "DISTINCT _partition") == [(MONTHS[0],), (MONTHS[1],)]


def test_publishers_in_threads_both_succeed(house: House) -> None:
    threads = [threading.Thread(target=publish_apart, args=(house.folder, month)) for month in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_TO_FINISH)
    assert house.rows("raw_load", "DISTINCT _partition") == [(month,) for month in MONTHS[:3]]


def test_few_snapshots_are_kept(house: House) -> None:
    names = []
    for at in range(SNAPSHOTS_KEPT + 3):
        house.write_load(mwh=float(at))
        names.append(house.publish(at=at).path.name)
    assert house.files() == names[-SNAPSHOTS_KEPT:]


def test_a_clock_set_back_never_removes_the_snapshot_pointed_at(house: House) -> None:
    for at in (100, 101, 102, 1):
        house.write_load(mwh=float(at))
        published = house.publish(at=at)
        assert house.warehouse.current() == published.path
    assert len(house.files()) == SNAPSHOTS_KEPT
