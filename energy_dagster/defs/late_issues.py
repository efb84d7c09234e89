"""Late issues: hours that got no forecast in time, because nothing ran or a run failed, are made up for, newest first."""

from datetime import datetime, timedelta

from dagster import AssetSelection, DefaultSensorStatus, SensorEvaluationContext, SensorResult, sensor

from energy_dagster.defs.automation import ISSUES_CAUGHT_UP_FOR, LATE, OVERDUE_AFTER, URGENT
from energy_dagster.defs.range_requests import PRIORITY, range_request, stretches, under_way
from energy_dagster.domain.availability import aware_utc, floor_hour
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, PREDICTIONS
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import ISSUE_HOURS, MONTHS, keys_between
from energy_dagster.resources.clock import Clock

WAITS_FOR_INPUTS = timedelta(minutes=40)
"""How far into an hour late issues wait for inputs that are fresh again."""

HOURS_AT_ONCE = 24
TRY_AGAIN = timedelta(minutes=10)


@sensor(
    name="late_issues",
    target=AssetSelection.assets("predictions"),
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description=(
        "Asks for hours without a forecast: the running one from twelve past on, and those of the last week, newest first, once "
        "the inputs are fresh again. They are made from what had been published at their issue time and are marked replay."
    ),
)
def late_issues(context: SensorEvaluationContext, clock: Clock, standing: Standing) -> SensorResult:
    """At most one stretch of hours at a time; an issue that is being made is not asked for again."""
    now = clock.now()
    held = standing.partitions(PREDICTIONS)
    if not held:
        return SensorResult(skip_reason="nothing was ever issued: there is nothing to make up for")
    going = under_way(context.instance, "predictions", ISSUE_HOURS)
    begins = max(now - ISSUES_CAUGHT_UP_FOR, aware_utc(datetime.fromisoformat(f"{min(held)}:00")))
    keys = keys_between(ISSUE_HOURS, begins, now)
    running, past = keys[-1], keys[:-1]
    if running not in held and running not in going and now - floor_hour(now) >= OVERDUE_AFTER:
        return _asked([running], now, f"no forecast at {now:%H:%M} UTC", URGENT)
    missing = set(past) - held
    if not missing:
        return SensorResult(skip_reason=f"every hour since {keys[0]} has its forecast")
    if missing & going:
        return SensorResult(skip_reason=f"{len(missing & going)} late hours are being made")
    if not _inputs_are_fresh(standing, now):
        return SensorResult(skip_reason=f"{len(missing)} hours wait for fresh inputs, until {WAITS_FOR_INPUTS} past the hour")
    newest = stretches(past, missing)[-1][-HOURS_AT_ONCE:]
    return _asked(newest, now, f"{len(missing)} hours without a forecast", LATE)


def _asked(keys: list[str], now: datetime, why: str, priority: str) -> SensorResult:
    attempt = int(now.timestamp() // TRY_AGAIN.total_seconds())
    run_key = f"predictions/{keys[0]}/{keys[-1]}/{attempt}"
    return SensorResult(run_requests=[range_request("predictions", keys, run_key=run_key, why=why, tags={PRIORITY: priority})])


def _inputs_are_fresh(standing: Standing, now: datetime) -> bool:
    """Whether the features were made within this hour, or waiting for them has taken long enough."""
    written = standing.written_at(CONSUMPTION_FEATURES, keys_between(MONTHS, now, now))
    begun = floor_hour(now)
    return now - begun >= WAITS_FOR_INPUTS or (written is not None and written >= begun)
