"""Answers that are kept are those that would be found, of the newest snapshot, and bounded."""

from pathlib import Path

import pytest

from energy_dagster.store.memory import Memory
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot


def test_what_was_found_is_not_looked_for_again() -> None:
    memory, looked = Memory(), list[str]()

    def find(name: str) -> list[str]:
        looked.append(name)
        return [name]

    for name in ("a", "b", "a"):
        assert memory.rows("1", name, lambda name=name: find(name)) == [name]  # type: ignore[misc]  # of a lambda's default
    assert looked == ["a", "b"]


def test_a_new_snapshot_is_asked_anew_and_an_older_one_does_not_return() -> None:
    memory = Memory()
    found = [memory.rows(snapshot, "a", lambda snapshot=snapshot: [snapshot]) for snapshot in ("1", "2", "1", "2")]  # type: ignore[misc]  # as above
    assert found == [["1"], ["2"], ["1"], ["2"]]


def test_the_longest_unasked_goes_first_when_there_are_too_many_rows() -> None:
    memory, looked = Memory(rows=5), list[str]()

    def find(name: str) -> list[int]:
        looked.append(name)
        return [0, 0]

    for name in "abacab":
        memory.rows("1", name, lambda name=name: find(name))  # type: ignore[misc]  # as above
    assert "".join(looked) == "abcb"


def test_more_rows_than_are_kept_are_given_all_the_same() -> None:
    memory = Memory(rows=3)
    assert len(memory.rows("1", "a", lambda: [0] * 9)) == 9


def test_an_error_is_not_kept() -> None:
    memory = Memory()

    def fail() -> list[int]:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        memory.rows("1", "a", fail)
    assert memory.rows("1", "a", lambda: [1]) == [1]


def test_a_store_with_a_memory_answers_as_one_without(tmp_path: Path) -> None:
    frames = sample_frames(NOW, days=9)
    write_snapshot(tmp_path, frames, as_of=NOW)
    with Store(tmp_path) as plain, Store(tmp_path, memory=Memory()) as keeping:
        for _ in range(2):
            assert keeping.forecast("DK1").rows == plain.forecast("DK1").rows
            assert keeping.forecast("DK2").rows == plain.forecast("DK2").rows
            with keeping.reading() as reading, plain.reading() as other:
                assert reading.scorecard(["day"]).rows == other.scorecard(["day"]).rows
        assert keeping.series().rows is keeping.series().rows
        write_snapshot(tmp_path, sample_frames(NOW, days=4), as_of=NOW)
        assert keeping.snapshot() == plain.snapshot()
        assert keeping.scorecard(["day"]).rows == plain.scorecard(["day"]).rows
