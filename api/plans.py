"""From the texts of a request to a page of rows: parse, say what is read and in which parts, and why there may be nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Final

import msgspec
from msgspec import UNSET

from api.pages import Page, parts
from api.parameters import MOST_MODELS, MOST_ROWS
from api.problems import Problem, refused
from api.reading_parameters import (
    bucket_of,
    closed_window,
    contradiction,
    delivery_day,
    dimensions_of,
    instant,
    iso,
    issue_choice,
    known_area,
    open_window,
    origin_of,
    period_of,
    quantile_columns,
    vintage_of,
    whole_number,
)
from api.schemas import (
    ActualRow,
    ErrorRow,
    ForecastRow,
    IssueRow,
    ModelRow,
    ProvenanceRow,
    RevisionRow,
    ScorecardRow,
    SeriesRow,
    TableRow,
)
from energy_dagster.domain.tables import HORIZON_HOURS, LEAD_BUCKET_NAMES, QUANTILE_COLUMNS, series_id
from energy_dagster.store.answering import DAY_AHEAD_ISSUE
from energy_dagster.store.reader import Reading
from energy_dagster.store.rows import ForecastHour, Model, Series
from energy_dagster.store.windows import local_instant

HOURS_DAYS: Final = 7
"""Days of hours answered when no start is asked for."""

SUMMED_DAYS: Final = 30
"""Days scored or compared when no start is asked for."""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def series(reading: Reading, area: str | None = None, consumer_group: str | None = None) -> Page:
    """Every series, or one.

    Raises:
        Problem: there is no such series.
    """
    as_of = reading.snapshot().as_of

    def read() -> Sequence[Series]:
        held = reading.series().rows
        return [row for row in held if area is None or (row.area, row.consumer_group) == (area, consumer_group)]

    def make(row: object) -> SeriesRow:
        assert isinstance(row, Series)  # noqa: S101 - for the type checker
        ages = {"age_hours": _age(row.newest_hour, as_of), "issue_age_hours": _age(row.newest_issue, as_of)}
        return msgspec.convert({**{name: getattr(row, name) for name in Series.__struct_fields__}, **ages}, SeriesRow)

    if area is None or consumer_group is None:
        return Page(SeriesRow, [read], make)
    known_area(area)
    missing = partial(_no_series, reading, area=area, consumer_group=consumer_group, always=True)
    return Page(SeriesRow, [read], make, nothing=missing)


def _age(newest: datetime | None, as_of: datetime) -> float | None:
    return None if newest is None else round((as_of - newest) / _HOUR, 2)


def forecasts(
    reading: Reading,
    area: str,
    *,
    consumer_group: str,
    issued_at: str,
    as_of: str | None,
    start: str | None,
    end: str | None,
    quantiles: str | None,
    revision: str | None,
    origin: str | None,
    limit: str,
) -> Page:
    """One issue's hours, or those of a range of issues.

    Raises:
        Problem: a parameter cannot be read, two contradict each other, or there is no such series or issue.
    """
    area, issue, (first, last) = known_area(area), issue_choice(issued_at), open_window(start, end)
    columns, made = quantile_columns(quantiles), origin_of(origin)
    number = None if revision is None else whole_number("revision", revision, most=MOST_ROWS)
    rows, stood = whole_number("limit", limit, most=MOST_ROWS), None if as_of is None else instant("as_of", as_of)
    if stood is not None and issue is not None:
        raise contradiction("as_of: expected no issued_at beside it, or `latest`", "as_of")
    left_out = frozenset(QUANTILE_COLUMNS) - frozenset(columns)
    make = partial(_forecast_row, without=left_out)
    asked = partial(reading.forecasts, area, consumer_group=consumer_group, start=first, end=last, revision=number, origin=made)
    if isinstance(issue, tuple):
        windows, following = parts(issue, step=_HOUR, rows_per_step=HORIZON_HOURS, limit=rows)
        reads = [lambda one=one: asked(issued_from=one[0], issued_to=one[1]).rows for one in windows]
        onward = {} if following is None else {"issued_at": f"{iso(following)}/{iso(issue[1])}"}
        return Page(
            ForecastRow, reads, make, left_out, onward, partial(_no_series, reading, area=area, consumer_group=consumer_group)
        )

    def nothing() -> None:
        _no_series(reading, area=area, consumer_group=consumer_group)
        whole = reading.forecast(area, consumer_group=consumer_group, issued_at=issue, as_of=stood, revision=number, origin=made)
        if (issue is not None or stood is not None or number is not None) and not whole.rows:
            expected = f"latest, or the time of an issue of {series_id(area, consumer_group)} of that revision and origin"
            raise refused("unknown-issue", "issued_at" if stood is None else "as_of", expected=expected, found=as_of or issued_at)

    def read() -> Sequence[ForecastHour]:
        one = reading.forecast(
            area,
            consumer_group=consumer_group,
            issued_at=issue,
            as_of=stood,
            start=first,
            end=last,
            revision=number,
            origin=made,
        )
        return one.rows

    return Page(ForecastRow, [read], make, left_out, nothing=nothing)


def day_ahead(reading: Reading, day: str, area: str, *, consumer_group: str, quantiles: str | None) -> Page:
    """The hours of a local day as forecast at the gate.

    Raises:
        Problem: a parameter cannot be read, there is no such series, or nothing was issued by then.
    """
    area, columns = known_area(area), quantile_columns(quantiles)
    delivered = delivery_day(day, as_of=reading.snapshot().as_of)
    begins, ends = (local_instant(delivered + n * _DAY, time(0)).astimezone(UTC) for n in (0, 1))

    def nothing() -> None:
        _no_series(reading, area=area, consumer_group=consumer_group)
        expected = f"a day whose gate, 10:00 the day before, came after a first issue and before {iso(reading.snapshot().as_of)}"
        raise refused("unknown-issue", "delivery_day", expected=expected, found=day)

    def read() -> Sequence[ForecastHour]:
        rows = reading.day_forecast(area, day=delivered, consumer_group=consumer_group).rows
        gate = local_instant(delivered - _DAY, DAY_AHEAD_ISSUE)
        whole = len(rows) == round((ends - begins) / _HOUR)
        return rows if whole and gate <= reading.snapshot().as_of else []

    left_out = frozenset(QUANTILE_COLUMNS) - frozenset(columns)
    return Page(ForecastRow, [read], partial(_forecast_row, without=left_out), left_out, nothing=nothing)


def _forecast_row(held: object, *, without: frozenset[str]) -> ForecastRow:
    row = msgspec.convert(held, ForecastRow, from_attributes=True)
    return msgspec.structs.replace(row, **dict.fromkeys(without, UNSET)) if without else row


def issues(reading: Reading, *, start: str | None, end: str | None, limit: str) -> Page:
    """Issues made in the window, oldest first.

    Raises:
        Problem: a parameter cannot be read.
    """
    rows = whole_number("limit", limit, most=MOST_ROWS)
    window = closed_window(start, end, as_of=reading.snapshot().as_of + timedelta(microseconds=1), days=HOURS_DAYS)
    windows, following = parts(window, step=_HOUR, rows_per_step=1, limit=rows)
    reads = [lambda one=one: reading.issues(one[0], end=one[1], limit=MOST_ROWS).rows[::-1] for one in windows]
    return Page(IssueRow, reads, following=_onward(following, window[1]))


def actuals(
    reading: Reading, area: str, *, consumer_group: str, start: str | None, end: str | None, vintage: str | None, limit: str
) -> Page:
    """Measured hours.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area, truth = known_area(area), None if vintage is None else vintage_of(vintage)
    rows = whole_number("limit", limit, most=MOST_ROWS)
    window = closed_window(start, end, as_of=reading.snapshot().as_of, days=HOURS_DAYS)
    windows, following = parts(window, step=_HOUR, rows_per_step=1, limit=rows)
    asked = partial(reading.actuals, area, consumer_group=consumer_group, vintage=truth)
    reads = [lambda one=one: asked(start=one[0], end=one[1]).rows for one in windows]
    nothing = partial(_no_series, reading, area=area, consumer_group=consumer_group)
    return Page(ActualRow, reads, following=_onward(following, window[1]), nothing=nothing)


def revisions(reading: Reading, area: str, *, consumer_group: str, start: str | None, end: str | None) -> Page:
    """Preliminary against settled by local day.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area = known_area(area)
    first, last = closed_window(start, end, as_of=reading.snapshot().as_of, days=SUMMED_DAYS)
    nothing = partial(_no_series, reading, area=area, consumer_group=consumer_group)
    read = lambda: reading.revisions(area, consumer_group=consumer_group, start=first, end=last).rows  # noqa: E731
    return Page(RevisionRow, [read], nothing=nothing)


def errors(
    reading: Reading,
    area: str,
    *,
    consumer_group: str,
    start: str | None,
    end: str | None,
    vintage: str,
    lead_bucket: str | None,
    by: str,
    limit: str,
) -> Page:
    """Errors by hour and lead bucket, or summed up.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    area, truth, bucket, period = known_area(area), vintage_of(vintage), bucket_of(lead_bucket), period_of(by)
    rows = whole_number("limit", limit, most=MOST_ROWS)
    window = closed_window(start, end, as_of=reading.snapshot().as_of, days=HOURS_DAYS)
    asked = partial(reading.errors, area, consumer_group=consumer_group, vintage=truth, lead_bucket=bucket, by=period)
    windows, following = [window], None
    if period == "hour":
        per_hour = len(LEAD_BUCKET_NAMES) if bucket is None else 1
        windows, following = parts(window, step=_HOUR, rows_per_step=per_hour, limit=rows)
    reads = [lambda one=one: asked(start=one[0], end=one[1]).rows for one in windows]
    nothing = partial(_no_series, reading, area=area, consumer_group=consumer_group)
    return Page(ErrorRow, reads, following=_onward(following, window[1]), nothing=nothing)


def scorecard(
    reading: Reading,
    *,
    start: str | None,
    end: str | None,
    vintage: str,
    area: str | None,
    consumer_group: str | None,
    lead_bucket: str | None,
    by: str | None,
) -> Page:
    """Forecasters judged.

    Raises:
        Problem: a parameter cannot be read, or there is no such series.
    """
    place, truth, bucket = None if area is None else known_area(area), vintage_of(vintage), bucket_of(lead_bucket)
    dimensions = dimensions_of(by)
    first, last = closed_window(start, end, as_of=reading.snapshot().as_of, days=SUMMED_DAYS)
    asked = partial(reading.scorecard, dimensions, start=first, end=last, vintage=truth)
    read = lambda: asked(area=place, consumer_group=consumer_group, lead_bucket=bucket).rows  # noqa: E731
    return Page(ScorecardRow, [read], nothing=partial(_no_series, reading, area=place, consumer_group=consumer_group))


def models(reading: Reading, *, limit: str) -> Page:
    """Trained models, newest first.

    Raises:
        Problem: the limit cannot be read.
    """
    most = whole_number("limit", limit, most=MOST_MODELS)
    return Page(ModelRow, [lambda: reading.models(most).rows], _model_row)


def model(reading: Reading, model_version: str) -> Page:
    """One model.

    Raises:
        Problem: there is none of that version.
    """

    def nothing() -> None:
        known = ", ".join(row.model_version for row in reading.models(5).rows) or "none yet"
        raise refused(
            "unknown-model", "model_version", expected=f"the version of a model, the newest are {known}", found=model_version
        )

    return Page(ModelRow, [lambda: reading.model(model_version).rows], _model_row, nothing=nothing)


def _model_row(held: object) -> ModelRow:
    assert isinstance(held, Model)  # noqa: S101 - for the type checker
    row = {name: getattr(held, name) for name in Model.__struct_fields__}
    nested = {name: msgspec.json.decode(row[name] or "{}") for name in ("parameters", "importance", "inputs")}
    return msgspec.convert({**row, **nested, "areas": [area for area in held.areas.split(",") if area]}, ModelRow)


def provenance(reading: Reading, *, issued_at: str, revision: str | None) -> Page:
    """What an issue was made from.

    Raises:
        Problem: a parameter cannot be read, or there is no such issue.
    """
    issue = issue_choice(issued_at)
    number = None if revision is None else whole_number("revision", revision, most=MOST_ROWS)
    if isinstance(issue, tuple):
        raise refused("invalid-time", "issued_at", expected="latest, or the time of one issue", found=issued_at)
    if issue is None:
        issue = next((one.issued_at for one in reading.latest_issue().rows), None)
    asked = issue

    def nothing() -> None:
        raise refused("unknown-issue", "issued_at", expected="latest, or the time of an issue of that revision", found=issued_at)

    return Page(ProvenanceRow, [lambda: [] if asked is None else reading.lineage(asked, revision=number).rows], nothing=nothing)


def snapshot(reading: Reading) -> Page:
    """How new each table is."""
    return Page(TableRow, [lambda: reading.freshness().rows])


def _onward(following: datetime | None, end: datetime) -> dict[str, str]:
    return {} if following is None else {"start": iso(following), "end": iso(end)}


def _no_series(reading: Reading, *, area: str | None, consumer_group: str | None, always: bool = False) -> None:
    """Refuse a consumer group that no series of the area has; an area without anything published yet is no fault unless `always`.

    Raises:
        Problem: unknown-series, listing the series.
    """
    held = reading.series().rows
    groups = {row.consumer_group for row in held if area in (None, row.area)}
    if consumer_group is None or ((not groups or consumer_group in groups) and not always):
        return
    known = ", ".join(row.series_id for row in held) or "none yet"
    wanted = consumer_group if area is None else series_id(area, consumer_group)
    detail = f"consumer_group: expected a group of one of the series {known}, found {wanted}"
    raise Problem("unknown-series", detail=detail, parameter="consumer_group", expected=f"one of {known}", found=wanted)
