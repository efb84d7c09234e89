"""Jobs that take as long as they are told to: one tells how it was started, the other takes the place of a pool."""

import os
import sys
import time
from pathlib import Path

from dagster import Config, JobDefinition, in_process_executor, job, op, repository

from energy_dagster.warm_runs import LOADED


class Told(Config):
    """Where to say what was found, and how long to take after it."""

    file: str
    seconds: float = 0.0


@op
def look(config: Told) -> None:
    Path(config.file).write_text(f"{os.getpid()} {LOADED in sys.modules}")
    time.sleep(config.seconds)


@op(pool="source")
def read(config: Told) -> None:
    Path(config.file).write_text("reading")
    time.sleep(config.seconds)


@op
def read_another() -> None:
    """Beside it, of a source that is free."""


@job(executor_def=in_process_executor)
def work() -> None:
    look()


@job(executor_def=in_process_executor)
def ingestion() -> None:
    read()
    read_another()


@repository
def location() -> list[JobDefinition]:
    return [work, ingestion]
