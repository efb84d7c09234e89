"""The questions that the API and the app ask of the published warehouse."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeVar

import duckdb

from energy_dagster.domain.tables import (
    AREAS,
    AREAS_IN_DANISH,
    HORIZON_HOURS,
    LEAD_BUCKET_NAMES,
    LEAD_BUCKETS,
    TOTAL,
    Origin,
    Vintage,
    series_id,
)
from energy_dagster.store import queries, score_queries
from energy_dagster.store.freshness import FRESHNESS
from energy_dagster.store.memory import Memory
from energy_dagster.store.rows import (
    DAY_TYPES,
    ActualHour,
    Ancestor,
    Answer,
    Attention,
    DayTemperature,
    Dimension,
    ForecastHour,
    Freshness,
    Issue,
    IssueRevision,
    JudgedPeriod,
    Model,
    Promotion,
    ReliabilityLevel,
    RevisedDay,
    Scored,
    Series,
    Snapshot,
    TsoHour,
)
from energy_dagster.store.windows import LATEST, local_instant, naive_utc, window

DAY_AHEAD_ISSUE: Final = time(10)
"""Local time, on the day before delivery, as of which the day-ahead product is taken."""

_UNIT = "MWh"
_INSTANT = timedelta(microseconds=1)

Row = TypeVar("Row")
Parameters = Mapping[str, object]

Period = Literal["hour", "day", "month", "lead_bucket"]
"""What one row of errors sums up; the last is the whole window."""


class Answering(ABC):
    """What can be asked, wherever the cursor comes from.

    Windows are half-open `[start, end)`; times are aware in, aware UTC out; energies are MWh per hour. Every method raises
    `NoSnapshot` when nothing is published, `UnreadableSnapshot` when what is published cannot be read, and `ValueError` for a time
    without a zone.
    """

    memory: Memory | None = None
    """Where answers are kept for whoever asks the same; None to ask the database every time."""

    @abstractmethod
    def cursor(self) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
        """A cursor on one snapshot, good until the context ends."""

    def snapshot(self) -> Snapshot:
        """The snapshot that is read."""
        with self.cursor() as (_, snapshot):
            return snapshot

    def series(self) -> Answer[Series]:
        """Every series that has a measurement or a forecast, and the span of what is held."""
        return self._ask(queries.SERIES, {}, _series)

    def latest_issue(self, at_or_before: datetime | None = None) -> Answer[Issue]:
        """The newest issue, or the newest at or before a time; no row when there is none."""
        as_of = LATEST if at_or_before is None else at_or_before
        with self.cursor() as (cursor, snapshot):
            issued_at = _newest_issue(cursor, queries.NEWEST_ISSUE, {"as_of": naive_utc(as_of)})
            if issued_at is None:
                return Answer(snapshot, [])
            only = window(issued_at, issued_at + _INSTANT)
            return Answer(snapshot, _fetch(cursor, queries.ISSUES, {**only, "limit": 1}, Issue))

    def issues(self, start: datetime | None = None, *, end: datetime | None = None, limit: int = 500) -> Answer[Issue]:
        """Issues made in the window, newest first; rung and model are those of its series lowest on the ladder."""
        return self._ask(queries.ISSUES, {**window(start, end), "limit": limit}, Issue)

    def forecast(
        self,
        area: str,
        *,
        consumer_group: str = TOTAL,
        issued_at: datetime | None = None,
        as_of: datetime | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        revision: int | None = None,
        origin: Origin | None = None,
    ) -> Answer[ForecastHour]:
        """One issue of a series: made at `issued_at`, or the newest at or before `as_of`, or the newest of all.

        Of an issue made several times, the first live revision is served, or the newest revision when none was live; or the
        `revision` asked for, of which there may be no row. With an `origin` only what was made that way counts.
        """
        if issued_at is not None and as_of is not None:
            raise ValueError("expected issued_at or as_of, found both")
        parameters = {
            "area": area,
            "consumer_group": consumer_group,
            "revision": revision,
            "origin": origin,
            **window(start, end),
        }
        with self.cursor() as (cursor, snapshot):
            if issued_at is None:
                until = naive_utc(LATEST if as_of is None else as_of)
                series = {"area": area, "consumer_group": consumer_group, "origin": origin}
                issued_at = _newest_issue(cursor, queries.NEWEST_ISSUE_OF_SERIES, {**series, "as_of": until})
            if issued_at is None:
                return Answer(snapshot, [])
            issue = {"issued_from": naive_utc(issued_at), "issued_to": naive_utc(issued_at + _INSTANT)}
            return Answer(snapshot, _fetch(cursor, queries.FORECASTS, {**parameters, **issue}, ForecastHour))

    def forecasts(
        self,
        area: str,
        *,
        issued_from: datetime,
        issued_to: datetime,
        consumer_group: str = TOTAL,
        start: datetime | None = None,
        end: datetime | None = None,
        revision: int | None = None,
        origin: Origin | None = None,
    ) -> Answer[ForecastHour]:
        """Every issue of a series made in `[issued_from, issued_to)`, for the hours in `[start, end)`; served as by `forecast`."""
        series = {"area": area, "consumer_group": consumer_group, "revision": revision, "origin": origin}
        issues = {"issued_from": naive_utc(issued_from), "issued_to": naive_utc(issued_to)}
        return self._ask(queries.FORECASTS, {**series, **issues, **window(start, end)}, ForecastHour)

    def revisions_of(self, issued_at: datetime) -> Answer[IssueRevision]:
        """Every revision of an issue, oldest first."""
        return self._ask(queries.ISSUE_REVISIONS, {"issued_at": naive_utc(issued_at)}, IssueRevision)

    def lineage(self, issued_at: datetime, *, revision: int | None = None) -> Answer[Ancestor]:
        """What an issue was made from, back to what was read from the sources: versions in the lake, nearest first.

        Of the revision that is served, or the one asked for; no row where there is none. A version made together with others names
        what all of them were made from.
        """
        with self.cursor() as (cursor, snapshot):
            if revision is None:
                made = _fetch(cursor, queries.ISSUE_REVISIONS, {"issued_at": naive_utc(issued_at)}, IssueRevision)
                revision = next((one.revision for one in made if one.served), None)
            asked = {"issued_at": naive_utc(issued_at), "revision": revision}
            return Answer(snapshot, _fetch(cursor, queries.LINEAGE, asked, Ancestor))

    def day_forecast(self, area: str, *, day: date, consumer_group: str = TOTAL) -> Answer[ForecastHour]:
        """The day-ahead product of a local day: the forecast as it stood at 10:00 Europe/Copenhagen the day before.

        23, 24 or 25 rows; fewer when the issue that stood then was too old to reach the day's end.
        """
        return self.forecast(
            area,
            consumer_group=consumer_group,
            as_of=local_instant(day - timedelta(days=1), DAY_AHEAD_ISSUE),
            start=local_instant(day, time(0)),
            end=local_instant(day + timedelta(days=1), time(0)),
        )

    def actuals(
        self,
        area: str,
        *,
        consumer_group: str = TOTAL,
        start: datetime | None = None,
        end: datetime | None = None,
        vintage: Vintage | None = None,
    ) -> Answer[ActualHour]:
        """Hours of a series in one vintage, or without one the best of both.

        An `ok` hour is better than an estimated one (`imputed`, `merged_dst`), that than one without a value, and of two alike
        the settled one, unless neither has a value.
        """
        parameters = {"area": area, "consumer_group": consumer_group, **window(start, end)}
        if vintage is None:
            return self._ask(queries.BEST_ACTUALS, parameters, ActualHour)
        return self._ask(queries.ACTUALS, {**parameters, "vintage": vintage}, ActualHour)

    def tso_forecast(self, area: str, start: datetime | None = None, end: datetime | None = None) -> Answer[TsoHour]:
        """The TSO's forecast of the hours it is held for; DK is DK1 + DK2, of the hours held for both."""
        return self._ask(queries.TSO_FORECAST, {"area": area, **window(start, end)}, TsoHour)

    def revisions(
        self, area: str, *, consumer_group: str = TOTAL, start: datetime | None = None, end: datetime | None = None
    ) -> Answer[RevisedDay]:
        """Preliminary against settled, by local day (Europe/Copenhagen), for the days that begin in the window.

        Only hours that are `ok` in both vintages are compared; a day without any is absent.
        """
        series = {"area": area, "consumer_group": consumer_group}
        return self._ask(queries.REVISIONS, {**series, **window(start, end)}, RevisedDay)

    def errors(
        self,
        area: str,
        *,
        consumer_group: str = TOTAL,
        start: datetime | None = None,
        end: datetime | None = None,
        vintage: Vintage = "preliminary",
        lead_bucket: str | None = None,
        by: Period = "hour",
    ) -> Answer[JudgedPeriod]:
        """How wrong the forecasts were: by hour and lead bucket, by lead bucket, or by local day or month.

        A day or month counts the hours of it that lie in the window.
        """
        series = {"area": area, "consumer_group": consumer_group, "vintage": vintage, "lead_bucket": lead_bucket}
        parameters = {**series, **window(start, end)}
        if by == "hour":
            return self._ask(score_queries.ERRORS, parameters, JudgedPeriod)
        return self._ask(score_queries.ERRORS_BY_PERIOD, {**parameters, "by": by}, JudgedPeriod)

    def scorecard(
        self,
        by: Sequence[Dimension] = (),
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        vintage: Vintage = "preliminary",
        area: str | None = None,
        consumer_group: str | None = None,
        lead_bucket: str | None = None,
    ) -> Answer[Scored]:
        """The forecast, the weekly naive and, where it is held, the TSO's forecast, judged on the hours of the window.

        Means are over issue-hours. The naive and the TSO give one value per hour, whatever the lead.
        """
        chosen = {"vintage": vintage, "area": area, "consumer_group": consumer_group, "lead_bucket": lead_bucket}
        parameters = {**chosen, **window(start, end), "by": list(by), "day_types": list(DAY_TYPES)}
        return self._ask(score_queries.SCORECARD, parameters, Scored)

    def reliability(
        self,
        area: str,
        *,
        consumer_group: str = TOTAL,
        start: datetime | None = None,
        end: datetime | None = None,
        vintage: Vintage = "preliminary",
        lead_bucket: str | None = None,
    ) -> Answer[ReliabilityLevel]:
        """For each quantile level, the share of the window's issue-hours whose truth was at or below the forecast.

        Judged as errors are: the served revision of every issue, on `ok` hours. Without a bucket over all leads; no row where
        nothing can be judged.
        """
        buckets = dict(zip(LEAD_BUCKET_NAMES, LEAD_BUCKETS, strict=True))
        first, last = (1, HORIZON_HOURS) if lead_bucket is None else buckets.get(lead_bucket, (0, 0))
        issued = window(None if start is None else start - timedelta(hours=HORIZON_HOURS), end)
        series = {"area": area, "consumer_group": consumer_group, "vintage": vintage}
        leads = {"first_lead": first, "last_lead": last, "issued_from": issued["start"]}
        return self._ask(score_queries.RELIABILITY, {**series, **leads, **window(start, end)}, ReliabilityLevel)

    def day_temperatures(self, area: str, *, start: datetime | None = None, end: datetime | None = None) -> Answer[DayTemperature]:
        """The mean temperature of every local day, by the newest forecast of each hour; Denmark's is the mean of both its parts."""
        areas = ["DK1", "DK2"] if area == "DK" else [area]
        return self._ask(score_queries.DAY_TEMPERATURES, {"area": area, "areas": areas, **window(start, end)}, DayTemperature)

    def models(self, limit: int = 50) -> Answer[Model]:
        """Trained models, newest first."""
        return self._ask(queries.MODELS, {"limit": limit, "model_version": None}, Model)

    def model(self, model_version: str) -> Answer[Model]:
        """One model; no row where there is none of that version."""
        return self._ask(queries.MODELS, {"limit": 1, "model_version": model_version}, Model)

    def attention(self) -> Answer[Attention]:
        """What asks for a look: errors first, then the newest first."""
        return self._ask(queries.ATTENTION, {}, Attention)

    def promotions(self, limit: int = 50) -> Answer[Promotion]:
        """Decisions about which model serves, newest first."""
        return self._ask(queries.PROMOTIONS, {"limit": limit}, Promotion)

    def freshness(self) -> Answer[Freshness]:
        """How new each table is, by its own newest row that holds a value."""
        return self._ask(FRESHNESS, {}, Freshness)

    def _ask(self, query: str, parameters: Parameters, make: Callable[..., Row]) -> Answer[Row]:
        with self.cursor() as (cursor, snapshot):
            if self.memory is None:
                return Answer(snapshot, _fetch(cursor, query, parameters, make))
            asked = (query, repr(parameters))
            return Answer(snapshot, self.memory.rows(snapshot.snapshot_id, asked, lambda: _fetch(cursor, query, parameters, make)))


def _fetch(cursor: duckdb.DuckDBPyConnection, query: str, parameters: Parameters, make: Callable[..., Row]) -> list[Row]:
    described = cursor.execute(query, dict(parameters)).description
    times = [place for place, column in enumerate(described) if column[1].id == "timestamp"]
    return [make(*_aware(list(row), times)) for row in cursor.fetchall()]


def _aware(row: list[Any], times: Sequence[int]) -> list[Any]:  # what database columns hold
    for place in times:
        if row[place] is not None:
            row[place] = row[place].replace(tzinfo=UTC)
    return row


def _newest_issue(cursor: duckdb.DuckDBPyConnection, query: str, parameters: Parameters) -> datetime | None:
    found = cursor.execute(query, dict(parameters)).fetchone()
    return None if found is None or found[0] is None else found[0].replace(tzinfo=UTC)


def _series(
    area: str,
    group: str,
    first: datetime | None,
    newest: datetime | None,
    settled: datetime | None,
    hours: int,
    *issues: datetime | None,
) -> Series:
    english, danish = (_name(names.get(area, area), group) for names in (AREAS, AREAS_IN_DANISH))
    coverage = None if first is None or newest is None else hours / ((newest - first) / timedelta(hours=1) + 1)
    return Series(series_id(area, group), area, group, english, danish, _UNIT, first, newest, settled, hours, coverage, *issues)


def _name(place: str, group: str) -> str:
    return place if group == TOTAL else f"{place}, {group}"
