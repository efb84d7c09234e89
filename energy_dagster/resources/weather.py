"""Weather from Open-Meteo: forecasts as they were 1, 2 and 3 days before an hour, the newest run ahead, and the archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.catalogue import WEATHER_ARCHIVE_DELAY
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import RAW_WEATHER
from energy_dagster.resources.portal import years_of
from energy_dagster.resources.sources import Request, SourceError, Sources
from energy_dagster.resources.weather_rows import NAME, PATHS, Question, Service, question_of, weather_rows
from energy_dagster.storage.quarantine import Kept

KEY_PARAM = "apikey"


@dataclass(frozen=True)
class WeatherReading:
    """Rows of `raw_weather`, and a sentence for each question that a service failed to answer."""

    rows: pd.DataFrame
    failures: tuple[str, ...]


class Weather(ConfigurableResource):  # type: ignore[type-arg]
    """Reads hourly weather of the price areas."""

    forecast_url: str = Field(description="Forecast service")
    archive_url: str = Field(description="Archive of observed weather")
    previous_runs_url: str = Field(description="Forecasts as they were made days before")
    api_key: str | None = Field(default=None, description="Key for commercial use")
    sources: Sources

    def read(self, start: datetime, end: datetime, *, now: datetime) -> WeatherReading:
        """Weather of a window, averaged over the places of each area by their weights; a service that fails stops no other.

        Args:
            start: first hour, naive UTC.
            end: hour after the last, naive UTC; may lie ahead.
            now: the present, aware UTC; it is each row's `fetched_at`.

        Returns:
            Rows of `raw_weather`, hours that no service has a value for have none; and what failed.

        Raises:
            SourceError: every service that was asked is down, refuses the request, or answers another shape; each is told.
        """
        present = naive_utc(now)
        parts: list[pd.DataFrame] = []
        failures: list[SourceError] = []
        for question in _questions(start, end, present) if start < end else []:
            try:
                parts.append(self._rows(question))
            except SourceError as error:
                failures.append(error)
        if failures and not parts:
            failures[0].remarks += tuple(map(str, failures[1:]))
            raise failures[0]
        return WeatherReading(_together(parts, present=present, fetched_at=present), tuple(map(str, failures)))

    def understood(self, kept: Kept, *, now: datetime) -> pd.DataFrame:
        """Rows of an answer from the quarantine, read by the rules of today; it stays in the quarantine.

        What was available is judged as of the moment the answer came. The request named whole days, so whole days are returned.

        Args:
            kept: an answer of one of the three services.
            now: the present, aware UTC; it is each row's `fetched_at`, as nobody could use the values before.

        Returns:
            Rows of `raw_weather`.

        Raises:
            SourceError: the answer is of another source, only its head was kept, or it is still not understood.
            UnknownKept: it left the quarantine already.
        """
        present = naive_utc(kept.at)
        question = question_of(kept.url, kept.params, present=present)
        rows = self.sources.read_kept(kept.kept_id, partial(weather_rows, question))
        return _together([rows], present=present, fetched_at=naive_utc(now))

    def _rows(self, question: Question) -> pd.DataFrame:
        bases: dict[Service, str] = {
            "previous_runs": self.previous_runs_url,
            "archive": self.archive_url,
            "newest_run": self.forecast_url,
        }
        params = question.params | ({KEY_PARAM: self.api_key} if self.api_key else {})
        request = Request(NAME, f"{bases[question.service]}{PATHS[question.service]}", params, secret=(KEY_PARAM,))
        return self.sources.read(request, partial(weather_rows, question))


def _questions(start: datetime, end: datetime, present: datetime) -> list[Question]:
    questions = [Question("previous_runs", first, last, present) for first, last in years_of(start, end)]
    archived = min(end, present - WEATHER_ARCHIVE_DELAY)
    if start < archived:
        questions += [Question("archive", first, last, present) for first, last in years_of(start, archived)]
    if end > present:
        questions.append(Question("newest_run", max(start, present), end, present))
    return questions


def _together(parts: Sequence[pd.DataFrame], *, present: datetime, fetched_at: datetime) -> pd.DataFrame:
    """The rows that could be read at a moment; of two for the same run the later part's."""
    known = [part for part in parts if len(part)]
    if not known:
        return empty(RAW_WEATHER)
    rows = pd.concat(known, ignore_index=True).assign(fetched_at=pd.Timestamp(fetched_at).as_unit("us"))[list(RAW_WEATHER.names)]
    rows = rows[rows["available_at"] <= present]  # an age counts from the run's start: some could not be read yet by that rule
    return rows.drop_duplicates(list(RAW_WEATHER.key), keep="last")  # the newest run can be as old as a run of days before
