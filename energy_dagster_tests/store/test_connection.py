import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store
from energy_dagster.store.schema import POINTER, SUFFIX
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot


@pytest.fixture(scope="module")
def models() -> dict[str, pd.DataFrame]:
    return {"models": sample_frames(NOW, days=1)["models"]}


def test_a_missing_pointer_says_what_was_expected_and_where(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match=rf"expected {tmp_path / POINTER} to name a published snapshot"):
        Store(tmp_path).snapshot()


def test_a_pointer_to_an_absent_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / POINTER).write_text("gone.duckdb", encoding="utf-8")
    with pytest.raises(NoSnapshot, match=str(tmp_path / "gone.duckdb")):
        Store(tmp_path).models()


@pytest.mark.parametrize("content", ["", "../elsewhere.duckdb", "/etc/passwd"])
def test_a_pointer_that_names_no_file_of_the_folder_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / POINTER).write_text(content, encoding="utf-8")
    with pytest.raises(NoSnapshot, match="to hold the name of a snapshot's file"):
        Store(tmp_path).snapshot()


def test_a_torn_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / f"torn{SUFFIX}").write_bytes(b"not a database" * 1000)
    (tmp_path / POINTER).write_text(f"torn{SUFFIX}\n", encoding="utf-8")
    with pytest.raises(UnreadableSnapshot, match="expected a DuckDB warehouse"):
        Store(tmp_path).snapshot()


def test_a_database_that_is_no_warehouse_is_unreadable(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / f"other{SUFFIX}")).close()
    (tmp_path / POINTER).write_text(f"other{SUFFIX}", encoding="utf-8")
    with pytest.raises(UnreadableSnapshot, match="expected a table _snapshot"):
        Store(tmp_path).snapshot()


def test_a_warehouse_without_a_table_is_unreadable(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    snapshot_id = write_snapshot(tmp_path, models, as_of=NOW)
    with duckdb.connect(str(tmp_path / f"{snapshot_id}{SUFFIX}")) as connection:
        connection.execute("DROP TABLE error_metrics")
    with Store(tmp_path) as store, pytest.raises(UnreadableSnapshot, match="error_metrics"):
        store.scorecard()


def test_a_store_opened_before_anything_is_published_answers_afterwards(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    store = Store(tmp_path / "warehouse")
    with pytest.raises(NoSnapshot):
        store.snapshot()
    published = write_snapshot(tmp_path / "warehouse", models, as_of=NOW)
    assert store.snapshot().snapshot_id == published
    store.close()


def test_the_snapshot_says_what_it_is_in_aware_utc(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    write_snapshot(tmp_path, models, as_of=NOW, source="live")
    with Store(tmp_path) as store:
        snapshot = store.snapshot()
    assert (snapshot.as_of, snapshot.source, snapshot.simulated) == (NOW, "live", False)
    assert datetime.now(UTC) - snapshot.published_at < timedelta(minutes=1)


def test_a_moved_pointer_is_followed_at_the_next_call(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    first = write_snapshot(tmp_path, models, as_of=NOW)
    with Store(tmp_path) as store:
        assert store.models().snapshot.snapshot_id == first
        second = write_snapshot(tmp_path, {"models": models["models"].head(1)}, as_of=NOW)
        answer = store.models()
    assert (answer.snapshot.snapshot_id, len(answer.rows)) == (second, 1)


def test_a_closed_store_opens_again_when_asked(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    published = write_snapshot(tmp_path, models, as_of=NOW)
    store = Store(tmp_path)
    store.snapshot()
    store.close()
    assert store.snapshot().snapshot_id == published
    store.close()


def test_the_published_file_can_be_opened_by_others_while_it_is_read(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    published = write_snapshot(tmp_path, models, as_of=NOW)
    with Store(tmp_path) as store:
        store.snapshot()
        with duckdb.connect(str(tmp_path / f"{published}{SUFFIX}"), read_only=True) as other:
            assert other.execute("SELECT COUNT(*) FROM models").fetchall() == [(2,)]


def test_readers_in_threads_see_whole_snapshots_while_it_switches(tmp_path: Path, models: dict[str, pd.DataFrame]) -> None:
    """Odd snapshots hold one model, even ones two; old files are deleted at once, as a retention job may."""
    sizes = {write_snapshot(tmp_path, models, as_of=NOW): 2}
    store, stop = Store(tmp_path), threading.Event()
    seen: list[tuple[str, int]] = []
    failures: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                answer = store.models()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
                failures.append(error)
                return
            seen.append((answer.snapshot.snapshot_id, len(answer.rows)))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for count in (1, 2, 1, 2, 1):
        previous = list(sizes)[-1]
        sizes[write_snapshot(tmp_path, {"models": models["models"].head(count)}, as_of=NOW)] = count
        (tmp_path / f"{previous}{SUFFIX}").unlink()
    last = store.snapshot().snapshot_id
    stop.set()
    for reader in readers:
        reader.join()
    store.close()
    assert failures == []
    assert last == list(sizes)[-1]
    assert len({snapshot for snapshot, _ in seen}) > 1
    assert all(sizes[snapshot] == rows for snapshot, rows in seen)
