"""The images of a release are built as archives: with a Dockerfile of three targets that needs no other image."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Final

import pytest

from energy_dagster_tests.infrastructure.workflows.account import TARGETS
from energy_dagster_tests.infrastructure.workflows.linters import PROJECT

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


@pytest.mark.skipif(shutil.which("buildah") is None or os.geteuid() != 0, reason="needs buildah, as root")
def test_three_images_say_what_they_are_and_what_is_in_them(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")
    store = tmp_path / "storage.conf"
    store.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/store"\nrunroot = "{tmp_path}/run"\n', encoding="utf-8")
    environment = {
        **os.environ,
        "CONTAINERS_STORAGE_CONF": str(store),
        "BUILDAH_ISOLATION": "chroot",
        "BUILD_OPTIONS": "--build-arg SOURCE=https://example.org",
    }
    command = ["scripts/images.sh", "build", "v0.2.0", "out"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=120)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    for target in TARGETS:
        told = labels(folder / "out" / f"{target}.tar")
        assert (told["version"], told["revision"], told["source"]) == ("v0.2.0", commit, "https://example.org")
        assert json.loads((folder / "out" / f"{target}.python.cdx.json").read_text(encoding="utf-8")) == {"bomFormat": "CycloneDX"}
        assert (folder / "out" / f"{target}.debian.tsv").read_text(encoding="utf-8") == "libc6\t2.36\n"
    left = subprocess.run(["buildah", "images", "--quiet"], env=environment, capture_output=True, text=True, check=True).stdout
    assert left == ""
