"""A job that tells how it was started, and takes as long as it is told to."""

import os
import sys
import time
from pathlib import Path

from dagster import Config, in_process_executor, job, op

from energy_dagster.warm_runs import LOADED


class Told(Config):
    """Where to say what was found, and how long to take after it."""

    file: str
    seconds: float = 0.0


@op
def look(config: Told) -> None:
    Path(config.file).write_text(f"{os.getpid()} {LOADED in sys.modules}")
    time.sleep(config.seconds)


@job(executor_def=in_process_executor)
def work() -> None:
    look()
