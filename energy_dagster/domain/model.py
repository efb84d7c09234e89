"""The model: one LightGBM for both areas and all leads, and beside it a linear member for each area; the line is their mean.

Both learn the log of consumption minus the log level of the last 168 known hours, from issues spread over two years. The mean of
the two logs is the geometric mean of their forecasts: they err on different hours. Kept as LightGBM text, `linear.json` and
`meta.json`. How a model is judged and calibrated is in `domain.training`. This is the only module that knows LightGBM.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.calibration import median_shift
from energy_dagster.domain.issues import FEATURES, LEADS, IssueRows, issue_matrix, level_of, linear_matrix, without_weather
from energy_dagster.domain.linear import LEAD_CLASSES, ClassRows, LinearModel, fit_linear
from energy_dagster.domain.linear_inputs import INPUTS, LOG_INPUTS, SEASONAL_INPUTS, WEATHER_INPUTS
from energy_dagster.domain.metrics import skill
from energy_dagster.domain.series_history import SeriesHistory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Verdict = Literal["champion", "challenger"]

TRAINING_HOURS = 2 * 365 * 24
ROWS_PER_HOUR = 3
"""How many leads each hour is learned at."""

WHOLE_YEAR_HOURS = 360 * 24
"""Span of the hours learned from below which the linear member has no seasonal inputs."""

LINEAR_NEEDS_SHARE = 0.75
"""Share of its inputs that the linear member must know of a row."""

WEATHER_DROPOUT = 0.1
"""Share of training rows without weather, so that the model knows what to do when there is none."""

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
    def skill(self) -> float | None:
        """Against the weekly naive; None where that made no error at all, as with a source that repeats itself."""
        return skill(self.mae_mwh, self.naive_mae_mwh) if self.naive_mae_mwh > 0 else None


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
    verdict: Verdict
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
class Engine:
    """What forecasts: the trees of all areas, and the linear member of each."""

    booster: lgb.Booster
    linear: Mapping[str, LinearModel]

    def log_of(self, rows: IssueRows, area: str, local_hours: Ints) -> Floats:
        """The forecast of rows before calibration, log MWh.

        The linear member has no say where too little of what it looks at was known, as when consumption is late, nor without the
        weather it learned with.
        """
        trees = np.asarray(self.booster.predict(rows.matrix), dtype=np.float64)
        line = self.linear[area].predict(rows.linear, rows.lead, local_hours)
        known = np.isfinite(rows.linear)
        enough = known[:, : len(LOG_INPUTS)].mean(axis=1) >= LINEAR_NEEDS_SHARE
        if self.linear[area].slopes[..., -len(WEATHER_INPUTS) :].any():
            enough &= known[:, -len(WEATHER_INPUTS) :].any(axis=1)
        return np.where(enough, (trees + line) / 2, trees) + rows.level


@dataclass(frozen=True)
class TrainedModel:
    """A model that can forecast: its engine and its meta."""

    engine: Engine
    meta: ModelMeta

    def cells(self, area: str) -> Floats | None:
        """Residual quantiles of an area, DK included; None for an area it was not calibrated on."""
        cells = self.meta.calibration.get(area)
        return None if cells is None else np.asarray(cells)

    def line(self, rows: IssueRows, area: str, local_hours: Ints) -> Floats:
        """The forecast line of rows of DK1 or DK2, MWh: the median."""
        cells = self.cells(area)
        shift = 0.0 if cells is None else median_shift(cells, rows.lead, local_hours)
        return np.asarray(np.exp(self.engine.log_of(rows, area, local_hours) + shift))


def area_numbers(areas: tuple[str, ...]) -> dict[str, int]:
    """The model's number of each area it knows."""
    return {area: number for number, area in enumerate(areas)}


def local_hours_of(history: SeriesHistory, positions: Ints) -> Ints:
    """Local hour of the day at positions."""
    local = history.hours(positions).tz_localize("UTC").tz_convert(DENMARK)
    return np.asarray(local.hour, dtype=np.int64)


def fit(
    histories: Mapping[str, SeriesHistory], areas: tuple[str, ...], cut: Mapping[str, int], parameters: dict[str, Any]
) -> tuple[Engine, int]:
    """An engine that learned only what was published at the cut of each area, and the rows its trees learned from."""
    rng = np.random.default_rng(parameters["seed"])
    parts = [training_rows(histories[area], cut[area], number, rng) for area, number in area_numbers(areas).items()]
    matrix = np.vstack([part[0] for part in parts])
    target = np.concatenate([part[1] for part in parts])
    dropped = rng.random(len(matrix)) < WEATHER_DROPOUT
    matrix[dropped] = without_weather(matrix[dropped])
    data = lgb.Dataset(matrix, target, feature_name=list(FEATURES), params={"verbosity": -1, "max_bin": parameters["max_bin"]})
    with threadpool_limits(1):  # as the trees: the cores are for the fits beside this one
        linear = {area: fit_linear(partial(linear_rows, histories[area], cut[area], rng)) for area in areas}
    return Engine(lgb.train(parameters, data), linear), len(matrix)


def training_rows(history: SeriesHistory, cut: int, number: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Inputs and targets of one area from what was published at the cut, each hour at a few leads drawn at random."""
    truth = history.truth(cut)
    hours = np.flatnonzero(np.isfinite(truth))
    hours = np.repeat(hours[(hours >= cut - TRAINING_HOURS) & (hours < cut)], ROWS_PER_HOUR)
    leads = rng.integers(LEADS[0], LEADS[-1] + 1, size=len(hours))
    rows = issue_matrix(history, hours - leads, leads, area_number=number)
    target = np.log(truth[rows.hour]) - rows.level
    usable = np.isfinite(target)
    return rows.matrix[usable], target[usable]


def linear_rows(history: SeriesHistory, cut: int, rng: np.random.Generator, number: int) -> ClassRows:
    """Rows of one area and class of leads from what was published at the cut, each hour at one lead drawn at random."""
    truth = history.truth(cut)
    hours = np.flatnonzero(np.isfinite(truth))
    hours = hours[(hours >= cut - TRAINING_HOURS) & (hours < cut)]
    first, last = LEAD_CLASSES[number]
    leads = rng.integers(first, last + 1, size=len(hours))
    target = np.log(truth[hours]) - level_of(history, hours - leads)
    usable = np.isfinite(target)
    hours, leads = hours[usable], leads[usable]
    inputs = linear_matrix(history, hours - leads, leads)
    if not len(hours) or hours[-1] - hours[0] < WHOLE_YEAR_HOURS:
        inputs[:, [INPUTS.index(name) for name in SEASONAL_INPUTS]] = np.nan
    return ClassRows(inputs, target[usable], local_hours_of(history, hours))


def importance(booster: lgb.Booster) -> dict[str, float]:
    """Share of the total gain by feature."""
    gain = booster.feature_importance("gain")
    return {name: float(part / max(gain.sum(), 1e-12)) for name, part in zip(FEATURES, gain, strict=True)}


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
        "holdout_skill": float("nan") if scores.skill is None else scores.skill,
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
    return str(model.engine.booster.model_to_string())


def linear_to_text(model: TrainedModel) -> str:
    """The linear members as JSON."""
    return json.dumps({area: json.loads(line.to_json()) for area, line in model.engine.linear.items()})


def from_text(text: str, linear: str, meta: ModelMeta) -> TrainedModel:
    """A model from its three parts.

    Raises:
        ValueError: a text is no LightGBM model, or holds no linear member of an area.
    """
    try:
        members = {area: LinearModel.from_json(json.dumps(fields)) for area, fields in json.loads(linear).items()}
        if set(members) != set(meta.areas):
            raise ValueError(f"expected a linear member of {', '.join(meta.areas)}, found {', '.join(members) or 'none'}")
        return TrainedModel(Engine(lgb.Booster(model_str=text), members), meta)
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"expected a LightGBM model as text for {meta.model_version}, found otherwise: {error}") from error
