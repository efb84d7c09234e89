"""The model: one LightGBM for all areas and leads, and beside it a kernel member for each area; the line is a mean of both.

Both learn the log of consumption minus the log level of the last 168 known hours. The weighted mean of the two logs is a geometric
mean of their forecasts: they err on different hours. Kept as LightGBM text, archives of arrays and `meta.json`. How a model is
judged and calibrated is in `domain.training`. This is the only module that knows LightGBM.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from energy_dagster.domain.calendar import DENMARK
from energy_dagster.domain.calibration import Calibration, Rows, day_type_number
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.explanation import explained
from energy_dagster.domain.held_out import HeldOutScore
from energy_dagster.domain.issue_plan import EVERY_HOUR, IssuePlan
from energy_dagster.domain.issues import FEATURES, IssueRows, day_kinds, issue_matrix, without_weather
from energy_dagster.domain.kernel import KernelParameters
from energy_dagster.domain.kernel_member import KernelMember, LeftOut, fit_kernel
from energy_dagster.domain.metrics import skill
from energy_dagster.domain.series_history import SeriesHistory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Verdict = Literal["champion", "challenger"]

TRAINING_HOURS = 1461 * 24
"""How far back a model learns: four years."""

TREE_ROWS = 35_000
"""Most pairs of issue and lead that the trees learn from in each area, drawn at random."""

KERNEL_WEIGHT = 0.7
"""Weight of the kernel member's log in the line; the trees have the rest. Chosen on the years kept for choosing."""

WEATHER_DROPOUT = 0.1
"""Share of training rows without weather, so that the model knows what to do when there is none."""

HALVES = ("DK1", "DK2")

TREES: dict[str, Any] = {
    "objective": "huber",
    "alpha": 0.1,
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "extra_trees": True,
    "feature_fraction": 0.7,
    "num_iterations": 250,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Recipe:
    """How a model is made.

    Attributes:
        seed: of the sampling and of LightGBM.
        kernel: covariances of the kernel member.
        kernel_weight: weight of its log in the line.
        trees: parameters of LightGBM.
    """

    seed: int
    kernel: KernelParameters = field(default_factory=KernelParameters)
    kernel_weight: float = KERNEL_WEIGHT
    trees: Mapping[str, Any] = field(default_factory=lambda: dict(TREES))

    def to_fields(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @staticmethod
    def from_fields(fields: Mapping[str, Any]) -> "Recipe":
        """From plain values.

        Raises:
            TypeError: a value is absent, or there is one that a recipe does not have.
        """
        values = dict(fields)
        return Recipe(**{**values, "kernel": KernelParameters(**values["kernel"])}) if "kernel" in values else Recipe(**values)


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
    """Everything about a model but its trees; times are ISO, naive UTC.

    Who keeps a model adds its lineage: `code` is the identity of the code that made it, `run_id` the run, `inputs` the versions it
    was made from, by partition by asset. The same code, versions and parameters make the same model. `tuning` is the version that
    found the recipe, or `own`; `held_out` is empty in a model from before these scores were kept.
    """

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
    calibration: dict[str, dict[str, Any]]
    features: tuple[str, ...] = FEATURES
    code: str = ""
    run_id: str = ""
    inputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    held_out: tuple[HeldOutScore, ...] = ()
    tuning: str = ""

    @property
    def recipe(self) -> Recipe:
        """How the model was made."""
        return Recipe.from_fields(self.parameters)

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
            held_out = tuple(HeldOutScore(**one) for one in fields.pop("held_out", ()))
            meta = ModelMeta(**fields, areas=areas, features=features, scores=scores, held_out=held_out)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected the fields of a model's meta.json, found otherwise: {error}") from error
        if meta.features != FEATURES:
            raise ValueError(f"model {meta.model_version} was trained on other features than this code builds")
        return meta


@dataclass(frozen=True)
class Engine:
    """What forecasts: the trees of all areas, and the kernel member of each."""

    booster: lgb.Booster
    kernels: Mapping[str, KernelMember]
    kernel_weight: float = KERNEL_WEIGHT

    def log_of(self, history: SeriesHistory, rows: IssueRows) -> Floats:
        """The forecast of rows before calibration, log MWh.

        The trees stand alone where the kernel member has no regression for the issue, or knows too little of its day.
        """
        trees = np.asarray(self.booster.predict(rows.matrix), dtype=np.float64)
        kernel = self.kernels[history.area].log_of(ClockGrid(history), rows.issue, rows.lead)
        return mixed(kernel, trees, self.kernel_weight) + rows.level

    def explained_of(self, history: SeriesHistory, rows: IssueRows) -> tuple[Floats, Floats]:
        """That forecast, and what each of `kernel.FACTORS` adds to the kernel member's log, (rows, factors); NaN without one."""
        trees = np.asarray(self.booster.predict(rows.matrix), dtype=np.float64)
        kernel = self.kernels[history.area].explained_of(ClockGrid(history), rows.issue, rows.lead)
        return mixed(kernel[:, 0], trees, self.kernel_weight) + rows.level, kernel[:, 1:]


def mixed(kernel: Floats, trees: Floats, kernel_weight: float) -> Floats:
    """The line of both members; the trees stand alone where the kernel member says nothing (NaN)."""
    return np.where(np.isfinite(kernel), kernel_weight * kernel + (1 - kernel_weight) * trees, trees)


@dataclass(frozen=True)
class TrainedModel:
    """A model that can forecast: its engine and its meta."""

    engine: Engine
    meta: ModelMeta

    def calibration(self, area: str) -> Calibration | None:
        """Quantiles of an area, DK included; None for an area it was not calibrated on."""
        fields = self.meta.calibration.get(area)
        return None if fields is None else Calibration.from_fields(fields)

    def line(self, history: SeriesHistory, rows: IssueRows) -> Floats:
        """The forecast line of rows of DK1 or DK2, MWh: the median."""
        return self.explained_line(history, rows)[0]

    def explained_line(self, history: SeriesHistory, rows: IssueRows) -> tuple[Floats, Floats]:
        """The line, MWh, and what it is made of, MWh by `explanation.COLUMNS`."""
        calibration = self.calibration(history.area)
        shift = 0.0 if calibration is None else calibration.median_shift(band_rows(history, rows.hour, rows.lead))
        log_mwh, contributions = self.engine.explained_of(history, rows)
        line = np.exp(log_mwh + shift)
        return line, explained(line, rows.level, contributions)


def band_rows(history: SeriesHistory, hours: Ints, leads: Ints) -> Rows:
    """What the bands of hours depend on."""
    return Rows(leads, local_hours_of(history, hours), day_type_number(day_kinds(history, hours)))


def area_numbers(areas: tuple[str, ...]) -> dict[str, int]:
    """The model's number of each area it knows."""
    return {area: number for number, area in enumerate(areas)}


def local_hours_of(history: SeriesHistory, positions: Ints) -> Ints:
    """Local hour of the day at positions."""
    local = history.hours(positions).tz_localize("UTC").tz_convert(DENMARK)
    return np.asarray(local.hour, dtype=np.int64)


@dataclass(frozen=True)
class Fit:
    """An engine, how many rows its trees learned from, and by area what its kernel member says of learned issues without them."""

    engine: Engine
    rows: int
    left_out: Mapping[str, LeftOut]


def fit(
    histories: Mapping[str, SeriesHistory],
    areas: tuple[str, ...],
    cut: Mapping[str, int],
    recipe: Recipe,
    *,
    plan: IssuePlan = EVERY_HOUR,
    left_out: bool = False,
) -> Fit:
    """Teach an engine only what was published at the cut of each area.

    Args:
        histories: hourly features by area.
        areas: those to learn.
        cut: position of the cut in each.
        recipe: how.
        plan: the issues it is for.
        left_out: also tell what the kernel members say of learned issues without them.
    """
    matrix, target = tree_examples(histories, areas, cut, seed=recipe.seed, plan=plan)
    with threadpool_limits(1):  # as the trees: the cores are for the fits beside this one
        members = {area: _kernel(histories[area], cut[area], recipe, plan, left_out=left_out) for area in areas}
    engine = Engine(grow(matrix, target, recipe), {area: member for area, (member, _) in members.items()}, recipe.kernel_weight)
    return Fit(engine, len(matrix), {area: left for area, (_, left) in members.items()})


def tree_examples(
    histories: Mapping[str, SeriesHistory], areas: tuple[str, ...], cut: Mapping[str, int], *, seed: int, plan: IssuePlan
) -> tuple[Floats, Floats]:
    """Inputs and targets of the trees of all areas, some rows without their weather; arguments as of `fit`."""
    rng = np.random.default_rng(seed)
    parts = [training_rows(histories[area], cut[area], number, rng, plan) for area, number in area_numbers(areas).items()]
    matrix = np.vstack([part[0] for part in parts])
    target = np.concatenate([part[1] for part in parts])
    dropped = rng.random(len(matrix)) < WEATHER_DROPOUT
    matrix[dropped] = without_weather(matrix[dropped])
    return matrix, target


def grow(matrix: Floats, target: Floats, recipe: Recipe) -> lgb.Booster:
    """The trees of a recipe."""
    parameters = {**recipe.trees, "seed": recipe.seed}
    data = lgb.Dataset(matrix, target, feature_name=list(FEATURES), params={"verbosity": -1, "max_bin": parameters["max_bin"]})
    return lgb.train(parameters, data)


def _kernel(history: SeriesHistory, cut: int, recipe: Recipe, plan: IssuePlan, *, left_out: bool) -> tuple[KernelMember, LeftOut]:
    first = max(cut - TRAINING_HOURS, 0)
    return fit_kernel(history, first=first, cut=cut, plan=plan, parameters=recipe.kernel, left_out=left_out)


def training_rows(
    history: SeriesHistory, cut: int, number: int, rng: np.random.Generator, plan: IssuePlan
) -> tuple[Floats, Floats]:
    """Inputs and targets of one area from what was published at the cut: pairs of the plan, drawn at random if there are many."""
    truth, grid = history.truth(cut), ClockGrid(history)
    issues, leads = plan.pairs(grid, plan.issues(grid, max(cut - TRAINING_HOURS, 0), cut))
    learnable = (issues + leads < cut) & np.isfinite(truth[np.minimum(issues + leads, len(truth) - 1)])
    issues, leads = issues[learnable], leads[learnable]
    if len(issues) > TREE_ROWS:
        drawn = np.sort(rng.choice(len(issues), TREE_ROWS, replace=False))
        issues, leads = issues[drawn], leads[drawn]
    rows = issue_matrix(history, issues, leads, area_number=number)
    target = np.log(truth[rows.hour]) - rows.level
    usable = np.isfinite(target)
    return rows.matrix[usable], target[usable]


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
        "code_version": meta.code,
        "inputs": json.dumps(meta.inputs),
    }


def to_text(model: TrainedModel) -> str:
    """The trees as LightGBM text."""
    return str(model.engine.booster.model_to_string())


def kernels_to_bytes(model: TrainedModel) -> dict[str, bytes]:
    """The kernel member of each area as an archive of arrays."""
    return {area: member.to_bytes() for area, member in model.engine.kernels.items()}


def from_parts(text: str, kernels: Mapping[str, bytes], meta: ModelMeta) -> TrainedModel:
    """A model from its parts.

    Raises:
        ValueError: the text is no LightGBM model, there is no kernel member of an area, or the meta is of another kind of model.
    """
    if set(kernels) != set(meta.areas):
        raise ValueError(f"expected a kernel member of {', '.join(meta.areas)}, found {', '.join(kernels) or 'none'}")
    members = {area: KernelMember.from_bytes(content) for area, content in kernels.items()}
    try:
        model = TrainedModel(Engine(lgb.Booster(model_str=text), members, meta.recipe.kernel_weight), meta)
        _ = [model.calibration(area) for area in meta.calibration]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"expected the recipe and the calibration of {meta.model_version}, found otherwise: {error}") from error
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"expected a LightGBM model as text for {meta.model_version}, found otherwise: {error}") from error
    return model
