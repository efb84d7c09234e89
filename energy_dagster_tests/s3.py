"""An S3 on loopback; its clients are told by the environment alone where it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import s3fs
from moto.server import ThreadedMotoServer

REGION = "us-east-1"


@contextmanager
def s3_bucket() -> Iterator[str]:
    """The name of an empty bucket, which is there until the block ends, for this process and those it starts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        s3fs.S3FileSystem.clear_instance_cache()
        bucket = f"energy-{uuid4().hex}"  # the server's buckets outlive it within a process
        s3fs.S3FileSystem().mkdir(bucket)
        try:
            yield bucket
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            server.stop()
