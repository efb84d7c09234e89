"""One PostgreSQL and one bucket for the tests of a module."""

from collections.abc import Iterator

import pytest

from energy_dagster_tests.s3 import s3_bucket
from energy_dagster_tests.server.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with s3_bucket() as name:
        yield name
