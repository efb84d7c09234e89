"""What runs by itself, and when. Every condition has a name; assets refer to them."""

from datetime import timedelta
from typing import Any

from dagster import AssetSelection, AutomationCondition, AutomationConditionSensorDefinition, DefaultSensorStatus

EVERY_HOUR = AutomationCondition.on_cron("4 * * * *").with_label("every_hour")
"""Sources that move each hour are read at four minutes past."""

EVERY_MORNING = AutomationCondition.on_cron("30 5 * * *").with_label("every_morning")
"""Settlement moves once a day."""

_NIGHTLY = "50 3 * * *"
EVERY_NIGHT = (
    AutomationCondition.on_cron(_NIGHTLY)
    .without(AutomationCondition.all_deps_updated_since_cron(_NIGHTLY))
    .with_label("every_night")
)
"""The sources' descriptions are held against the catalogue once a day, also while nothing can be read of a source."""

REVISED_FOR = timedelta(days=800)
"""How far back a revision of a source is followed."""

WHEN_INPUTS_MOVE = (
    AutomationCondition.eager()
    .replace("in_latest_time_window", AutomationCondition.in_latest_time_window(REVISED_FOR))
    .with_label("when_inputs_move")
)
"""A month is made again whenever something it is made of was: the running one each hour, an older one when it was revised."""

WHEN_TRUTH_ARRIVES = (
    AutomationCondition.eager()
    .replace("in_latest_time_window", AutomationCondition.in_latest_time_window(timedelta(days=2)))
    .with_label("when_truth_arrives")
)
"""Errors of today and yesterday are judged again when forecasts or truth moved: last night's truth comes this morning."""

BACKTESTS = AssetSelection.assets("backtest_forecasts", "backtest_scores")

WHEN_ANYTHING_MOVED = (
    AutomationCondition.eager()
    .without(~AutomationCondition.any_deps_missing())
    .replace("any_deps_in_progress", AutomationCondition.any_deps_in_progress().ignore(BACKTESTS))
    .with_label("when_anything_moved")
)
"""Publishing follows whatever was made, once nothing above it is under way; partitions that were never made do not stop it, nor do
backtests, which can take long."""

EVERY_ISSUE = AutomationCondition.on_cron("4 * * * *").ignore(AssetSelection.assets("forecast_model")).with_label("every_issue")
"""One issue an hour, once the hour's features are there; the model need not be new."""

EVERY_WEEK = AutomationCondition.on_cron("10 0 * * 1").ignore(AssetSelection.assets("tuned_parameters")).with_label("every_week")
"""A model is trained when its week begins, by the newest recipe there is."""

WAREHOUSE = AssetSelection.assets("warehouse")


def _once_published(label: str, lookback: timedelta) -> "AutomationCondition[Any]":
    """The condition of a mirror: its partition moved, and then the warehouse was published; nothing above it is under way.

    What is missing or has failed within the time looked back at is tried again each hour.
    """
    moved: AutomationCondition[Any] = AutomationCondition.any_deps_updated().ignore(WAREHOUSE)
    published: AutomationCondition[Any] = AutomationCondition.any_deps_match(AutomationCondition.newly_updated()).allow(WAREHOUSE)
    wanting: AutomationCondition[Any] = AutomationCondition.missing() | AutomationCondition.execution_failed()
    due = (AutomationCondition.newly_missing() | moved).since_last_handled() & published.since(moved)
    healed = wanting & AutomationCondition.cron_tick_passed("23 * * * *")
    return (
        AutomationCondition.in_latest_time_window(lookback)
        & (due | healed)
        & ~AutomationCondition.any_deps_missing()
        & ~AutomationCondition.any_deps_in_progress()
        & ~AutomationCondition.in_progress()
    ).with_label(label)


FEATURES_PUBLISHED = _once_published("features_published", REVISED_FOR)
ISSUE_PUBLISHED = _once_published("issue_published", timedelta(days=3))
ERRORS_PUBLISHED = _once_published("errors_published", timedelta(days=3))
MODEL_PUBLISHED = _once_published("model_published", timedelta(days=21))
"""Mirrors follow what was published, and nothing waits for them; what is older than they look back at is a backfill."""

AUTOMATION = AutomationConditionSensorDefinition(
    "automation",
    target=AssetSelection.all(),
    default_status=DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Evaluates every asset's condition and requests the partitions that are due.",
)
