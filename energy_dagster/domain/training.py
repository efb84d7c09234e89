"""Training: how a model is taught, judged, calibrated, and allowed to serve.

A model is judged on the eight weeks before the week it serves by a twin that had not seen them. The residuals of that twin
give the quantiles; its errors against the weekly naive, and those of a rival against the champion, give the verdict.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.calibration import median_shift, residual_quantiles, spread
from energy_dagster.domain.issues import FEATURES, LEADS, IssueRows, has_weather, issue_matrix, naive_forecast
from energy_dagster.domain.metrics import inside
from energy_dagster.domain.model import (
    HALVES,
    PARAMETERS,
    TRAINING_HOURS,
    Engine,
    HoldoutScores,
    ModelMeta,
    TrainedModel,
    Verdict,
    area_numbers,
    fit,
    importance,
    local_hours_of,
)
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOLDOUT_HOURS = 8 * 7 * 24
HOLDOUT_STEP_HOURS = 5
"""Hours between the issues that judge a model; 5 visits every hour of the day."""

NEEDED_HOURS = 12 * 7 * 24
"""Known hours below which there is nothing to train on and to judge."""

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
    seed: int,
    champion: TrainedModel | None,
) -> TrainedModel:
    """Train, judge and calibrate the model that serves from a moment on.

    Args:
        histories: hourly features of DK1, DK2 or both.
        serves_from: nothing published after it is learned from; naive UTC, a whole hour.
        trained_at: the present, naive UTC, for the record.
        seed: of the sampling and of LightGBM.
        champion: the model it has to compare with, or None.

    Raises:
        NotEnoughHistory: no area has enough known hours.
    """
    cut = {area: history.position(serves_from) for area, history in histories.items() if area in HALVES}
    areas = _areas_to_learn(histories, cut, serves_from)
    parameters = PARAMETERS | {"seed": seed}
    with ThreadPoolExecutor(max_workers=2) as pool:  # one thread a fit: two fits side by side beat two threads in each
        twin = pool.submit(fit, histories, areas, {area: cut[area] - HOLDOUT_HOURS for area in areas}, parameters)
        final = pool.submit(fit, histories, areas, {area: cut[area] for area in areas}, parameters)
        compared = pool.submit(_compare, histories, cut, champion, parameters)
        judged = {
            area: _judge(histories[area], cut[area] - HOLDOUT_HOURS, cut[area], number, twin.result()[0])
            for area, number in area_numbers(areas).items()
        }
    calibration = _calibrate(judged)
    scores = _score(judged, calibration, compared.result())
    engine, rows = final.result()
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
        parameters=parameters,
        importance=importance(engine.booster),
        scores=scores,
        calibration={area: cells.tolist() for area, cells in calibration.items()},
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
    local_hours: Ints


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
    issues = np.arange(first, cut, HOLDOUT_STEP_HOURS)
    issue, lead = np.repeat(issues, len(LEADS)), np.tile(LEADS, len(issues))
    rows = issue_matrix(history, issue, lead, area_number=number)
    truth = history.truth(cut)
    inside_arrays = rows.hour < len(truth)
    actual = np.where(inside_arrays, truth[np.where(inside_arrays, rows.hour, 0)], np.nan)
    naive = naive_forecast(history, issue, lead)
    local_hours = local_hours_of(history, rows.hour)
    return _Judged(rows, engine.log_of(rows, history.area, local_hours), actual, naive, local_hours)


def _compare(
    histories: Mapping[str, SeriesHistory], cut: Mapping[str, int], champion: TrainedModel | None, parameters: dict[str, Any]
) -> tuple[float, float] | None:
    """MAE of a rival of this recipe and of the champion on the issues that neither has seen; None where there are too few."""
    if champion is None:
        return None
    trained_until = datetime.fromisoformat(champion.meta.serves_from)
    areas = tuple(area for area in champion.meta.areas if area in cut)
    first = {area: max(histories[area].position(trained_until), cut[area] - HOLDOUT_HOURS) for area in areas}
    if sum(max(cut[area] - first[area], 0) for area in areas) * len(LEADS) < COMPARED_NEEDS_ROWS * HOLDOUT_STEP_HOURS:
        return None
    rival, _ = fit(histories, areas, first, parameters)
    ours, theirs = [], []
    for area, number in area_numbers(areas).items():
        part = _judge(histories[area], first[area], cut[area], number, rival)
        champion_log = champion.engine.log_of(_renumbered(part.rows, area, champion), area, part.local_hours)
        paired = np.isfinite(part.actual) & np.isfinite(part.raw_log)
        ours.append(np.abs(np.exp(part.raw_log) - part.actual)[paired])
        theirs.append(np.abs(np.exp(champion_log) - part.actual)[paired])
    if sum(map(len, ours)) < COMPARED_NEEDS_ROWS:
        return None
    return float(np.concatenate(ours).mean()), float(np.concatenate(theirs).mean())


def _calibrate(judged: Mapping[str, _Judged]) -> dict[str, Floats]:
    """Residual quantiles of each area, and of DK from the sum of the two lines where both are there."""
    cells = {
        area: residual_quantiles(np.log(part.actual) - part.raw_log, part.rows.lead, part.local_hours)
        for area, part in judged.items()
    }
    if set(judged) == set(HALVES):
        west, east = (judged[area] for area in HALVES)
        line = sum(
            np.exp(part.raw_log + median_shift(cells[area], part.rows.lead, part.local_hours)) for area, part in judged.items()
        )
        residuals = np.log(west.actual + east.actual) - np.log(line)
        if np.isfinite(residuals).any():
            cells["DK"] = residual_quantiles(residuals, west.rows.lead, west.local_hours)
    return cells


def _score(judged: Mapping[str, _Judged], calibration: Mapping[str, Floats], compared: tuple[float, float] | None) -> HoldoutScores:
    """Errors over all areas on the hours that the forecast, the naive and the truth all have."""
    errors, naive_errors, hits = [], [], []
    for area, part in judged.items():
        line = np.exp(part.raw_log + median_shift(calibration[area], part.rows.lead, part.local_hours))
        paired = np.isfinite(part.actual) & np.isfinite(part.naive) & np.isfinite(line)
        errors.append(np.abs(line - part.actual)[paired])
        naive_errors.append(np.abs(part.naive - part.actual)[paired])
        hits.append(_cross_hits(part, line, paired))
    return HoldoutScores(
        mae_mwh=float(np.concatenate(errors).mean()),
        naive_mae_mwh=float(np.concatenate(naive_errors).mean()),
        rival_mae_mwh=None if compared is None else compared[0],
        champion_mae_mwh=None if compared is None else compared[1],
        coverage_80=float(np.concatenate(hits).mean()),
    )


def _cross_hits(part: _Judged, line: Floats, paired: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether P10 to P90 held the actual in each half of the held-out weeks, when calibrated on the other half."""
    week = (part.rows.issue // (7 * 24)) % 2
    hits = []
    for half in (0, 1):
        mine, other = paired & (week == half), paired & (week != half)
        residuals = np.log(part.actual[other]) - part.raw_log[other]
        cells = residual_quantiles(residuals, part.rows.lead[other], part.local_hours[other])
        bands = spread(line[mine], cells, part.rows.lead[mine], part.local_hours[mine])
        hits.append(inside(part.actual[mine], bands, QUANTILES[1], QUANTILES[-2]))
    return np.concatenate(hits)


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
