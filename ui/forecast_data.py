"""What the forecast page shows, read from the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ActualHour, ForecastHour, Score, Snapshot
from ui.charts.fan import HISTORY
from ui.data import ALL_LEADS
from ui.wording import HOUR, local

SCORE_WINDOW = timedelta(days=30)
"""Over how many days the forecast page's skill is taken."""


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
