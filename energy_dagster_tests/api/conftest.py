from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from api.app import create_app
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

Client = TestClient[Any]


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "warehouse"
    write_snapshot(folder, sample_frames(NOW), as_of=NOW)
    return folder


@pytest.fixture(scope="session")
def client(warehouse: Path) -> Iterator[Client]:
    with TestClient(create_app(Settings(data=str(warehouse.parent), api_stream_seconds=0.2), Store(warehouse))) as opened:
        yield opened


@pytest.fixture
def empty_client(tmp_path: Path) -> Iterator[Client]:
    with TestClient(create_app(Settings(source="live"), Store(tmp_path))) as opened:
        yield opened
