"""What can be asked: one function per route, which checks its arguments and makes an address of them. Nothing is sent here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Generic, Literal
from urllib.parse import quote, urlencode

from energy_client.rows import (
    ActualRow,
    Area,
    Dimension,
    ErrorRow,
    ForecastRow,
    IssueRow,
    LeadBucket,
    ModelRow,
    Origin,
    Period,
    ProvenanceRow,
    RevisionRow,
    Row,
    ScorecardRow,
    SeriesRow,
    TableRow,
    Vintage,
)

Latest = Literal["latest"]
Issues = tuple[datetime, datetime]
"""A range of issue times, the end not included."""


@dataclass(frozen=True)
class Question(Generic[Row]):
    """A route with its parameters, and the kind of row it answers with."""

    path: str
    row: type[Row]
    parameters: dict[str, str] = field(default_factory=dict)
    all_pages: bool = True

    @property
    def address(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.parameters)}" if self.parameters else self.path


def series() -> Question[SeriesRow]:
    """Every series: its names, what is held of it, how fresh it is."""
    return Question("/v1/series", SeriesRow)


def one_series(area: Area, *, consumer_group: str = "total") -> Question[SeriesRow]:
    """One series: its names, what is held of it, how fresh it is."""
    return Question(f"/v1/series/{quote(area, safe='')}/{quote(consumer_group, safe='')}", SeriesRow)


def forecasts(
    area: Area,
    *,
    consumer_group: str = "total",
    issued_at: datetime | Issues | Latest = "latest",
    as_of: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    quantiles: Sequence[float] | None = None,
    revision: int | None = None,
    origin: Origin | None = None,
    limit: int | None = None,
    all_pages: bool = True,
) -> Question[ForecastRow]:
    """Hours in [start, end) as forecast by the newest issue, by one of any time, or by each of a range of issues.

    With `as_of` it is the newest issue made at or before that time.
    """
    parameters = _given(
        area=area,
        consumer_group=consumer_group,
        issued_at=_issues(issued_at),
        as_of=_time("as_of", as_of),
        start=_time("start", start),
        end=_time("end", end),
        quantiles=_levels(quantiles),
        revision=revision,
        origin=origin,
        limit=limit,
    )
    return Question("/v1/forecasts", ForecastRow, parameters, all_pages)


def day_ahead(
    area: Area,
    *,
    delivery_day: date | Literal["today", "tomorrow"] = "tomorrow",
    consumer_group: str = "total",
    quantiles: Sequence[float] | None = None,
) -> Question[ForecastRow]:
    """The 23, 24 or 25 hours of a local day as they were forecast at 10:00 the day before.

    Raises:
        ValueError: the day is a time.
    """
    if isinstance(delivery_day, datetime):
        raise ValueError(f"delivery_day: expected a date, today or tomorrow, found the time {delivery_day!r}")  # noqa: TRY004 - a naive time is a ValueError too
    day = delivery_day.isoformat() if isinstance(delivery_day, date) else delivery_day
    parameters = _given(area=area, consumer_group=consumer_group, quantiles=_levels(quantiles))
    return Question(f"/v1/forecasts/day-ahead/{quote(day, safe='')}", ForecastRow, parameters)


def issues(
    *, start: datetime | None = None, end: datetime | None = None, limit: int | None = None, all_pages: bool = True
) -> Question[IssueRow]:
    """Issues made in [start, end), oldest first; by default those of the last 7 days."""
    return Question("/v1/issues", IssueRow, _given(**_window(start, end), limit=limit), all_pages)


def provenance(*, issued_at: datetime | Latest = "latest", revision: int | None = None) -> Question[ProvenanceRow]:
    """Every version in the lake behind an issue, nearest first."""
    return Question("/v1/provenance", ProvenanceRow, _given(issued_at=_issues(issued_at), revision=revision))


def actuals(
    area: Area,
    *,
    consumer_group: str = "total",
    start: datetime | None = None,
    end: datetime | None = None,
    vintage: Vintage | None = None,
    limit: int | None = None,
    all_pages: bool = True,
) -> Question[ActualRow]:
    """Measured hours in [start, end); without a vintage settled where that is ok, else preliminary, else an estimate."""
    parameters = _given(area=area, consumer_group=consumer_group, **_window(start, end), vintage=vintage, limit=limit)
    return Question("/v1/actuals", ActualRow, parameters, all_pages)


def revisions(
    area: Area, *, consumer_group: str = "total", start: datetime | None = None, end: datetime | None = None
) -> Question[RevisionRow]:
    """Preliminary against settled, by the local days that begin in [start, end); by default the last 30 days."""
    return Question("/v1/revisions", RevisionRow, _given(area=area, consumer_group=consumer_group, **_window(start, end)))


def errors(
    area: Area,
    *,
    consumer_group: str = "total",
    start: datetime | None = None,
    end: datetime | None = None,
    vintage: Vintage = "preliminary",
    lead_bucket: LeadBucket | None = None,
    by: Period = "hour",
    limit: int | None = None,
    all_pages: bool = True,
) -> Question[ErrorRow]:
    """How wrong the forecasts of the hours in [start, end) were, by hour and lead bucket, or summed up by what `by` says."""
    parameters = _given(
        area=area,
        consumer_group=consumer_group,
        **_window(start, end),
        vintage=vintage,
        lead_bucket=lead_bucket,
        by=by,
        limit=limit,
    )
    return Question("/v1/errors", ErrorRow, parameters, all_pages)


def scorecard(
    *,
    area: Area | None = None,
    consumer_group: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    vintage: Vintage = "preliminary",
    lead_bucket: LeadBucket | None = None,
    by: Dimension | Sequence[Dimension] | None = None,
) -> Question[ScorecardRow]:
    """Our forecast, the weekly naive and the TSO's on the same hours, told apart by at most two dimensions; by default 30 days."""
    dimensions = by if by is None or isinstance(by, str) else ",".join(by)
    parameters = _given(
        **_window(start, end), vintage=vintage, area=area, consumer_group=consumer_group, lead_bucket=lead_bucket, by=dimensions
    )
    return Question("/v1/scorecard", ScorecardRow, parameters)


def models(*, limit: int | None = None) -> Question[ModelRow]:
    """Trained models, newest first."""
    return Question("/v1/models", ModelRow, _given(limit=limit))


def model(model_version: str) -> Question[ModelRow]:
    """One model; forecasts name it as their model_version."""
    return Question(f"/v1/models/{quote(model_version, safe='')}", ModelRow)


def snapshot() -> Question[TableRow]:
    """What is published, and how new each table is."""
    return Question("/v1/snapshot", TableRow)


def _given(**values: str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _window(start: datetime | None, end: datetime | None) -> dict[str, str | None]:
    return {"start": _time("start", start), "end": _time("end", end)}


def _levels(quantiles: Sequence[float] | None) -> str | None:
    return None if quantiles is None else ",".join(f"{level:g}" for level in quantiles)


def _issues(issued_at: datetime | Issues | Latest) -> str:
    if isinstance(issued_at, str):
        return issued_at
    times = issued_at if isinstance(issued_at, tuple) else (issued_at,)
    return "/".join(_sent("issued_at", moment) for moment in times)


def _time(name: str, moment: datetime | None) -> str | None:
    return None if moment is None else _sent(name, moment)


def _sent(name: str, moment: datetime) -> str:
    """The time in UTC, with Z.

    Raises:
        ValueError: the time is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{name}: expected an aware time, as datetime(2026, 6, 17, tzinfo=UTC) is, found the naive {moment!r}")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
