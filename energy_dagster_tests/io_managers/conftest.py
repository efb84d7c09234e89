"""Lakes on a local disk, in memory and on an S3 server of loopback."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from energy_dagster_tests.io_managers.house import House
from energy_dagster_tests.s3 import s3_bucket as bucket_on_loopback

PLACES = ("local", "memory", "s3")


@pytest.fixture(scope="package")
def s3_bucket() -> Iterator[str]:
    """The URL of a bucket on an S3 server."""
    with bucket_on_loopback() as bucket:
        yield f"s3://{bucket}"


@pytest.fixture
def s3_root(s3_bucket: str) -> str:
    """The root of an empty lake on S3."""
    return f"{s3_bucket}/{uuid4().hex}/lake"


@pytest.fixture(params=PLACES)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The root of an empty lake, in each place in turn."""
    if request.param == "s3":
        yield request.getfixturevalue("s3_root")
    elif request.param == "memory":
        memory, name = fsspec.filesystem("memory"), f"/{uuid4().hex}"
        yield f"memory:/{name}/lake"
        if memory.exists(name):
            memory.rm(name, recursive=True)
    else:
        yield str(tmp_path / "lake")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
