"""What asks for a look: the checks of assets whose newest evaluation found something."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import AssetCheckEvaluation, AssetCheckKey, AssetCheckSeverity, DagsterInstance

from energy_dagster.store.rows import Attention, Severity


def findings_of(instance: DagsterInstance, checks: Sequence[AssetCheckKey]) -> list[Attention]:
    """The checks that did not pass when they were last evaluated, in the order of their names.

    Args:
        instance: where evaluations are kept.
        checks: which to look at; one that was never evaluated says nothing.
    """
    found = []
    for key in sorted(checks):
        record = instance.get_latest_asset_check_evaluation_record(key)
        event = record.event.dagster_event if record and record.event else None
        said = event.event_specific_data if event else None
        if record is not None and isinstance(said, AssetCheckEvaluation) and not said.passed:
            at = datetime.fromtimestamp(record.create_timestamp, UTC)
            severity: Severity = "error" if said.severity is AssetCheckSeverity.ERROR else "warning"
            found.append(Attention("check", key.asset_key.to_user_string(), key.name, severity, at, said.description or key.name))
    return found
