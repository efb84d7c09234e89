"""A machine of its own with Debian 12, systemd and sshd: a container of podman that is reached by its address alone."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from energy_dagster_tests.infrastructure.terraform.tool import give_up

SUITE: Final = "bookworm"
MIRROR: Final = "http://deb.debian.org/debian"
PACKAGES: Final = "systemd,systemd-sysv,dbus,openssh-server,python3,ca-certificates,iproute2"
"""What a cloud's image of Debian has, too; everything else is brought by the playbooks."""

IMAGE: Final = "localhost/energy-host-base"
NETWORK: Final = "energy-ansible"
SUBNET: Final = "10.89.211.0/24"
GATEWAY: Final = "10.89.211.1"
"""This machine, as the other one sees it."""

AUTHORITIES: Final = "/run/authorities.crt"
INSTALLER_CACHE: Final = "/var/cache/installer"
PASSED_ON: Final = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
BOOT_SECONDS: Final = 90

CONTAINERS_CONF: Final = """\
[containers]
default_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


class CommandFailed(AssertionError):
    """A command ended with an error; the message is what it printed."""


def run(*command: str, seconds: float = 120, environment: Mapping[str, str] | None = None, given: str | None = None) -> str:
    """Run a command and return what it printed.

    Raises:
        CommandFailed: it ended with an error.
    """
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


@dataclass(frozen=True)
class Podman:
    """Podman with a store of its own, which keeps the base image from one test run to the next."""

    cache: Path

    def run(self, *arguments: str, seconds: float = 120, given: str | None = None) -> str:
        """Run a command of podman."""
        configuration = self.cache / "containers.conf"
        configuration.write_text(CONTAINERS_CONF)
        environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}
        store = ("--root", str(self.cache / "store"), "--runroot", str(self.cache / "run"))
        return run("podman", *store, *arguments, seconds=seconds, environment=environment, given=given)

    def make_image(self, folder: Path) -> None:
        """Make the base image, unless an earlier run has."""
        if IMAGE in self.run("images", "--format", "{{.Repository}}"):
            return
        root = folder / "root"
        apart = ("unshare", "--mount")  # what it mounts goes with it, though the test be interrupted
        run(*apart, "debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root), MIRROR, seconds=900)
        security = f"deb http://deb.debian.org/debian-security {SUITE}-security main\n"
        (root / "etc/apt/sources.list").write_text(f"deb {MIRROR} {SUITE} main\n{security}")
        (root / "etc/apt/apt.conf.d/90machine").write_text(run("apt-config", "dump", "Acquire::http", "Acquire::https"))
        run("tar", "-C", str(root), "-cf", str(folder / "root.tar"), ".", seconds=300)
        self.run("import", str(folder / "root.tar"), IMAGE, seconds=300)
        shutil.rmtree(root)
        (folder / "root.tar").unlink()


@dataclass(frozen=True)
class Machine:
    """A machine that runs: its address, the key that opens it, and what its installers need to know."""

    podman: Podman
    name: str
    key: Path

    @property
    def address(self) -> str:
        """Its address; a restart may give it another."""
        return self.podman.run("inspect", self.name, "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}").strip()

    def do(self, command: str, *, seconds: float = 120) -> str:
        """Run a line of shell in it as root, by the side door: not what the playbooks use."""
        return self.podman.run("exec", self.name, "sh", "-c", command, seconds=seconds)

    def restart(self) -> None:
        """Restart it, as a power button does."""
        self.podman.run("restart", "--time", "60", self.name, seconds=180)
        self.wait()

    def wait(self) -> None:
        """Wait until it takes SSH."""
        until = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                self.do("ss -Hltn 'sport = :22' | grep -q .")
            except CommandFailed:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            else:
                return


def install_environment() -> dict[str, str]:
    """What the installers in the machine must know of this one: its authorities, its index of packages, its proxy."""
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    trusted = {"SSL_CERT_FILE": AUTHORITIES, "PIP_CERT": AUTHORITIES, "UV_CACHE_DIR": INSTALLER_CACHE}
    return {**known, **trusted, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def cache_folder() -> Path:
    """Where the base image and the packages are kept between test runs."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "energy-dagster-tests" / "ansible"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine with nothing but the base image; skips where it cannot be made."""
    missing = [tool for tool in ("podman", "runc", "debootstrap", "ssh-keygen", "ssh") if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        give_up(f"needs root, podman, runc, debootstrap and ssh; missing: {', '.join(missing) or 'root'}")
    cache = cache_folder()
    podman = Podman(cache)
    podman.make_image(folder)
    made = Machine(podman, f"energy-host-{os.getpid()}", folder / "key")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made.key))
    (cache / "installer").mkdir(exist_ok=True)
    authorities = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    mounts = (f"{cache / 'installer'}:{INSTALLER_CACHE}", f"{authorities}:{AUTHORITIES}:ro")
    options = ("--systemd=always", "--privileged", f"--network={NETWORK}", "--hostname=energy-host")
    try:
        if NETWORK not in podman.run("network", "ls", "--format", "{{.Name}}").split():
            podman.run("network", "create", f"--subnet={SUBNET}", NETWORK)
        podman.run("run", "-d", "--name", made.name, *options, *(f"--volume={mount}" for mount in mounts), IMAGE, "/sbin/init")
        made.wait()
        made.do(
            f"mkdir -m 700 -p /root/.ssh && echo '{made.key.with_suffix('.pub').read_text().strip()}' > /root/.ssh/authorized_keys"
        )
        yield made
    finally:
        podman.run("rm", "--force", "--ignore", "--time", "10", made.name)
        podman.run("network", "rm", "--force", NETWORK)
