"""Failed runs that nothing has made up for, from the instance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.execution.stats import StepEventStatus  # nothing public says which steps of a run failed

from energy_dagster.defs.attention import newest_evaluation
from energy_dagster.domain.alert_conditions import FailedRun

LOOK_BACK: Final = timedelta(days=8)
"""A failure is told of for at most this long; weekly work has had its next run by then."""

MOST_LOOKED_AT: Final = 50
"""Failed runs looked at, the newest."""

WILL_RETRY: Final = "dagster/will_retry"
_OF_ASSETS: Final = "__"
"""How names of jobs begin that Dagster makes of selected assets."""


def failed_runs(instance: DagsterInstance, *, now: datetime) -> list[FailedRun]:
    """Failed runs whose subjects were not made since, the newest of those alike with how often they failed.

    A run that Dagster will retry by itself does not count.
    """
    wanted = RunsFilter(statuses=[DagsterRunStatus.FAILURE], updated_after=now - LOOK_BACK)
    found: dict[tuple[str, ...], FailedRun] = {}
    made: set[tuple[str, ...]] = set()
    for record in instance.get_run_records(wanted, limit=MOST_LOOKED_AT):
        if record.dagster_run.tags.get(WILL_RETRY) == "true":
            continue
        at = _ended(record)
        subjects = _subjects(instance, record.dagster_run)
        if subjects in made or all(_made_since(instance, record.dagster_run, subject, at) for subject in subjects):
            made.add(subjects)  # older failures alike were made up for as well
            continue
        newest = found.get(subjects)
        if newest is None:
            found[subjects] = FailedRun(record.dagster_run.run_id, subjects, at, since=at, times=1)
        elif not all(_made_since(instance, record.dagster_run, subject, at) for subject in subjects):
            found[subjects] = FailedRun(newest.run_id, subjects, newest.failed_at, since=at, times=newest.times + 1)
    return list(found.values())


def _ended(record: RunRecord) -> datetime:
    return datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), UTC)


def _subjects(instance: DagsterInstance, run: DagsterRun) -> tuple[str, ...]:
    """What the run was to make: the assets whose steps failed or else all of them, its checks, or its job."""
    if not run.job_name.startswith(_OF_ASSETS):
        return (run.job_name,)
    if not run.asset_selection and run.asset_check_selection:
        return tuple(sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in run.asset_check_selection))
    failing = {one.step_key for one in instance.get_run_step_stats(run.run_id) if one.status is StepEventStatus.FAILURE}
    named = {key.to_user_string() for key in run.asset_selection or ()}
    hit = {name for name in named if name.replace("/", "__") in failing}
    return tuple(sorted(hit or named or failing)) or (run.job_name,)


def _made_since(instance: DagsterInstance, run: DagsterRun, subject: str, at: datetime) -> bool:
    return any(moment > at.timestamp() for moment in _made(instance, run, subject, at))


def _made(instance: DagsterInstance, run: DagsterRun, subject: str, at: datetime) -> Iterator[float]:
    if subject == run.job_name:
        done = RunsFilter(job_name=subject, statuses=[DagsterRunStatus.SUCCESS], updated_after=at)
        yield from (record.end_time or 0.0 for record in instance.get_run_records(done, limit=1))
    elif ":" in subject:
        asset, _, name = subject.rpartition(":")
        check = newest_evaluation(instance, AssetCheckKey(AssetKey.from_user_string(asset), name))
        if check is not None:
            yield check.create_timestamp
    else:
        event = instance.get_latest_materialization_event(AssetKey.from_user_string(subject))
        if event is not None:
            yield event.timestamp
