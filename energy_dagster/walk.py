"""The one command: which partitions are missing, and the runs that make them, in the order of the graph.

Nothing here computes: every step is a run of the asset graph, seen in the Dagster UI like any other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster import AssetKey, DagsterInstance

from energy_dagster.definitions import build_definitions, raw_assets_of
from energy_dagster.domain.catalogue import asset_of
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster.domain.training import NotEnoughHistory
from energy_dagster.instance import bury_dead_runs, process_tags
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS, keys_between
from energy_dagster.resources.sources import SourceError
from energy_dagster.settings import Settings
from energy_dagster.storage.quarantine import Kept

HISTORY_DAYS = 760
"""How much history is brought in: two years, and four weeks for lags."""

REPLAY_DAYS = 14
HORIZON = timedelta(hours=HORIZON_HOURS)
SETTLING_DAYS = 9
"""Days after which settlement has spoken; younger days are judged again."""

LOOKS_BACK = timedelta(days=28)
"""How far back the features of an hour look: the longest lag."""

TOTAL_LOAD = "raw_load"
"""The one source without which there is nothing to forecast."""

DERIVED = ("consumption", "consumption_features")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Step:
    """One run: what it is for, its assets, and the partitions from first to last (none for what is not partitioned).

    A step that reads a source may fail without stopping the others: what the lake holds of the source speaks for it.
    """

    title: str
    assets: tuple[str, ...]
    first: str | None = None
    last: str | None = None
    partitions: int = 1
    reads_a_source: bool = False


@dataclass
class Walked:
    """What was run, how long each step took (seconds), and what had to be left out and why."""

    steps: dict[str, float] = field(default_factory=dict)
    partitions: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


class RunFailed(RuntimeError):
    """A run ended without success though no error was raised; the message names the check that stopped it."""


class CannotReplay(ValueError):
    """A kept answer is not one that an asset is made of."""


def span(keys: Sequence[str], missing: Sequence[str]) -> list[str]:
    """The keys from the first missing one to the last key: a run takes one unbroken range."""
    return list(keys[keys.index(missing[0]) :]) if missing else []


class Walk:
    """Brings a data folder up to the present."""

    def __init__(self, settings: Settings, instance: DagsterInstance, *, now: datetime) -> None:
        self.settings, self.instance, self.now = settings, instance, now
        self.lake, self.models = Lake(settings.lake), ModelStore(settings.lake)
        self.raw = raw_assets_of(settings)
        bury_dead_runs(instance)
        self._job = build_definitions(settings).resolve_implicit_global_asset_job_def()

    def history(self, first: datetime, last: datetime) -> Iterator[Step]:
        """Months of raw data, each source by itself, then of consumption and features, that are missing or still move."""
        keys = keys_between(MONTHS, first, last)
        moving = set(keys_between(MONTHS, max(first, self.now - timedelta(days=SETTLING_DAYS + 1)), self.now))
        begun = set[str]()
        for asset in self.raw:
            step = self._months("Sources", (asset,), keys, moving)
            begun |= set() if step.first is None else {step.first}
            yield replace(step, reads_a_source=True)
        yield self._months("History", DERIVED, keys, moving | begun)

    def _months(self, title: str, assets: tuple[str, ...], keys: Sequence[str], moving: set[str]) -> Step:
        have = set.intersection(*(set(self.lake.newest(asset, keys)) for asset in assets))
        run = span(keys, [key for key in keys if key not in have or key in moving])
        return Step(title, assets, run[0], run[-1], len(run) * len(assets)) if run else Step(title, ())

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

    def forecast(self, told: Callable[[Step], None], *, history_days: int | None = None, replay_days: int | None = None) -> Walked:
        """Bring in history, train, issue what is missing of the replay and the present hour, judge, publish.

        Args:
            told: called with each step before it runs.
            history_days: how much history is brought in; two years by default.
            replay_days: how many days of issues are replayed; a fortnight by default.

        Raises:
            SourceError, StorageError, TableContractError, NothingToForecast, RunFailed: as the step that failed says.
        """
        walked, replay = Walked(), self.now - timedelta(days=replay_days or REPLAY_DAYS)
        for step in self.history(self.now - timedelta(days=history_days or HISTORY_DAYS), self.now):
            self._run(step, walked, told)
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
        for step in self.history(first - timedelta(days=HISTORY_DAYS) if issues else first, last):
            self._run(step, walked, told)
        if issues:
            self._run(self.training(first, last), walked, told)
            for step in self.issues(first, last):
                self._run(step, walked, told)
            self._run(self.errors(first, min(last + HORIZON, self.now)), walked, told)
        self._run(Step("Publishing", ("warehouse",)), walked, told)
        return walked

    def replay(self, kept: Kept, told: Callable[[Step], None]) -> Walked:
        """Bring in the hours of an answer that lay in quarantine, and make again what is made of them; publish.

        Raises:
            CannotReplay: it is not about hours, or no asset of the graph reads it.
            SourceError: it is still not understood.
        """
        walked = Walked()
        (first, last), asset = window_of(kept), self._reader_of(kept)
        keys = keys_between(MONTHS, first, max(first, min(last, self.now)))
        following = keys_between(MONTHS, first, max(first, min(last + LOOKS_BACK, self.now)))
        config = {"ops": {asset: {"config": {"quarantined": kept.kept_id}}}}
        self._run(Step("Replay", (asset,), keys[0], keys[-1], len(keys)), walked, told, config=config)
        self._run(Step("History", DERIVED, following[0], following[-1], len(following) * len(DERIVED)), walked, told)
        self._run(Step("Publishing", ("warehouse",)), walked, told)
        return walked

    def _reader_of(self, kept: Kept) -> str:
        try:
            asset = asset_of(kept.dataset)
        except KeyError:
            asset = ""
        if asset not in self.raw:
            raise CannotReplay(f"{kept.kept_id}: no asset that is on reads {kept.dataset}; on are {', '.join(self.raw)}")
        return asset

    def _run(self, step: Step, walked: Walked, told: Callable[[Step], None], *, config: Mapping[str, Any] | None = None) -> None:
        if not step.assets:
            return
        told(step)
        try:
            self._execute(step, walked, config or {})
        except SourceError as error:
            if not step.reads_a_source or (TOTAL_LOAD in step.assets and not self.lake.partitions(TOTAL_LOAD)):
                raise
            walked.left_out[", ".join(step.assets)] = f"not read: {error}"

    def _execute(self, step: Step, walked: Walked, config: Mapping[str, Any]) -> None:
        started = datetime.now(UTC)
        tags = process_tags() | ({} if step.first is None or step.last is None else _range_tags(step.first, step.last))
        result = self._job.execute_in_process(
            asset_selection=[AssetKey(asset) for asset in step.assets],
            instance=self.instance,
            tags=tags,
            run_config={**QUIET, **config},
        )
        if not result.success:
            raise RunFailed(f"{step.title} did not succeed: {_stopped_by(result.get_asset_check_evaluations())}")
        walked.steps[step.title] = walked.steps.get(step.title, 0.0) + (datetime.now(UTC) - started).total_seconds()
        walked.partitions += step.partitions


def window_of(kept: Kept) -> tuple[datetime, datetime]:
    """First and last moment that a kept answer was asked for, aware UTC.

    Raises:
        CannotReplay: it was no question about hours.
    """
    for first, last in (("start", "end"), ("start_date", "end_date")):
        if first in kept.params and last in kept.params:
            start, end = (datetime.fromisoformat(kept.params[name]).replace(tzinfo=UTC) for name in (first, last))
            return start, (end - timedelta(microseconds=1) if last == "end" else end)
    raise CannotReplay(f"{kept.kept_id} holds no hours: it answers {kept.url}")


def _range_tags(first: str, last: str) -> dict[str, str]:
    """The tags by which Dagster marks a run of a range of partitions."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def _stopped_by(evaluations: Sequence[object]) -> str:
    failed = [e for e in evaluations if not getattr(e, "passed", True)]
    return "; ".join(f"{getattr(e, 'check_name', '')}: {getattr(e, 'description', '')}" for e in failed) or "no check failed"
