"""Training: how a model is taught, judged, calibrated, and allowed to serve.

A model is judged on the eight weeks before the week it serves by a twin that had not seen them. The residuals of that twin
give the quantiles; its errors against the weekly naive, and those of a rival against the champion, give the verdict.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from energy_dagster.domain.calibration import HOURS_PER_DAY, Calibration, Rows, calibrate
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.held_out import JudgedHours, held_out_scores
from energy_dagster.domain.issue_plan import every
from energy_dagster.domain.issues import FEATURES, IssueRows, has_weather, issue_matrix, naive_forecast
from energy_dagster.domain.kernel_member import LeftOut
from energy_dagster.domain.metrics import inside
from energy_dagster.domain.model import (
    HALVES,
    TRAINING_HOURS,
    Engine,
    Fit,
    HoldoutScores,
    ModelMeta,
    Recipe,
    TrainedModel,
    Verdict,
    area_numbers,
    band_rows,
    fit,
    importance,
)
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import HORIZON_HOURS, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOLDOUT_HOURS = 8 * 7 * 24
HOLDOUT_STEP_HOURS = 6
HOLDOUT_PLAN = every(HOLDOUT_STEP_HOURS)
"""The issues that judge a model: four hours of the day, so that its twin needs a sixth of the regressions."""

RECENT_HALF_LIFE_DAYS = 21.0
"""Days after which a held-out error counts half for the width of the bands."""

NEEDED_HOURS = 12 * 7 * 24
"""Known hours below which there is nothing to train on and to judge."""

RIVAL_NEEDS_HOURS = NEEDED_HOURS - HOLDOUT_HOURS
"""Known hours of an area below which a rival can learn nothing to be compared by: the least that a twin learns from."""

TOLERANCE = 0.05
"""How much worse than the champion a challenger may be and still replace it: a model that saw newer weeks is worth that."""

COMPARED_NEEDS_ROWS = 24 * 48
"""Judged rows below which a comparison with the champion says nothing."""


class NotEnoughHistory(ValueError):
    """No area has enough known hours to train on; the message says what was expected and found."""


def train(
    histories: Mapping[str, SeriesHistory],
    *,
    serves_from: datetime,
    trained_at: datetime,
    recipe: Recipe,
    champion: TrainedModel | None,
) -> TrainedModel:
    """Train, judge and calibrate the model that serves from a moment on.

    Args:
        histories: hourly features of DK1, DK2 or both.
        serves_from: nothing published after it is learned from; naive UTC, a whole hour.
        trained_at: the present, naive UTC, for the record.
        recipe: how models are made.
        champion: the model it has to compare with, or None.

    Raises:
        NotEnoughHistory: no area has enough known hours.
    """
    cut = {area: history.position(serves_from) for area, history in histories.items() if area in HALVES}
    areas = _areas_to_learn(histories, cut, serves_from)
    before = {area: cut[area] - HOLDOUT_HOURS for area in areas}
    # One thread a fit: two fits side by side beat two threads in each. Set around both: the first to end takes its own limit back.
    with threadpool_limits(1), ThreadPoolExecutor(max_workers=2) as pool:
        final = pool.submit(fit, histories, areas, {area: cut[area] for area in areas}, recipe)
        twin = pool.submit(fit, histories, areas, before, recipe, plan=HOLDOUT_PLAN, left_out=True)
        compared = pool.submit(_compare, histories, cut, champion, recipe)
        judged = {
            area: _judge(histories[area], before[area], cut[area], number, twin.result().engine)
            for area, number in area_numbers(areas).items()
        }
    calibration = _calibrations(histories, before, twin.result(), judged)
    hours = {area: _judged_hours(part, calibration[area]) for area, part in judged.items()}
    scores = _score(hours, compared.result())
    engine, rows = final.result().engine, final.result().rows
    verdict, reason = _verdict(scores)
    first_hour, last_hour = _learned_span(histories[areas[0]], cut[areas[0]])
    meta = ModelMeta(
        model_version=f"lgbm-{serves_from:%Y%m%d}-{trained_at:%Y%m%dT%H%M%S}",
        serves_from=serves_from.isoformat(),
        trained_at=trained_at.isoformat(),
        training_start=first_hour,
        training_end=last_hour,
        training_rows=rows,
        areas=areas,
        uses_weather=any(bool(has_weather(part.rows.matrix).any()) for part in judged.values()),
        verdict=verdict,
        reason=reason,
        parameters=recipe.to_fields(),
        importance=importance(engine.booster),
        scores=scores,
        calibration={area: one.to_fields() for area, one in calibration.items()},
        held_out=held_out_scores(hours),
    )
    return TrainedModel(engine, meta)


def _areas_to_learn(histories: Mapping[str, SeriesHistory], cut: Mapping[str, int], serves_from: datetime) -> tuple[str, ...]:
    areas = tuple(sorted(area for area, at in cut.items() if _can_be_judged(histories[area], at)))
    if not areas:
        counts = {area: int(_known(histories[area], at).sum()) for area, at in cut.items()}
        raise NotEnoughHistory(
            f"expected {NEEDED_HOURS} known hours of DK1 or DK2 up to {serves_from:%Y-%m-%d %H:%M} UTC, found {counts}"
        )
    return areas


def _learned_span(history: SeriesHistory, cut: int) -> tuple[str, str]:
    """The first and the last hour of a series that a fit at the cut learns from, ISO, naive UTC."""
    known = np.flatnonzero(np.isfinite(history.truth(cut)))
    learned = known[(known >= cut - TRAINING_HOURS) & (known < cut)]
    first, last = history.hours(learned[[0, -1]])
    return first.isoformat(), last.isoformat()


@dataclass(frozen=True)
class _Judged:
    """Held-out rows of one area with what the twin said of them before calibration."""

    rows: IssueRows
    raw_log: Floats
    actual: Floats
    naive: Floats
    band: Rows


def _known(history: SeriesHistory, cut: int) -> npt.NDArray[np.bool_]:
    """Which hours before the cut were published with a value by the fast source, on which every issue stands."""
    return (np.isfinite(history.truth(cut)) & np.isfinite(history.log_known))[: max(cut, 0)]


def _can_be_judged(history: SeriesHistory, cut: int) -> bool:
    """Whether there is enough to learn from, and most of the held-out weeks to be judged by."""
    known = _known(history, cut)
    held_out = known[max(cut - HOLDOUT_HOURS, 0) :]
    return int(known.sum()) >= NEEDED_HOURS and int(held_out.sum()) >= HOLDOUT_HOURS // 2


def _judge(history: SeriesHistory, first: int, cut: int, number: int, engine: Engine) -> _Judged:
    """An engine's forecasts of the issues from `first` to the cut; every truth they are judged by was published at the cut."""
    grid = ClockGrid(history)
    issue, lead = HOLDOUT_PLAN.pairs(grid, HOLDOUT_PLAN.issues(grid, first, cut))
    rows = issue_matrix(history, issue, lead, area_number=number)
    actual = _at(history.truth(cut), rows.hour)
    band = band_rows(history, rows.hour, rows.lead)
    return _Judged(rows, engine.log_of(history, rows), actual, naive_forecast(history, issue, lead), band)


def _at(values: Floats, positions: Ints) -> Floats:
    inside_arrays = positions < len(values)
    return np.where(inside_arrays, values[np.where(inside_arrays, positions, 0)], np.nan)


def _compare(
    histories: Mapping[str, SeriesHistory], cut: Mapping[str, int], champion: TrainedModel | None, recipe: Recipe
) -> tuple[float, float] | None:
    """MAE of a rival of this recipe and of the champion on the issues that neither has seen; None where there are too few."""
    if champion is None:
        return None
    trained_until = datetime.fromisoformat(champion.meta.serves_from)
    known = tuple(area for area in champion.meta.areas if area in cut)
    first = {area: max(histories[area].position(trained_until), cut[area] - HOLDOUT_HOURS) for area in known}
    areas = tuple(area for area in known if int(_known(histories[area], first[area]).sum()) >= RIVAL_NEEDS_HOURS)
    if sum(max(cut[area] - first[area], 0) for area in areas) * HORIZON_HOURS < COMPARED_NEEDS_ROWS * HOLDOUT_STEP_HOURS:
        return None
    rival = fit(histories, areas, first, recipe, plan=HOLDOUT_PLAN).engine
    ours, theirs = [], []
    for area, number in area_numbers(areas).items():
        part = _judge(histories[area], first[area], cut[area], number, rival)
        champion_log = champion.engine.log_of(histories[area], _renumbered(part.rows, area, champion))
        paired = np.isfinite(part.actual) & np.isfinite(part.raw_log)
        ours.append(np.abs(np.exp(part.raw_log) - part.actual)[paired])
        theirs.append(np.abs(np.exp(champion_log) - part.actual)[paired])
    if sum(map(len, ours)) < COMPARED_NEEDS_ROWS:
        return None
    return float(np.concatenate(ours).mean()), float(np.concatenate(theirs).mean())


def _calibrations(
    histories: Mapping[str, SeriesHistory], before: Mapping[str, int], twin: Fit, judged: Mapping[str, _Judged]
) -> dict[str, Calibration]:
    """The bands of each area, and of DK where both halves are: their shape from a year, their width from the held-out weeks."""
    known = {area: left for area, left in twin.left_out.items() if len(left.issue)}
    made = {
        area: _recently(_shape(histories[area], before[area], known.get(area), part), part.raw_log, part)
        for area, part in judged.items()
    }
    if set(judged) == set(HALVES):
        west, east = (judged[area] for area in HALVES)
        lines = [part.raw_log + made[area].median_shift(part.band) for area, part in judged.items()]
        total = _whole(west, east, lines)
        left_out = _left_out_of_whole(histories, known) if set(known) == set(HALVES) else None
        if np.isfinite(np.log(total.actual) - total.raw_log).any():
            shape = _shape(histories[HALVES[0]], before[HALVES[0]], left_out, total, whole=histories)
            made["DK"] = _recently(shape, total.raw_log, total)
    return made


def _shape(
    history: SeriesHistory,
    cut: int,
    left_out: LeftOut | None,
    part: _Judged,
    *,
    whole: Mapping[str, SeriesHistory] | None = None,
) -> Calibration:
    """The band of an area from what its kernel member says of learned issues without them; from the judged weeks without that."""
    if left_out is None:
        residuals = np.log(part.actual) - part.raw_log
        return calibrate(residuals, part.band, part.rows.hour // HOURS_PER_DAY)
    truth = history.truth(cut)
    if whole is not None:
        truth = _sum_of_truths(whole, cut)
    residuals = np.log(_at(truth, left_out.hour)) - left_out.log_mwh
    band = band_rows(history, left_out.hour, left_out.hour - left_out.issue)
    inside_horizon = (band.leads >= 1) & (band.leads <= HORIZON_HOURS)
    return calibrate(residuals[inside_horizon], band[inside_horizon], left_out.hour[inside_horizon] // HOURS_PER_DAY)


def _recently(shape: Calibration, raw_log: Floats, part: _Judged) -> Calibration:
    """The band as wide as the newest held-out errors ask for."""
    residuals = np.log(part.actual) - raw_log - shape.median_shift(part.band)
    age_days = (part.rows.issue.max(initial=0) - part.rows.issue) / HOURS_PER_DAY
    return shape.widened(shape.conformity(residuals, part.band), part.band, 0.5 ** (age_days / RECENT_HALF_LIFE_DAYS))


def _whole(west: _Judged, east: _Judged, lines: list[Floats]) -> _Judged:
    """DK as judged: the sum of its halves' lines against the sum of their truths."""
    total = np.log(np.exp(lines[0]) + np.exp(lines[1]))
    return replace(west, raw_log=total, actual=west.actual + east.actual, naive=west.naive + east.naive)


def _sum_of_truths(histories: Mapping[str, SeriesHistory], cut: int) -> Floats:
    """MWh of DK by position of DK1."""
    west, east = (histories[area] for area in HALVES)
    shift = east.position(west.start)
    at = np.arange(len(west)) + shift
    there = (at >= 0) & (at < len(east))
    return west.truth(cut) + np.where(there, east.truth(cut + shift)[np.where(there, at, 0)], np.nan)


def _left_out_of_whole(histories: Mapping[str, SeriesHistory], left_out: Mapping[str, LeftOut]) -> LeftOut:
    """What both halves say together of the issues and hours that both left out; positions are DK1's."""
    west, east = (left_out[area] for area in HALVES)
    shift = histories[HALVES[1]].position(histories[HALVES[0]].start)
    frames = [
        pd.DataFrame({"issue": part.issue + moved, "hour": part.hour + moved, "mwh": np.exp(part.log_mwh)})
        for part, moved in ((west, 0), (east, -shift))
    ]
    both = frames[0].merge(frames[1], on=["issue", "hour"])
    return LeftOut(both["issue"].to_numpy(), both["hour"].to_numpy(), np.log((both["mwh_x"] + both["mwh_y"]).to_numpy()))


def _score(judged: Mapping[str, JudgedHours], compared: tuple[float, float] | None) -> HoldoutScores:
    """Errors over all areas."""
    hours = list(judged.values())
    return HoldoutScores(
        mae_mwh=float(np.concatenate([np.abs(one.line - one.actual) for one in hours]).mean()),
        naive_mae_mwh=float(np.concatenate([np.abs(one.naive - one.actual) for one in hours]).mean()),
        rival_mae_mwh=None if compared is None else compared[0],
        champion_mae_mwh=None if compared is None else compared[1],
        coverage_80=float(np.concatenate([inside(one.actual, one.bands, QUANTILES[1], QUANTILES[-2]) for one in hours]).mean()),
    )


def _judged_hours(part: _Judged, calibration: Calibration) -> JudgedHours:
    """The hours that the forecast, the naive and the truth all have, with bands as wide as the other half of the weeks asks for."""
    line = np.exp(part.raw_log + calibration.median_shift(part.band))
    paired = np.isfinite(part.actual) & np.isfinite(part.naive) & np.isfinite(line)
    bands = _cross_bands(part, calibration, line, paired)[paired]
    return JudgedHours(part.rows.lead[paired], line[paired], part.actual[paired], part.naive[paired], bands)


def _cross_bands(part: _Judged, calibration: Calibration, line: Floats, paired: npt.NDArray[np.bool_]) -> Floats:
    """Quantiles of each half of the held-out weeks, when as wide as the other half asks for; NaN for what is not paired."""
    week = (part.rows.issue // (7 * HOURS_PER_DAY)) % 2
    scores = calibration.conformity(np.log(part.actual) - np.log(line), part.band)
    bands = np.full((len(line), len(QUANTILES)), np.nan)
    for half in (0, 1):
        mine, other = paired & (week == half), paired & (week != half)
        widened = calibration.widened(scores[other], part.band[other], np.ones(int(other.sum())))
        bands[mine] = widened.spread(line[mine], part.band[mine])
    return bands


def _renumbered(rows: IssueRows, area: str, model: TrainedModel) -> IssueRows:
    """The same rows with the area's number in another model."""
    matrix = rows.matrix.copy()
    matrix[:, FEATURES.index("area_number")] = area_numbers(model.meta.areas)[area]
    return replace(rows, matrix=matrix)


def _verdict(scores: HoldoutScores) -> tuple[Verdict, str]:
    """Champion only if it beats the weekly naive and is not worse than the champion within the tolerance."""
    against_naive = f"MAE {scores.mae_mwh:.1f} MWh against the weekly naive's {scores.naive_mae_mwh:.1f}"
    if not scores.mae_mwh < scores.naive_mae_mwh:
        return "challenger", f"does not beat the weekly naive: {against_naive}"
    if scores.champion_mae_mwh is None or scores.rival_mae_mwh is None:
        return "champion", f"beats the weekly naive: {against_naive}; no champion to compare with"
    compared = f"on the issues since the champion was trained {scores.rival_mae_mwh:.1f} against its {scores.champion_mae_mwh:.1f}"
    if scores.rival_mae_mwh > scores.champion_mae_mwh * (1 + TOLERANCE):
        return "challenger", f"beats the weekly naive but is worse than the champion: {against_naive}; {compared}"
    return "champion", f"beats the weekly naive and holds against the champion: {against_naive}; {compared}"
