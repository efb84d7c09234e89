"""Input drift: whether the newest fortnight of each input looks as its season does, how much of it is missing, how much unheard of.

The hours of a fortnight are far from independent, so the usual thresholds say nothing: temperature and wind of an ordinary
fortnight lie beyond "population stability index 0.25" more often than not. What earlier fortnights of the same input had as
distances from their own seasons is the threshold here, widened by a margin. A lag repeats the consumption of some days before:
only gaps that the consumption does not have are looked for.

Source: Vovk et al. (2005), "Algorithmic Learning in a Random World", chapter 2: one of n + 1 exchangeable distances is the
largest with probability 1 / (n + 1). The margin makes up for looking at many inputs, every day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.distances import counts_by_day, kolmogorov_smirnov, population_stability_index
from energy_dagster.domain.fortnights import HISTORY_DAYS, PRECEDING_DAYS, WINDOW_DAYS, YEAR_DAYS, Fortnights, fortnights
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.tables import (
    CONSUMPTION_FEATURES,
    LAG_HOURS,
    WEATHER_COLUMNS,
    WEATHER_LEAD_DAYS,
    lag_column,
    series_id,
    weather_column,
)

Floats = npt.NDArray[np.float64]
Kind = Literal["distribution", "range", "missing"]

NEEDS_FORTNIGHTS = 24
"""Fewest earlier fortnights by which a distance is judged: most of a year, so that each season has its own."""

DISTANCE_MARGIN, INDEX_MARGIN = 1.5, 2.5
"""How many times the largest of the earlier fortnights still passes; a distance no farther than halfway from it to 1."""

NEEDS_SHARE = 0.5
"""Share of a window or its reference that must be known for their distance to be taken."""

BEYOND = 0.5
"""How far beyond the range ever seen a value may lie, as a share of that range: storms break records, units break scales."""

MOST_BEYOND_SHARE = 0.01
"""Share of a window's known hours that may lie farther out."""

MORE_MISSING_SHARE = 0.05
"""How much more of a window may be missing than of its reference."""

MOST_TOLD = 12
"""How many drifts are told one by one."""

_DAY_HOURS = 24

CONSUMPTION = "preliminary_mwh"
INPUTS: tuple[str, ...] = (
    CONSUMPTION,
    *(weather_column(name, day) for day in (0, *WEATHER_LEAD_DAYS) for name in WEATHER_COLUMNS),
)
"""Inputs whose distribution, range and gaps are looked at."""

LAGS: dict[str, int] = {lag_column(lag): lag for lag in LAG_HOURS}
"""Inputs of which only gaps are looked at, and how many hours before the consumption is that they repeat."""

_ACTIONS: dict[Kind, str] = {
    "distribution": "compare the raw rows of these days with another source; if the change is real, train anew",
    "range": "look for a change of unit, station or sign in the raw rows of these days",
    "missing": "see the checks of the raw assets and materialize the months in question again",
}


@dataclass(frozen=True)
class InputDrift:
    """One input of one series that is not as expected: what was found, and the most that would have passed.

    Both are a share of the window's hours, or, of a distribution, the distance or index that was too large.
    """

    series: str
    input: str
    kind: Kind
    found: float
    expected: float
    told: str

    @property
    def times(self) -> float:
        """How many times what would have passed was found; the worst drift has the most."""
        return self.found / self.expected


def input_drifts(features: pd.DataFrame, *, until: datetime) -> list[InputDrift]:
    """The inputs whose last fortnight is not as expected, the worst first.

    Args:
        features: rows of `consumption_features`, reaching `HISTORY_DAYS` before `until` where there are as many. A distribution is
            judged when `NEEDS_FORTNIGHTS` earlier ones can be, a range when a year was seen.
        until: end of the fortnight: the hour after the newest whose consumption is published, naive UTC.
    """
    return _worst_first(_dense(features, until))


def inputs_have_not_drifted(features: pd.DataFrame, *, until: datetime) -> Finding:
    """Every input's last fortnight is distributed as its season was, within the range ever seen, and there.

    Args:
        features: as of `input_drifts`.
        until: the same.
    """
    series = _dense(features, until)
    if not series:
        return Finding(passed=True, description=f"no series has features in the fortnight before {until:%Y-%m-%d %H:%M} UTC")
    drifts = _worst_first(series)
    judged = sum(_can_be_judged(days) for days in series.values())
    numbers: dict[str, float | int | str] = {"series": len(series), "series with enough history": judged, "drifts": len(drifts)}
    if not drifts:
        short = f"; {len(series) - judged} of {len(series)} series have too short a history to tell" if judged < len(series) else ""
        return Finding(passed=True, description=f"the last {WINDOW_DAYS} days look as their season does{short}", numbers=numbers)
    numbers |= {
        f"{one.series} {one.input}: {one.kind}": f"{one.found:.3f}, at most {one.expected:.3f}" for one in drifts[:MOST_TOLD]
    }
    worst, others = drifts[0], len(drifts) - 1
    more = f" (and {others} more)" if others else ""
    return Finding(passed=False, description=f"{worst.told}{more}: {_ACTIONS[worst.kind]}", numbers=numbers)


def _dense(features: pd.DataFrame, until: datetime) -> dict[str, dict[str, Floats]]:
    """Values of each input of each series that has a row in the window, (days, hours), days ending at `until`."""
    last = pd.Timestamp(until) - pd.Timedelta(hours=1)
    inside = features[features["hour_utc"].between(last - pd.Timedelta(days=HISTORY_DAYS), last, inclusive="right")]
    dense = {}
    for (area, group), rows in inside.groupby(["area", "consumer_group"]):
        indexed = rows.set_index("hour_utc")
        days = -(-int((last - indexed.index.min()) / pd.Timedelta(hours=1) + 1) // _DAY_HOURS)
        if indexed.index.max() > last - pd.Timedelta(days=WINDOW_DAYS) and days >= WINDOW_DAYS + PRECEDING_DAYS:
            hours = pd.date_range(end=last, periods=days * _DAY_HOURS, freq="h", unit="us")
            values = indexed[[*INPUTS, *LAGS]].reindex(hours)
            dense[series_id(str(area), str(group))] = {
                str(name): values[name].to_numpy(np.float64).reshape(days, _DAY_HOURS) for name in values
            }
    return dense


def _worst_first(series: dict[str, dict[str, Floats]]) -> list[InputDrift]:
    found = [drift for name, days in series.items() for drift in _drifts_of(name, days)]
    return sorted(found, key=lambda drift: drift.times, reverse=True)


def _can_be_judged(days: dict[str, Floats]) -> bool:
    return len(fortnights(len(days[CONSUMPTION])).windows) > NEEDS_FORTNIGHTS


def _drifts_of(series: str, days: dict[str, Floats]) -> Iterator[InputDrift]:
    parts = fortnights(len(days[CONSUMPTION]))
    unknown = np.isnan(days[CONSUMPTION]).ravel()
    for name, values in days.items():
        lag = LAGS.get(name)
        yield from _missing(series, name, values, usual=_usual_gaps(values, parts) if lag is None else _share_before(unknown, lag))
        if name in INPUTS:
            yield from _out_of_range(series, name, values) or _out_of_season(series, name, values, parts)


def _usual_gaps(values: Floats, parts: Fortnights) -> float:
    """Share of the newest window's reference that is missing."""
    return float(parts.references[0] @ np.isnan(values).mean(axis=1) / parts.references[0].sum())


def _share_before(unknown: npt.NDArray[np.bool_], lag: int) -> float:
    """Share of the newest window, moved back by a lag, that is unknown."""
    return float(unknown[len(unknown) - WINDOW_DAYS * _DAY_HOURS - lag : len(unknown) - lag].mean())


def _missing(series: str, name: str, values: Floats, *, usual: float) -> list[InputDrift]:
    """More gaps than usual; an input that was never there is none."""
    found, most = float(np.isnan(values[-WINDOW_DAYS:]).mean()), usual + MORE_MISSING_SHARE
    if found <= most or np.isnan(values[:-WINDOW_DAYS]).all():
        return []
    told = f"{series}: {found:.0%} of {name} is missing in the last {WINDOW_DAYS} days, where {usual:.0%} would be as usual"
    return [InputDrift(series, name, "missing", found, most, told)]


def _out_of_range(series: str, name: str, values: Floats) -> list[InputDrift]:
    """Values that a year or more had nothing like."""
    seen, window = values[:-WINDOW_DAYS], values[-WINDOW_DAYS:]
    known = window[~np.isnan(window)]
    if len(seen) < YEAR_DAYS or np.isnan(seen).all() or not len(known):
        return []
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    slack = BEYOND * (high - low)
    found = float(((known < low - slack) | (known > high + slack)).mean())
    if found <= MOST_BEYOND_SHARE:
        return []
    told = (
        f"{series}: {found:.0%} of {name} in the last {WINDOW_DAYS} days lies beyond what was ever seen: "
        f"expected {low:.1f} to {high:.1f}, found {known.min():.1f} to {known.max():.1f}{_unit(name)}"
    )
    return [InputDrift(series, name, "range", found, MOST_BEYOND_SHARE, told)]


def _out_of_season(series: str, name: str, values: Floats, parts: Fortnights) -> list[InputDrift]:
    """A distance from the season, by both measures, beyond that of every earlier fortnight."""
    if np.isnan(values).all():
        return []
    counts = counts_by_day(values)
    # einsum, not @: threads of a linear algebra library wait for each other on a busy machine
    samples, references = (np.einsum("wd,dc->wc", days, counts) for days in (parts.windows, parts.references))
    enough = (samples.sum(axis=1) >= NEEDS_SHARE * WINDOW_DAYS * _DAY_HOURS) & (
        references.sum(axis=1) >= NEEDS_SHARE * parts.references.sum(axis=1) * _DAY_HOURS
    )
    if not enough[0] or enough[1:].sum() < NEEDS_FORTNIGHTS:
        return []
    distance = kolmogorov_smirnov(samples[enough], references[enough])
    index = population_stability_index(samples[enough], references[enough])
    farthest = distance[1:].max()
    most, most_index = min(DISTANCE_MARGIN * farthest, (1 + farthest) / 2), INDEX_MARGIN * index[1:].max()
    if distance[0] <= most and index[0] <= most_index:
        return []
    measured = (distance[0], most) if distance[0] > most else (index[0], most_index)
    usual, median = np.nanmedian(values[parts.references[0] > 0]), np.nanmedian(values[-WINDOW_DAYS:])
    told = (
        f"{series}: {name} of the last {WINDOW_DAYS} days is not as in its season: median {median:.1f}, usually {usual:.1f}"
        f"{_unit(name)}; distance {distance[0]:.2f}, at most {most:.2f} expected; stability index {index[0]:.2f}, {most_index:.2f}"
    )
    return [InputDrift(series, name, "distribution", float(measured[0]), float(measured[1]), told)]


def _unit(name: str) -> str:
    unit = CONSUMPTION_FEATURES.column(name).unit
    return f" {unit}" if unit else ""
