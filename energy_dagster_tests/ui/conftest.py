"""A real published warehouse and a store on it, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN, NOW, sample_frames, write_snapshot


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `data` with a warehouse of simulated numbers as of NOW."""
    folder = tmp_path_factory.mktemp("data")
    write_snapshot(folder / "warehouse", sample_frames(NOW, days=9), as_of=NOW)
    return folder


@pytest.fixture(scope="session")
def store(data_folder: Path) -> Iterator[Store]:
    with Store(data_folder / "warehouse") as store:
        yield store


@pytest.fixture(scope="session")
def autumn_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of measured numbers around a day of 25 hours."""
    folder = tmp_path_factory.mktemp("autumn")
    write_snapshot(folder, sample_frames(AUTUMN, days=4), as_of=AUTUMN, source="live")
    with Store(folder) as store:
        yield store
