"""Who forecasts: the peers, each in its own locked environment, and ours through its command."""

import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.environments import HERE, PROJECT, CannotRun, bring_up, python_of

PEERS = HERE / "peers"
ENERGY = PROJECT / ".venv/bin/energy"


@dataclass(frozen=True, kw_only=True)
class Forecaster(ABC):
    """Something that writes forecasts of a case's days into a Parquet file and prints a JSON document.

    Attributes:
        key: Name on the command line and of its folder.
        title: Name in tables.
        every_days: It forecasts every n-th day only.
        has_quantiles: Whether it says more than the line.
        areas: For which it is run.
    """

    key: str
    title: str
    every_days: int = 1
    has_quantiles: bool = True
    areas: tuple[str, ...] = ("DK1", "DK2", "DE-LU")

    @abstractmethod
    def command(self, case: Case, *, data: Path, out: Path) -> list[str]:
        """What to run."""

    @abstractmethod
    def sources(self) -> list[Path]:
        """Files that decide what comes out, beside the data."""

    @abstractmethod
    def make_ready(self) -> None:
        """Install what it needs.

        Raises:
            CannotRun: it cannot be had here.
        """


@dataclass(frozen=True, kw_only=True)
class Peer(Forecaster):
    """A folder below `peers/`."""

    @property
    def folder(self) -> Path:
        """Where its lock file, its environment and `run.py` are."""
        return PEERS / self.key

    def command(self, case: Case, *, data: Path, out: Path) -> list[str]:
        """Its `run.py`, in its environment."""
        script = [str(python_of(self.folder)), str(self.folder / "run.py"), "--data", str(data), "--out", str(out)]
        return [*script, "--area", case.area, "--from", case.first.isoformat(), "--to", case.last.isoformat()]

    def sources(self) -> list[Path]:
        """Its script and lock file, and what all peers share."""
        shared = [PEERS / "protocol.py", PEERS / "calendar_features.py"]
        return [self.folder / "run.py", self.folder / "uv.lock", *shared]

    def make_ready(self) -> None:
        """Bring its environment to its lock file.

        Raises:
            CannotRun: no fitting Python is here, or the environment cannot be made.
        """
        bring_up(self.folder)


@dataclass(frozen=True, kw_only=True)
class Ours(Forecaster):
    """`energy backtest` of this project, with some options."""

    options: tuple[str, ...]

    def command(self, case: Case, *, data: Path, out: Path) -> list[str]:
        """`energy backtest` over the year, in one process."""
        window = ["--area", case.area, "--from", case.first.isoformat(), "--to", case.last.isoformat()]
        how = ["--source", f"recorded:{data}", *self.options, "--jobs", "1", "--json"]
        return [str(ENERGY), "backtest", *window, *how, "--out", str(out)]

    def sources(self) -> list[Path]:
        """The pipeline and what is installed."""
        return [*sorted((PROJECT / "energy_dagster").rglob("*.py")), PROJECT / "uv.lock"]

    def make_ready(self) -> None:
        """Look whether the command is there.

        Raises:
            CannotRun: it is not.
        """
        done = subprocess.run([str(ENERGY), "backtest", "--help"], check=False, capture_output=True, text=True)
        if done.returncode:
            raise CannotRun("this version has no `energy backtest`")


GATE = ("--protocol", "gate", "--refit", "monthly")
ROLLING = ("--protocol", "rolling", "--every", "3", "--refit", "quarterly")

NAIVE = Peer(key="weekly_naive", title="weekly naive", has_quantiles=False)
MLFORECAST = Peer(key="mlforecast", title="mlforecast")
SKFORECAST = Peer(key="skforecast", title="skforecast")
OURS = Ours(key="ours", title="ours", options=(*GATE, "--weather", "none"))
OURS_WITH_WEATHER = Ours(
    key="ours_observed_weather", title="ours, observed weather", options=(*GATE, "--weather", "observed"), areas=("DK1",)
)
OURS_ROLLING = Ours(key="ours_rolling", title="ours, rolling", options=(*ROLLING, "--weather", "none"), areas=("DK1", "DK2"))

FORECASTERS: tuple[Forecaster, ...] = (
    NAIVE,
    MLFORECAST,
    SKFORECAST,
    Peer(key="statsforecast", title="statsforecast", every_days=2),
    Peer(key="openstef", title="OpenSTEF"),
    Peer(key="sktime", title="sktime", every_days=6, has_quantiles=False),
    OURS,
    OURS_WITH_WEATHER,
    OURS_ROLLING,
)
