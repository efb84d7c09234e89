"""A run whose process is killed in the midst of its first write: `python -m energy_dagster.simulation.killed_run`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from energy_dagster.settings import Settings

SECONDS = 180


def run_and_kill(settings: Settings, *, asset: str, partition: str) -> int:
    """Begin a run in a process of its own, which is killed while it writes; its exit code, negative for a signal."""
    environment = {
        **os.environ,
        "ENERGY_DATA": settings.data,
        "ENERGY_NOW_FILE": settings.now_file or "",
        "ENERGY_SOURCE": settings.source,
        "ENERGY_SEED": str(settings.seed),
        "ENERGY_LAKE_URL": settings.lake_url or "",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "energy_dagster.simulation.killed_run", asset, partition]
    return subprocess.run(  # noqa: S603 - this very module
        command, env=environment, check=False, timeout=SECONDS, capture_output=True
    ).returncode


def main() -> None:
    """Make a partition of an asset, up to the moment at which its file is written but not yet in place."""
    from dagster import AssetKey  # noqa: PLC0415 - the parent needs none of it

    from energy_dagster.definitions import build_definitions  # noqa: PLC0415
    from energy_dagster.instance import open_instance, process_tags  # noqa: PLC0415

    asset, partition = sys.argv[1:]
    settings = Settings()
    job = build_definitions(settings).resolve_implicit_global_asset_job_def()
    os.fsync = lambda _handle: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    with open_instance(Path(settings.data)) as instance:
        tags = {**process_tags(), "dagster/partition": partition}
        job.execute_in_process(asset_selection=[AssetKey(asset)], instance=instance, tags=tags, raise_on_error=False)


if __name__ == "__main__":
    main()
