"""The images of a release are built as archives, with a Dockerfile of three targets that needs no other image; and pushed."""

import json
import os
import shutil
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from energy_dagster_tests.infrastructure.workflows.account import TARGETS
from energy_dagster_tests.infrastructure.workflows.linters import PROJECT
from energy_dagster_tests.ports import free_port

pytestmark = pytest.mark.workflows

DOCKERFILE: Final = """\
FROM scratch AS base
ARG VERSION=none
ARG REVISION=none
ARG SOURCE=none
LABEL version="${VERSION}" revision="${REVISION}" source="${SOURCE}"
COPY root /
FROM base AS pipeline
FROM base AS api
FROM base AS ui
"""


def project(folder: Path) -> Path:
    """A commit of a project whose images hold `cat` and lists of what is in them."""
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(PROJECT / "scripts" / "images.sh", folder / "scripts")
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    lists = folder / "root" / "usr" / "share" / "sbom"
    lists.mkdir(parents=True)
    (lists / "python.cdx.json").write_text('{"bomFormat": "CycloneDX"}', encoding="utf-8")
    (lists / "debian.tsv").write_text("libc6\t2.36\n", encoding="utf-8")
    cat = str(shutil.which("cat"))
    linked = subprocess.run(["ldd", cat], capture_output=True, text=True, check=True).stdout
    for file in (cat, *(word for word in linked.split() if word.startswith("/"))):
        (folder / "root" / file[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / "root" / file[1:])
    for step in (["init", "--quiet"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a"]):
        subprocess.run(["git", *step], cwd=folder, check=True)
    return folder


def labels(archive: Path) -> dict[str, str]:
    """The labels of an image in an archive."""

    def blob(files: tarfile.TarFile, name: str) -> Any:
        opened = files.extractfile(name)
        assert opened is not None
        return json.load(opened)

    with tarfile.open(archive) as files:
        manifest = blob(files, "blobs/" + blob(files, "index.json")["manifests"][0]["digest"].replace(":", "/"))
        return dict(blob(files, "blobs/" + manifest["config"]["digest"].replace(":", "/"))["config"]["Labels"])


def needs(*programs: str) -> None:
    """Skip where a program is missing, or root."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {', '.join(programs)}; missing: {', '.join(missing) or 'root'}")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose three images are archives in `out`; nothing is left in the store that they were built in."""
    needs("buildah")
    given = tmp_path_factory.mktemp("images")
    folder, store = project(given / "project"), given / "storage.conf"
    store.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{given}/store"\nrunroot = "{given}/run"\n', encoding="utf-8")
    environment = {
        **os.environ,
        "CONTAINERS_STORAGE_CONF": str(store),
        "BUILDAH_ISOLATION": "chroot",
        "BUILD_OPTIONS": "--build-arg SOURCE=https://example.org",
    }
    command = ["scripts/images.sh", "build", "v0.2.0", "out"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=120)
    left = subprocess.run(["buildah", "images", "--quiet"], env=environment, capture_output=True, text=True, check=True).stdout
    assert left == ""
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry on loopback, without TLS."""
    needs("skopeo", "docker-registry")
    address = f"127.0.0.1:{free_port()}"
    config = tmp_path / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    config.write_text(json.dumps({"version": 0.1, "storage": storage, "http": {"addr": address}}), encoding="utf-8")
    server = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not _answers(f"http://{address}/v2/"):
            assert server.poll() is None, "the registry ended before it answered"
            assert time.monotonic() < until, "the registry did not answer"
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def test_three_images_say_what_they_are_and_what_is_in_them(built: Path) -> None:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=built, capture_output=True, text=True, check=True).stdout.strip()
    for target in TARGETS:
        told = labels(built / "out" / f"{target}.tar")
        assert (told["version"], told["revision"], told["source"]) == ("v0.2.0", commit, "https://example.org")
        assert json.loads((built / "out" / f"{target}.python.cdx.json").read_text(encoding="utf-8")) == {"bomFormat": "CycloneDX"}
        assert (built / "out" / f"{target}.debian.tsv").read_text(encoding="utf-8") == "libc6\t2.36\n"


def test_images_reach_a_registry_with_their_digests_and_only_once(built: Path, registry: str, tmp_path: Path) -> None:
    without_tls = tmp_path / ".config" / "containers" / "registries.conf"
    without_tls.parent.mkdir(parents=True)
    without_tls.write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n', encoding="utf-8")
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = ["scripts/images.sh", "push", "v0.2.0", "out", f"{registry}/energy-staging"]
    first, again = (
        subprocess.run(command, cwd=built, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout
        for _ in range(2)
    )
    assert " is there" not in first
    assert again.splitlines() == [f"{registry}/energy-staging:v0.2.0-{target} is there" for target in TARGETS]
    for target in TARGETS:
        asked = urllib.request.Request(
            f"http://{registry}/v2/energy-staging/manifests/v0.2.0-{target}",
            headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
        )
        with urllib.request.urlopen(asked, timeout=20) as answer, tarfile.open(built / "out" / f"{target}.tar") as files:
            index = files.extractfile("index.json")
            assert index is not None
            assert answer.headers["Docker-Content-Digest"] == json.load(index)["manifests"][0]["digest"]
