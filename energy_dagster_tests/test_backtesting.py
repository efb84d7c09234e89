"""Running a backtest: kept windows, processes side by side, and what a killed one leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pandas.testing import assert_frame_equal

from energy_dagster import backtesting
from energy_dagster.backtesting import (
    Backtested,
    WorkerEnded,
    code_digest,
    data_digest,
    forget,
    lineage_of,
    one_thread_each,
    run_backtest,
)
from energy_dagster.domain import backtest
from energy_dagster.domain.backtest import Span
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster_tests.recorded_loads import history_of, load_of, quick_recipe

SPAN = Span(date(2026, 3, 30), date(2026, 4, 3))
WINDOWS = ["2026-02-before", "2026-03-before", "2026-03", "2026-04"]
PROJECT = Path(__file__).parents[1]
LONGEST_WAIT_S = 120.0


class Stopped(Exception):
    """Somebody stopped the run."""


class Ear:
    """Hears how a run goes, and stops it after so many windows."""

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.heard: list[tuple[int, int, str]] = []
        self.stop_after = stop_after

    def __call__(self, done: int, of: int, name: str) -> None:
        self.heard.append((done, of, name))
        if len(self.heard) - 1 == self.stop_after:
            raise Stopped


@pytest.fixture(scope="module")
def history() -> SeriesHistory:
    return history_of(load_of("2025-10-15", "2026-04-04"))


def run(
    history: SeriesHistory,
    folder: Path,
    *,
    span: Span = SPAN,
    recipe: Recipe | None = None,
    code: str = "of today",
    jobs: int = 1,
    told: Callable[[int, int, str], None] | None = None,
) -> Backtested:
    """A backtest by code of which nothing changes while it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtesting, "code_digest", lambda: code)
        return run_backtest(history, span, recipe or quick_recipe(), folder=folder, jobs=jobs, told=told or Ear())


@pytest.fixture(scope="module")
def whole(history: SeriesHistory, tmp_path_factory: pytest.TempPathFactory) -> Backtested:
    """A run that nobody stopped."""
    return run(history, tmp_path_factory.mktemp("whole"))


def kept_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.rglob("*.npz"))


def test_a_run_tells_how_many_windows_are_done(history: SeriesHistory, whole: Backtested, tmp_path: Path) -> None:
    ear = Ear()
    run(history, tmp_path, told=ear)
    assert ear.heard == [(0, 4, ""), *((number, 4, name) for number, name in enumerate(WINDOWS, start=1))]
    assert (whole.seconds.fits, whole.seconds.resumed) == (4, 0)
    assert min(whole.seconds.fit, whole.seconds.forecast, whole.seconds.bands) > 0


def test_a_run_that_was_stopped_goes_on_where_it_was(history: SeriesHistory, whole: Backtested, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(history, tmp_path, told=Ear(stop_after=1))
    assert kept_in(tmp_path) == WINDOWS[:1]
    ear = Ear()
    done = run(history, tmp_path, told=ear)
    assert ear.heard[0] == (1, 4, "")
    assert (done.seconds.fits, done.seconds.resumed) == (3, 1)
    assert_frame_equal(done.forecasts, whole.forecasts, check_exact=True)


def test_a_run_that_was_done_is_only_put_together_again(history: SeriesHistory, whole: Backtested, tmp_path: Path) -> None:
    run(history, tmp_path)
    done = run(history, tmp_path)
    assert (done.seconds.fits, done.seconds.fit, done.seconds.resumed) == (0, 0.0, 4)
    assert_frame_equal(done.forecasts, whole.forecasts, check_exact=True)


def other_data(history: SeriesHistory) -> dict[str, Any]:
    changed = history.preliminary.copy()
    changed[100] += 0.001
    return {"history": replace(history, preliminary=changed)}


CHANGES: dict[str, Callable[[SeriesHistory], dict[str, Any]]] = {
    "data": other_data,
    "weather": lambda history: {"history": replace(history, weather=np.nan_to_num(history.weather))},
    "area": lambda history: {"history": replace(history, area="DK2")},
    "recipe": lambda history: {"history": history, "recipe": quick_recipe(2)},
    "span": lambda history: {"history": history, "span": replace(SPAN, last=date(2026, 4, 2))},
    "code": lambda history: {"history": history, "code": "of another day"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_windows_of_other_data_recipe_span_or_code_are_not_used(history: SeriesHistory, what: str, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(history, tmp_path, told=Ear(stop_after=1))
    ear = Ear(stop_after=0)
    with pytest.raises(Stopped):
        run(**CHANGES[what](history), folder=tmp_path, told=ear)
    assert ear.heard == [(0, 4, "")]
    assert kept_in(tmp_path) == WINDOWS[:1]


def test_any_change_of_a_module_of_the_domain_is_another_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in Path(backtest.__file__).parent.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    digests = [code_digest()]
    monkeypatch.setattr(backtest, "__file__", str(tmp_path / "backtest.py"))
    digests.append(code_digest())
    (tmp_path / "kernel.py").write_text((tmp_path / "kernel.py").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    digests.append(code_digest())
    assert digests[0] == digests[1] != digests[2]


def test_the_lineage_names_data_recipe_code_and_the_whole(history: SeriesHistory, whole: Backtested) -> None:
    lineage = lineage_of(history, SPAN, quick_recipe())
    assert {name: len(digits) for name, digits in lineage.items()} == {"data": 16, "recipe": 8, "code": 16, "backtest": 16}
    assert {name: whole.lineage[name] for name in ("data", "recipe")} == {name: lineage[name] for name in ("data", "recipe")}
    assert whole.lineage["code"] == "of today"
    assert whole.lineage["data"] == data_digest(history_of(load_of("2025-10-15", "2026-04-04")))
    assert set(whole.forecasts["model_version"]) == {f"{name}-{whole.lineage['recipe']}" for name in WINDOWS[2:]}


@pytest.mark.parametrize(("kept_bytes", "then"), [(0, b""), (1000, b""), (0, b"no archive"), (1000, b"x" * 5000)])
def test_a_damaged_window_is_made_again(
    history: SeriesHistory, whole: Backtested, kept_bytes: int, then: bytes, tmp_path: Path
) -> None:
    run(history, tmp_path)
    path = next(tmp_path.rglob("2026-03.npz"))
    path.write_bytes(path.read_bytes()[:kept_bytes] + then)
    done = run(history, tmp_path)
    assert (done.seconds.fits, done.seconds.resumed) == (1, 3)
    assert_frame_equal(done.forecasts, whole.forecasts, check_exact=True)


def test_windows_are_forgotten_when_asked_even_if_there_are_none(history: SeriesHistory, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    with pytest.raises(Stopped):
        run(history, parts, told=Ear(stop_after=1))
    forget(parts)
    assert not parts.exists()
    forget(parts)


def test_two_processes_forecast_exactly_what_one_does(history: SeriesHistory, whole: Backtested, tmp_path: Path) -> None:
    ear = Ear()
    done = run(history, tmp_path, jobs=2, told=ear)
    assert_frame_equal(done.forecasts, whole.forecasts, check_exact=True)
    assert [(number, of) for number, of, _ in ear.heard] == [(number, 4) for number in range(5)]
    assert {name for _, _, name in ear.heard} == {"", *WINDOWS}
    assert done.lineage == whole.lineage


def test_processes_started_side_by_side_use_one_thread_each_and_the_environment_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with one_thread_each():
        assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"]) == ("1", "1")
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("MKL_NUM_THREADS")) == ("7", None)


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """The processes that compute windows for another."""
    return [child for child in process.children(recursive=True) if any("spawn_main" in word for word in words_of(child))]


def words_of(process: psutil.Process) -> list[str]:
    """The command line of a process; none once it has ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # or a zombie, which is one too
        return []


def test_a_worker_that_is_killed_is_told_with_what_to_do(history: SeriesHistory, tmp_path: Path) -> None:
    def kill_them(done: int, of: int, name: str) -> None:
        for worker in workers_of(psutil.Process()) if name else ():
            worker.kill()

    with pytest.raises(WorkerEnded, match=r"found one that was ended from outside.* run it again"):
        run(history, tmp_path, jobs=2, told=kill_them)
    assert run(history, tmp_path).seconds.resumed >= 1


SCRIPT = """
import sys
from pathlib import Path
from energy_dagster_tests.recorded_loads import history_of, load_of
from energy_dagster_tests.test_backtesting import run

if __name__ == "__main__":
    run(history_of(load_of("2025-10-15", "2026-04-04")), Path(sys.argv[1]), jobs=int(sys.argv[2]))
"""


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_WAIT_S
    while not is_so():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_run_leaves_no_half_file_and_no_process_and_goes_on(
    history: SeriesHistory, whole: Backtested, jobs: int, tmp_path: Path
) -> None:
    script, parts = tmp_path / "script.py", tmp_path / "parts"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    started = subprocess.Popen([sys.executable, str(script), str(parts), str(jobs)], env=environment)
    wait_until(lambda: bool(kept_in(parts)) or started.poll() is not None)
    workers = workers_of(psutil.Process(started.pid)) if started.poll() is None else []
    started.kill()
    assert started.wait(LONGEST_WAIT_S) in (-signal.SIGKILL, 0)
    wait_until(lambda: not any(worker.is_running() for worker in workers))
    kept = kept_in(parts)
    for path in parts.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert set(arrays) == {"issue", "lead", "log_mwh", "weather", "bands"}
    done = run(history, parts)
    assert done.seconds.resumed == len(kept) >= 1
    assert_frame_equal(done.forecasts, whole.forecasts, check_exact=True)
