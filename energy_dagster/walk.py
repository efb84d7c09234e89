"""The one command: which partitions are missing, and the runs that make them, in the order of the graph.

Nothing here computes: every step is a run of the asset graph, seen in the Dagster UI like any other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dagster import AssetKey, DagsterInstance, TimeWindow, TimeWindowPartitionsDefinition

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster.domain.training import NotEnoughHistory
from energy_dagster.instance import bury_dead_runs, process_tags
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS
from energy_dagster.settings import Settings

HISTORY_DAYS = 760
"""How much history is brought in: two years, and four weeks for lags."""

REPLAY_DAYS = 14
HORIZON = timedelta(hours=HORIZON_HOURS)
SETTLING_DAYS = 9
"""Days after which settlement has spoken; younger days are judged again."""

MONTHLY = ("raw_load", "raw_settlement", "raw_weather", "consumption", "consumption_features")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Step:
    """One run: what it is for, its assets, and the partitions from first to last (none for what is not partitioned)."""

    title: str
    assets: tuple[str, ...]
    first: str | None = None
    last: str | None = None
    partitions: int = 1


@dataclass
class Walked:
    """What was run, how long each step took (seconds), and what had to be left out and why."""

    steps: dict[str, float] = field(default_factory=dict)
    partitions: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


class RunFailed(RuntimeError):
    """A run ended without success though no error was raised; the message names the check that stopped it."""


def keys_between(calendar: TimeWindowPartitionsDefinition, first: datetime, last: datetime) -> list[str]:
    """Keys of the partitions that hold the moments from `first` to `last`, aware UTC."""
    begin = calendar.time_window_for_partition_key(calendar.get_partition_key_for_timestamp(first.timestamp())).start
    return list(calendar.get_partition_keys_in_time_window(TimeWindow(begin, last + timedelta(microseconds=1))))


def span(keys: Sequence[str], missing: Sequence[str]) -> list[str]:
    """The keys from the first missing one to the last key: a run takes one unbroken range."""
    return list(keys[keys.index(missing[0]) :]) if missing else []


class Walk:
    """Brings a data folder up to the present."""

    def __init__(
        self, settings: Settings, instance: DagsterInstance, *, now: datetime, without: frozenset[str] = frozenset()
    ) -> None:
        self.settings, self.instance, self.now = settings, instance, now
        self.lake, self.models = Lake(settings.lake), ModelStore(settings.lake)
        self.monthly = tuple(asset for asset in MONTHLY if asset not in without)
        bury_dead_runs(instance)
        self._job = build_definitions(settings).resolve_implicit_global_asset_job_def()

    def history(self, first: datetime, last: datetime) -> Step:
        """Months of raw data, consumption and features that are missing, and the months that still move."""
        keys = keys_between(MONTHS, first, last)
        moving = set(keys_between(MONTHS, max(first, self.now - timedelta(days=SETTLING_DAYS + 1)), self.now))
        have = set.intersection(*(set(self.lake.newest(asset, keys)) for asset in self.monthly))
        run = span(keys, [key for key in keys if key not in have or key in moving])
        return Step("History", self.monthly, run[0], run[-1], len(run) * len(self.monthly)) if run else Step("History", ())

    def training(self, first: datetime, last: datetime) -> Step:
        """Weeks whose model is missing."""
        keys = keys_between(WEEKS, first, last)
        have = {version.partition for version in self.models.versions()}
        missing = [key for key in keys if key not in have]
        return Step("Training", ("forecast_model",), missing[0], missing[-1], len(missing)) if missing else Step("Training", ())

    def issues(self, first: datetime, last: datetime) -> Iterator[Step]:
        """Issue hours that are missing, one step per unbroken range."""
        keys = keys_between(ISSUE_HOURS, first, last)
        have = set(self.lake.newest("predictions", keys))
        block: list[str] = []
        for key in [*keys, None]:
            if key is not None and key not in have:
                block.append(key)
            elif block:
                yield Step("Issues", ("predictions",), block[0], block[-1], len(block))
                block = []

    def errors(self, first: datetime, last: datetime) -> Step:
        """Days whose errors are missing, and the days whose truth still moves."""
        keys = keys_between(DAYS, first, last)
        have = set(self.lake.newest("error_metrics", keys))
        moving = set(keys_between(DAYS, max(first, self.now - timedelta(days=SETTLING_DAYS)), last))
        run = span(keys, [key for key in keys if key not in have or key in moving])
        return Step("Errors", ("error_metrics",), run[0], run[-1], len(run)) if run else Step("Errors", ())

    def forecast(self, told: Callable[[Step], None]) -> Walked:
        """Bring in history, train, issue what is missing of the replay and the present hour, judge, publish.

        Args:
            told: called with each step before it runs.

        Raises:
            SourceError, StorageError, TableContractError, NothingToForecast, RunFailed: as the step that failed says.
        """
        walked, replay = Walked(), self.now - timedelta(days=REPLAY_DAYS)
        self._run(self.history(self.now - timedelta(days=HISTORY_DAYS), self.now), walked, told)
        try:
            self._run(self.training(replay, self.now), walked, told)
        except NotEnoughHistory as reason:
            walked.left_out["model"] = f"the calibrated weekly naive forecasts instead: {reason}"
        for step in self.issues(replay, self.now):
            self._run(step, walked, told)
        self._run(self.errors(replay, self.now), walked, told)
        self._run(Step("Publishing", ("warehouse",)), walked, told)
        return walked

    def backfill(self, first: datetime, last: datetime, told: Callable[[Step], None], *, issues: bool) -> Walked:
        """Bring in the months of a window; with `issues`, also replay its forecasts and judge them; publish.

        Raises:
            SourceError, StorageError, TableContractError, NotEnoughHistory, NothingToForecast, RunFailed: as the step says.
        """
        walked = Walked()
        self._run(self.history(first, last), walked, told)
        if issues:
            self._run(self.history(first - timedelta(days=HISTORY_DAYS), last), walked, told)
            self._run(self.training(first, last), walked, told)
            for step in self.issues(first, last):
                self._run(step, walked, told)
            self._run(self.errors(first, min(last + HORIZON, self.now)), walked, told)
        self._run(Step("Publishing", ("warehouse",)), walked, told)
        return walked

    def _run(self, step: Step, walked: Walked, told: Callable[[Step], None]) -> None:
        if not step.assets:
            return
        told(step)
        started = datetime.now(UTC)
        tags = process_tags() | ({} if step.first is None or step.last is None else _range_tags(step.first, step.last))
        result = self._job.execute_in_process(
            asset_selection=[AssetKey(asset) for asset in step.assets], instance=self.instance, tags=tags, run_config=QUIET
        )
        if not result.success:
            raise RunFailed(f"{step.title} did not succeed: {_stopped_by(result.get_asset_check_evaluations())}")
        walked.steps[step.title] = walked.steps.get(step.title, 0.0) + (datetime.now(UTC) - started).total_seconds()
        walked.partitions += step.partitions


def _range_tags(first: str, last: str) -> dict[str, str]:
    """The tags by which Dagster marks a run of a range of partitions."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def _stopped_by(evaluations: Sequence[object]) -> str:
    failed = [e for e in evaluations if not getattr(e, "passed", True)]
    return "; ".join(f"{getattr(e, 'check_name', '')}: {getattr(e, 'description', '')}" for e in failed) or "no check failed"
