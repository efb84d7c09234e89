"""Writers that are killed, disks that refuse, and files that are damaged."""

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from upath import UPath

from energy_dagster.domain.contracts import TableContractError, conform
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.storage.files import StorageError, write_whole
from energy_dagster_tests.io_managers.lake_writing import JUNE, MONTH, files_of, write_load
from energy_dagster_tests.io_managers.samples import (
    load_rows,
)

KILLED_WHILE_WRITING = """
import os, signal, sys
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster_tests.io_managers.samples import RUN, later, load_rows

os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
Lake(sys.argv[1]).write(RAW_LOAD, "2026-06-01", load_rows("2026-06-01", "2026-06-02", mwh=2.0), at=later(1), run_id=RUN)
"""


def refuse(number: int) -> Any:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_killed_writer_leaves_the_previous_version(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    standing = write_load(lake).version
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(files_of(lake)) == 2, "the writer had begun"
    assert list(lake.versions("raw_load")) == [standing]
    pd.testing.assert_frame_equal(lake.read(RAW_LOAD, [MONTH]), conform(RAW_LOAD, JUNE))


def test_a_partition_can_be_written_after_a_writer_was_killed_in_it(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    write_load(lake)
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path)], check=False)
    write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=2.0), hours=1)
    assert lake.read(RAW_LOAD, [MONTH])["consumption_mwh"].unique().tolist() == [2.0]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("failing", ["pathlib.Path.open", "os.fsync", "pathlib.Path.replace", "pathlib.Path.mkdir"])
def test_a_disk_that_refuses_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int
) -> None:
    lake = Lake(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(failing, refuse(number))
        with pytest.raises(StorageError, match=rf"cannot write {tmp_path}/raw_load/.*parquet: {os.strerror(number)}"):
            write_load(lake)
    assert files_of(lake) == []


def test_a_full_disk_leaves_the_previous_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(str(tmp_path))
    standing = write_load(lake).version
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", refuse(errno.ENOSPC))
        with pytest.raises(StorageError):
            write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=2.0), hours=1)
    assert list(lake.versions("raw_load")) == [standing]
    assert len(files_of(lake)) == 1


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_named(root: str, share: float) -> None:
    lake = Lake(root)
    path = lake.path(write_load(lake).version)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(StorageError, match=rf"cannot read .*{path.name}"):
        lake.read(RAW_LOAD, [MONTH])


def test_writing_again_heals_a_truncated_file(root: str) -> None:
    lake = Lake(root)
    path = lake.path(write_load(lake).version)
    path.write_bytes(path.read_bytes()[:100])
    assert write_load(lake, hours=1).changed
    pd.testing.assert_frame_equal(lake.read(RAW_LOAD, [MONTH]), conform(RAW_LOAD, JUNE))


def test_a_file_that_vanishes_is_named(root: str) -> None:
    lake = Lake(root)
    version = write_load(lake).version
    lake.path(version).unlink()
    with pytest.raises(StorageError, match=version.version):
        lake.read_version(RAW_LOAD, version)


def test_a_bucket_that_does_not_exist_is_named(s3_root: str) -> None:
    with pytest.raises(StorageError, match=r"cannot list s3://no-such-bucket/lake.*does not exist"):
        write_load(Lake("s3://no-such-bucket/lake"))


def test_an_s3_that_does_not_answer_is_a_fault_of_the_lake(s3_root: str) -> None:
    silent = UPath(
        "s3://bucket/lake/file",
        endpoint_url="http://127.0.0.1:9",
        config_kwargs={"connect_timeout": 1, "retries": {"total_max_attempts": 1}},
    )
    silent.fs.retries = 1
    with pytest.raises(StorageError, match="cannot write s3://bucket/lake/file: Could not connect"):
        write_whole(silent, b"payload")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at_byte=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_bit_that_fell_over_is_found_or_changes_nothing(tmp_path: Path, at_byte: int, bit: int) -> None:
    lake = Lake(str(tmp_path))
    path = lake.path(write_load(lake).version)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[at_byte % len(whole)] ^= 1 << bit
    path.write_bytes(bytes(damaged))
    with suppress(StorageError, TableContractError):
        pd.testing.assert_frame_equal(lake.read(RAW_LOAD, [MONTH]), conform(RAW_LOAD, JUNE))
    path.write_bytes(whole)


def test_an_object_that_is_there_is_not_replaced(s3_root: str) -> None:
    path = UPath(f"{s3_root}/file")
    write_whole(path, b"first")
    write_whole(path, b"first")  # as when an answer was lost, and the client tried again
    with pytest.raises(StorageError, match=r"cannot write s3://.*/file"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
