"""One machine for all tests, configured once; each test leaves it serving the first release."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from energy_dagster_tests.infrastructure.ansible.machine import CommandFailed, Machine, machine
from energy_dagster_tests.infrastructure.ansible.playbooks import BUCKET, Operator, Played, pack_changed, pack_tracked_files
from energy_dagster_tests.infrastructure.ansible.visitor import Visitor
from energy_dagster_tests.infrastructure.terraform.tool import give_up

SECOND = {
    "api/schemas.py": ('API_VERSION: Final = "', 'API_VERSION: Final = "9.'),
    "ui/templates/app.html": ('<meta name="viewport"', '<meta name="release" content="second"><meta name="viewport"'),
}
BROKEN = {"api/__main__.py": ("def main() -> None:", 'def main() -> None:\n    raise SystemExit("broken")')}


@dataclass(frozen=True)
class Host:
    """A configured machine, who configures it, and how that went."""

    machine: Machine
    operator: Operator
    first_run: Played

    @property
    def visitor(self) -> Visitor:
        """Somebody elsewhere, who has the certificate of the proxy's authority."""
        authority = self.machine.do("cat /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt")
        return Visitor(self.machine.address, authority)


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three releases: the newest commit, one that tells another version, and one whose API does not start."""
    folder = tmp_path_factory.mktemp("archives")
    try:
        first = pack_tracked_files(folder / "first.tar.gz")
    except CommandFailed as problem:
        give_up(f"the project is no checkout of git: {str(problem)[-200:]}")
    return {
        "first": first,
        "second": pack_changed(folder / "second.tar.gz", first, folder / "second", SECOND),
        "broken": pack_changed(folder / "broken.tar.gz", first, folder / "broken", BROKEN),
    }


@pytest.fixture(scope="session")
def bucket_port() -> Iterator[int]:
    """The port of a stand-in for S3 on this machine, with a bucket for backups."""
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    given = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **given).create_bucket(Bucket=BUCKET)
    yield port
    server.stop()


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory, archives: dict[str, Path], bucket_port: int) -> Iterator[Host]:
    """A machine that site.yml has configured."""
    with machine(tmp_path_factory.mktemp("machine")) as made:
        operator = Operator(made, tmp_path_factory.mktemp("operator"), archives, bucket_port)
        yield Host(made, operator, operator.play("site.yml", **operator.release("first")))
