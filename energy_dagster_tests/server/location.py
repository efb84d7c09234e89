"""A code location small enough to be restarted many times: a job, a sensor that counts its looks, a schedule."""

import time

from dagster import (
    Config,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    OpExecutionContext,
    ScheduleDefinition,
    SensorEvaluationContext,
    SensorResult,
    in_process_executor,
    job,
    op,
    sensor,
)


class Patience(Config):
    """How long the step takes."""

    seconds: float = 0.0


@op
def step(context: OpExecutionContext, config: Patience) -> None:
    context.log.info("at work")
    time.sleep(config.seconds)


@job
def work() -> None:
    step()


@sensor(job=work, minimum_interval_seconds=1, default_status=DefaultSensorStatus.STOPPED)
def counting(context: SensorEvaluationContext) -> SensorResult:
    return SensorResult(cursor=str(int(context.cursor or 0) + 1))


midnight = ScheduleDefinition(name="midnight", job=work, cron_schedule="0 0 1 1 *", default_status=DefaultScheduleStatus.STOPPED)

defs = Definitions(jobs=[work], sensors=[counting], schedules=[midnight], executor=in_process_executor)
