"""The open data portal (Energi Data Service): whole windows of a dataset, all areas at once, paged until there is no more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pandas as pd
from dagster import ConfigurableResource, get_dagster_logger
from pydantic import Field

from energy_dagster.domain.availability import HOUR, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import DATASETS, Dataset, Feed
from energy_dagster.domain.cleaning import HALVES
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.resources.portal_description import described, is_as_declared
from energy_dagster.resources.portal_rows import Page, page_of, raw_rows
from energy_dagster.resources.sources import Request, SourceError, Sources
from energy_dagster.storage.quarantine import Kept

PAGE_RECORDS = 500_000
MOST_PAGES = 40


class OpenDataPortal(ConfigurableResource):  # type: ignore[type-arg]
    """Reads hourly consumption from the portal."""

    url: str = Field(description="Address of the portal")
    seconds_between: float = Field(default=60.0, description="The portal takes one request per dataset in this time")
    page_records: int = Field(default=PAGE_RECORDS, ge=1, description="Records to ask for at once")
    sources: Sources

    def read(self, feed: Feed, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame:
        """What a feed's datasets say of a window; its fallback speaks for the hours that the first one fails to give.

        Args:
            feed: an entry of the catalogue.
            start: first hour, naive UTC.
            end: hour after the last, naive UTC.
            now: the present, aware UTC.

        Returns:
            Rows of the feed's raw table; MWh; empty where the source has nothing of the window.

        Raises:
            SourceError: a dataset cannot be read, nor its fallback.
        """
        if feed.fallback is None:
            frames = [self.fetch(dataset, start, end, now=now) for dataset in feed.datasets]
            return _together(frames)
        try:
            rows = self.fetch(feed.datasets[0], start, end, now=now)
        except SourceError as error:
            get_dagster_logger().warning(f"{error}; {feed.fallback.name} stands in")
            return self._standing_in(feed.fallback, start, end, now=now, instead_of=error)
        late = _first_late_hour(feed, rows, start, end, now=now)
        if late is None:
            return rows
        try:
            instead = self.fetch(feed.fallback, late, end, now=now)
        except SourceError as error:  # the feed itself answered: being late is no failure
            get_dagster_logger().warning(f"{feed.datasets[0].name} is late, and its fallback says nothing: {error}")
            return rows
        return _together([rows, instead])

    def _standing_in(
        self, fallback: Dataset, start: datetime, end: datetime, *, now: datetime, instead_of: SourceError
    ) -> pd.DataFrame:
        try:
            return self.fetch(fallback, start, end, now=now)
        except SourceError as error:
            get_dagster_logger().warning(str(error))
            raise instead_of from error

    def fetch(self, dataset: Dataset, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame:
        """A dataset's window as published, one request per calendar year and page.

        Raises:
            SourceError: the source is down, does not know the dataset, or its columns are not as the catalogue says.
        """
        fetched_at = naive_utc(now)
        return _together(
            [
                raw_rows(dataset, self._pages(dataset, first, last), start=first, end=last, fetched_at=fetched_at)
                for first, last in years_of(start, end)
            ]
        )

    def glance(self, dataset: Dataset, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame | None:
        """A small window with one request that waits for nothing; None where the limit does not allow one now.

        Raises:
            SourceError: the source does not answer as it should.
        """
        request = self._request(dataset, start, end, offset=0)
        if not self.sources.free(request):
            return None
        page = self.sources.read(replace(request, seconds_between=0.0, tries=1), partial(page_of, dataset))
        return raw_rows(dataset, [page], start=start, end=end, fetched_at=naive_utc(now))

    def understood(self, kept: Kept, *, now: datetime) -> pd.DataFrame:
        """Rows of an answer from the quarantine, read by the rules of today.

        Raises:
            UnknownKept: it left the quarantine already.
            SourceError: it is still not understood.
        """
        dataset = DATASETS[kept.dataset]
        start, end = (datetime.fromisoformat(kept.params[name]) for name in ("start", "end"))
        page = self.sources.read_kept(kept.kept_id, partial(page_of, dataset))
        return raw_rows(dataset, [page], start=start, end=end, fetched_at=naive_utc(now))

    def holds_to_the_catalogue(self, dataset: Dataset) -> Finding:
        """Whether the portal describes a dataset as the catalogue declares it; that it cannot be asked is a finding too."""
        name = f"{dataset.name}.description"
        request = Request(name, f"{self.url}/meta/dataset/{dataset.name}", {}, seconds_between=self.seconds_between)
        try:
            return is_as_declared(dataset, self._read(dataset, request, partial(described, dataset)))
        except SourceError as error:
            return Finding(passed=False, description=str(error))

    def _pages(self, dataset: Dataset, start: datetime, end: datetime) -> list[Page]:
        """Pages until a short one. `total` is only believed where it promises more; a short page that comes again ends it."""
        pages: list[Page] = []
        offset = 0
        for _ in range(MOST_PAGES):
            page = self._read(dataset, self._request(dataset, start, end, offset=offset), partial(page_of, dataset))
            repeated = bool(pages) and page.rows.equals(pages[-1].rows)
            if repeated and page.records == self.page_records:  # what lies behind the first page cannot be reached
                raise SourceError(dataset.name, f"other records from offset {offset} on", "the page before again")
            if repeated or not page.records:
                return pages
            offset += page.records
            pages.append(page)
            if page.records < self.page_records and page.total <= offset:
                return pages
        raise SourceError(dataset.name, f"at most {MOST_PAGES} pages of {self.page_records}", "ever more records")

    def _request(self, dataset: Dataset, start: datetime, end: datetime, *, offset: int) -> Request:
        query = {
            "start": f"{start:%Y-%m-%dT%H:%M}",
            "end": f"{end:%Y-%m-%dT%H:%M}",
            "timezone": "UTC",
            "columns": ",".join(dataset.columns),
            "sort": ",".join(dataset.key),
            "offset": str(offset),
            "limit": str(self.page_records),
        }
        return Request(dataset.name, f"{self.url}/dataset/{dataset.name}", query, seconds_between=self.seconds_between)

    def _read(self, dataset: Dataset, request: Request, understand: Any) -> Any:
        try:
            return self.sources.read(request, understand)
        except SourceError as error:
            if error.status != httpx.codes.NOT_FOUND or dataset.successor is None:
                raise
            expected = f"a dataset of that name (the catalogue says to read {dataset.successor} when it is gone)"
            raise SourceError(dataset.name, expected, error.found, status=error.status) from error


def years_of(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """A window cut at the turns of its years: one request each.

    >>> [(f"{a:%Y-%m}", f"{b:%Y-%m}") for a, b in years_of(datetime(2024, 11, 1), datetime(2026, 2, 1))]
    [('2024-11', '2025-01'), ('2025-01', '2026-01'), ('2026-01', '2026-02')]
    """
    turns = [datetime(year, 1, 1) for year in range(start.year + 1, end.year + 1)]  # noqa: DTZ001 - tables are naive UTC
    edges = [start, *(turn for turn in turns if turn < end), end]
    return [(first, last) for first, last in pairwise(edges) if first < last]


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several readings; where two have the same hour, the first speaks."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty(RAW_LOAD)
    return pd.concat(filled, ignore_index=True).drop_duplicates(list(RAW_LOAD.key), keep="first", ignore_index=True)


def _first_late_hour(feed: Feed, rows: pd.DataFrame, start: datetime, end: datetime, *, now: datetime) -> datetime | None:
    """The hour after the newest one of the area that lags most, where that is later than the feed may be; None where it is not.

    An area that the window says nothing of lags since before its start.
    """
    due = min(newest_published_hour(feed.datasets[0], naive_utc(now)), end - HOUR)
    valued = rows[rows["consumption_mwh"].notna()]
    said = dict(valued.groupby("area")["hour_utc"].max())
    newest = min(said[area].to_pydatetime() if area in said else start - HOUR for area in HALVES)
    return newest + HOUR if due - newest > feed.late_after else None
