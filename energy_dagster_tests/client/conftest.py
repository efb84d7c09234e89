from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_client.client import EnergyClient
from energy_dagster_tests.client.servers import ApiServer, serving
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server that tests only read."""
    data = tmp_path_factory.mktemp("read") / "data"
    write_snapshot(data / "warehouse", sample_frames(NOW), as_of=NOW)
    with serving(data) as running:
        yield running


@pytest.fixture
def client(server: ApiServer) -> Iterator[EnergyClient]:
    with EnergyClient(server.address) as opened:
        yield opened


@pytest.fixture(scope="session")
def changing_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server over a warehouse that tests may publish to; it ends streams of events after a second."""
    data = tmp_path_factory.mktemp("changing") / "data"
    write_snapshot(data / "warehouse", sample_frames(NOW, days=1), as_of=NOW)
    with serving(data, api_stream_seconds="1") as running:
        yield running


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server that has nothing published."""
    with serving(Path(tmp_path_factory.mktemp("empty"))) as running:
        yield running
