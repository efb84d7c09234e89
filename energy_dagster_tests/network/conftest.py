"""Settings of the machine, and which hosts can be reached from it."""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from threading import Thread
from urllib.parse import urlsplit

import pytest

from energy_dagster.settings import Settings

REACH_SECONDS = 5.0
PORTS = {"https": 443, "http": 80}
ASKING_FOR_REAL = Settings(source="live", now=None)
"""Read at import: within a test no setting of the machine is seen."""

Reach = Callable[..., None]


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the machine for the live source; what is not understood is kept in a folder of the tests."""
    return ASKING_FOR_REAL.model_copy(update={"data": str(tmp_path_factory.mktemp("live")), "lake_url": None})


@pytest.fixture(scope="session")
def reach() -> Reach:
    """`reach(*urls)` skips what needs hosts that cannot be reached."""

    def all_of(*urls: str) -> None:
        for url in urls:
            fault = why_unreachable(url)
            if fault is not None:
                pytest.skip(f"{urlsplit(url).hostname} cannot be reached: {fault}")

    return all_of


@lru_cache
def why_unreachable(url: str) -> str | None:
    """What hinders a connection to the host of an address; None where there is one in time. A slow name server counts too."""
    told: Future[str | None] = Future()
    Thread(target=lambda: told.set_result(_try(url)), daemon=True).start()
    try:
        return told.result(REACH_SECONDS)
    except TimeoutError:
        return f"no connection within {REACH_SECONDS:g} s"


def _try(url: str) -> str | None:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or PORTS[address.scheme]), REACH_SECONDS).close()
    except OSError as error:
        return str(error)
    return None
