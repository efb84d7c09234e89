"""The conditions that people are alerted of: when each stands, how it is told, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import quote

from energy_dagster.domain.alerting import Condition, Severity, in_utc, in_words
from energy_dagster.domain.quality import COVERAGE_BAND

STALE_AFTER: Final = timedelta(hours=2)
"""Age of the newest issue from which on the forecast is stale: one hour's issue was missed, and the next is late."""

SKILL_HOURS: Final = 24
"""Judged hours that skill is taken over."""

SKILL_WINDOW: Final = timedelta(hours=36)
"""How far back they may lie: a day, and room for truth that is late."""

COVERAGE_WINDOW: Final = timedelta(days=7)
"""Coverage is taken over a week: that of one day moves with its weather."""

COVERAGE_HOURS: Final = 72
"""Fewest judged hours of that week."""

OF_THEIR_OWN: Final = frozenset({"coverage_is_in_band", "forecast_beats_weekly_naive"})
"""Checks that look at one run's days; skill and coverage are conditions of their own, over a span that does not hang on the run."""

MIRROR: Final = "mirror"
"""Kind of the published findings that tell of a mirror that lags behind."""


@dataclass(frozen=True)
class Screens:
    """Where people look: addresses of the Dagster UI and of the app, without a slash at the end."""

    dagster: str
    app: str

    def asset(self, name: str, *, view: str = "events") -> str:
        """The page of an asset."""
        return f"{self.dagster}/assets/{quote(name)}?view={view}"

    def run(self, run_id: str) -> str:
        """The page of a run."""
        return f"{self.dagster}/runs/{run_id}"

    @property
    def monitoring(self) -> str:
        """The monitoring page."""
        return f"{self.app}/monitoring"


class Judged(Protocol):
    """The errors of one area over judged hours."""

    @property
    def area(self) -> str:
        """The area."""

    @property
    def hours(self) -> int:
        """How many hours are judged."""

    @property
    def mae_mwh(self) -> float:
        """Mean absolute error."""

    @property
    def skill(self) -> float | None:
        """1 - MAE / MAE of the weekly naive."""

    @property
    def coverage_80(self) -> float | None:
        """Share of the truth inside P10 to P90."""


@dataclass(frozen=True)
class FailedRun:
    """A run that failed and that nothing has made up for: what it was to make, when it failed, and when that began."""

    run_id: str
    subjects: tuple[str, ...]
    failed_at: datetime
    since: datetime
    times: int


def stale_forecast(newest: datetime | None, *, now: datetime, screens: Screens) -> list[Condition]:
    """The newest issue is too old, or there is none."""
    if newest is not None and now - newest <= STALE_AFTER:
        return []
    since = now if newest is None else newest + STALE_AFTER
    found = (
        "nothing is published yet" if newest is None else f"the newest issue is of {in_utc(newest)}, {in_words(now - newest)} old"
    )
    advice = "see under Runs what of consumption_features, predictions and warehouse failed or waits, and whether the daemon lives"
    return [
        Condition("forecast/stale", "The forecast is stale", "error", since, found, advice, screens.asset("predictions")),
    ]


def unreadable_warehouse(told: str, *, now: datetime, screens: Screens) -> Condition:
    """What is published cannot be read."""
    advice = "materialize warehouse; if that does not help, `energy rebuild` makes it anew from the lake"
    return Condition("warehouse/unreadable", "The warehouse cannot be read", "error", now, told, advice, screens.asset("warehouse"))


def skill_below_naive(judged: Sequence[Judged], *, start: datetime, screens: Screens) -> list[Condition] | None:
    """The forecast of an area was worse than the weekly naive for a day; None while too few hours are judged to say."""
    enough = [one for one in judged if one.hours >= SKILL_HOURS and one.skill is not None]
    if not enough:
        return None
    below = [one for one in enough if one.skill is not None and one.skill < 0]
    if not below:
        return []
    found = "; ".join(f"{one.area}: MAE {one.mae_mwh:.1f} MWh, skill {one.skill:.2f} over {one.hours} h" for one in below)
    advice = (
        "look for a source that is late or changed, a holiday, or a model that is old; materialize forecast_model to train anew"
    )
    link = screens.asset("error_metrics")
    return [Condition("skill/below_naive", "The weekly naive is better than the forecast", "warning", start, found, advice, link)]


def coverage_out_of_band(judged: Sequence[Judged], *, start: datetime, screens: Screens) -> list[Condition] | None:
    """The intervals of an area hold too little or too much of the truth; None while too few hours are judged to say."""
    enough = [(one, one.coverage_80) for one in judged if one.hours >= COVERAGE_HOURS and one.coverage_80 is not None]
    if not enough:
        return None
    least, most = COVERAGE_BAND
    beyond = [(one, share) for one, share in enough if not least <= share <= most]
    if not beyond:
        return []
    found = "; ".join(f"{one.area}: P10 to P90 held {share:.0%} of {one.hours} h" for one, share in beyond)
    found += f" (nominal 80 %, believed from {least:.0%} to {most:.0%})"
    advice = "do not rely on the bounds; they widen and narrow by the newest errors, and a new model is calibrated anew"
    link = screens.asset("error_metrics")
    return [Condition("coverage/out_of_band", "The intervals are not honest", "warning", start, found, advice, link)]


def failing_check(subject: str, name: str, *, severity: Severity, since: datetime, told: str, screens: Screens) -> Condition:
    """The newest evaluation of a check did not pass."""
    advice = "read the check's own page" + ("; nothing is built on the asset until it passes" if severity == "error" else "")
    link = screens.asset(subject, view="checks")
    return Condition(f"check/{subject}/{name}", f"Check {name} of {subject} fails", severity, since, told, advice, link)


def lagging_mirror(subject: str, name: str, *, severity: Severity, since: datetime, told: str, screens: Screens) -> Condition:
    """A mirror is behind what it mirrors; forecasts do not wait for it."""
    advice = "see whether the service answers; missing partitions are tried again by themselves, older ones by a backfill"
    return Condition(f"mirror/{subject}/{name}", f"{subject} lags behind", severity, since, told, advice, screens.asset(subject))


def failed_run(run: FailedRun, *, screens: Screens) -> Condition:
    """A run failed, and what it was to make has not been made since."""
    named = ", ".join(run.subjects[:4]) + (f" and {len(run.subjects) - 4} more" if len(run.subjects) > 4 else "")
    found = f"failed at {in_utc(run.failed_at)}" + (f", {run.times} times since {in_utc(run.since)}" if run.times > 1 else "")
    advice = "read the error on the run's page; once its cause is gone, launch it again there (Re-execute)"
    key = f"run/{'+'.join(run.subjects)}"[:200]
    return Condition(key, f"A run of {named} failed", "error", run.since, found, advice, screens.run(run.run_id))
