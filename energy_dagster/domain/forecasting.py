"""One issue of forecasts: every series, 48 hours, 11 quantiles, and what it stands on.

The ladder: `full` (model with weather), `no_weather`, `older_lags` (consumption arrived late), `naive` (the calibrated weekly
naive, when there is no usable champion). The row says which rung it stands on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.availability import newest_published_hour
from energy_dagster.domain.calibration import Calibration, residual_quantiles
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.explanation import COLUMNS as EXPLANATION_COLUMNS
from energy_dagster.domain.issues import LEADS, has_weather, issue_matrix, issue_position, naive_forecast, weather_cutoff
from energy_dagster.domain.model import HALVES, TrainedModel, area_numbers, band_rows, local_hours_of
from energy_dagster.domain.series_history import LEVEL_HOURS, NAIVE_HOURS, SeriesHistory, series_histories
from energy_dagster.domain.tables import QUANTILE_COLUMNS, TOTAL, Rung

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NAIVE_VERSION = "weekly-naive"
NAIVE_RESIDUAL_HOURS = 28 * 24
OLDER_NAIVE_HOURS = (168, 336, 504, 672)
RUNGS: tuple[Rung, ...] = ("full", "no_weather", "older_lags", "naive")
LATE_HOURS = 6
"""Hours the newest value may lie behind the newest that is due before the forecast counts as standing on older lags."""


class NothingToForecast(ValueError):
    """No area can be forecast at any of the issues; the message says why."""


@dataclass(frozen=True)
class IssueResult:
    """The forecasts of one issue, and why an area is not among them.

    `rows` has the columns of `predictions` but for origin, created_at and run_id.
    """

    rows: pd.DataFrame
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class _AreaForecast:
    area: str
    issued_at: datetime
    line: Floats
    quantiles: Floats
    naive: Floats
    rung: Rung
    model_version: str
    weather: datetime | None
    cutoff: datetime
    explanation: Floats


def make_issue(histories: Mapping[str, SeriesHistory], model: TrainedModel | None, *, issued_at: datetime) -> IssueResult:
    """Forecast every area that can be forecast at an issue time.

    Args:
        histories: hourly features of the areas, reaching nine weeks before the issue and over the 48 hours after it.
        model: the serving champion, or None for the weekly naive.
        issued_at: naive UTC, on the hour; nothing published after it is used.

    Returns:
        Rows for DK1 and DK2 where their consumption is known, and for DK where both are.

    Raises:
        ValueError: the issue time is not on the hour.
    """
    made, left_out = _issues_of(histories, model, [issued_at])
    return IssueResult(_table(made), left_out)


def _issues_of(
    histories: Mapping[str, SeriesHistory], model: TrainedModel | None, issues: Sequence[datetime]
) -> tuple[list[_AreaForecast], dict[str, str]]:
    """Every issue by one model, which looks at all issues of an area at once; and why an area is left out of the newest."""
    at = {
        area: np.array([issue_position(history, issued_at) for issued_at in issues])
        for area, history in histories.items()
        if area in HALVES
    }
    known = {
        area: _ModelForecasts.of(histories[area], model, positions)
        for area, positions in at.items()
        if model is not None and area in model.meta.areas
    }
    made: list[_AreaForecast] = []
    left_out: dict[str, str] = {}
    for number, issued_at in enumerate(issues):
        said = {area: forecasts.at(number) for area, forecasts in known.items()}
        forecasts, reasons = _issue(histories, model, issued_at, said)
        made.extend(forecasts.values())
        left_out |= reasons
    return made, left_out


def _issue(
    histories: Mapping[str, SeriesHistory],
    model: TrainedModel | None,
    issued_at: datetime,
    by_model: Mapping[str, "_ModelForecast | None"],
) -> tuple[dict[str, _AreaForecast], dict[str, str]]:
    left_out: dict[str, str] = {}
    made: dict[str, _AreaForecast] = {}
    for area in HALVES:
        history = histories.get(area)
        position = None if history is None else issue_position(history, issued_at)
        newest = None if history is None or position is None else history.newest_known(position)
        if history is None or position is None or newest is None or position - newest > LEVEL_HOURS:
            left_out[area] = f"no consumption of {area} was known in the week before {issued_at:%Y-%m-%d %H:%M} UTC"
            continue
        said = by_model.get(area)
        forecast = _by_model(history, model, said, issued_at, newest) if model is not None and said is not None else None
        forecast = forecast or _naive_forecast(history, issued_at, newest)
        if forecast is None:
            left_out[area] = f"no hour of the weeks before {issued_at:%Y-%m-%d %H:%M} UTC can stand for {area}"
            continue
        made[area] = forecast
    if set(made) == set(HALVES):
        made["DK"] = _whole_country({area: histories[area] for area in HALVES}, made, model, issued_at)
    elif "DK" not in left_out and made:
        left_out["DK"] = f"DK is DK1 + DK2, and {' and '.join(sorted(left_out))} cannot be forecast"
    return made, left_out


@dataclass(frozen=True, repr=False)
class _ModelForecast:
    """What a model says of one issue of one area: line, quantiles and explanation of the 48 hours, and whether each had weather."""

    line: Floats
    quantiles: Floats
    explanation: Floats
    has_weather: npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class _ModelForecasts:
    """What a model says of several issues of one area, (issues, 48, ..)."""

    line: Floats
    quantiles: Floats
    explanation: Floats
    has_weather: npt.NDArray[np.bool_]

    @staticmethod
    def of(history: SeriesHistory, model: TrainedModel, positions: Ints) -> "_ModelForecasts":
        issue, lead = np.repeat(positions, len(LEADS)), np.tile(LEADS, len(positions))
        rows = issue_matrix(history, issue, lead, area_number=area_numbers(model.meta.areas)[history.area])
        calibration, (line, explanation) = model.calibration(history.area), model.explained_line(history, rows)
        shape = len(positions), len(LEADS)
        if calibration is None:
            nothing, unexplained = (np.full((*shape, width), np.nan) for width in (len(QUANTILE_COLUMNS), len(EXPLANATION_COLUMNS)))
            return _ModelForecasts(np.full(shape, np.nan), nothing, unexplained, np.zeros(shape, dtype=np.bool_))
        quantiles = calibration.spread(line, band_rows(history, rows.hour, rows.lead)).reshape(*shape, -1)
        explanation = explanation.reshape(*shape, -1)
        return _ModelForecasts(line.reshape(shape), quantiles, explanation, has_weather(rows.matrix).reshape(shape))

    def at(self, number: int) -> _ModelForecast | None:
        """Of one issue; None where its level or an hour is beyond the model."""
        if not np.isfinite(self.line[number]).all():
            return None
        return _ModelForecast(self.line[number], self.quantiles[number], self.explanation[number], self.has_weather[number])


def _by_model(history: SeriesHistory, model: TrainedModel, said: _ModelForecast, issued_at: datetime, newest: int) -> _AreaForecast:
    position = issue_position(history, issued_at)
    return _AreaForecast(
        area=history.area,
        issued_at=issued_at,
        line=said.line,
        quantiles=said.quantiles,
        naive=naive_forecast(history, np.full(len(LEADS), position), LEADS),
        rung=_rung(history, said.has_weather, position, newest),
        model_version=model.meta.model_version,
        weather=weather_cutoff(history, position),
        cutoff=_hour_at(history, newest),
        explanation=said.explanation,
    )


def _rung(history: SeriesHistory, weather: npt.NDArray[np.bool_], position: int, newest: int) -> Rung:
    due = history.position(newest_published_hour(LOAD, _hour_at(history, position)))
    if due - newest > LATE_HOURS:
        return "older_lags"
    return "full" if weather.all() else "no_weather"


def _naive_line(history: SeriesHistory, issue: Ints, leads: Ints) -> Floats:
    """The weekly naive, from an older week where the newest has a gap."""
    line = naive_forecast(history, issue, leads)
    for hours in OLDER_NAIVE_HOURS[1:]:
        older = naive_forecast(history, issue, leads - (hours - NAIVE_HOURS))
        line = np.where(np.isnan(line), older, line)
    return line


def _naive_forecast(history: SeriesHistory, issued_at: datetime, newest: int) -> _AreaForecast | None:
    """The weekly naive with quantiles from its own errors over the last four known weeks."""
    issue = np.full(len(LEADS), issue_position(history, issued_at))
    line = _naive_line(history, issue, LEADS)
    residuals = _naive_residuals(history, newest)
    if not np.isfinite(line).all() or not np.isfinite(residuals[0]).any():
        return None
    calibration = Calibration(residual_quantiles(residuals[0], np.full(len(residuals[0]), LEADS[-1]), residuals[1]))
    return _AreaForecast(
        history.area,
        issued_at,
        line,
        calibration.spread(line, band_rows(history, issue + LEADS, LEADS)),
        naive_forecast(history, issue, LEADS),
        "naive",
        NAIVE_VERSION,
        None,
        _hour_at(history, newest),
        np.full((len(LEADS), len(EXPLANATION_COLUMNS)), np.nan),
    )


def _naive_residuals(history: SeriesHistory, newest: int) -> tuple[Floats, Ints]:
    """Log errors of the weekly naive on the known hours of four weeks, and their local hours."""
    hours = np.arange(max(newest + 1 - NAIVE_RESIDUAL_HOURS, NAIVE_HOURS), newest + 1)
    log = history.log_known
    return log[hours] - log[hours - NAIVE_HOURS], local_hours_of(history, hours)


def _whole_country(
    histories: Mapping[str, SeriesHistory], made: Mapping[str, _AreaForecast], model: TrainedModel | None, issued_at: datetime
) -> _AreaForecast:
    """DK: its line is exactly the sum; its quantiles come from errors of the sum."""
    west, east = (made[area] for area in HALVES)
    line = west.line + east.line
    first = histories[HALVES[0]]
    position = issue_position(first, issued_at)
    calibration = model.calibration("DK") if model is not None and "naive" not in (west.rung, east.rung) else None
    if calibration is None:
        calibration = _naive_calibration_of_sum(histories, issued_at)
    rows = band_rows(first, position + LEADS, LEADS)
    quantiles = west.quantiles + east.quantiles if calibration is None else calibration.spread(line, rows)
    runs = [run for run in (west.weather, east.weather) if run is not None]
    return _AreaForecast(
        area="DK",
        issued_at=issued_at,
        line=line,
        quantiles=quantiles,
        naive=west.naive + east.naive,
        rung=max(west.rung, east.rung, key=RUNGS.index),
        model_version=west.model_version if west.model_version == east.model_version else NAIVE_VERSION,
        weather=min(runs) if len(runs) == len(HALVES) else None,
        cutoff=min(west.cutoff, east.cutoff),
        explanation=west.explanation + east.explanation,
    )


def _naive_calibration_of_sum(histories: Mapping[str, SeriesHistory], issued_at: datetime) -> Calibration | None:
    """Bands of the weekly naive of DK; None where the halves share no known hours."""
    west, east = (histories[area] for area in HALVES)
    shift = east.position(west.start)
    known = [history.newest_known(issue_position(history, issued_at)) or 0 for history in (west, east)]
    newest = min(known[0], known[1] - shift)
    hours = np.arange(max(newest + 1 - NAIVE_RESIDUAL_HOURS, NAIVE_HOURS, NAIVE_HOURS - shift), newest + 1)
    hours = hours[(hours + shift < len(east)) & (hours < len(west))]
    total = np.exp(west.log_known[hours]) + np.exp(east.log_known[hours + shift])
    before = np.exp(west.log_known[hours - NAIVE_HOURS]) + np.exp(east.log_known[hours + shift - NAIVE_HOURS])
    residuals = np.log(total) - np.log(before)
    if not np.isfinite(residuals).any():
        return None
    return Calibration(residual_quantiles(residuals, np.full(len(hours), LEADS[-1]), local_hours_of(west, hours)))


def _hour_at(history: SeriesHistory, position: int) -> datetime:
    return history.hours(np.array([position]))[0].to_pydatetime()


def _table(made: Sequence[_AreaForecast]) -> pd.DataFrame:
    """Forecasts as rows, one per lead."""
    if not made:
        return pd.DataFrame()

    def times(values: Sequence[datetime | None]) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(np.repeat(np.array(values, dtype="datetime64[us]"), len(LEADS)))

    def words(values: Sequence[str]) -> npt.NDArray[np.object_]:
        return np.repeat(np.array(values, dtype=object), len(LEADS))

    leads, issued_at = np.tile(LEADS, len(made)), times([one.issued_at for one in made])
    numbers = np.vstack([np.hstack([one.quantiles, one.explanation]) for one in made])
    return pd.DataFrame(
        {
            "issued_at": issued_at,
            "area": words([one.area for one in made]),
            "consumer_group": TOTAL,
            "hour_utc": (issued_at + pd.to_timedelta(leads, unit="h")).as_unit("us"),
            "lead_hours": leads,
            **dict(zip((*QUANTILE_COLUMNS, *EXPLANATION_COLUMNS), numbers.T, strict=True)),
            "naive_mwh": np.concatenate([one.naive for one in made]),
            "rung": words([one.rung for one in made]),
            "model_version": words([one.model_version for one in made]),
            "consumption_cutoff": times([one.cutoff for one in made]),
            "weather_cutoff": times([one.weather for one in made]),
        }
    )


def make_issues(
    features: pd.DataFrame, serving: Mapping[datetime, TrainedModel | None], *, issues: Sequence[datetime]
) -> IssueResult:
    """Several issues from one load of features, each by the model of its week.

    Args:
        features: rows of `consumption_features`.
        serving: the champion of each week by the week's start, naive UTC; None where there is none.
        issues: issue times, naive UTC.

    Returns:
        The rows of all issues; an area is left out with the reason of the newest issue that lacks it.

    Raises:
        NothingToForecast: no issue has any area.
    """
    histories = series_histories(features)
    made: list[_AreaForecast] = []
    left_out: dict[str, str] = {}
    for week, moments in groupby(
        sorted(issues), key=lambda moment: max((start for start in serving if start <= moment), default=None)
    ):
        forecasts, reasons = _issues_of(histories, serving[week] if week is not None else None, list(moments))
        made.extend(forecasts)
        left_out |= reasons
    if not made:
        raise NothingToForecast("; ".join(left_out.values()))
    return IssueResult(_table(made), left_out)
