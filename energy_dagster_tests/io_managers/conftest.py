"""Lakes on a local disk, in memory and on an S3 server of loopback."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from energy_dagster_tests.io_managers.house import House

PLACES = ("local", "memory", "s3")


@pytest.fixture(scope="package")
def s3_bucket() -> Iterator[str]:
    """The URL of a bucket on an S3 server; the client is told by the environment alone where that is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        bucket = f"energy-{uuid4().hex}"  # the server's buckets outlive it within a process
        s3fs.S3FileSystem().mkdir(bucket)
        yield f"s3://{bucket}"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


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
