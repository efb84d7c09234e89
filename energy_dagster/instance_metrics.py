"""What only the Dagster instance tells of the platform, for Prometheus: the queue, runs, daemons, checks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from dagster import AssetCheckKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from energy_dagster.defs.attention import findings_of
from energy_dagster.defs.failed_runs import failed_runs

WINDOW: Final = timedelta(days=1)
MOST_RUNS: Final = 2000
"""Runs of the window that are looked at, the newest."""

MOST_NAMED: Final = 3
"""Assets that a run is named after; one of more is named by their number."""

_WAITING: Final = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED]
_GOING: Final = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
_ENDED: Final = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


class InstanceMetrics(Collector):
    """Reads the instance at every scrape.

    Args:
        instance: of the platform.
        checks: whose findings are counted.
        present: tells the machine's clock, aware UTC.
    """

    def __init__(self, instance: DagsterInstance, checks: Sequence[AssetCheckKey], present: Callable[[], datetime]) -> None:
        self._instance, self._checks, self._present = instance, checks, present

    def describe(self) -> Iterator[Metric]:
        """Names nothing, so that registering asks nothing of the instance."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        now = self._present()
        yield from _queue(self._instance, now)
        ended = RunsFilter(statuses=list(_ENDED), updated_after=now - WINDOW)
        yield from _ended(self._instance.get_run_records(ended, limit=MOST_RUNS))
        standing = len(failed_runs(self._instance, now=now))
        yield GaugeMetricFamily("energy_failed_runs_standing", "Failed runs that nothing has made up for", value=standing)
        yield _checks(self._instance, self._checks)
        yield _daemons(self._instance)


def run_name(run: DagsterRun) -> str:
    """What a run makes, in few words: its job, or the assets it was made of."""
    if not run.job_name.startswith("__"):
        return run.job_name
    named = sorted(key.to_user_string() for key in run.asset_selection or ())
    if not named:
        return "checks" if run.asset_check_selection else run.job_name
    return "+".join(named) if len(named) <= MOST_NAMED else f"{len(named)} assets"


def _queue(instance: DagsterInstance, now: datetime) -> Iterator[Metric]:
    waiting = instance.get_run_records(RunsFilter(statuses=_WAITING), limit=MOST_RUNS)
    oldest = max((now.timestamp() - record.create_timestamp.timestamp() for record in waiting), default=0.0)
    yield GaugeMetricFamily("energy_runs_queued", "Runs that wait for their turn", value=len(waiting))
    yield GaugeMetricFamily("energy_runs_oldest_queued_seconds", "How long the oldest of them has waited", value=oldest)
    going = instance.get_runs_count(RunsFilter(statuses=_GOING))
    yield GaugeMetricFamily("energy_runs_going", "Runs under way", value=going)


def _ended(records: Sequence[RunRecord]) -> Iterator[Metric]:
    counts = Counter(dict.fromkeys(_ENDED, 0))
    seconds: dict[str, list[float]] = defaultdict(list)
    for record in records:  # newest first
        counts[record.dagster_run.status] += 1
        if record.dagster_run.status is DagsterRunStatus.SUCCESS and record.start_time and record.end_time:
            seconds[run_name(record.dagster_run)].append(record.end_time - record.start_time)
    ended = GaugeMetricFamily("energy_runs_ended_last_day", "Runs that ended in the last 24 hours", labels=["status"])
    for status in _ENDED:
        ended.add_metric([status.value.lower()], counts[status])
    took = GaugeMetricFamily(
        "energy_run_duration_seconds", "How long the successful runs of the last 24 hours took", labels=["run", "of"]
    )
    for name, known in sorted(seconds.items()):
        for of, value in (("newest", known[0]), ("median", median(known)), ("longest", max(known))):
            took.add_metric([name, of], value)
    yield from (ended, took)


def _checks(instance: DagsterInstance, keys: Sequence[AssetCheckKey]) -> Metric:
    counts = Counter({"error": 0, "warning": 0})
    counts.update(one.severity for one in findings_of(instance, keys))
    gauge = GaugeMetricFamily("energy_checks_failing", "Checks whose newest evaluation did not pass", labels=["severity"])
    for severity, count in sorted(counts.items()):
        gauge.add_metric([severity], count)
    return gauge


def _daemons(instance: DagsterInstance) -> Metric:
    gauge = GaugeMetricFamily(
        "energy_daemon_heartbeat_timestamp_seconds", "When a part of the daemon last beat, seconds since 1970", labels=["daemon"]
    )
    for name, beat in sorted(instance.get_daemon_heartbeats().items()):
        gauge.add_metric([name.lower()], beat.timestamp)
    return gauge
