"""One PostgreSQL for the tests of a module."""

from collections.abc import Iterator

import pytest

from energy_dagster_tests.server.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server
