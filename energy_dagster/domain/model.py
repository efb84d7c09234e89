"""The model: one LightGBM for both areas and all leads, kept as LightGBM text and `meta.json`.

It learns the log of consumption minus the log level of the last 168 known hours, from issues spread over two years, and is
judged on the eight weeks before the week it serves by a twin that had not seen them. The residuals of that twin give the
quantiles; its errors against the weekly naive, and those of a rival against the champion, give the verdict.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.calibration import median_shift, residual_quantiles, spread
from energy_dagster.domain.issues import (
    FEATURES,
    LEADS,
    IssueRows,
    SeriesHistory,
    has_weather,
    issue_matrix,
    naive_forecast,
    without_weather,
)
from energy_dagster.domain.metrics import inside, skill
from energy_dagster.domain.tables import QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOLDOUT_HOURS = 8 * 7 * 24
HOLDOUT_STEP_HOURS = 5
"""Hours between the issues that judge a model; 5 visits every hour of the day."""

TRAINING_HOURS = 2 * 365 * 24
NEEDED_HOURS = 12 * 7 * 24
"""Known hours below which there is nothing to train on and to judge."""

ROWS_PER_HOUR = 3
"""How many leads each hour is learned at."""

WEATHER_DROPOUT = 0.1
"""Share of training rows without weather, so that the model knows what to do when there is none."""

TOLERANCE = 0.05
"""How much worse than the champion a challenger may be and still replace it: a model that saw newer weeks is worth that."""

COMPARED_NEEDS_ROWS = 24 * 48
"""Judged rows below which a comparison with the champion says nothing."""

HALVES = ("DK1", "DK2")

PARAMETERS: dict[str, Any] = {
    "objective": "huber",
    "alpha": 0.1,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "extra_trees": True,
    "feature_fraction": 0.7,
    "num_iterations": 350,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class NotEnoughHistory(ValueError):
    """No area has enough known hours to train on; the message says what was expected and found."""


@dataclass(frozen=True)
class HoldoutScores:
    """Scores of a model's twin on the held-out weeks, over all areas and leads, MWh.

    `rival_mae_mwh` and `champion_mae_mwh` are of the issues since the champion was trained: the rival is this model's recipe,
    taught no more than the champion could know. None without a champion or such issues.
    """

    mae_mwh: float
    naive_mae_mwh: float
    rival_mae_mwh: float | None
    champion_mae_mwh: float | None
    coverage_80: float

    @property
    def skill(self) -> float:
        """Against the weekly naive."""
        return skill(self.mae_mwh, self.naive_mae_mwh)


@dataclass(frozen=True)
class ModelMeta:
    """Everything about a model but its trees; times are ISO, naive UTC."""

    model_version: str
    serves_from: str
    trained_at: str
    training_start: str
    training_end: str
    training_rows: int
    areas: tuple[str, ...]
    uses_weather: bool
    verdict: Literal["champion", "challenger"]
    reason: str
    parameters: dict[str, Any]
    importance: dict[str, float]
    scores: HoldoutScores
    calibration: dict[str, list[list[list[float]]]]
    features: tuple[str, ...] = FEATURES

    def to_json(self) -> str:
        """As the text of `meta.json`."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str) -> "ModelMeta":
        """From the text of `meta.json`.

        Raises:
            ValueError: the text is no JSON object of these fields, or the model was made for other features.
        """
        try:
            fields = json.loads(text)
            scores = HoldoutScores(**fields.pop("scores"))
            areas, features = tuple(fields.pop("areas")), tuple(fields.pop("features"))
            meta = ModelMeta(**fields, areas=areas, features=features, scores=scores)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected the fields of a model's meta.json, found otherwise: {error}") from error
        if meta.features != FEATURES:
            raise ValueError(f"model {meta.model_version} was trained on other features than this code builds")
        return meta


@dataclass(frozen=True)
class TrainedModel:
    """A model that can forecast: its trees and its meta."""

    booster: lgb.Booster
    meta: ModelMeta

    def cells(self, area: str) -> Floats | None:
        """Residual quantiles of an area, DK included; None for an area it was not calibrated on."""
        cells = self.meta.calibration.get(area)
        return None if cells is None else np.asarray(cells)

    def line(self, rows: IssueRows, area: str, local_hours: Ints) -> Floats:
        """The forecast line of rows of DK1 or DK2, MWh: the median."""
        cells = self.cells(area)
        shift = 0.0 if cells is None else median_shift(cells, rows.lead, local_hours)
        return np.asarray(np.exp(_raw_log(self.booster, rows) + shift))


def area_numbers(areas: tuple[str, ...]) -> dict[str, int]:
    """The model's number of each area it knows."""
    return {area: number for number, area in enumerate(areas)}


def local_hours_of(history: SeriesHistory, positions: Ints) -> Ints:
    """Local hour of the day at positions."""
    local = history.hours(positions).tz_localize("UTC").tz_convert(DENMARK)
    return np.asarray(local.hour, dtype=np.int64)


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
    areas = tuple(sorted(area for area, at in cut.items() if _can_be_judged(histories[area], at)))
    if not areas:
        counts = {area: int(_known(histories[area], at).sum()) for area, at in cut.items()}
        raise NotEnoughHistory(
            f"expected {NEEDED_HOURS} known hours of DK1 or DK2 up to {serves_from:%Y-%m-%d %H:%M} UTC, found {counts}"
        )
    parameters = PARAMETERS | {"seed": seed}
    with ThreadPoolExecutor(max_workers=2) as pool:  # one thread a fit: two fits side by side beat two threads in each
        twin = pool.submit(_fit, histories, areas, {area: cut[area] - HOLDOUT_HOURS for area in areas}, parameters)
        final = pool.submit(_fit, histories, areas, {area: cut[area] for area in areas}, parameters)
        compared = pool.submit(_compare, histories, cut, champion, parameters)
        judged = {
            area: _judge(histories[area], cut[area] - HOLDOUT_HOURS, cut[area], number, twin.result()[0])
            for area, number in area_numbers(areas).items()
        }
    calibration = _calibrate(judged)
    scores = _score(judged, calibration, compared.result())
    booster, rows = final.result()
    verdict, reason = _verdict(scores)
    gain = booster.feature_importance("gain")
    first = max(cut[areas[0]] - TRAINING_HOURS, 0)
    known = np.flatnonzero(np.isfinite(histories[areas[0]].truth(cut[areas[0]])))
    meta = ModelMeta(
        model_version=f"lgbm-{serves_from:%Y%m%d}-{trained_at:%Y%m%dT%H%M%S}",
        serves_from=serves_from.isoformat(),
        trained_at=trained_at.isoformat(),
        training_start=histories[areas[0]].hours(np.array([first]))[0].isoformat(),
        training_end=histories[areas[0]].hours(known[-1:])[0].isoformat(),
        training_rows=rows,
        areas=areas,
        uses_weather=any(bool(has_weather(part.rows.matrix).any()) for part in judged.values()),
        verdict=verdict,
        reason=reason,
        parameters=parameters,
        importance={name: float(part / max(gain.sum(), 1e-12)) for name, part in zip(FEATURES, gain, strict=True)},
        scores=scores,
        calibration={area: cells.tolist() for area, cells in calibration.items()},
    )
    return TrainedModel(booster, meta)


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


def _fit(
    histories: Mapping[str, SeriesHistory], areas: tuple[str, ...], cut: Mapping[str, int], parameters: dict[str, Any]
) -> tuple[lgb.Booster, int]:
    """A booster that learned only what was published at the cut of each area, and the rows it learned from."""
    rng = np.random.default_rng(parameters["seed"])
    parts = [_training_rows(histories[area], cut[area], number, rng) for area, number in area_numbers(areas).items()]
    matrix = np.vstack([part[0] for part in parts])
    target = np.concatenate([part[1] for part in parts])
    dropped = rng.random(len(matrix)) < WEATHER_DROPOUT
    matrix[dropped] = without_weather(matrix[dropped])
    data = lgb.Dataset(matrix, target, feature_name=list(FEATURES), params={"verbosity": -1, "max_bin": parameters["max_bin"]})
    return lgb.train(parameters, data), len(matrix)


def _training_rows(history: SeriesHistory, cut: int, number: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    truth = history.truth(cut)
    hours = np.flatnonzero(np.isfinite(truth))
    hours = np.repeat(hours[(hours >= cut - TRAINING_HOURS) & (hours < cut)], ROWS_PER_HOUR)
    leads = rng.integers(LEADS[0], LEADS[-1] + 1, size=len(hours))
    rows = issue_matrix(history, hours - leads, leads, area_number=number)
    target = np.log(truth[rows.hour]) - rows.level
    usable = np.isfinite(target)
    return rows.matrix[usable], target[usable]


def _judge(history: SeriesHistory, first: int, cut: int, number: int, booster: lgb.Booster) -> _Judged:
    """A booster's forecasts of the issues from `first` to the cut; every truth they are judged by was published at the cut."""
    issues = np.arange(first, cut, HOLDOUT_STEP_HOURS)
    issue, lead = np.repeat(issues, len(LEADS)), np.tile(LEADS, len(issues))
    rows = issue_matrix(history, issue, lead, area_number=number)
    truth = history.truth(cut)
    inside_arrays = rows.hour < len(truth)
    actual = np.where(inside_arrays, truth[np.where(inside_arrays, rows.hour, 0)], np.nan)
    naive = naive_forecast(history, issue, lead)
    return _Judged(rows, _raw_log(booster, rows), actual, naive, local_hours_of(history, rows.hour))


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
    rival, _ = _fit(histories, areas, first, parameters)
    ours, theirs = [], []
    for area, number in area_numbers(areas).items():
        part = _judge(histories[area], first[area], cut[area], number, rival)
        champion_log = _raw_log(champion.booster, _renumbered(part.rows, area, champion))
        paired = np.isfinite(part.actual) & np.isfinite(part.raw_log)
        ours.append(np.abs(np.exp(part.raw_log) - part.actual)[paired])
        theirs.append(np.abs(np.exp(champion_log) - part.actual)[paired])
    if sum(map(len, ours)) < COMPARED_NEEDS_ROWS:
        return None
    return float(np.concatenate(ours).mean()), float(np.concatenate(theirs).mean())


def _raw_log(booster: lgb.Booster, rows: IssueRows) -> Floats:
    return np.asarray(booster.predict(rows.matrix), dtype=np.float64) + rows.level


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
    return IssueRows(rows.issue, rows.lead, rows.hour, rows.level, matrix)


def _verdict(scores: HoldoutScores) -> tuple[Literal["champion", "challenger"], str]:
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


def model_row(meta: ModelMeta) -> dict[str, Any]:
    """A model as a row of the table `models`."""
    scores = meta.scores
    return {
        "model_version": meta.model_version,
        "serves_from": pd.Timestamp(meta.serves_from),
        "trained_at": pd.Timestamp(meta.trained_at),
        "training_start": pd.Timestamp(meta.training_start),
        "training_end": pd.Timestamp(meta.training_end),
        "training_rows": meta.training_rows,
        "holdout_mae_mwh": scores.mae_mwh,
        "holdout_naive_mae_mwh": scores.naive_mae_mwh,
        "holdout_champion_mae_mwh": scores.champion_mae_mwh,
        "holdout_skill": scores.skill,
        "holdout_coverage_80": scores.coverage_80,
        "verdict": meta.verdict,
        "reason": meta.reason,
        "parameters": json.dumps(meta.parameters),
        "areas": ",".join(meta.areas),
        "uses_weather": meta.uses_weather,
        "importance": json.dumps(meta.importance),
    }


def to_text(model: TrainedModel) -> str:
    """The trees as LightGBM text."""
    return str(model.booster.model_to_string())


def from_text(text: str, meta: ModelMeta) -> TrainedModel:
    """A model from its two parts.

    Raises:
        ValueError: the text is no LightGBM model.
    """
    try:
        return TrainedModel(lgb.Booster(model_str=text), meta)
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"expected a LightGBM model as text for {meta.model_version}, found otherwise: {error}") from error
