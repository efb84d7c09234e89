"""Whether the models have grown old or worse: the model's age, and the errors of the last days against those before.

A plain look for a reader. The platform's own checks watch for drift with more care and raise the alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from energy_dagster.store.rows import Issue, Model, Scored
from ui.judged import Judged, judged
from ui.manner import say
from ui.monitoring_data import DRIFT_BEFORE_DAYS, DRIFT_RECENT_DAYS
from ui.wording import grouped, megawatt_hours, per_cent

Mark = Literal["good", "warning", "plain"]

OLDEST_MODEL = timedelta(weeks=2)
"""As old as the model that serves may be: one missed week is no news. `domain.model_age` has the same bound."""

NOTABLE_RISE = 0.3
"""The rise of the mean error that is worth a warning, as in `domain.error_drift`."""

FEWEST_RECENT_DAYS, FEWEST_BEFORE_DAYS = 4, 7


@dataclass(frozen=True)
class Finding:
    """What was found, in a sentence, with its mark."""

    mark: Mark
    said: str


def serving(models: Sequence[Model], newest_issue: Issue | None) -> Model | None:
    """The model that made the newest issue; None where that was made without one, or by one that is not known."""
    if newest_issue is None:
        return None
    return next((model for model in models if model.model_version == newest_issue.model_version), None)


def age_of(model: Model, now: datetime) -> Finding:
    """How old a model is, counted from the week it was trained for."""
    days = (now - model.serves_from) / timedelta(days=1)
    told = say(
        "The model is {days} days old, counted from the week it was trained for; {allowed} are fine.",
        days=grouped(days, decimals=1),
        allowed=OLDEST_MODEL.days,
    )
    return Finding("good" if days <= OLDEST_MODEL.days else "warning", told)


def drift(rows: Sequence[Scored], last: date) -> Finding:
    """The mean error of the last days against that of the days before, with the naive's beside it.

    Args:
        rows: the scorecard of one series by day.
        last: the newest local day that has ended.
    """
    turn = last - timedelta(days=DRIFT_RECENT_DAYS)
    first = turn - timedelta(days=DRIFT_BEFORE_DAYS)
    recent = judged(row for row in rows if row.day is not None and turn < row.day <= last)
    before = judged(row for row in rows if row.day is not None and first < row.day <= turn)
    if recent is None or before is None or recent.days < FEWEST_RECENT_DAYS or before.days < FEWEST_BEFORE_DAYS:
        return Finding(
            "plain",
            say(
                "Too few days to judge drift: {recent} scored of the last {recent_days}, {before} of the {before_days} before.",
                recent=0 if recent is None else recent.days,
                recent_days=DRIFT_RECENT_DAYS,
                before=0 if before is None else before.days,
                before_days=DRIFT_BEFORE_DAYS,
            ),
        )
    return _compared(recent, before)


def _compared(recent: Judged, before: Judged) -> Finding:
    rise = recent.mae_mwh / before.mae_mwh - 1 if before.mae_mwh else 0.0
    told = say(
        "The mean error of the last {recent_days} days is {recent} MWh, of the {days} scored days before {before} MWh: {rise}.",
        recent_days=DRIFT_RECENT_DAYS,
        recent=megawatt_hours(recent.mae_mwh),
        days=before.days,
        before=megawatt_hours(before.mae_mwh),
        rise=_change(rise),
    )
    if recent.naive_mae_mwh and before.naive_mae_mwh:
        moved = _change(recent.naive_mae_mwh / before.naive_mae_mwh - 1)
        told = f"{told} {say('The weekly naive moved by {moved} meanwhile.', moved=moved)}"
    return Finding("warning" if rise > NOTABLE_RISE else "good", told)


def _change(share: float) -> str:
    """A change in per cent with its sign; nothing is not minus nothing."""
    return per_cent(round(share, 2) or 0, signed=True)
