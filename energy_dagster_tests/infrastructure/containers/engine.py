"""podman and buildah with a store of their own, and a base image that stands in for the one that the Dockerfile names."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).parents[3]
STAND_INS: Final = Path(__file__).parent / "stand_ins"
TOOLS: Final = ("podman", "buildah", "runc", "debootstrap", "tar")
AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
BASE: Final = "localhost/energy-test-base:bookworm"
SUITE: Final = "bookworm"
ARCHIVE: Final = "http://deb.debian.org/debian"
QUICK_SECONDS, BASE_SECONDS, BUILD_SECONDS = 120, 600, 900

# crun fails on machines with cgroups of both versions, and nobody but systemd answers systemd's cgroup manager.
_CONTAINERS_CONF: Final = """
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/run/libpod"
[network]
network_config_dir = "{folder}/networks"
"""
_STORAGE_CONF: Final = """
[storage]
driver = "overlay"
graphroot = "{folder}/store"
runroot = "{folder}/run/containers"
"""


class CommandFailed(AssertionError):
    """A command ended with an error; the message is what it printed."""


def missing() -> str | None:
    """Why no container can be built and run on this machine; None if it can be."""
    if os.geteuid() != 0:
        return "containers are built and run as root here"
    absent = [tool for tool in TOOLS if shutil.which(tool, path=_path()) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def cache_folder() -> Path:
    """Where the store stays, so that a second run is quick: ENERGY_CONTAINER_CACHE, or among the machine's temporary folders."""
    return Path(os.environ.get("ENERGY_CONTAINER_CACHE", Path(tempfile.gettempdir()) / "energy-dagster-containers"))


@dataclass(frozen=True)
class Engine:
    """The tools, told of a store in a folder of its own."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path) -> "Engine":
        """An engine whose images, containers, volumes and networks are all below a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        settings = {"CONTAINERS_CONF": _CONTAINERS_CONF, "CONTAINERS_STORAGE_CONF": _STORAGE_CONF}
        told = {"BUILDAH_ISOLATION": "chroot", "PATH": _path()}
        for name, text in settings.items():
            file = folder / f"{name.lower()}.conf"
            file.write_text(text.format(folder=folder), encoding="utf-8")
            told[name] = str(file)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ENERGY_", "DAGSTER_", "COMPOSE_"))}
        return cls(folder, {**kept, **told})

    def run(self, *command: str | Path, seconds: float = QUICK_SECONDS, cwd: Path = PROJECT, check: bool = True) -> str:
        """Run a command.

        Returns:
            What it printed on its standard output.

        Raises:
            CommandFailed: it ended with an error.
        """
        done = subprocess.run(
            command, cwd=cwd, env=dict(self.environment), capture_output=True, text=True, timeout=seconds, check=False
        )
        if check and done.returncode != 0:
            raise CommandFailed(f"{' '.join(map(str, command))}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def succeeds(self, *command: str | Path, seconds: float = QUICK_SECONDS) -> bool:
        """Whether a command ends well."""
        try:
            self.run(*command, seconds=seconds)
        except CommandFailed:
            return False
        return True

    def has_image(self, name: str) -> bool:
        """Whether an image is in the store."""
        return self.succeeds("podman", "image", "exists", name)

    def image(self, name: str) -> dict[str, Any]:
        """What the store knows of an image."""
        told: list[dict[str, Any]] = json.loads(self.run("podman", "image", "inspect", name))
        return told[0]

    def ask(self, image: str, *command: str, options: tuple[str, ...] = ()) -> str:
        """What a command prints in a container that may write nothing but /tmp, without a network."""
        closed = ("--rm", "--read-only", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--no-healthcheck")
        return self.run("podman", "run", *closed, *options, image, *command)

    def make_base(self) -> None:
        """Make the base image, once: Debian with its own Python, by debootstrap."""
        if self.has_image(BASE):
            return
        root = Path(tempfile.mkdtemp(prefix="base-", dir=self.folder))
        try:
            packages = "python3,python3-venv,ca-certificates"
            self.run("debootstrap", "--variant=minbase", f"--include={packages}", SUITE, root, ARCHIVE, seconds=BASE_SECONDS)
            for waste in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")):
                waste.unlink()
            archive = self.folder / "base.tar"
            self.run("tar", "-C", root, "-cf", archive, ".")
            self.run("podman", "import", archive, BASE)
            archive.unlink()
        finally:
            shutil.rmtree(root)

    def build(self, context: Path, image: str, *options: str) -> None:
        """Build an image, with what an earlier build left of the same steps."""
        common = ("--layers", "--format=docker", "--pull-never", "--quiet", f"--tag={image}")
        secret = (f"--secret=id=certificates,src={AUTHORITIES}",) if AUTHORITIES.exists() else ()
        self.run("buildah", "build", *common, *secret, *options, context, seconds=BUILD_SECONDS)


def _path() -> str:
    """Debian keeps some of these programs where only root looks."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
