"""What asks for a look: the checks of assets whose newest evaluation found something."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import AssetCheckEvaluation, AssetCheckKey, AssetCheckSeverity, DagsterInstance

# the newest record of a check may be of a run that only plans it; nothing public asks for the newest that says something
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecord,
)

from energy_dagster.store.rows import Attention, Severity


def findings_of(instance: DagsterInstance, checks: Sequence[AssetCheckKey]) -> list[Attention]:
    """The checks that did not pass when they were last evaluated, in the order of their names.

    Args:
        instance: where evaluations are kept.
        checks: which to look at; one that was never evaluated says nothing.
    """
    found = []
    for key in sorted(checks):
        record = newest_evaluation(instance, key)
        event = record.event.dagster_event if record and record.event else None
        said = event.event_specific_data if event else None
        if record is not None and isinstance(said, AssetCheckEvaluation) and not said.passed:
            at = datetime.fromtimestamp(record.create_timestamp, UTC)
            severity: Severity = "error" if said.severity is AssetCheckSeverity.ERROR else "warning"
            found.append(Attention("check", key.asset_key.to_user_string(), key.name, severity, at, said.description or key.name))
    return found


def newest_evaluation(instance: DagsterInstance, key: AssetCheckKey) -> AssetCheckExecutionRecord | None:
    """The newest evaluation of a check that came to a verdict, also while a run plans the next or has failed before it."""
    verdicts = set(COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES)
    return next(iter(instance.event_log_storage.get_asset_check_execution_history(key, limit=1, status=verdicts)), None)
