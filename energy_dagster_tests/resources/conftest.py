"""A clock that stands still, sources, waits that are counted, and a server of faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_dagster.resources.clock import Clock
from energy_dagster.resources.sources import Sources
from energy_dagster_tests.resources.faulty_server import FaultyServer, faulty_server
from energy_dagster_tests.sandbox.asking import NOW, SEED

STILL = Clock(pretended=NOW.isoformat())


@pytest.fixture
def replica() -> Sources:
    """The simulated replica in this process."""
    return Sources(source="sandbox", seed=SEED, clock=STILL)


@pytest.fixture
def live(tmp_path: Path) -> Sources:
    """Real HTTP, as patient as a busy machine needs."""
    kept, pace = str(tmp_path / "quarantine"), str(tmp_path / "pace")
    return Sources(source="live", clock=STILL, timeout_seconds=10, total_seconds=20, quarantine=kept, pace_folder=pace)


@pytest.fixture(scope="package")
def one_server() -> Iterator[FaultyServer]:
    with faulty_server() as opened:
        yield opened


@pytest.fixture
def server(one_server: FaultyServer) -> FaultyServer:
    """A server without a past."""
    one_server.replies, one_server.asked, one_server.agents = [], [], []
    return one_server
