"""A backtest: what would have been forecast, had the platform stood there then; issue by issue, with nothing it could not know.

The span is cut into windows, each with an engine taught on what was published when its first issue was made. Windows do not depend
on each other, so that they can be computed side by side. Then, issue by issue, the bands are made as wide as the errors that were
known by then ask for: those of the last eight weeks. Eight weeks of windows before the span serve for that alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calibration import HOURS_PER_DAY, Calibration, calibrate
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.forecasting import LATE_HOURS
from energy_dagster.domain.issue_plan import DAY_AHEAD, IssuePlan, every
from energy_dagster.domain.issues import has_weather, issue_matrix, level_of, naive_forecast
from energy_dagster.domain.model import TRAINING_HOURS, Engine, Recipe, band_rows, fit
from energy_dagster.domain.positions import Floats, Ints, hours_late, value_at
from energy_dagster.domain.series_history import LEVEL_HOURS, SeriesHistory, delay_hours
from energy_dagster.domain.tables import HORIZON_HOURS, QUANTILE_COLUMNS, QUANTILES, TOTAL

Protocol = Literal["gate", "rolling"]
Refit = Literal["weekly", "monthly", "quarterly", "yearly"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)
REFITS: tuple[str, ...] = get_args(Refit)

PERIOD: dict[Refit, str] = {"weekly": "W-SUN", "monthly": "M", "quarterly": "Q", "yearly": "Y"}
WARM_UP_DAYS = 56
"""Days before the span whose forecasts only tell how wide the bands have to be."""

RECENT_HOURS = 56 * HOURS_PER_DAY
RECENT_HALF_LIFE_DAYS = 21.0
LATEST_BEHIND = 2 * HOURS_PER_DAY
"""Hours after the newest known one up to which an issue is still made."""

NEEDED_DAYS = 100
"""Days of known history below which nothing is learned."""

QUANTILE_NAMES = tuple(f"q{level:g}" for level in QUANTILES)
COLUMNS = ("issued_at", "area", "consumer_group", "hour_utc", "lead_hours", *QUANTILE_NAMES, "model_version", "inputs")


class CannotBacktest(ValueError):
    """The span cannot be backtested; the message says what was expected and found."""


@dataclass(frozen=True)
class Span:
    """What is to be backtested.

    Attributes:
        first, last: local days, both included: delivery days of protocol gate, days of issue of protocol rolling.
        protocol: `gate`, one issue a day at 10:00 for the hours of the next local day; or `rolling`, an issue every so many hours
            from local midnight for the next 48.
        refit: how often a new engine is taught.
        every_hours: hours between the issues of protocol rolling.
    """

    first: date
    last: date
    protocol: Protocol = "gate"
    refit: Refit = "monthly"
    every_hours: int = 3

    @property
    def plan(self) -> IssuePlan:
        """The issues."""
        return DAY_AHEAD if self.protocol == "gate" else every(self.every_hours)


@dataclass(frozen=True)
class Window:
    """Local days that share an engine.

    Attributes:
        name: of the period, as 2022-01.
        cut: position of its first issue, at which the engine is taught.
        issues: positions of its issues.
        warms_up: whether its forecasts only serve the bands of later ones.
    """

    name: str
    cut: int
    issues: Ints
    warms_up: bool


@dataclass(frozen=True, repr=False)
class Taught:
    """What a window's engine is, and the shape of its bands."""

    window: Window
    engine: Engine
    calibration: Calibration


@dataclass(frozen=True, repr=False)
class Said:
    """What an engine said of the issues of a window, one entry per forecast.

    Attributes:
        window: of the forecasts.
        issue, lead: positions of the issues, and lead hours.
        log_mwh: the line before bands.
        has_weather: whether the hour had any weather input.
        calibration: shape of the bands.
    """

    window: Window
    issue: Ints
    lead: Ints
    log_mwh: Floats
    has_weather: npt.NDArray[np.bool_]
    calibration: Calibration


def windows_of(grid: ClockGrid, span: Span, *, warm_up_from: date | None = None) -> list[Window]:
    """The windows of a span and of the weeks before it that warm up, oldest first.

    Args:
        grid: of the series.
        span: what is to be backtested.
        warm_up_from: the first local day that warms up, at least 56 days before the span; 56 days before it by default.

    Raises:
        CannotBacktest: no issue of the span lies within the series, or there is too little before it to learn from.
    """
    ahead = 1 if span.protocol == "gate" else 0
    issues = span.plan.issues(grid, 0, len(grid.history))
    issue_day = grid.midnight.normalize() + pd.to_timedelta(grid.clock_of(issues) // HOURS_PER_DAY + ahead, unit="D")
    days = pd.DatetimeIndex(issue_day)
    known = np.flatnonzero(np.isfinite(grid.history.log_known))
    if not len(known):
        raise CannotBacktest(f"expected hours of {grid.history.area} with consumption, found none")
    possible = issues <= known[-1] + LATEST_BEHIND
    inside = possible & (days >= pd.Timestamp(span.first)) & (days <= pd.Timestamp(span.last))
    if not inside.any():
        held = grid.history.hours(known[[0, -1]])
        raise CannotBacktest(
            f"expected issues for {span.first} to {span.last} within the data of {grid.history.area}, "
            f"found data from {held[0]:%Y-%m-%d} to {held[1]:%Y-%m-%d}"
        )
    needed = NEEDED_DAYS * HOURS_PER_DAY
    earliest = known[needed - 1] + 1 if len(known) >= needed else len(grid.history)
    if issues[inside][0] < earliest:
        later = days[possible & (issues >= earliest)].difference(days[issues < earliest])
        told = f"the earliest first day is {later[0]:%Y-%m-%d}" if len(later) else "there is no such day"
        raise CannotBacktest(f"expected at least {NEEDED_DAYS} known days of {grid.history.area} before the first issue; {told}")
    warms_up = pd.Timestamp(warm_up_from or span.first - timedelta(days=WARM_UP_DAYS))
    wanted = inside | ((days < pd.Timestamp(span.first)) & (days >= warms_up) & (issues >= earliest))
    periods = days.to_period(PERIOD[span.refit])
    keys = pd.Index(periods.astype(str)) + np.where(inside, "", " before")
    made = []
    for name in pd.unique(keys[wanted]):
        rows = np.flatnonzero((keys == name) & wanted)
        at = issues[rows]
        made.append(Window(str(name).replace("/", "_").replace(" ", "-"), int(at[0]), at, not bool(inside[rows[0]])))
    return made


def teach(history: SeriesHistory, window: Window, span: Span, recipe: Recipe) -> Taught:
    """Teach a window's engine, and shape its bands by what it says of the last year's issues without having learned them.

    Raises:
        CannotBacktest: there are too few days to learn from.
    """
    area = history.area
    _check_levels(history, window, span)
    taught = fit({area: history}, (area,), {area: window.cut}, recipe, plan=span.plan, left_out=True)
    left_out, truth = taught.left_out[area], history.truth(window.cut)
    lead = left_out.hour - left_out.issue
    within = (lead >= 1) & (lead <= HORIZON_HOURS) & (left_out.hour < len(truth))
    hour, lead = left_out.hour[within], lead[within]
    residuals = np.log(truth[hour]) - left_out.log_mwh[within]
    if not np.isfinite(residuals).any():
        raise _too_few(area, window)
    return Taught(window, taught.engine, calibrate(residuals, band_rows(history, hour, lead), hour // HOURS_PER_DAY))


def _check_levels(history: SeriesHistory, window: Window, span: Span) -> None:
    """See that there is an issue to learn from: trees are not made of nothing."""
    issues = span.plan.issues(ClockGrid(history), max(window.cut - TRAINING_HOURS, 0), window.cut)
    if not np.isfinite(level_of(history, issues)).any():
        raise _too_few(history.area, window)


def _too_few(area: str, window: Window) -> CannotBacktest:
    return CannotBacktest(f"expected {NEEDED_DAYS} days of {area} to learn from before {window.name}, found too few that are known")


def say(history: SeriesHistory, taught: Taught, span: Span) -> Said:
    """The forecasts of a window's issues by its engine."""
    issue, lead = span.plan.pairs(ClockGrid(history), taught.window.issues)
    rows = issue_matrix(history, issue, lead, area_number=0)
    log_mwh = taught.engine.log_of(history, rows)
    return Said(taught.window, issue, lead, log_mwh, has_weather(rows.matrix), taught.calibration)


def with_bands(history: SeriesHistory, said: Sequence[Said], *, versions: Mapping[str, str]) -> pd.DataFrame:
    """The forecasts of a span with their quantiles, each as wide as the errors known at its issue ask for.

    Args:
        history: the series.
        said: of all windows, those that warm up among them.
        versions: of the recipe of each window, by its name; with the name it makes the model version.

    Returns:
        Columns `COLUMNS`, naive UTC and MWh, ordered by issue and hour; issues whose level was not known are left out.

    Raises:
        CannotBacktest: nothing could be forecast.
    """
    hour = np.concatenate([part.issue + part.lead for part in said])
    lead, issue = (np.concatenate([getattr(part, name) for part in said]) for name in ("lead", "issue"))
    line, scores = (np.concatenate(parts) for parts in zip(*(_line_and_scores(history, part) for part in said), strict=True))
    clock_day, band = ClockGrid(history).clock_of(issue) // HOURS_PER_DAY, band_rows(history, hour, lead)
    frames = []
    for part in said:
        if part.window.warms_up:
            continue
        mine = np.flatnonzero(np.isin(issue, part.window.issues))
        for day in np.unique(clock_day[mine]):
            rows = mine[(clock_day[mine] == day) & np.isfinite(line[mine])]
            if not len(rows):
                continue
            first = int(issue[rows].min())
            known = np.flatnonzero((hour <= first - delay_hours(LOAD.publication_delay)) & (hour > first - RECENT_HOURS))
            weights = 0.5 ** ((first - hour[known]) / HOURS_PER_DAY / RECENT_HALF_LIFE_DAYS)
            calibration = part.calibration.widened(scores[known], band[known], weights)
            quantiles = calibration.spread(np.exp(line[rows]), band[rows])
            frames.append(
                _rows(history, issue[rows], lead[rows], quantiles, version=f"{part.window.name}-{versions[part.window.name]}")
            )
    if not frames:
        raise CannotBacktest(f"expected issues at which the level of {history.area} was known, found none in the span")
    inputs = np.concatenate([_inputs(history, part) for part in said])
    told = pd.DataFrame({"issued_at": history.hours(issue), "lead_hours": lead, "inputs": inputs})
    made = pd.concat(frames, ignore_index=True).merge(told, on=["issued_at", "lead_hours"], how="left")
    return made.sort_values(["issued_at", "hour_utc"], ignore_index=True)[list(COLUMNS)]


def _line_and_scores(history: SeriesHistory, said: Said) -> tuple[Floats, Floats]:
    """The log line of each forecast, and how its error compares with its band's edge; NaN where the truth is not known."""
    rows = band_rows(history, said.issue + said.lead, said.lead)
    line = said.log_mwh + said.calibration.median_shift(rows)
    truth = value_at(history.log_known, said.issue + said.lead)
    return line, said.calibration.conformity(truth - line, rows)


def _inputs(history: SeriesHistory, said: Said) -> "npt.NDArray[np.str_]":
    """The rung of the ladder each forecast stands on."""
    due = said.issue - delay_hours(LOAD.publication_delay)
    late = hours_late(history.log_known, due, most=LEVEL_HOURS) > LATE_HOURS
    return np.where(late, "older_lags", np.where(said.has_weather, "full", "no_weather"))


def _rows(history: SeriesHistory, issue: Ints, lead: Ints, quantiles: Floats, *, version: str) -> pd.DataFrame:
    frame = pd.DataFrame(quantiles, columns=list(QUANTILE_NAMES))
    return frame.assign(
        issued_at=history.hours(issue),
        area=history.area,
        consumer_group=TOTAL,
        hour_utc=history.hours(issue + lead),
        lead_hours=lead,
        model_version=version,
    )


def with_naive(forecasts: pd.DataFrame, history: SeriesHistory) -> pd.DataFrame:
    """Forecasts in the columns that scoring wants, with the weekly naive as it was known at the issue beside them."""
    issue: Ints = np.asarray((forecasts["issued_at"] - history.start) // pd.Timedelta(hours=1), dtype=np.int64)
    lead: Ints = np.asarray(forecasts["lead_hours"], dtype=np.int64)
    renamed = forecasts.rename(columns=dict(zip(QUANTILE_NAMES, QUANTILE_COLUMNS, strict=True)))
    return renamed.assign(naive_mwh=naive_forecast(history, issue, lead))


def truth_of(history: SeriesHistory) -> pd.DataFrame:
    """What forecasts of a series are judged by: hours whose value is known and sound."""
    rows = pd.DataFrame({"hour_utc": history.hours(np.arange(len(history))), "consumption_mwh": history.truth()})
    return rows.assign(area=history.area, consumer_group=TOTAL).dropna()


def recipe_version(recipe: Recipe) -> str:
    """Eight hex digits that differ between recipes.

    >>> recipe_version(Recipe(1)) == recipe_version(Recipe(1)), recipe_version(Recipe(1)) == recipe_version(Recipe(2))
    (True, False)
    """
    text = json.dumps(recipe.to_fields(), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
