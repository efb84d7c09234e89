"""What each page shows, read from the store: the one place in the app that asks it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from energy_dagster.domain.tables import AREAS, TOTAL
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import (
    ActualHour,
    ForecastHour,
    Freshness,
    Issue,
    JudgedPeriod,
    Model,
    Score,
    Series,
    Snapshot,
)
from ui.charts.fan import HISTORY
from ui.wording import HOUR, local, local_day

SCORE_WINDOW = timedelta(days=30)
"""Over how many days the forecast page's skill is taken."""

ALL_LEADS = "all"
CHOICE_OF_ISSUES = 72
"""How many issues the forecast page offers: three days of hourly ones."""


@dataclass(frozen=True)
class Choices:
    """What can be chosen now."""

    snapshot: Snapshot
    series: Sequence[Series]
    issues: Sequence[Issue]


@dataclass(frozen=True)
class ForecastData:
    """One issue of one series, what was measured around it, and how good such forecasts have been.

    `day_ahead` fills the hours of the issue's own day that are neither measured nor forecast by the issue.
    """

    snapshot: Snapshot
    area: str
    consumer_group: str
    forecast: Sequence[ForecastHour]
    actuals: Sequence[ActualHour]
    day_ahead: Sequence[ForecastHour]
    score: Score | None


@dataclass(frozen=True)
class MonitoringData:
    """How good the forecasts of one series were over a period."""

    snapshot: Snapshot
    start: datetime
    end: datetime
    errors: Sequence[JudgedPeriod]
    scores: Sequence[Score]
    days: Sequence[Score]
    day: date
    day_forecast: Sequence[ForecastHour]
    day_actuals: Sequence[ActualHour]
    models: Sequence[Model]
    freshness: Sequence[Freshness]


def series_name(area: str, consumer_group: str) -> str:
    """A series in words.

    >>> series_name("DK", "total"), series_name("DK2", "Privat")
    ('Denmark', 'East Denmark (DK2), Privat')
    """
    name = AREAS.get(area, area).split(" (")[0]
    place = name if area in ("DK", name) else f"{name} ({area})"
    return place if consumer_group == TOTAL else f"{place}, {consumer_group}"


def read_choices(store: Store) -> Choices:
    """Series and newest issues."""
    series = store.series()
    return Choices(series.snapshot, series.rows, store.issues(limit=CHOICE_OF_ISSUES).rows)


def read_forecast(store: Store, area: str, *, consumer_group: str = TOTAL, issued_at: datetime | None = None) -> ForecastData:
    """An issue of a series, the newest unless one is named; `forecast` is empty when there is none."""
    answer = store.forecast(area, consumer_group=consumer_group, issued_at=issued_at)
    if not answer.rows:
        return ForecastData(answer.snapshot, area, consumer_group, [], [], [], None)
    made = answer.rows[0].issued_at
    last = answer.rows[-1].hour_utc + HOUR
    actuals = store.actuals(area, consumer_group=consumer_group, start=made - HISTORY - HOUR, end=last).rows
    day_ahead = store.day_forecast(area, consumer_group=consumer_group, day=local(made).date()).rows
    scores = store.scores(start=made - SCORE_WINDOW, end=last, area=area, consumer_group=consumer_group).rows
    score = next((row for row in scores if row.lead_bucket == ALL_LEADS), None)
    return ForecastData(answer.snapshot, area, consumer_group, answer.rows, actuals, day_ahead, score)


def read_monitoring(
    store: Store, area: str, *, consumer_group: str, days: int, lead_bucket: str, day: date | None
) -> MonitoringData:
    """The last `days` days up to the newest error, and one local day of predictions beside the truth.

    Without a day, the newest local day that has ended is taken.
    """
    snapshot = store.snapshot()
    end = snapshot.as_of
    start = end - timedelta(days=days)
    shown = day or local(end).date() - timedelta(days=1)
    day_start, day_end = local_day(shown)
    return MonitoringData(
        snapshot=snapshot,
        start=start,
        end=end,
        errors=store.errors(area, consumer_group=consumer_group, start=start, end=end, lead_bucket=lead_bucket).rows,
        scores=store.scores(start=start, end=end, area=area, consumer_group=consumer_group).rows,
        days=[
            score
            for score in store.scores(start=start, end=end, area=area, consumer_group=consumer_group, by_day=True).rows
            if score.lead_bucket == lead_bucket
        ],
        day=shown,
        day_forecast=store.day_forecast(area, consumer_group=consumer_group, day=shown).rows,
        day_actuals=store.actuals(area, consumer_group=consumer_group, start=day_start, end=day_end).rows,
        models=store.models(limit=20).rows,
        freshness=store.freshness().rows,
    )
