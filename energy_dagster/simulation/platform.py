"""The platform as its daemon keeps it: conditions and sensors evaluated at a moment, the runs they ask for made in this process."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from logging import getLogger
from pathlib import Path
from typing import Any

from dagster import (
    AssetKey,
    AutomationConditionSensorDefinition,
    DagsterInstance,
    Definitions,
    RunRequest,
    build_sensor_context,
)
from dagster._core.definitions.automation_tick_evaluation_context import AutomationTickEvaluationContext
from dagster._daemon.asset_daemon import (
    asset_daemon_cursor_from_instigator_serialized_cursor,
    asset_daemon_cursor_to_instigator_serialized_cursor,
)

from energy_dagster.definitions import build_definitions, sources_of
from energy_dagster.defs.range_requests import FIRST, LAST, PARTITION, PRIORITY, WHY, stretches
from energy_dagster.instance import bury_dead_runs, open_instance, process_tags
from energy_dagster.settings import Settings
from energy_dagster.simulation.mirror_service import PretendedHopsworks

MOST_ROUNDS = 12
"""Evaluations that may follow each other at one moment: what is made asks for what is made of it."""

INTERRUPTED = "Execution was interrupted"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
WATCHES = ("new_in_",)
KEEPERS = ("hourly_issues", "automation", "late_issues", "missing_history", "retraining", "revised_truth")


@dataclass(frozen=True)
class Made:
    """A run that was made: when by the simulated clock, of what, and whether it succeeded."""

    at: datetime
    assets: tuple[str, ...]
    partitions: str
    succeeded: bool
    why: str


class Platform:
    """Dagster's record and the graph of a data folder; what a daemon remembers between its ticks is kept in a file."""

    def __init__(self, settings: Settings, memory: Path) -> None:
        self.settings, self.memory = settings, memory
        self.made: list[Made] = []
        self.failed_looks: list[str] = []
        self.run: Callable[[RunRequest], bool] = self.run_here
        self._open()

    def _open(self) -> None:
        self._stack = ExitStack()
        self.instance: DagsterInstance = self._stack.enter_context(open_instance(Path(self.settings.data)))
        self.definitions: Definitions = build_definitions(self.settings, hopsworks=self._mirror_service())
        self.job = self.definitions.resolve_implicit_global_asset_job_def()
        self.graph = self.definitions.resolve_asset_graph()
        self.sensors = {one.name: one for one in self.definitions.sensors or ()}
        self.remembered: dict[str, Any] = json.loads(self.memory.read_text()) if self.memory.exists() else {}

    def _mirror_service(self) -> PretendedHopsworks:
        return PretendedHopsworks(data=self.settings.data, clock=sources_of(self.settings).clock)

    def close(self) -> None:
        """Let go of Dagster's record."""
        self._stack.close()

    def restart(self) -> None:
        """As if the daemon was killed and started anew: nothing but files is known of before."""
        self.close()
        self._open()

    def watches(self) -> list[str]:
        """Names of the sensors that look at a source."""
        return [name for name in self.sensors if name.startswith(WATCHES)]

    def tick(self, now: datetime, sensors: Iterable[str]) -> float:
        """Evaluate sensors at a moment, make the runs they ask for, and then what follows of them.

        Returns:
            Seconds that it took.
        """
        started = time.monotonic()
        bury_dead_runs(self.instance)
        asked = list(dict.fromkeys(sensors))
        for _ in range(MOST_ROUNDS):
            requests = [(name, request) for name in asked for request in self._requests(name, now)]
            self.memory.write_text(json.dumps(self.remembered))
            if not requests:
                break
            for _name, request in sorted(requests, key=lambda one: -int(one[1].tags.get(PRIORITY, "0"))):
                self.make(request, now)
            asked = [*asked, *(name for name in ("hourly_issues", "automation") if name not in asked)]
        return time.monotonic() - started

    def _requests(self, name: str, now: datetime) -> list[RunRequest]:
        sensor = self.sensors[name]
        if isinstance(sensor, AutomationConditionSensorDefinition):
            return list(self._automated(sensor, now))
        resources = {key: (self.definitions.resources or {})[key] for key in sensor.required_resource_keys}
        with build_sensor_context(
            instance=self.instance,
            cursor=self.remembered.get(name),
            definitions=self.definitions,
            sensor_name=name,
            resources=resources,
        ) as context:
            try:
                said = sensor.evaluate_tick(context)
            except Exception as fault:  # noqa: BLE001 - as the daemon: this tick failed, the next one comes
                self.failed_looks.append(f"{name}: {type(fault).__name__}")
                return []
        self.remembered[name] = said.cursor
        known = set(self.remembered.setdefault("run_keys", []))
        fresh = [request for request in said.run_requests or () if request.run_key not in known]
        self.remembered["run_keys"] = sorted(known | {request.run_key for request in fresh if request.run_key})
        return fresh

    def _automated(self, sensor: AutomationConditionSensorDefinition, now: datetime) -> Iterator[RunRequest]:
        cursor = asset_daemon_cursor_from_instigator_serialized_cursor(self.remembered.get(sensor.name), self.graph)
        evaluation = AutomationTickEvaluationContext(
            evaluation_id=cursor.evaluation_id + 1,
            instance=self.instance,
            asset_graph=self.graph,
            cursor=cursor,
            materialize_run_tags=sensor.run_tags,
            observe_run_tags={},
            auto_observe_asset_keys=set(),
            asset_selection=sensor.asset_selection,
            emit_backfills=sensor.emit_backfills,
            logger=getLogger(__name__),
            evaluation_time=now,
        )
        requests, after, _ = evaluation.evaluate()
        self.remembered[sensor.name] = asset_daemon_cursor_to_instigator_serialized_cursor(after)
        for request in requests:
            yield from self._of_backfill(request) if request.asset_graph_subset is not None else (request,)

    def _of_backfill(self, request: RunRequest) -> Iterator[RunRequest]:
        """A backfill as its runs: an asset after those it is made of, a stretch of partitions in one run."""
        subset = request.asset_graph_subset
        wanted: dict[AssetKey, set[str]] = {}
        for one in subset.iterate_asset_partitions() if subset is not None else ():
            wanted.setdefault(one.asset_key, set()).update(() if one.partition_key is None else (one.partition_key,))
        for key in (key for layer in self.graph.toposorted_asset_keys_by_level for key in layer if key in wanted):
            calendar = self.graph.get(key).partitions_def
            spans = stretches(calendar.get_partition_keys(), wanted[key]) if calendar is not None else [[]]
            for keys in spans:
                ends = {FIRST: keys[0], LAST: keys[-1]} if keys else {}
                yield RunRequest(asset_selection=[key], tags={**request.tags, **ends})

    def make(self, request: RunRequest, now: datetime) -> None:
        """Make what a request asks for, and keep what came of it."""
        tags = request.tags
        partitions = request.partition_key or (f"{tags[FIRST]} to {tags[LAST]}" if FIRST in tags else "")
        succeeded = self.run(request)
        assets = tuple(sorted(key.to_user_string() for key in request.asset_selection or ()))
        self.made.append(Made(now, assets, partitions, succeeded, tags.get(WHY, "")))

    def run_here(self, request: RunRequest) -> bool:
        """Make a run in this process; whether it succeeded.

        Raises:
            KeyboardInterrupt: somebody wants the whole to end.
        """
        checks = set(request.asset_check_keys or ()) or None
        job = self.job.get_subset(asset_selection=set(request.asset_selection or ()), asset_check_selection=checks)
        tags = process_tags() | dict(request.tags) | ({PARTITION: request.partition_key} if request.partition_key else {})
        done = job.execute_in_process(instance=self.instance, tags=tags, run_config=QUIET, raise_on_error=False)
        if not done.success and any(INTERRUPTED in (event.message or "") for event in done.all_events):
            raise KeyboardInterrupt  # Dagster makes a run that failed of it
        return done.success
