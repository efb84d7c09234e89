"""What the monitoring page shows, read from the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ActualHour, ForecastHour, Freshness, JudgedPeriod, Model, Score, Snapshot
from ui.wording import local, local_day


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
