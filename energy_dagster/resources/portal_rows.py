"""Rows of a raw consumption table from the portal's answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from energy_dagster.domain.catalogue import Dataset
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.danish_time import clocks_agree
from energy_dagster.domain.tables import RAW_LOAD, TOTAL
from energy_dagster.resources.sources import SourceError

FINAL_VERSIONS = ("Final",)
OTHER_ZONE = r"\d[+-](?!00:?00$)\d\d:?\d\d$"
_SERIES_HOUR = ["hour_utc", "area", "consumer_group"]


@dataclass(frozen=True)
class Page:
    """One answer of the portal: its rows by the dataset's full key, how many records it had, and the `total` it claims."""

    rows: pd.DataFrame
    records: int
    total: int


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


def page_of(dataset: Dataset, answer: Any) -> Page:
    """The portal's answer as a page.

    Numbers may come as text; a decimal comma is not understood, because it could as well part thousands.

    Raises:
        SourceError: the answer is no envelope with records, lacks a column, a value is no time or number, or its UTC and Danish
            times disagree.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        raise SourceError(dataset.name, "an envelope with records", f"{type(answer).__name__}{_keys(answer)}")
    if not all(isinstance(record, dict) for record in answer["records"]):
        raise SourceError(dataset.name, "records of named values", "a record without names")
    records = pd.DataFrame(answer["records"], columns=None if answer["records"] else list(dataset.columns))
    absent = [name for name in dataset.columns if name not in records.columns]
    if absent:
        raise SourceError(dataset.name, f"column {', '.join(absent)}", f"columns {', '.join(map(str, records.columns))}")
    total = answer.get("total")
    return Page(_rows(dataset, records), len(records), total if isinstance(total, int) else len(records))


def _keys(answer: Any) -> str:
    return f" with {', '.join(map(str, list(answer)[:5]))}" if isinstance(answer, dict) else ""


def _rows(dataset: Dataset, records: pd.DataFrame) -> pd.DataFrame:
    try:
        hours, local = hours_of(records[dataset.time_column]), hours_of(records[dataset.local_time_column])
        values = pd.to_numeric(records[dataset.measure]).astype("float64") * dataset.mwh_per_unit
    except (ValueError, TypeError) as error:
        raise SourceError(dataset.name, "ISO times and numbers", str(error)) from error
    if np.isinf(values).any():
        raise SourceError(dataset.name, f"finite numbers of {dataset.measure}", "an infinite one")
    uneven = hours.notna() & (hours != hours.dt.floor("h"))
    if uneven.any():  # a finer resolution: whether its values are energies to add up or powers to average is not ours to guess
        raise SourceError(dataset.name, "times that begin an hour", f"{records.loc[uneven.idxmax(), dataset.time_column]}")
    for name in dataset.key:
        if records[name].isna().any():
            raise SourceError(dataset.name, f"a {name} in every record", f"{int(records[name].isna().sum())} null")
    apart = local.notna() & ~clocks_agree(hours, local)
    if apart.any():
        first = records.loc[apart.idxmax()]
        told = f"{int(apart.sum())} that differ, first {first[dataset.time_column]} and {first[dataset.local_time_column]}"
        raise SourceError(dataset.name, f"{dataset.local_time_column} on Danish clocks of {dataset.time_column}", told)
    version = records[dataset.version_column].fillna("") if dataset.version_column else pd.Series("", index=records.index)
    return pd.DataFrame(
        {
            "hour_utc": hours,
            "area": records[dataset.area_column].astype(str),
            "consumer_group": records[dataset.group_column].astype(str) if dataset.group_column else TOTAL,
            "consumption_mwh": values,
            "source_version": version.astype(str),
            **{name: records[name].astype(str) for name in dataset.other_keys},
        }
    )


def raw_rows(dataset: Dataset, pages: list[Page], *, start: datetime, end: datetime, fetched_at: datetime) -> pd.DataFrame:
    """Pages as rows of a raw consumption table.

    Hours outside of the window, which nobody asked for, are left out. Where records repeat, the source's final version speaks, else
    the one given last; another value of the same version is kept in `other_mwh`. Rows that differ in `other_keys` are added up.

    Args:
        dataset: whose pages they are.
        pages: answers, in order.
        start: first hour, naive UTC.
        end: hour after the last, naive UTC.
        fetched_at: when they were read, naive UTC.
    """
    filled = [page.rows for page in pages if len(page.rows)]
    if not filled:
        return empty(RAW_LOAD)
    rows = pd.concat(filled, ignore_index=True)
    rows = rows[(rows["hour_utc"] >= start) & (rows["hour_utc"] < end)]
    rows = _one_of_each(rows, [*_SERIES_HOUR, *dataset.other_keys])
    if dataset.other_keys:
        rows = _added_up(rows)
    stamped = rows.assign(dataset=dataset.name, fetched_at=pd.Timestamp(fetched_at).as_unit("us"))
    return stamped[list(RAW_LOAD.names)].reset_index(drop=True)


def _one_of_each(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    if not rows.duplicated(key).any():
        return rows.assign(other_mwh=np.nan)
    ranked = rows.assign(final=rows["source_version"].isin(FINAL_VERSIONS))
    best = ranked[ranked["final"] == ranked.groupby(key)["final"].transform("max")]
    values = best.groupby(key)["consumption_mwh"]
    most, least = values.transform("max"), values.transform("min")
    other = most.where(most != best["consumption_mwh"], least)
    return best.assign(other_mwh=other.where(other != best["consumption_mwh"])).drop_duplicates(key, keep="last")


def _added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums over the further keys; the other value of a sum is the sum with every other value in it."""
    either = rows.assign(other_mwh=rows["other_mwh"].fillna(rows["consumption_mwh"]))
    sums = either.groupby(_SERIES_HOUR, sort=False)
    added = sums[["consumption_mwh", "other_mwh"]].sum(min_count=1)
    added["source_version"] = sums["source_version"].first()
    added["other_mwh"] = added["other_mwh"].where(added["other_mwh"] != added["consumption_mwh"])
    return added.reset_index()
