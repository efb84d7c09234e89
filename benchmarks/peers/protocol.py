"""The gate protocol every peer follows: what an issue may know, which hours it forecasts, and how the work is timed.

A peer is a folder with its own environment and a `run.py` that gives `run` a `Peer`. This file needs pandas and nothing else.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
# Before anything that reads them at import: numpy, LightGBM and numba do.

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import pandas as pd

DENMARK = ZoneInfo("Europe/Copenhagen")
GATE_LOCAL_HOUR = 10
"""Clock hour, the day before delivery, at which the forecast is issued."""

DELAY_HOURS = 2
"""How long ago an hour must have ended to be known at the gate."""

LONGEST_STEP = 41
"""Hours from the newest known hour to the last of a delivery day of 25 hours."""

LAG_HOURS_KNOWN_AT_GATE = 48
"""The shortest lag in whole days that is known at the gate for every hour of the delivery day."""

QUANTILES: dict[str, float] = {"q05": 0.05, **{f"q{tenth}0": tenth / 10 for tenth in range(1, 10)}, "q95": 0.95}
COLUMNS = ("issued_at", "area", "consumer_group", "hour_utc", "lead_hours", *QUANTILES)
FAULT_WINDOW_HOURS = 28 * 24
SPIKE = 2.0
DROP = 1 / 3
"""Outside these multiples of the median of the four weeks before it an hour is a meter's fault: none real was seen there."""


@dataclass(frozen=True)
class Issue:
    """One forecast: the hours of one local delivery day. All times are naive UTC.

    >>> issue_of(date(2022, 10, 30)).newest_hour, len(issue_of(date(2022, 10, 30)).hours)
    (Timestamp('2022-10-29 05:00:00'), 25)
    """

    day: date
    issued_at: pd.Timestamp
    newest_hour: pd.Timestamp
    hours: pd.DatetimeIndex

    @property
    def horizon(self) -> pd.DatetimeIndex:
        """Every hour from the one after the newest known to the last of the delivery day: 39 to 41."""
        return pd.date_range(self.newest_hour, self.hours[-1], freq="h")[1:]


class Peer(Protocol):
    """A forecaster under test.

    `known` is MWh by naive UTC hour, up to the newest known at the issue: no hour is missing, an unusable one is null.
    """

    def fit(self, known: "pd.Series[float]") -> None:
        """Fit anew on everything known."""

    def forecast(self, known: "pd.Series[float]", issue: Issue) -> pd.DataFrame:
        """Columns named as in QUANTILES, `q50` at least, by hour; hours beyond the delivery day's are left out."""


def utc(local: pd.Timestamp) -> pd.Timestamp:
    """A naive Danish time that is no clock change's as a naive UTC one."""
    return local.tz_localize(DENMARK).tz_convert("UTC").tz_localize(None)


def issue_of(day: date) -> Issue:
    """The issue that forecasts this delivery day."""
    midnight = pd.Timestamp(day)
    issued_at = utc(midnight - pd.Timedelta(days=1) + pd.Timedelta(hours=GATE_LOCAL_HOUR))
    hours = pd.date_range(utc(midnight), utc(midnight + pd.Timedelta(days=1)), freq="h", inclusive="left")
    return Issue(day, issued_at, issued_at - pd.Timedelta(hours=DELAY_HOURS + 1), hours)


def issues_between(first: date, last: date, *, every_days: int = 1) -> Iterator[Issue]:
    """One issue for each of these delivery days, both included."""
    for offset in range(0, (last - first).days + 1, every_days):
        yield issue_of(first + timedelta(days=offset))


def danish_clock(hours_utc: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Naive UTC hours as the clocks on the wall show them, naive."""
    return hours_utc.tz_localize("UTC").tz_convert(DENMARK).tz_localize(None)


def read_load(folder: Path, area: str) -> "pd.Series[float]":
    """MWh by naive UTC hour as recorded, faults and all; every hour is there, null where none was recorded."""
    if area == "DE-LU":
        rows = pd.read_parquet(folder / "de_lu_load_and_tso_forecast.parquet")
        load = pd.Series(rows["LoadMW"].to_numpy(float), pd.DatetimeIndex(rows["Time"]).as_unit("ns"))
    else:
        rows = pd.read_parquet(folder / "GenerationProdTypeExchange.parquet").query("PriceArea == @area")
        load = pd.Series(rows["GrossCon"].to_numpy(float), pd.DatetimeIndex(rows["TimeUTC"]))
    return load.groupby(level=0).mean().asfreq("h").rename_axis("hour_utc")


def without_faults(load: "pd.Series[float]") -> "pd.Series[float]":
    """Zeros and spikes as nulls, judged by the past alone, so that cleaning the whole series once tells no future."""
    level = load.where(load > 0).rolling(FAULT_WINDOW_HOURS, min_periods=24, closed="left").median()
    return load.where((load > 0) & ~(load > level * SPIKE) & ~(load < level * DROP))


def filled(load: "pd.Series[float]") -> "pd.Series[float]":
    """Nulls as the same hour one to four weeks before, else as the hour before; for models that need every hour."""
    complete = load
    for weeks in range(1, 5):
        complete = complete.fillna(load.shift(168 * weeks))
    return complete.ffill().bfill()


@dataclass
class Cost:
    """CPU seconds, all threads together, and how often they were spent."""

    fit_s: float = 0.0
    fits: int = 0
    forecast_s: float = 0.0
    forecasts: int = 0


Forecast = tuple[Issue, pd.DataFrame]


def forecast_days(peer: Peer, load: "pd.Series[float]", issues: Iterator[Issue], cost: Cost) -> Iterator[Forecast]:
    """The quantiles of every issue; the peer is fitted anew at the first of each month."""
    month = None
    for issue in issues:
        known = load[: issue.newest_hour]
        if (issue.day.year, issue.day.month) != month:
            started = time.process_time()
            peer.fit(known)
            cost.fit_s, cost.fits = cost.fit_s + time.process_time() - started, cost.fits + 1
            month = issue.day.year, issue.day.month
        started = time.process_time()
        quantiles = peer.forecast(known, issue)
        cost.forecast_s, cost.forecasts = cost.forecast_s + time.process_time() - started, cost.forecasts + 1
        yield issue, quantiles.reindex(issue.hours)


def as_rows(issue: Issue, quantiles: pd.DataFrame, *, area: str) -> pd.DataFrame:
    """One row for each hour of the delivery day, in the columns of our own forecasts."""
    lead = (issue.hours - issue.issued_at) // pd.Timedelta(hours=1)
    rows = quantiles.reindex(columns=list(QUANTILES)).astype(float).rename_axis("hour_utc").reset_index()
    rows = rows.assign(issued_at=issue.issued_at, area=area, consumer_group="total", lead_hours=lead.to_numpy())
    return rows[list(COLUMNS)].astype({"issued_at": "datetime64[ns]", "hour_utc": "datetime64[ns]"})


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded load")
    parser.add_argument("--area", default="DK1", help="DK1, DK2 or DE-LU")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first local delivery day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="last local delivery day, included")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write")
    return parser.parse_args()


def run(name: str, peer_of: Callable[[str], Peer], *, packages: tuple[str, ...], every_days: int = 1) -> None:
    """Forecast the days asked for on the command line, write them, and print the cost as one line of JSON.

    Args:
        name: the peer's folder.
        peer_of: makes the peer; is told the area's country (DK or DE), for its holidays.
        packages: distributions whose versions belong into the line.
        every_days: forecast every n-th day only, for a peer too dear to run in full.
    """
    asked, cost = _asked(), Cost()
    peer = peer_of(asked.area[:2])
    load = without_faults(read_load(asked.data, asked.area))
    issues = issues_between(asked.first, asked.last, every_days=every_days)
    days = forecast_days(peer, load, issues, cost)
    pd.concat([as_rows(issue, quantiles, area=asked.area) for issue, quantiles in days]).to_parquet(asked.out, index=False)
    line = {
        "peer": name,
        "area": asked.area,
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "every_days": every_days,
        **{what: round(value, 3) for what, value in vars(cost).items()},
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": {"python": platform.python_version(), **{package: version(package) for package in packages}},
    }
    print(json.dumps(line))
