"""Rows that go to a feature group by Kafka and a job: nothing is in the group's table before the job has run.

By itself the client only warns where an execution of the job runs already, and its waiting for one may wait minutes for log files.
"""

import time
from typing import Any, Final

import pandas as pd

from energy_dagster.resources.feature_store import StoreAway

KAFKA_SECONDS: Final = 30
JOB_POLL_SECONDS: Final = 3.0
RUNNING: Final = "UNDEFINED"
SUCCEEDED: Final = ("SUCCEEDED", "FINISHED")
NO_EXECUTION: Final = "No executions found"


def insert_by_stream(kept: Any, rows: pd.DataFrame, *, seconds: float) -> None:
    """Send rows, if there are any, and have the job move them and whatever was waiting.

    Args:
        kept: the group, as the client has it.
        rows: of the group.
        seconds: longest wait for an execution to end.

    Raises:
        StoreAway: the job failed, or did not end.
    """
    if len(rows):
        kept.insert(
            rows,
            write_options={
                "start_offline_materialization": False,
                "kafka_timeout": KAFKA_SECONDS,
                "kafka_producer_config": {"message.timeout.ms": KAFKA_SECONDS * 1000},
            },
        )
    job = kept.materialization_job
    _ended(job, seconds)
    job.run(args=job.config.get("defaultArgs", ""), await_termination=False)
    state = _ended(job, seconds)
    if state not in SUCCEEDED:
        raise StoreAway(
            f"Job {job.name}, which moves rows from Kafka into the group, ended as {state}; its log is in Hopsworks, and the rows "
            "are written again with the next try"
        )


def _ended(job: Any, seconds: float) -> str | None:
    """How the newest execution of a job ended; None where there was none.

    Raises:
        StoreAway: it still runs when the time is up.
    """
    until = time.monotonic() + seconds
    while (state := _state(job)) == RUNNING:
        if time.monotonic() > until:
            raise StoreAway(
                f"Job {job.name}, which moves rows from Kafka into the group, is still running after {seconds:g} s; it is tried "
                "again, and a backfill repairs it later"
            )
        time.sleep(JOB_POLL_SECONDS)
    return state


def _state(job: Any) -> str | None:
    """The state of a job's newest execution; `UNDEFINED` while it runs, None where there was none."""
    try:
        return str(job.get_final_state())
    except Exception as error:
        if NO_EXECUTION in str(error):
            return None
        raise
