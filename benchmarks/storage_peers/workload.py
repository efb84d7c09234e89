"""What every store is given and asked: the same rows, the same questions, drawn with the same seeds."""

import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

YEAR = 2025
MONTHS = tuple(f"{YEAR}-{month:02d}-01" for month in range(1, 13))
SIZES = (3, 100, 1000)
"""Series."""

HOURS_ASKED = 72
QUESTIONS = 200
SIDE_BY_SIDE_SECONDS = 10.0
WRITERS, READERS = 4, 4


def month_of(month: str, series: int, *, seed: int = 1) -> pd.DataFrame:
    """Rows of the table `consumption` for a month: every hour of every series, values that no compression helps with."""
    start = pd.Timestamp(month)
    hours = pd.date_range(start, start + pd.offsets.MonthBegin(), freq="h", inclusive="left", unit="us")
    areas = np.repeat([f"A{number:04d}" for number in range(series)], len(hours))
    values = np.random.default_rng([seed, start.month, series]).normal(1000, 100, size=len(areas))
    return pd.DataFrame(
        {
            "hour_utc": np.tile(hours.to_numpy(), series),
            "area": areas,
            "consumer_group": "total",
            "vintage": "preliminary",
            "consumption_mwh": values,
            "quality": "ok",
            "published_mwh": values,
            "source_version": "",
            "fetched_at": np.tile((hours + pd.Timedelta(hours=2)).to_numpy(), series),
        }
    )


def questions(series: int) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Area and window of 72 hours, at random."""
    generator = np.random.default_rng(series)
    asked = []
    for _ in range(QUESTIONS):
        start = pd.Timestamp(f"{YEAR}-01-02") + pd.Timedelta(hours=int(generator.integers(0, 360 * 24)))
        asked.append((f"A{int(generator.integers(0, series)):04d}", start, start + pd.Timedelta(hours=HOURS_ASKED)))
    return asked


def peak_mb() -> float:
    """Most memory this program has held; what the system counts as the process's also has what forked it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) / 1000
    return float("nan")


def timed(act: Callable[[], object]) -> float:
    """Seconds of a call."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50 and p99 in milliseconds."""
    ordered = np.array(sorted(seconds)) * 1000
    return {"p50_ms": float(np.percentile(ordered, 50)), "p99_ms": float(np.percentile(ordered, 99))}


def measured(
    series: int,
    *,
    write: Callable[[str, pd.DataFrame], object],
    ready: Callable[[], object],
    ask: Callable[[str, pd.Timestamp, pd.Timestamp], int],
) -> dict[str, Any]:
    """What a store of a number of series takes.

    Args:
        series: how many.
        write: writes a month.
        ready: what must happen before it can be asked, such as publishing.
        ask: hours of a series in a window; how many there were.
    """
    writing = [timed(partial(write, month, month_of(month, series))) for month in MONTHS]
    publishing = timed(ready)
    year = pd.Timestamp(f"{YEAR}-01-01"), pd.Timestamp(f"{YEAR + 1}-01-01")
    asked = questions(series)
    ask(*asked[0])  # not timed: opening what stays open
    reading = [timed(lambda: _expect(ask("A0001", *year), 8760)) for _ in range(5)]
    seconds = [timed(partial(_asked, ask, question)) for question in asked]
    return {
        "series": series,
        "write_month_s": statistics.median(writing),
        "ready_s": publishing,
        "read_year_ms": statistics.median(reading) * 1000,
        **percentiles(seconds),
        "peak_mb": peak_mb(),
    }


def _asked(ask: Callable[[str, pd.Timestamp, pd.Timestamp], int], question: tuple[str, pd.Timestamp, pd.Timestamp]) -> None:
    _expect(ask(*question), HOURS_ASKED)


def _expect(found: int, hours: int) -> None:
    if found != hours:
        raise RuntimeError(f"expected {hours} hours, found {found}")


def side_by_side(
    write: Callable[[int, int], object], read: Callable[[], object], *, seconds: float = SIDE_BY_SIDE_SECONDS
) -> dict[str, int]:
    """Processes that write and others that read, for some seconds: how often each succeeded, and how often it failed.

    Args:
        write: writes something; it is given the writer and its count.
        read: asks something of what is there; raises where it could not, or the answer was not whole.
        seconds: how long.
    """
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()

    def go_on(kind: str, act: Callable[[int], object]) -> None:
        done = failed = 0
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                act(done + failed)
                done += 1
            except Exception:  # noqa: BLE001 - whatever it is, it counts as failed
                failed += 1
                time.sleep(0.01)
        results.put((kind, done, failed))

    processes = [
        context.Process(target=go_on, args=("write", lambda count, writer=n: write(writer, count))) for n in range(WRITERS)
    ]
    processes += [context.Process(target=go_on, args=("read", lambda _count: read())) for _ in range(READERS)]
    for process in processes:
        process.start()
    said = [results.get() for _ in processes]
    for process in processes:
        process.join()
    found = {"writes": 0, "failed_writes": 0, "reads": 0, "failed_reads": 0}
    for kind, done, failed in said:
        found[f"{kind}s"] += done
        found[f"failed_{kind}s"] += failed
    return found


def tell(result: dict[str, Any]) -> None:
    """One line of JSON."""
    json.dump(result, sys.stdout)
    sys.stdout.write("\n")
