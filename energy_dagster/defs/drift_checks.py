"""Drift: whether inputs, errors and model still are what they were. Asked every night, and whenever an asset is made by hand.

They are about the present, whatever partition was made: they read the newest that the lake holds, not the inputs of a run.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSpec,
    TimeWindowPartitionsDefinition,
    multi_asset_check,
)

from energy_dagster.defs.automation import EVERY_NIGHT
from energy_dagster.defs.checks import found
from energy_dagster.domain.availability import HOUR, aware_utc, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.drift import inputs_have_not_drifted
from energy_dagster.domain.error_drift import HISTORY_DAYS as ERROR_HISTORY_DAYS
from energy_dagster.domain.error_drift import coverage_has_not_drifted, errors_have_not_drifted
from energy_dagster.domain.fortnights import HISTORY_DAYS
from energy_dagster.domain.model_age import OLDEST_MODEL, model_is_young
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS
from energy_dagster.io_managers.models import Models
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS, keys_between
from energy_dagster.resources.clock import Clock
from energy_dagster.storage.files import StorageError

ISSUES_SEEN = timedelta(days=2)
"""How far back the newest issue is looked for."""


def _nightly(asset: str, name: str, description: str) -> AssetCheckSpec:
    return AssetCheckSpec(name, asset=asset, description=description, automation_condition=EVERY_NIGHT)


INPUTS = _nightly(
    "consumption_features",
    "inputs_have_not_drifted",
    "The last fortnight of each input is there, in the range ever seen, and as far from its season as earlier fortnights were.",
)
ERRORS = _nightly("error_metrics", "errors_have_not_drifted", "The MAE has not risen within the last fortnight.")
COVERAGE = _nightly("error_metrics", "coverage_has_not_drifted", "P10 to P90 held about 80 % of the hours of four weeks.")
AGE = _nightly("predictions", "model_is_young", f"The model of the newest issue is not older than {OLDEST_MODEL.days} days.")


@multi_asset_check(specs=[INPUTS])
def input_drift(clock: Clock, standing: Standing) -> Iterator[AssetCheckResult]:
    """The newest fortnight of the features against two years of them."""
    now = clock.now()

    def findings() -> list[Finding]:
        features = standing.rows(CONSUMPTION_FEATURES, _keys(MONTHS, now, reach=timedelta(days=HISTORY_DAYS)))
        return [inputs_have_not_drifted(features, until=newest_published_hour(LOAD, naive_utc(now)) + HOUR)]

    yield from _answered(findings, INPUTS)


@multi_asset_check(specs=[ERRORS, COVERAGE])
def error_drift(clock: Clock, standing: Standing) -> Iterator[AssetCheckResult]:
    """The newest days of the errors, up to yesterday, against the weeks before."""
    now = clock.now()
    midnight = naive_utc(now.replace(hour=0, minute=0, second=0, microsecond=0))

    def findings() -> list[Finding]:
        errors = standing.rows(ERROR_METRICS, _keys(DAYS, now, reach=timedelta(days=ERROR_HISTORY_DAYS)))
        return [errors_have_not_drifted(errors, until=midnight), coverage_has_not_drifted(errors, until=midnight)]

    yield from _answered(findings, ERRORS, COVERAGE)


@multi_asset_check(specs=[AGE])
def model_age(
    context: AssetCheckExecutionContext, clock: Clock, standing: Standing, model_settings: Models
) -> Iterator[AssetCheckResult]:
    """The champion that serves the newest issue."""

    def findings() -> list[Finding]:
        keys = reversed(_keys(ISSUE_HOURS, clock.now(), reach=ISSUES_SEEN))
        issue = next((rows for key in keys if len(rows := standing.rows(PREDICTIONS, [key]))), None)
        if issue is None:
            return [Finding(passed=True, description=f"nothing was issued in the last {ISSUES_SEEN.days} days")]
        issued_at = issue["issued_at"].iloc[0].to_pydatetime()
        week = WEEKS.get_partition_key_for_timestamp(aware_utc(issued_at).timestamp())
        champion = model_settings.store().usable_champion(at_or_before=week, tell=context.log.warning)
        return [model_is_young(None if champion is None else champion.model.meta, issued_at=issued_at)]

    yield from _answered(findings, AGE)


def _answered(ask: Callable[[], list[Finding]], *specs: AssetCheckSpec) -> Iterator[AssetCheckResult]:
    """The results of checks. A question that the lake cannot answer is told as such, and stops nobody's forecast."""
    try:
        findings = ask()
    except StorageError as error:
        findings = [Finding(passed=False, description=f"cannot be told: {error}")] * len(specs)
    yield from map(found, specs, findings)


def _keys(calendar: TimeWindowPartitionsDefinition, now: datetime, *, reach: timedelta) -> list[str]:
    """Keys of the partitions between some time ago, or the beginning of the calendar, and the present."""
    return keys_between(calendar, max(now - reach, calendar.start), now)


DRIFT_CHECKS = (input_drift, error_drift, model_age)
