"""What each part of the monitoring page shows, read from the store: one reading, so one snapshot, for one drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from energy_dagster.domain.tables import TOTAL
from energy_dagster.store.reader import Reading, Store
from energy_dagster.store.rows import (
    ActualHour,
    Attention,
    DayTemperature,
    ForecastHour,
    Freshness,
    Issue,
    JudgedPeriod,
    Model,
    Promotion,
    ReliabilityLevel,
    RevisedDay,
    Scored,
    Snapshot,
)
from ui.wording import local, local_day

ODD_DAYS = timedelta(days=365)
"""How far back odd days are looked for: a year has each of them."""

DRIFT_RECENT_DAYS, DRIFT_BEFORE_DAYS = 7, 28
"""The days whose errors are set against the days before them."""

MODELS_SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """Which series, over how many days up to the newest data, at which lead, and which local day; None for the last ended."""

    area: str = "DK"
    consumer_group: str = TOTAL
    days: int = 30
    lead_bucket: str = "13-24"
    day: date | None = None


@dataclass(frozen=True)
class Window:
    """The state of the data and the hours that are judged."""

    snapshot: Snapshot
    start: datetime
    end: datetime


@dataclass(frozen=True)
class ErrorsRead:
    """Errors by hour and by day, and a local day of predictions beside the truth."""

    window: Window
    total: Sequence[Scored]
    hours: Sequence[JudgedPeriod]
    days: Sequence[Scored]
    day: date
    day_forecast: Sequence[ForecastHour]
    day_actuals: Sequence[ActualHour]


@dataclass(frozen=True)
class PatternsRead:
    """Errors by lead, by weekday and hour, and on the days of `ODD_DAYS`."""

    window: Window
    leads: Sequence[Scored]
    hours_of_week: Sequence[Scored]
    day_types: Sequence[Scored]
    temperatures: Sequence[DayTemperature]


@dataclass(frozen=True)
class CalibrationRead:
    """What the intervals and quantiles promised and what came."""

    window: Window
    leads: Sequence[Scored]
    days: Sequence[Scored]
    levels: Sequence[ReliabilityLevel]


@dataclass(frozen=True)
class SettlementRead:
    """How settlement moved the truth, and the errors of every day against either vintage."""

    window: Window
    revisions: Sequence[RevisedDay]
    preliminary: Sequence[Scored]
    settled: Sequence[Scored]


@dataclass(frozen=True)
class ModelsRead:
    """The models, the newest issue and the errors by day by which drift is told."""

    window: Window
    models: Sequence[Model]
    newest_issue: Issue | None
    days: Sequence[Scored]
    promotions: Sequence[Promotion] = ()


@dataclass(frozen=True)
class FreshnessRead:
    """How new each table is, and what asks for a look."""

    window: Window
    tables: Sequence[Freshness]
    attention: Sequence[Attention] = ()


PartRead = ErrorsRead | PatternsRead | CalibrationRead | SettlementRead | ModelsRead | FreshnessRead


def read_part(store: Store, part: str, asked: Asked) -> PartRead:
    """What a part of the page shows, all from one snapshot.

    Raises:
        ValueError: there is no such part.
    """
    with store.reading() as reading:
        snapshot = reading.snapshot()
        window = Window(snapshot, snapshot.as_of - timedelta(days=asked.days), snapshot.as_of)
        match part:
            case "errors":
                return _errors(reading, asked, window)
            case "patterns":
                return _patterns(reading, asked, window)
            case "calibration":
                return _calibration(reading, asked, window)
            case "settlement":
                return _settlement(reading, asked, window)
            case "models":
                return _models(reading, asked, window)
            case "data":
                return FreshnessRead(window, reading.freshness().rows, reading.attention().rows)
    raise ValueError(f"expected a part of the page, found {part!r}")


def _errors(reading: Reading, asked: Asked, window: Window) -> ErrorsRead:
    area, group, start, end, lead = asked.area, asked.consumer_group, window.start, window.end, asked.lead_bucket
    day = asked.day or local(end).date() - timedelta(days=1)
    day_start, day_end = local_day(day)
    return ErrorsRead(
        window=window,
        total=reading.scorecard(start=start, end=end, area=area, consumer_group=group, lead_bucket=lead).rows,
        hours=reading.errors(area, consumer_group=group, start=start, end=end, lead_bucket=lead).rows,
        days=reading.scorecard(["day"], start=start, end=end, area=area, consumer_group=group, lead_bucket=lead).rows,
        day=day,
        day_forecast=reading.day_forecast(area, consumer_group=group, day=day).rows,
        day_actuals=reading.actuals(area, consumer_group=group, start=day_start, end=day_end).rows,
    )


def _patterns(reading: Reading, asked: Asked, window: Window) -> PatternsRead:
    area, group, start, end, lead = asked.area, asked.consumer_group, window.start, window.end, asked.lead_bucket
    odd = end - ODD_DAYS
    hours = reading.scorecard(["weekday", "local_hour"], start=start, end=end, area=area, consumer_group=group, lead_bucket=lead)
    return PatternsRead(
        window=window,
        leads=reading.scorecard(["lead_bucket"], start=start, end=end, area=area, consumer_group=group).rows,
        hours_of_week=[row for row in hours.rows if row.forecaster == "forecast"],
        day_types=reading.scorecard(
            ["day", "day_type"], start=odd, end=end, area=area, consumer_group=group, lead_bucket=lead
        ).rows,
        temperatures=reading.day_temperatures(area, start=odd, end=end).rows,
    )


def _calibration(reading: Reading, asked: Asked, window: Window) -> CalibrationRead:
    area, group, start, end, lead = asked.area, asked.consumer_group, window.start, window.end, asked.lead_bucket
    leads = reading.scorecard(["lead_bucket"], start=start, end=end, area=area, consumer_group=group)
    days = reading.scorecard(["day"], start=start, end=end, area=area, consumer_group=group, lead_bucket=lead)
    return CalibrationRead(
        window=window,
        leads=[row for row in leads.rows if row.forecaster == "forecast"],
        days=[row for row in days.rows if row.forecaster == "forecast"],
        levels=reading.reliability(area, consumer_group=group, start=start, end=end, lead_bucket=lead).rows,
    )


def _settlement(reading: Reading, asked: Asked, window: Window) -> SettlementRead:
    area, group, start, end, lead = asked.area, asked.consumer_group, window.start, window.end, asked.lead_bucket
    first, late = (
        reading.scorecard(["day"], start=start, end=end, area=area, consumer_group=group, lead_bucket=lead, vintage=vintage).rows
        for vintage in ("preliminary", "settled")
    )
    return SettlementRead(window, reading.revisions(area, consumer_group=group, start=start, end=end).rows, first, late)


def _models(reading: Reading, asked: Asked, window: Window) -> ModelsRead:
    first = local(window.end).date() - timedelta(days=DRIFT_RECENT_DAYS + DRIFT_BEFORE_DAYS)
    days = reading.scorecard(
        ["day"], start=local_day(first)[0], end=window.end, area=asked.area, consumer_group=asked.consumer_group
    )
    return ModelsRead(
        window=window,
        models=reading.models(limit=MODELS_SHOWN).rows,
        newest_issue=next(iter(reading.latest_issue().rows), None),
        days=days.rows,
        promotions=reading.promotions(limit=MODELS_SHOWN).rows,
    )
