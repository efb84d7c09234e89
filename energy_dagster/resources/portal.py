"""The open data portal (Energi Data Service): whole windows of a dataset, all areas at once."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.catalogue import Dataset
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.resources.sources import SourceError, Sources

FINAL_VERSIONS = ("Final",)
OTHER_ZONE = r"\d[+-](?!00:?00$)\d\d:?\d\d$"


class OpenDataPortal(ConfigurableResource):  # type: ignore[type-arg]
    """Reads hourly consumption from the portal."""

    url: str = Field(description="Address of the portal")
    sources: Sources

    def fetch(self, dataset: Dataset, start: datetime, end: datetime) -> pd.DataFrame:
        """Consumption of a window as published, one request per calendar year.

        Args:
            dataset: an entry of the catalogue.
            start: first hour, naive UTC.
            end: hour after the last, naive UTC.

        Returns:
            Rows with the columns of `raw_load`; MWh; empty where the source has nothing of the window.

        Raises:
            SourceError: the source is down, does not know the dataset, or its columns are not as the catalogue says.
        """
        frames = [self._window(dataset, first, last) for first, last in years_of(start, end)]
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if filled else empty(RAW_LOAD)

    def _window(self, dataset: Dataset, start: datetime, end: datetime) -> pd.DataFrame:
        query = {
            "start": f"{start:%Y-%m-%dT%H:%M}",
            "end": f"{end:%Y-%m-%dT%H:%M}",
            "timezone": "UTC",
            "columns": ",".join(dataset.columns),
            "sort": dataset.time_column,
            "limit": "0",
        }
        try:
            answer = self.sources.get(dataset.name, f"{self.url}/dataset/{dataset.name}", query)
        except SourceError as error:
            if error.status != httpx.codes.NOT_FOUND or dataset.successor is None:
                raise
            expected = f"a dataset of that name (the catalogue says to read {dataset.successor} when it is gone)"
            raise SourceError(dataset.name, expected, error.found, status=error.status) from error
        return consumption_rows(dataset, answer)


def years_of(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The window cut at new years: the portal takes one request a minute, so each is as long as is sensible."""
    cuts = [start, *(datetime(year, 1, 1) for year in range(start.year + 1, end.year + 1)), end]  # noqa: DTZ001 - naive UTC
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def hours_of(texts: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """ISO times as naive UTC, which they say or leave unsaid.

    Raises:
        ValueError: a text is no ISO time, or of another zone.
        TypeError: a value is neither text nor null.
    """
    elsewhere = texts[texts.astype(str).str.contains(OTHER_ZONE)]
    if len(elsewhere):  # pandas would read the times after it in its zone
        raise ValueError(f"a time of another zone than UTC: {elsewhere.iloc[0]}")
    return pd.to_datetime(texts, format="ISO8601", utc=True).dt.tz_localize(None).astype("datetime64[us]")


def consumption_rows(dataset: Dataset, answer: Any) -> pd.DataFrame:
    """Rows of `raw_load` from the portal's answer.

    Raises:
        SourceError: the answer is no envelope with records, lacks a column, or a value is no time or number.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        raise SourceError(dataset.name, "an envelope with records", f"{type(answer).__name__}")
    if not all(isinstance(record, dict) for record in answer["records"]):
        raise SourceError(dataset.name, "records of named values", "a record without names")
    records = pd.DataFrame(answer["records"], columns=None if answer["records"] else list(dataset.columns))
    absent = [name for name in dataset.columns if name not in records.columns]
    if absent:
        raise SourceError(dataset.name, f"column {', '.join(absent)}", f"columns {', '.join(map(str, records.columns))}")
    try:
        hours = hours_of(records[dataset.time_column])
        values = pd.to_numeric(records[dataset.measure]).astype("float64") * dataset.mwh_per_unit
    except (ValueError, TypeError) as error:
        raise SourceError(dataset.name, "ISO times and numbers", str(error)) from error
    for name, values_of in ((dataset.time_column, hours), (dataset.area_column, records[dataset.area_column])):
        if values_of.isna().any():
            raise SourceError(dataset.name, f"a {name} in every record", f"{int(values_of.isna().sum())} null")
    version = records[dataset.version_column] if dataset.version_column else pd.Series(dataset.name, index=records.index)
    rows = pd.DataFrame(
        {"hour_utc": hours, "area": records[dataset.area_column], "consumption_mwh": values, "source_version": version.astype(str)}
    )
    settled_last = rows.assign(final=np.isin(rows["source_version"], FINAL_VERSIONS)).sort_values("final", kind="stable")
    return settled_last.drop_duplicates(["hour_utc", "area"], keep="last")[list(RAW_LOAD.names)]
