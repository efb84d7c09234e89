"""Runs a backtest: its windows side by side, kept as they are done, so that one that was stopped goes on where it was."""

import hashlib
import json
import os
import pickle
import shutil
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits
from upath import UPath

from energy_dagster.domain import backtest
from energy_dagster.domain.backtest import Said, Span, Window, recipe_version, say, teach, windows_of, with_bands
from energy_dagster.domain.calibration import Calibration
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.storage.files import write_whole

DIGITS = 16
_NO_PART = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What reading a kept window raises when it is damaged."""


class WorkerEnded(RuntimeError):
    """A process that computed windows was ended from outside; the message says what to do."""


@dataclass
class Seconds:
    """CPU seconds of teaching, of forecasting, and of the bands; of windows that were taken from an earlier run there are none."""

    fit: float = 0.0
    forecast: float = 0.0
    bands: float = 0.0
    fits: int = 0
    resumed: int = 0


@dataclass(frozen=True)
class Backtested:
    """A finished backtest: its forecasts (`domain.backtest.COLUMNS`), what it took, and what it was made from."""

    forecasts: pd.DataFrame
    seconds: Seconds
    lineage: dict[str, str]


@dataclass(frozen=True)
class Task:
    """What a worker needs to compute windows."""

    history: SeriesHistory
    span: Span
    recipe: Recipe
    folder: Path

    def window(self, window: Window) -> tuple[Said, float, float]:
        """Compute a window and keep it; CPU seconds of teaching and forecasting with it."""
        with threadpool_limits(1):  # the same sums in the same order, whether in this process or in one of several
            started = time.process_time()
            taught = teach(self.history, window, self.span, self.recipe)
            taught_at = time.process_time()
            said = say(self.history, taught, self.span)
            done = time.process_time()
        _keep(said, self.folder)
        return said, taught_at - started, done - taught_at


_worker: dict[str, Task] = {}


def _become(task: bytes) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker["task"] = pickle.loads(task)  # noqa: S301 - made by this program a moment ago


def _end_with_parent() -> None:
    """Leave when the process that asked is gone: killed, it could not say so."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(window: Window) -> tuple[Said, float, float]:
    return _worker["task"].window(window)


def run_backtest(
    history: SeriesHistory,
    span: Span,
    recipe: Recipe,
    *,
    folder: Path,
    jobs: int,
    told: Callable[[int, int, str], None],
) -> Backtested:
    """Backtest a series.

    Args:
        history: the series.
        span: what.
        recipe: how models are made.
        folder: where windows are kept until the whole is done; those of another series, span, recipe or code are not used.
        jobs: windows computed at the same time; 1 stays in this process.
        told: hears how many windows are done, of how many, and the name of the newest.

    Raises:
        CannotBacktest: the span cannot be backtested.
        WorkerEnded: a process that computed windows was killed.
        StorageError: a window cannot be kept.
    """
    windows = windows_of(ClockGrid(history), span)
    lineage = lineage_of(history, span, recipe)
    folder = folder / lineage["backtest"]
    folder.mkdir(parents=True, exist_ok=True)
    seconds, said = Seconds(), dict[str, Said]()
    for window in windows:
        kept = _kept(window, folder)
        if kept is not None:
            said[window.name] = kept
            seconds.resumed += 1
    told(len(said), len(windows), "")
    missing = [window for window in windows if window.name not in said]
    for made, fit_seconds, forecast_seconds in _computed(Task(history, span, recipe, folder), missing, jobs):
        said[made.window.name] = made
        seconds.fit, seconds.forecast, seconds.fits = (
            seconds.fit + fit_seconds,
            seconds.forecast + forecast_seconds,
            seconds.fits + 1,
        )
        told(len(said), len(windows), made.window.name)
    started = time.process_time()
    versions = dict.fromkeys(said, lineage["recipe"])
    forecasts = with_bands(history, [said[window.name] for window in windows], versions=versions)
    seconds.bands = time.process_time() - started
    return Backtested(forecasts, seconds, lineage)


def forget(folder: Path) -> None:
    """Remove the windows that were kept."""
    shutil.rmtree(folder, ignore_errors=True)


def _computed(task: Task, windows: list[Window], jobs: int) -> Iterator[tuple[Said, float, float]]:
    if jobs == 1 or len(windows) < 2:
        yield from map(task.window, windows)
        return
    context = get_context("spawn")  # a fork would take locked threads of the linear algebra library along
    with one_thread_each(), ProcessPoolExecutor(min(jobs, len(windows)), context, _become, (pickle.dumps(task),)) as pool:
        running = [pool.submit(_work, window) for window in windows]
        try:
            for done in as_completed(running):
                yield done.result()
        except BrokenProcessPool:
            raise WorkerEnded(
                "expected every process to finish its windows, found one that was ended from outside, as for want of memory; "
                "the windows that were done are kept: run it again, perhaps with fewer --jobs"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started inside use one thread of the linear algebra library: the cores are for each other."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def lineage_of(history: SeriesHistory, span: Span, recipe: Recipe) -> dict[str, str]:
    """What a backtest is made from, as hex digits: data, recipe, code; and all of it with the span."""
    parts = {"data": data_digest(history), "recipe": recipe_version(recipe), "code": code_digest()}
    span_text = json.dumps(asdict(span), default=str, sort_keys=True)
    everything = hashlib.sha256(json.dumps([parts, span_text]).encode()).hexdigest()[:DIGITS]
    return {**parts, "backtest": everything}


def data_digest(history: SeriesHistory) -> str:
    """Of the values a series has."""
    digest = hashlib.sha256(f"{history.area} {history.start.isoformat()}".encode())
    for values in (history.preliminary, history.settled, history.weather, history.weather_run):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:DIGITS]


def code_digest() -> str:
    """Of the modules that make forecasts."""
    digest = hashlib.sha256()
    for path in sorted(Path(backtest.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:DIGITS]


def _keep(said: Said, folder: Path) -> None:
    """Write a window: it is there whole or not at all."""
    stream = BytesIO()
    fields = np.frombuffer(json.dumps(said.calibration.to_fields()).encode(), dtype=np.uint8)
    np.savez(
        stream, allow_pickle=False, issue=said.issue, lead=said.lead, log_mwh=said.log_mwh, weather=said.has_weather, bands=fields
    )
    write_whole(UPath(_path(said.window, folder)), stream.getvalue())


def _kept(window: Window, folder: Path) -> Said | None:
    """A window of an earlier run; None where there is none, or one that a fault of the disk damaged."""
    path = _path(window, folder)
    if not path.is_file():
        return None
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            calibration = Calibration.from_fields(json.loads(arrays["bands"].tobytes()))
            return Said(window, arrays["issue"], arrays["lead"], arrays["log_mwh"], arrays["weather"], calibration)
    except _NO_PART:
        return None


def _path(window: Window, folder: Path) -> Path:
    return folder / f"{window.name}.npz"
