"""Publishers that are killed or refused, and snapshots that are damaged."""

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest

from energy_dagster.storage.files import StorageError
from energy_dagster.store.reader import Store
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.io_managers.house import MONTHS, House

KILLED_WHILE_PUBLISHING = """
import os, signal, sys
from pathlib import Path
from energy_dagster.io_managers import warehouse
from energy_dagster_tests.io_managers.house import House

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Dying:
    def __init__(self, connection):
        self.connection = connection
    def execute(self, statement, *parameters):
        if statement == sys.argv[2]:
            die()
        return self.connection.execute(statement, *parameters)
    def __getattr__(self, name):
        return getattr(self.connection, name)

moment, connect = sys.argv[2], warehouse.duckdb.connect
if moment == "copied":
    warehouse.create_all = die
elif moment == "before the rename":
    warehouse.os.fsync = die
elif moment == "before the pointer":
    warehouse.os.fsync = lambda handle: die() if "CURRENT" in os.readlink(f"/proc/self/fd/{handle}") else None
else:
    warehouse.duckdb.connect = lambda path: Dying(connect(path))
House(Path(sys.argv[1])).publish(at=50)
"""


MOMENTS = ("copied", "BEGIN TRANSACTION", "COMMIT", "CHECKPOINT", "before the rename", "before the pointer")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_publisher_leaves_the_old_snapshot_and_the_next_one_heals(house: House, moment: str) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1, mwh=2.0)
    command = [sys.executable, "-c", KILLED_WHILE_PUBLISHING, str(house.folder), moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len(house.files()) > 1, "the publisher had begun"
    with Store(house.folder / "warehouse") as store:
        assert store.snapshot().snapshot_id == standing.snapshot_id
    healed = house.publish(at=100)
    assert (healed.changed, healed.rows["raw_load"]) == (1, 48)
    assert house.warehouse.current() == healed.path
    assert [name for name in house.files() if name.startswith(".")] == []


def test_remains_of_dead_publishers_are_cleared(house: House) -> None:
    house.publish(at=1)
    folder = house.folder / "warehouse"
    (folder / ".20260601T000000000000Z.7.tmp").write_bytes(b"half")
    (folder / ".20260601T000000000000Z.7.tmp.wal").write_bytes(b"half")
    (folder / ".20260601T000000000000Z.8.tmp.tmp").mkdir()
    (folder / f".{POINTER}.7.tmp").write_bytes(b"half")
    published = house.publish(at=2)
    assert house.files() == [published.path.name]


def test_a_refused_publication_leaves_the_old_snapshot(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1)

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", full)
        with pytest.raises(StorageError, match=rf"cannot publish to {house.folder}/warehouse: .*No space left"):
            house.publish(at=2)
    assert house.warehouse.current() == standing.path
    assert house.files() == [standing.path.name]


def test_an_unreadable_partition_is_named_and_the_old_snapshot_stays(house: House) -> None:
    house.write_load()
    standing = house.publish(at=1)
    house.write_load(1)
    path = house.lake.path(house.lake.newest("raw_load")[MONTHS[1]])
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StorageError, match=re.escape(path.name)):
        house.publish(at=2)
    assert house.warehouse.current() == standing.path


def lose(path: Path) -> None:
    path.unlink()


def garble(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def forget_columns(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE raw_load DROP COLUMN source_version")


def forget_tables(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE _partitions")
        connection.execute("CREATE TABLE _partitions (name VARCHAR)")


@pytest.mark.parametrize("damage", [lose, garble, truncate, forget_columns, forget_tables])
def test_a_damaged_snapshot_is_made_anew_from_the_lake(house: House, damage: Callable[[Path], None]) -> None:
    house.write_load()
    damage(house.publish(at=1).path)
    house.write_load(1, mwh=2.0)
    healed = house.publish(at=2)
    assert healed.changed == 2
    assert house.rows("raw_load", "DISTINCT consumption_mwh, _partition") == [(1.0, MONTHS[0]), (2.0, MONTHS[1])]


def test_an_emptied_snapshot_is_made_anew_from_the_lake(house: House) -> None:
    house.write_load()
    empty_file(house.publish(at=1).path)
    assert house.publish(at=2).rows["raw_load"] == 24
    assert len(house.rows("raw_load")) == 24


@pytest.mark.parametrize("text", ["", ".", "gone.duckdb"])
def test_a_pointer_to_nothing_is_made_anew(house: House, text: str) -> None:
    house.write_load()
    house.publish(at=1)
    (house.folder / "warehouse" / POINTER).write_text(text)
    assert house.publish(at=2).rows["raw_load"] == 24
