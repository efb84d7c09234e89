"""From the texts of a request to an answer of the store: parse, ask, and say so when what was asked for does not exist."""

from collections.abc import Sequence
from typing import Final

from api.parameters import (
    bucket_of,
    closed_window,
    issue_time,
    known_area,
    open_window,
    quantile_columns,
    vintage_of,
    yes,
)
from api.problems import Problem, refused
from api.schemas import ForecastRow
from energy_dagster.domain.tables import QUANTILE_COLUMNS, series_id
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import ActualHour, Answer, ErrorHour, ForecastHour, RevisedDay, Score

HOURS_DAYS: Final = 7
"""Days of hours answered when no start is asked for."""

SCORES_DAYS: Final = 30
"""Days scored when no start is asked for."""

REVISIONS_DAYS: Final = 30
"""Days compared when no start is asked for; the newest eight or so are not settled yet."""


def forecast(
    store: Store, area: str, *, consumer_group: str, issued_at: str, start: str | None, end: str | None
) -> Answer[ForecastHour]:
    """One issue's hours.

    Raises:
        Problem: a parameter cannot be read, or there is no such series or issue.
    """
    area, issue = known_area(area), issue_time(issued_at)
    first, last = open_window(start, end)
    answer = store.forecast(area, consumer_group=consumer_group, issued_at=issue, start=first, end=last)
    if not answer.rows:
        check_series(store, area=area, consumer_group=consumer_group)
        if issue is not None and not store.forecast(area, consumer_group=consumer_group, issued_at=issue).rows:
            expected = f"latest, or the time of an issue of {series_id(area, consumer_group)}"
            raise refused("unknown-issue", "issued_at", expected=expected, found=issued_at)
    return answer


def forecast_rows(hours: Sequence[ForecastHour], quantiles: str | None) -> list[ForecastRow]:
    """The hours as rows, with the quantiles asked for as columns.

    Raises:
        Problem: unknown-quantile.
    """
    columns = quantile_columns(quantiles)
    return [_forecast_row(hour, columns) for hour in hours]


def _forecast_row(hour: ForecastHour, columns: Sequence[str]) -> ForecastRow:
    values = dict(zip(QUANTILE_COLUMNS, hour.quantiles, strict=True))
    return ForecastRow(
        issued_at=hour.issued_at,
        area=hour.area,
        consumer_group=hour.consumer_group,
        hour_utc=hour.hour_utc,
        lead_hours=hour.lead_hours,
        naive_mwh=hour.naive_mwh,
        level_mwh=hour.level_mwh,
        recent_mwh=hour.recent_mwh,
        calendar_mwh=hour.calendar_mwh,
        holiday_mwh=hour.holiday_mwh,
        weather_mwh=hour.weather_mwh,
        other_mwh=hour.other_mwh,
        rung=hour.rung,
        origin=hour.origin,
        revision=hour.revision,
        model_version=hour.model_version,
        consumption_cutoff=hour.consumption_cutoff,
        weather_cutoff=hour.weather_cutoff,
        created_at=hour.created_at,
        **{column: values[column] for column in columns},
    )


def actuals(
    store: Store, area: str, *, consumer_group: str, start: str | None, end: str | None, vintage: str | None
) -> Answer[ActualHour]:
    """Measured hours.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area, truth = known_area(area), None if vintage is None else vintage_of(vintage)
    first, last = closed_window(start, end, as_of=store.snapshot().as_of, days=HOURS_DAYS)
    answer = store.actuals(area, consumer_group=consumer_group, start=first, end=last, vintage=truth)
    if not answer.rows:
        check_series(store, area=area, consumer_group=consumer_group)
    return answer


def revisions(store: Store, area: str, *, consumer_group: str, start: str | None, end: str | None) -> Answer[RevisedDay]:
    """Preliminary against settled by local day.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area = known_area(area)
    first, last = closed_window(start, end, as_of=store.snapshot().as_of, days=REVISIONS_DAYS)
    answer = store.revisions(area, consumer_group=consumer_group, start=first, end=last)
    if not answer.rows:
        check_series(store, area=area, consumer_group=consumer_group)
    return answer


def errors(
    store: Store,
    area: str,
    *,
    consumer_group: str,
    start: str | None,
    end: str | None,
    vintage: str,
    lead_bucket: str | None,
) -> Answer[ErrorHour]:
    """Errors by hour and lead bucket.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area, truth, bucket = known_area(area), vintage_of(vintage), bucket_of(lead_bucket)
    first, last = closed_window(start, end, as_of=store.snapshot().as_of, days=HOURS_DAYS)
    answer = store.errors(area, consumer_group=consumer_group, start=first, end=last, vintage=truth, lead_bucket=bucket)
    if not answer.rows:
        check_series(store, area=area, consumer_group=consumer_group)
    return answer


def scores(
    store: Store,
    *,
    start: str | None,
    end: str | None,
    vintage: str,
    area: str | None,
    consumer_group: str | None,
    by_day: str,
) -> Answer[Score]:
    """Errors summed up.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    place, truth, daily = None if area is None else known_area(area), vintage_of(vintage), yes("by_day", by_day)
    first, last = closed_window(start, end, as_of=store.snapshot().as_of, days=SCORES_DAYS)
    answer = store.scores(start=first, end=last, vintage=truth, area=place, consumer_group=consumer_group, by_day=daily)
    if not answer.rows:
        check_series(store, area=place, consumer_group=consumer_group)
    return answer


def check_series(store: Store, *, area: str | None, consumer_group: str | None) -> None:
    """Refuse a consumer group that no series of the area has; an area without anything published yet is no fault.

    Raises:
        Problem: unknown-series, listing the series.
    """
    held = store.series().rows
    groups = {row.consumer_group for row in held if area in (None, row.area)}
    if consumer_group is None or not groups or consumer_group in groups:
        return
    known = ", ".join(row.series_id for row in held)
    wanted = consumer_group if area is None else series_id(area, consumer_group)
    detail = f"consumer_group: expected a group of one of the series {known}, found {wanted}"
    raise Problem("unknown-series", detail=detail, parameter="consumer_group", expected=f"one of {known}", found=wanted)
