import getpass
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.storage.files import StorageError
from energy_dagster.storage.pacing import FARTHEST_SECONDS, Pace, host_folder

KEY, NOW = "api.energidataservice.dk Load", 1_770_000_000.0
PROCESSES, EACH = 3, 4
RESERVE = """
import sys
from pathlib import Path
from energy_dagster.storage.pacing import Pace
for _ in range(int(sys.argv[2])):
    now = float(sys.argv[3])
    print(Pace(Path(sys.argv[1])).reserve("Load", 60, now=now))
"""


@pytest.fixture
def pace(tmp_path: Path) -> Pace:
    return Pace(tmp_path / "pace")


def files_of(pace: Pace) -> list[Path]:
    return [file for file in pace.folder.iterdir() if file.suffix != ".lock"]


def test_the_first_waits_for_nothing_and_each_further_one_a_period_longer(pace: Pace) -> None:
    assert [pace.reserve(KEY, 60, now=NOW) for _ in range(3)] == [0, 60, 120]


def test_time_that_passed_is_not_waited_for_again(pace: Pace) -> None:
    pace.reserve(KEY, 60, now=NOW)
    assert pace.reserve(KEY, 60, now=NOW + 45) == 15
    assert pace.reserve(KEY, 60, now=NOW + 500) == 0


def test_keys_do_not_wait_for_each_other_however_alike(pace: Pace) -> None:
    keys = ["a/b", "a b", "a-b", "../a-b", "", "æ", "x" * 300, "x" * 301]
    assert [pace.reserve(key, 60, now=NOW) for key in keys] == [0] * len(keys)
    assert all(file.parent == pace.folder for file in files_of(pace))


def test_a_wait_too_long_takes_no_slot(pace: Pace) -> None:
    pace.reserve(KEY, 60, now=NOW)
    assert pace.reserve(KEY, 60, now=NOW, longest=59) == 60
    assert pace.reserve(KEY, 60, now=NOW, longest=60) == 60
    assert pace.reserve(KEY, 60, now=NOW) == 120


def test_only_a_slot_of_this_moment_is_tried_for(pace: Pace) -> None:
    assert pace.try_reserve(KEY, 60, now=NOW)
    assert not pace.try_reserve(KEY, 60, now=NOW + 59)
    assert pace.try_reserve(KEY, 60, now=NOW + 60)


def test_a_hold_is_seen_by_everybody_and_passes(pace: Pace) -> None:
    pace.hold(KEY, 197, now=NOW)
    other = Pace(pace.folder)
    assert not other.try_reserve(KEY, 60, now=NOW + 196)
    assert other.reserve(KEY, 60, now=NOW + 100) == 97
    assert other.reserve(KEY, 60, now=NOW + 197) == 60


def test_a_short_hold_does_not_shorten_a_long_one(pace: Pace) -> None:
    pace.hold(KEY, 200, now=NOW)
    pace.hold(KEY, 10, now=NOW)
    assert pace.reserve(KEY, 60, now=NOW) == 200


def test_a_hold_has_an_end(pace: Pace) -> None:
    pace.hold(KEY, 5_184_000, now=NOW)
    assert pace.reserve(KEY, 60, now=NOW) == FARTHEST_SECONDS


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"soon soon", b"1", b"nan nan", b"inf inf", b"1 2 3"])
def test_a_damaged_file_counts_as_none(pace: Pace, content: bytes) -> None:
    pace.reserve(KEY, 60, now=NOW)
    [file] = files_of(pace)
    file.write_bytes(content)
    assert [pace.reserve(KEY, 60, now=NOW) for _ in range(2)] == [0, 60]


def test_a_clock_set_back_by_hours_is_not_waited_for(pace: Pace) -> None:
    pace.reserve(KEY, 60, now=NOW)
    assert pace.reserve(KEY, 60, now=NOW - FARTHEST_SECONDS - 1) == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "pace"
    with pytest.raises(StorageError, match=f"cannot keep the pace of requests in {folder}: Not a directory"):
        Pace(folder).reserve(KEY, 60, now=NOW)


def test_a_lock_that_is_never_released_is_named(pace: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_dagster.storage.pacing.LOCK_SECONDS", 0.1)
    with (
        pace._locked(KEY),
        pytest.raises(StorageError, match=f"cannot keep the pace of requests in {pace.folder}: .*lock"),
    ):
        Pace(pace.folder).reserve(KEY, 60, now=NOW)


def test_only_the_user_may_look_into_the_folder(pace: Pace) -> None:
    pace.reserve(KEY, 60, now=NOW)
    assert pace.folder.stat().st_mode & 0o777 == 0o700


def test_the_folder_of_the_host_is_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_folder() == Path(tempfile.gettempdir()) / f"energy-dagster-{getpass.getuser()}"

    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert host_folder().name.removeprefix("energy-dagster-").isdecimal()


@given(arrivals=st.lists(st.floats(0, 500), min_size=1, max_size=20), seconds=st.floats(0.1, 100))
def test_slots_are_never_closer_than_the_period(arrivals: list[float], seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pace = Pace(Path(folder))
        slots = [now + pace.reserve(KEY, seconds, now=now) for now in sorted(arrivals)]
    assert all(later - earlier >= seconds * 0.999 for earlier, later in pairwise(slots))


def test_threads_take_turns(pace: Pace) -> None:
    with ThreadPoolExecutor(max_workers=8) as threads:
        waits = list(threads.map(lambda _: pace.reserve(KEY, 60, now=NOW), range(24)))
    assert sorted(waits) == [60 * number for number in range(24)]


def test_processes_take_turns(pace: Pace) -> None:
    command = [sys.executable, "-c", RESERVE, str(pace.folder), str(EACH), str(NOW)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    waits = [float(line) for process in processes for line in process.communicate()[0].split()]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert sorted(waits) == [60 * number for number in range(PROCESSES * EACH)]
