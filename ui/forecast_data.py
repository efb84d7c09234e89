"""What the forecast page shows, read from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, TOTAL
from energy_dagster.store.answering import Answering
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ActualHour, ForecastHour, Scored, Snapshot
from ui.charts.fan import HISTORY
from ui.wording import HOUR, local, local_day

SCORE_WINDOW = timedelta(days=30)
"""Over how many days the forecast page's skill is taken."""

ERROR_HOURS = 24
"""Over how many judged hours the current error is taken."""

_ERROR_WINDOW = timedelta(days=7)
_SHORT_LEADS = LEAD_BUCKET_NAMES[0]


@dataclass(frozen=True)
class CurrentError:
    """Mean absolute error of the last judged hours at the shortest leads, and the weekly naive's where it is known of them."""

    hours: int
    mae_mwh: float
    naive_mae_mwh: float | None


@dataclass(frozen=True)
class ForecastData:
    """One forecast of one series, what was measured around it, and how good such forecasts have been.

    `day_ahead` fills the hours of the issue's own day that are neither measured nor forecast by the issue. `delivery_day` is the
    local day of a forecast that is shown as it stood at the gate; None when a whole issue is shown. `tso_mwh` is empty where the
    TSO's forecast is not held. Where there is no forecast, `others` are the areas that have one.
    """

    snapshot: Snapshot
    area: str
    consumer_group: str
    forecast: Sequence[ForecastHour]
    actuals: Sequence[ActualHour]
    day_ahead: Sequence[ForecastHour]
    score: Scored | None
    tso_mwh: Mapping[datetime, float]
    current_error: CurrentError | None
    delivery_day: date | None = None
    others: Sequence[str] = ()


def read_forecast(store: Store, area: str, *, consumer_group: str = TOTAL, issued_at: datetime | None = None) -> ForecastData:
    """An issue of a series, the newest unless one is named; `forecast` is empty when there is none."""
    with store.reading() as reading:
        answer = reading.forecast(area, consumer_group=consumer_group, issued_at=issued_at)
        return _around(reading, area, consumer_group=consumer_group, forecast=answer.rows)


def read_day_ahead(store: Store, area: str, *, consumer_group: str = TOTAL, day: date | None = None) -> ForecastData:
    """A local day of a series as it stood at the gate, tomorrow unless one is named; `forecast` is empty when there is none."""
    with store.reading() as reading:
        delivered = day or local(reading.snapshot().as_of).date() + timedelta(days=1)
        answer = reading.day_forecast(area, consumer_group=consumer_group, day=delivered)
        return _around(reading, area, consumer_group=consumer_group, forecast=answer.rows, delivery_day=delivered)


def _around(
    reading: Answering, area: str, *, consumer_group: str, forecast: Sequence[ForecastHour], delivery_day: date | None = None
) -> ForecastData:
    snapshot = reading.snapshot()
    if not forecast:
        others = sorted({series.area for series in reading.series().rows if series.newest_issue} - {area})
        return ForecastData(snapshot, area, consumer_group, [], [], [], None, {}, None, delivery_day, others)
    made, last = forecast[0].issued_at, forecast[-1].hour_utc + HOUR
    start = made - HISTORY - HOUR
    today = local(made).date()
    day_ahead = reading.day_forecast(area, consumer_group=consumer_group, day=today).rows if delivery_day is None else []
    scores = reading.scorecard(start=made - SCORE_WINDOW, end=made + HOUR, area=area, consumer_group=consumer_group).rows
    said_by_tso = reading.tso_forecast(area, start, last).rows if consumer_group == TOTAL else []
    return ForecastData(
        snapshot=snapshot,
        area=area,
        consumer_group=consumer_group,
        forecast=forecast,
        actuals=reading.actuals(area, consumer_group=consumer_group, start=min(start, local_day(today)[0]), end=last).rows,
        day_ahead=day_ahead,
        score=next((row for row in scores if row.forecaster == "forecast"), None),
        tso_mwh={row.hour_utc: row.forecast_mwh for row in said_by_tso},
        current_error=_current_error(reading, area, consumer_group=consumer_group, until=made),
        delivery_day=delivery_day,
    )


def _current_error(reading: Answering, area: str, *, consumer_group: str, until: datetime) -> CurrentError | None:
    judged = reading.errors(
        area, consumer_group=consumer_group, start=until - _ERROR_WINDOW, end=until, lead_bucket=_SHORT_LEADS
    ).rows[-ERROR_HOURS:]
    if not judged:
        return None
    naive = [row.naive_abs_error_mwh for row in judged if row.naive_abs_error_mwh is not None]
    return CurrentError(len(judged), fmean(row.abs_error_mwh for row in judged), fmean(naive) if naive else None)
