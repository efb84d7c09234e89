"""The model: one LightGBM for both areas and all leads, kept as LightGBM text and `meta.json`.

It learns the log of consumption minus the log level of the last 168 known hours, from issues spread over two years, and is
judged on the eight weeks before the week it serves by a twin that had not seen them. The residuals of that twin give the
quantiles; its errors against the weekly naive and the champion give the verdict.
"""

import json
from collections.abc import Mapping
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

TOLERANCE = 0.1
"""How much worse than the champion the challenger's twin may be. The two are compared on the hours since the champion was
trained, which neither has seen; the twin is eight weeks older than the challenger it stands for, so it is given this much."""

COMPARED_NEEDS_ROWS = 48

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
    "verbosity": -1,
}


class NotEnoughHistory(ValueError):
    """No area has enough known hours to train on; the message says what was expected and found."""


@dataclass(frozen=True)
class HoldoutScores:
    """Scores of a model's twin on the held-out weeks, over all areas and leads, MWh.

    `since_champion_mae_mwh` and `champion_mae_mwh` are on the hours since the champion was trained; None without a champion
    or such hours.
    """

    mae_mwh: float
    naive_mae_mwh: float
    since_champion_mae_mwh: float | None
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
    areas = tuple(sorted(area for area, at in cut.items() if _known_hours(histories[area], at) >= NEEDED_HOURS))
    if not areas:
        counts = {area: _known_hours(histories[area], at) for area, at in cut.items()}
        raise NotEnoughHistory(
            f"expected {NEEDED_HOURS} known hours of DK1 or DK2 before {serves_from:%Y-%m-%d %H:%M} UTC, found {counts}"
        )
    parameters = PARAMETERS | {"seed": seed}
    twin, _ = _fit(histories, areas, {area: cut[area] - HOLDOUT_HOURS for area in areas}, parameters)
    judged = {area: _judge(histories[area], cut[area], number, twin) for area, number in area_numbers(areas).items()}
    calibration = _calibrate(judged)
    trained_until = serves_from if champion is None else datetime.fromisoformat(champion.meta.serves_from)
    scores = _score(judged, calibration, champion, {area: histories[area].position(trained_until) for area in areas})
    booster, rows = _fit(histories, areas, {area: cut[area] for area in areas}, parameters)
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


def _known_hours(history: SeriesHistory, cut: int) -> int:
    return int(np.isfinite(history.truth(cut)[: max(cut, 0)]).sum())


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


def _judge(history: SeriesHistory, cut: int, number: int, twin: lgb.Booster) -> _Judged:
    """The twin's forecasts of the held-out weeks; every truth it is judged by was published at the cut."""
    issues = np.arange(cut - HOLDOUT_HOURS, cut, HOLDOUT_STEP_HOURS)
    issue, lead = np.repeat(issues, len(LEADS)), np.tile(LEADS, len(issues))
    rows = issue_matrix(history, issue, lead, area_number=number)
    truth = history.truth(cut)
    inside_arrays = rows.hour < len(truth)
    actual = np.where(inside_arrays, truth[np.where(inside_arrays, rows.hour, 0)], np.nan)
    naive = naive_forecast(history, issue, lead)
    return _Judged(rows, _raw_log(twin, rows), actual, naive, local_hours_of(history, rows.hour))


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


def _score(
    judged: Mapping[str, _Judged], calibration: Mapping[str, Floats], champion: TrainedModel | None, unseen_from: Mapping[str, int]
) -> HoldoutScores:
    """Errors over all areas on the hours that the forecast, the naive and the truth all have.

    Args:
        judged: held-out rows by area.
        calibration: residual quantiles by area.
        champion: the serving model, if any.
        unseen_from: by area, the first issue position that the champion had not learned from.
    """
    errors, naive_errors, hits, ours, theirs = [], [], [], [], []
    for area, part in judged.items():
        line = np.exp(part.raw_log + median_shift(calibration[area], part.rows.lead, part.local_hours))
        paired = np.isfinite(part.actual) & np.isfinite(part.naive) & np.isfinite(line)
        error = np.abs(line - part.actual)
        errors.append(error[paired])
        naive_errors.append(np.abs(part.naive - part.actual)[paired])
        hits.append(_cross_hits(part, line, paired))
        if champion is not None and area in champion.meta.areas:
            unseen = paired & (part.rows.issue >= unseen_from[area])
            their_line = champion.line(_renumbered(part.rows, area, champion), area, part.local_hours)
            ours.append(error[unseen])
            theirs.append(np.abs(their_line - part.actual)[unseen])
    comparable = len(theirs) == len(judged) and sum(map(len, theirs)) >= COMPARED_NEEDS_ROWS
    return HoldoutScores(
        mae_mwh=float(np.concatenate(errors).mean()),
        naive_mae_mwh=float(np.concatenate(naive_errors).mean()),
        since_champion_mae_mwh=float(np.concatenate(ours).mean()) if comparable else None,
        champion_mae_mwh=float(np.concatenate(theirs).mean()) if comparable else None,
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
    if scores.champion_mae_mwh is None or scores.since_champion_mae_mwh is None:
        return "champion", f"beats the weekly naive: {against_naive}; no champion to compare with"
    compared = f"since the champion was trained {scores.since_champion_mae_mwh:.1f} against its {scores.champion_mae_mwh:.1f}"
    if scores.since_champion_mae_mwh > scores.champion_mae_mwh * (1 + TOLERANCE):
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
