import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from benchmarks.cases import Case
from benchmarks.command_line import Asked, all_runs
from benchmarks.environments import HERE, CannotRun
from benchmarks.forecasters import FORECASTERS, Forecaster, Peer
from benchmarks.runs import RunFailed, folder_of, recalled, run

CASE = Case("DK1", 2022)
WRITES = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(b'rows'); print('{\"fits\": 12}')"
USES_300_MB = "b = bytearray(300_000_000); b[::4096] = b'x' * len(b[::4096]); " + WRITES


@dataclass(frozen=True, kw_only=True)
class Scripted(Forecaster):
    """Runs a line of Python in place of a forecaster."""

    script: str
    source: Path
    is_there: bool = True

    def command(self, case: Case, *, data: Path, out: Path) -> list[str]:
        return [sys.executable, "-c", self.script, str(out), str(data), case.key]

    def sources(self) -> list[Path]:
        return [self.source]

    def make_ready(self) -> None:
        if not self.is_there:
            raise CannotRun("no Python 3.12")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "load.parquet").write_bytes(b"load")
    return folder


@pytest.fixture
def scripted(tmp_path: Path) -> Scripted:
    source = tmp_path / "run.py"
    source.write_text("as it was")
    return Scripted(key="scripted", title="scripted", script=WRITES, source=source)


def test_a_run_is_measured_and_kept(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    made = run(scripted, CASE, data=data, work=tmp_path / "work")
    assert made.printed == {"fits": 12}
    assert made.forecasts_file.read_bytes() == b"rows"
    assert made.cost.wall_s > 0
    assert recalled(scripted, CASE, data=data, work=tmp_path / "work") == made


def test_memory_is_the_forecasters_own(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    light = run(scripted, CASE, data=data, work=tmp_path / "work")
    heavy = Scripted(key="heavy", title="heavy", script=USES_300_MB, source=scripted.source)
    assert light.cost.peak_mb < 100
    assert 300 < run(heavy, CASE, data=data, work=tmp_path / "work").cost.peak_mb < 400
    assert ballast[0]


@pytest.mark.parametrize("changed", ["script", "source", "data"])
def test_a_run_is_not_recalled_once_what_it_rests_on_changed(changed: str, scripted: Scripted, data: Path, tmp_path: Path) -> None:
    run(scripted, CASE, data=data, work=tmp_path / "work")
    wanted = scripted
    if changed == "script":
        wanted = Scripted(key="scripted", title="scripted", script=f"{WRITES}; 1", source=scripted.source)
    elif changed == "source":
        scripted.source.write_text("as it is now")
    else:
        (data / "load.parquet").write_bytes(b"more load")
    assert recalled(wanted, CASE, data=data, work=tmp_path / "work") is None


def test_a_failed_run_tells_its_end_and_leaves_the_kept_one(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    run(scripted, CASE, data=data, work=work)
    broken = Scripted(key="scripted", title="scripted", script="raise SystemExit('no such area')", source=scripted.source)
    with pytest.raises(RunFailed, match="ended with 1") as failed:
        run(broken, CASE, data=data, work=work)
    assert "no such area" in failed.value.log
    assert (folder_of(scripted, CASE, work) / "forecasts.parquet").exists()
    assert recalled(scripted, CASE, data=data, work=work) is not None


def test_no_setting_of_the_machine_reaches_a_run(
    scripted: Scripted, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERGY_DATA", "elsewhere")
    script = "import json, os; print(json.dumps({k: os.environ.get(k) for k in ('ENERGY_DATA', 'OMP_NUM_THREADS')}))"
    telling = Scripted(key="telling", title="telling", script=script, source=scripted.source)
    assert run(telling, CASE, data=data, work=tmp_path / "work").printed == {"ENERGY_DATA": None, "OMP_NUM_THREADS": "1"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent ended")
def test_a_run_ends_with_the_benchmark(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("cost.json", "stdout.txt", "stderr.txt")]
    sleeps = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
    measurer = [sys.executable, "-I", "-S", str(HERE / "measured.py"), *files, *sleeps]
    started = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); input()"
    with subprocess.Popen([sys.executable, "-c", started, *measurer], stdin=subprocess.PIPE) as benchmark:
        wait_until(lambda: Path(files[1]).exists() and Path(files[1]).read_text() != "")
        benchmark.kill()
    pid = int(Path(files[1]).read_text())
    wait_until(lambda: not psutil.pid_exists(pid))


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def all_of(forecasters: Sequence[Forecaster], data: Path, work: Path, *, fresh: bool = False) -> tuple[list[str], list[str]]:
    asked = Asked(data=data, work=work, cases=(CASE,), forecasters=tuple(forecasters), fresh=fresh)
    runs, skipped = all_runs(asked, Console(quiet=True))
    return [one.forecaster.key for one in runs], [f"{one.forecaster.key}: {one.reason}" for one in skipped]


def test_who_cannot_run_is_told_and_the_others_run(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    absent = Scripted(key="absent", title="absent", script=WRITES, source=scripted.source, is_there=False)
    broken = Scripted(key="broken", title="broken", script="1 / 0", source=scripted.source)
    elsewhere = Scripted(key="elsewhere", title="elsewhere", script=WRITES, source=scripted.source, areas=("DK2",))
    ran, skipped = all_of([absent, broken, elsewhere, scripted], data, tmp_path / "work")
    assert ran == ["scripted"]
    assert skipped == ["absent: no Python 3.12", "broken: it ended with 1"]


def test_there_are_no_results_of_nothing(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    absent = Scripted(key="absent", title="absent", script=WRITES, source=scripted.source, is_there=False)
    with pytest.raises(SystemExit, match="nothing could be run"):
        all_of([absent], data, tmp_path / "work")


def test_a_kept_run_is_recalled_unless_fresh_is_asked_for(scripted: Scripted, data: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    all_of([scripted], data, work)
    report = folder_of(scripted, CASE, work) / "run.json"
    report.write_text(json.dumps(json.loads(report.read_text()) | {"printed": {"fits": 99}}))
    all_of([scripted], data, work)
    assert json.loads(report.read_text())["printed"] == {"fits": 99}
    all_of([scripted], data, work, fresh=True)
    assert json.loads(report.read_text())["printed"] == {"fits": 12}


@pytest.mark.parametrize("peer", [one for one in FORECASTERS if isinstance(one, Peer)], ids=lambda peer: peer.key)
def test_every_peer_has_a_script_and_a_lock_file_from_the_public_index(peer: Peer) -> None:
    assert all(source.exists() for source in peer.sources())
    hosts = {part.split("/")[2] for part in (peer.folder / "uv.lock").read_text().split('"') if part.startswith("http")}
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
