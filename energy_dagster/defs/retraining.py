"""Retraining: this week's model is made again when the forecasts lost their skill or consumption moved to another level."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from energy_dagster.defs.range_requests import PRIORITY, WHY, under_way
from energy_dagster.domain.drift import CONSUMPTION
from energy_dagster.domain.metrics import skill
from energy_dagster.domain.tables import ERROR_METRICS
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import DAYS, WEEKS, keys_between
from energy_dagster.resources.clock import Clock
from energy_dagster.storage.files import StorageError

COOL_DOWN = timedelta(days=3)
"""Between two retrainings, whatever is found: what a new model does must be seen before another is made."""

TRY_AGAIN = timedelta(hours=1)
"""After a retraining that failed: nothing was made of which anything could be seen."""

SKILL_DAYS, SKILL_NEEDS_HOURS = 3, 48
LEAST_SKILL = 0.0
"""Below this skill of the newest judged days the weekly naive would have done as well."""

LEVEL_SHIFT = f"{CONSUMPTION}: distribution"
"""How `inputs_have_not_drifted` names a shift of the level; gaps and units are not for a new model to heal."""

ERRORS = AssetCheckKey(AssetKey("error_metrics"), "errors_have_not_drifted")
COVERAGE = AssetCheckKey(AssetKey("error_metrics"), "coverage_has_not_drifted")
INPUTS = AssetCheckKey(AssetKey("consumption_features"), "inputs_have_not_drifted")


@dataclass(frozen=True)
class Reason:
    """Why to train again, in a word for the run's tags and in a sentence."""

    kind: str
    told: str


@dataclass(frozen=True)
class _Asked:
    """The last request: when, and as places in the record of events the newest training, what was acted on, what it acts on."""

    at: str | None = None
    made: int = 0
    seen: int = 0
    finding: int = 0


@sensor(
    name="retraining",
    target=AssetSelection.assets("forecast_model"),
    minimum_interval_seconds=1800,
    default_status=DefaultSensorStatus.RUNNING,
    description=(
        f"Trains the running week's model again when it cannot be read, the forecasts of {SKILL_DAYS} days had no skill, or a "
        "check of drift found that errors rose, intervals became dishonest or consumption moved elsewhere; "
        f"at most once in {COOL_DOWN.days} days."
    ),
)
def retraining(context: SensorEvaluationContext, clock: Clock, standing: Standing, model_settings: Models) -> SensorResult:
    """One request, with its reason; the new model is a challenger like any other."""
    now = clock.now()
    if under_way(context.instance, "forecast_model", WEEKS):
        return SensorResult(skip_reason="a model is being trained")
    last = _Asked(**json.loads(context.cursor)) if context.cursor else _Asked()
    made = _newest_training(context.instance)
    came_true = made > last.made
    if last.at is not None and now - datetime.fromisoformat(last.at) < (COOL_DOWN if came_true else TRY_AGAIN):
        return SensorResult(skip_reason=f"asked for at {last.at}; not again within {COOL_DOWN if came_true else TRY_AGAIN}")
    seen = last.finding if came_true else last.seen
    found = list(_findings(context.instance, seen))
    [week] = keys_between(WEEKS, now, now)
    reasons = [*_unusable(model_settings, week), *_lost_skill(standing, now), *(reason for _, reason in found)]
    if not reasons:
        return SensorResult(skip_reason="the forecasts have skill, and no check of drift found anything new")
    request = RunRequest(
        run_key=f"forecast_model/{week}/{now:%Y-%m-%dT%H}",
        partition_key=week,
        asset_selection=[AssetKey("forecast_model")],
        tags={WHY: reasons[0].told[:250], "energy/retraining": reasons[0].kind, PRIORITY: "0"},
    )
    finding = max((record for record, _ in found), default=seen)
    cursor = json.dumps(asdict(_Asked(now.isoformat(), made, seen, finding)))
    return SensorResult(run_requests=[request], cursor=cursor)


def _newest_training(instance: DagsterInstance) -> int:
    """Place of the newest training that succeeded in the record of events."""
    trained = instance.get_latest_storage_id_by_partition(AssetKey("forecast_model"), DagsterEventType.ASSET_MATERIALIZATION)
    return max(trained.values(), default=0)


def _unusable(models: Models, week: str) -> Iterator[Reason]:
    """A champion that is there but cannot be read."""
    told: list[str] = []
    if models.store().usable_champion(at_or_before=week, tell=told.append) is None and told:
        yield Reason("unusable_model", told[0])


def _lost_skill(standing: Standing, now: datetime) -> Iterator[Reason]:
    """The skill of the newest whole days."""
    try:
        errors = standing.rows(ERROR_METRICS, keys_between(DAYS, now - timedelta(days=SKILL_DAYS), now - timedelta(days=1)))
    except StorageError:
        return
    paired = errors.dropna(subset=["naive_abs_error_mwh"])
    if paired["hour_utc"].nunique() < SKILL_NEEDS_HOURS:
        return
    mae, naive = (float(np.average(paired[name], weights=paired["issues"])) for name in ("abs_error_mwh", "naive_abs_error_mwh"))
    if naive > 0 and skill(mae, naive) < LEAST_SKILL:
        yield Reason(
            "skill", f"skill {skill(mae, naive):.2f} over {SKILL_DAYS} days: MAE {mae:.1f} MWh, weekly naive {naive:.1f} MWh"
        )


def _findings(instance: DagsterInstance, seen: int) -> Iterator[tuple[int, Reason]]:
    """What the checks of drift found since a record was seen, with its place in the record of events."""
    for key, kind in ((INPUTS, "level_shift"), (ERRORS, "error_drift"), (COVERAGE, "coverage_drift")):
        record = instance.get_latest_asset_check_evaluation_record(key)
        event = record.event.dagster_event if record is not None and record.event is not None else None
        said = None if event is None else event.event_specific_data
        if record is None or record.id <= seen or not isinstance(said, AssetCheckEvaluation) or said.passed:
            continue
        if key == INPUTS and not any(name.endswith(LEVEL_SHIFT) for name in said.metadata):
            continue
        if "cannot be told" in (said.description or ""):
            continue
        yield record.id, Reason(kind, said.description or key.name)
