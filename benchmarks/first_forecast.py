"""How long the first forecast takes, how much memory, and where the time goes.

Runs `energy forecast` on the sandbox into an empty folder, as `make forecast` does; then once more for the next hour; then
profiles a third folder. Last, 24 issues as one run against the same 24 as one run each, which is Dagster's default for a
range of partitions. Run: `make benchmark`. Nothing is asserted; the numbers go into docs/benchmarks.md by hand, with the date.
"""

import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
BUCKETS: dict[str, tuple[tuple[str, str], ...]] = {
    "Dagster events to SQLite": (("event_log/sqlite/sqlite_event_log.py", "store_event"),),
    "training (waiting for the fits)": (("energy_dagster/domain/training.py", "train"),),
    "requests to the sandbox": (("energy_dagster/resources/sources.py", "read"),),
    "writing the lake": (("energy_dagster/io_managers/lake.py", "write"),),
    "reading the lake": (("energy_dagster/io_managers/lake.py", "read"),),
    "publishing the warehouse": (("energy_dagster/io_managers/warehouse.py", "publish"),),
    "forecasting": (("energy_dagster/domain/forecasting.py", "make_issues"),),
    "scoring": (("energy_dagster/domain/scoring.py", "score_hours"),),
    "features": (("energy_dagster/domain/features.py", "hourly_features"),),
    "the page": (("ui/page.py", "write_page"),),
}


def measured(data: Path, now: datetime, *profile: str) -> tuple[dict[str, object], float, float]:
    """Result, wall seconds and peak memory (MB) of one `energy forecast`."""
    command = [
        sys.executable,
        *profile,
        "-m",
        "energy_dagster.cli",
        "forecast",
        "--data",
        str(data),
        "--now",
        now.isoformat(),
        "--json",
    ]
    started, peak = time.monotonic(), 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, watched.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.05)
        assert process.stdout is not None
        result = json.loads(process.stdout.read())
    return result, time.monotonic() - started, peak


def where_the_time_goes(folder: Path) -> list[tuple[str, float]]:
    """Cumulative seconds of each bucket in a profiled run, and of the whole."""
    output = folder / "profile"
    measured(folder / "profiled", NOW, "-m", "cProfile", "-o", str(output))
    stats = pstats.Stats(str(output))
    entries = stats.stats.items()  # type: ignore[attr-defined]
    rows = [("whole run, slowed by the profiler", stats.total_tt)]  # type: ignore[attr-defined]
    for name, wanted in BUCKETS.items():
        seconds = sum(entry[3] for key, entry in entries for path, function in wanted if path in key[0] and key[2] == function)
        rows.append((name, seconds))
    return rows


def one_run_against_many(data: Path) -> tuple[float, float]:
    """Seconds for 24 hourly issues as one run, and as 24 runs."""
    warnings.simplefilter("ignore")
    os.environ["ENERGY_DATA"] = str(data)
    from dagster import AssetKey  # noqa: PLC0415 - after the environment is set

    from energy_dagster.definitions import build_definitions  # noqa: PLC0415
    from energy_dagster.instance import open_instance  # noqa: PLC0415
    from energy_dagster.settings import Settings  # noqa: PLC0415
    from energy_dagster.walk import QUIET  # noqa: PLC0415

    job = build_definitions(Settings(data=str(data), now=NOW)).resolve_implicit_global_asset_job_def()
    keys = [f"{NOW - timedelta(days=20, hours=n):%Y-%m-%dT%H}" for n in reversed(range(24))]
    with open_instance(data) as instance:

        def run(partition: str | None, tags: dict[str, str]) -> None:
            job.execute_in_process(
                asset_selection=[AssetKey("predictions")], instance=instance, partition_key=partition, tags=tags, run_config=QUIET
            )

        span = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
        together = seconds_of(lambda: run(None, span))
        apart = seconds_of(lambda: [run(key, {}) for key in keys])
    return together, apart


def seconds_of(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        first, wall, peak = measured(data, NOW)
        print(f"first forecast: {wall:.1f} s wall, {peak:.0f} MB peak, {first['partitions']} partitions")
        for step, seconds in dict(first["seconds_by_step"]).items():  # type: ignore[call-overload]
            print(f"  {step:12} {seconds:6.1f} s")
        again, wall, peak = measured(data, NOW + timedelta(hours=1))
        print(f"an hour later: {wall:.1f} s wall, {peak:.0f} MB peak, {again['partitions']} partitions")
        print("where the time of a first forecast goes (cumulative; parts overlap):")
        for name, seconds in where_the_time_goes(Path(folder)):
            print(f"  {name:36} {seconds:6.1f} s")
        together, apart = one_run_against_many(data)
        print(
            f"24 issues as one run: {together:.1f} s; as 24 runs (Dagster's default): {apart:.1f} s; ratio {apart / together:.1f}"
        )


if __name__ == "__main__":
    main()
