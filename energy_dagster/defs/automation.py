"""What runs by itself, and when. Every condition has a name; assets refer to them."""

from datetime import timedelta
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    DefaultSensorStatus,
)

Condition = AutomationCondition[AssetKey | AssetCheckKey]


def _ticked(cron: str) -> Condition:
    """True at the evaluation that follows a moment of a schedule, UTC."""
    return AutomationCondition.cron_tick_passed(cron)


def _due(moved: Condition) -> Condition:
    """True from when something happened until the partition was asked for or made."""
    return moved.since_last_handled()


def _due_though_asked(moved: Condition) -> Condition:
    """True from when something happened until the partition was asked for after it.

    To `_due` a request is the answer to all that is seen up to the look that follows it, though that came while it was at work.
    """
    asked = AutomationCondition.newly_requested()
    return moved.since(asked) | (moved & asked).since(asked & ~moved)


def _between(begin: str, end: str) -> Condition:
    """True from a moment of a schedule until one of another, UTC."""
    return _ticked(begin).since(_ticked(end))


_NEWEST: Condition = AutomationCondition.in_latest_time_window()
_IDLE: Condition = ~AutomationCondition.in_progress()


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

ISSUES_CAUGHT_UP_FOR = timedelta(days=7)
"""How far back hours without a forecast are made up for, after the machine was off."""

WHEN_INPUTS_MOVE = (
    AutomationCondition.eager()
    .replace("in_latest_time_window", AutomationCondition.in_latest_time_window(REVISED_FOR))
    .with_label("when_inputs_move")
)
"""A month is made again whenever something it is made of was: the running one each hour, an older one when it was revised."""

_LOOKAHEAD_HOLDS = "7 */6 * * *"
WHEN_INPUTS_MOVE_OR_TIME_DOES = (WHEN_INPUTS_MOVE | (_NEWEST & _due(_ticked(_LOOKAHEAD_HOLDS)) & _IDLE)).with_label(
    "when_inputs_move_or_time_does"
)
"""As above, and four times a day though nothing came in: the hours ahead of an issue have to be there while a source is away."""

ISSUES = AssetSelection.assets("predictions")

_PAST: Condition = ~_NEWEST
_TRUTH_MOVED: Condition = AutomationCondition.any_deps_updated().ignore(ISSUES)
_PAST_ISSUE_CAME: Condition = AutomationCondition.any_deps_match(AutomationCondition.newly_updated() & _PAST).allow(ISSUES)
_PAST_ISSUE_IS_MISSING: Condition = AutomationCondition.any_deps_match(AutomationCondition.missing() & _PAST).allow(ISSUES)
_CAUGHT_UP: Condition = AutomationCondition.in_latest_time_window(ISSUES_CAUGHT_UP_FOR)
WHEN_TRUTH_ARRIVES = (
    (
        (_NEWEST | (_CAUGHT_UP & AutomationCondition.missing()))
        & _due(AutomationCondition.newly_missing() | _TRUTH_MOVED)
        & ~AutomationCondition.any_deps_missing().ignore(ISSUES)
        & ~_PAST_ISSUE_IS_MISSING
        & ~AutomationCondition.any_deps_in_progress().ignore(ISSUES)
        & _IDLE
    )
    | (_CAUGHT_UP & _due(_PAST_ISSUE_CAME) & ~AutomationCondition.any_deps_in_progress() & _IDLE)
).with_label("when_truth_arrives")
"""Errors of the running day are judged again when truth moved, beside the issue of the hour, which has no truth yet and is not
waited for; those of the week when a late issue was made. Truth of earlier days is noticed by the sensor `revised_truth`: of two
days asked for at once Dagster makes a backfill, which waits half a minute for its turn, and publishing waits for it."""

BACKTESTS = AssetSelection.assets("backtest_forecasts", "backtest_scores")

OVERDUE_AFTER = timedelta(minutes=12)
"""Past its hour an issue is overdue: two minutes after it was asked for at the latest."""

_HOUR_BEGINS, _HOURLY, _AT_THE_LATEST = "0 * * * *", "4 * * * *", "10 * * * *"
_OVERDUE = f"{OVERDUE_AFTER // timedelta(minutes=1)} * * * *"
_ISSUE_IS_AWAITED: Condition = _between(_HOUR_BEGINS, _OVERDUE) & AutomationCondition.any_deps_match(
    AutomationCondition.missing()
).allow(ISSUES)
WHEN_ANYTHING_MOVED = (
    _due_though_asked(AutomationCondition.any_deps_match(AutomationCondition.newly_updated()))
    & ~AutomationCondition.any_deps_match(AutomationCondition.will_be_requested()).ignore(BACKTESTS)
    & ~AutomationCondition.any_deps_in_progress().ignore(BACKTESTS)
    & ~_ISSUE_IS_AWAITED
    & _IDLE
).with_label("when_anything_moved")
"""Publishing follows whatever was made, once nothing above it is under way. From the whole hour on it awaits the issue of the hour,
until that is overdue. Partitions that were never made do not stop it, nor do backtests, which can take long. What moves while it
is published is published by another."""

_MODELS = AssetSelection.assets("forecast_model")

_INPUTS_ARE_THERE = (_due(_ticked(_HOURLY)) & AutomationCondition.all_deps_updated_since_cron(_HOURLY).ignore(_MODELS)).with_label(
    "inputs_are_there"
)
_TEN_PAST = (_due(_ticked(_AT_THE_LATEST)) & _between(_AT_THE_LATEST, _HOUR_BEGINS)).with_label("ten_past")

EVERY_ISSUE = (_NEWEST & AutomationCondition.missing() & _IDLE & (_INPUTS_ARE_THERE | _TEN_PAST)).with_label("every_issue")
"""One issue an hour: once the hour's features are there, and at ten past at the latest, from what there is; the model need not be
new. What is late or away is told by the ladder of fallbacks, never by an hour without a forecast."""

EVERY_WEEK = (
    AutomationCondition.on_cron("10 0 * * 1").ignore(AssetSelection.assets("tuned_parameters"))
    | (_NEWEST & AutomationCondition.missing() & _ticked("40 * * * *") & _IDLE & ~AutomationCondition.any_deps_in_progress())
).with_label("every_week")
"""A model is trained when its week begins, by the newest recipe there is; each hour it is tried again while the week has none."""

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
ERRORS_PUBLISHED = _once_published("errors_published", REVISED_FOR)
MODEL_PUBLISHED = _once_published("model_published", timedelta(days=21))
"""Mirrors follow what was published, and nothing waits for them; what is older than they look back at is a backfill. Errors are
judged again when the settlement comes in, and whenever it is revised."""

URGENT, USUAL, LATE = "10", "0", "-5"
"""Priorities of runs: the issue of the hour goes first, what was missed yesterday last."""

LOOK_SECONDS = 5
"""Between two looks of these sensors: the daemon comes by no more often. A look takes a tenth to half of a second; each step of an
hour waits for one."""

_NO_LOOK_IS_LEFT_OUT = LOOK_SECONDS - 2
"""The least interval of these sensors: asked for as often as the daemon comes by, every other look would be a moment too early."""

HOURLY_ISSUES = AutomationConditionSensorDefinition(
    "hourly_issues",
    target=ISSUES,
    default_status=DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=_NO_LOOK_IS_LEFT_OUT,
    run_tags={"dagster/priority": URGENT},
    description="Requests the issue of the hour: once its features are there, and at ten past at the latest. Its runs go first.",
)

AUTOMATION = AutomationConditionSensorDefinition(
    "automation",
    target=AssetSelection.all() - ISSUES,
    default_status=DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=_NO_LOOK_IS_LEFT_OUT,
    description="Evaluates the condition of every asset but the issues, and requests the partitions that are due.",
)
