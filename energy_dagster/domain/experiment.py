"""What an experiment tracker is told: the training of a model, and the trials of a tuning, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from energy_dagster.domain.held_out import ALL, HeldOutScore
from energy_dagster.domain.model import ModelMeta
from energy_dagster.domain.tuned import Tuned

MODEL = "forecast_model"
ATTEMPT_LETTERS = 8
"""So much of the id of a Dagster run is in the ids of its experiments."""

FEATURES_SHOWN = 30
SCORE_COLUMNS = ("area", "lead_bucket", "hours", "mae_mwh", "wape_pct", "naive_mae_mwh", "skill")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Rows to look at."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Chart:
    """A drawing: bars of the second column by the first; or lines of the third over the second, one for each of the first."""

    kind: Literal["bars", "lines"]
    title: str
    table: Table


@dataclass(frozen=True)
class ModelArtifact:
    """A model as an artifact.

    Attributes:
        version: the alias that is of this model alone.
        aliases: all that it is to have.
        promoted: whether it is the newest champion.
        metadata: what is said of it.
    """

    version: str
    aliases: tuple[str, ...]
    promoted: bool
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Experiment:
    """One run of a tracker. The same `run_id` again is the same run, said anew."""

    run_id: str
    name: str
    job_type: str
    group: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    history: tuple[Mapping[str, float], ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)
    artifact: ModelArtifact | None = None


def of_training(meta: ModelMeta, *, week: str, attempt: str, promoted: bool) -> Experiment:
    """The training of the model of a week.

    Args:
        meta: of the model, with its lineage.
        week: it serves.
        attempt: id of the Dagster run that tried first; a retry has the same.
        promoted: whether it is the newest champion.
    """
    role = ("champion",) if promoted else ("challenger",) if meta.verdict == "challenger" else ()
    return Experiment(
        run_id=f"{MODEL}-{week}-{attempt[:ATTEMPT_LETTERS]}",
        name=f"{week} {meta.model_version}",
        job_type="training",
        group=MODEL,
        tags=(MODEL, week, meta.verdict),
        config=_config(meta, week),
        summary={"verdict": meta.verdict, "reason": meta.reason, **_scores(meta)},
        tables={"held_out_scores": Table(SCORE_COLUMNS, tuple(_score_row(one) for one in meta.held_out))} if meta.held_out else {},
        charts=_charts(meta),
        artifact=ModelArtifact(
            version=meta.model_version,
            aliases=("latest", *role, week, meta.model_version),
            promoted=promoted,
            metadata={"verdict": meta.verdict, "reason": meta.reason, "serves_from": meta.serves_from, "code_version": meta.code},
        ),
    )


def _config(meta: ModelMeta, week: str) -> dict[str, Any]:
    return {
        "recipe": dict(meta.parameters),
        "seed": meta.parameters.get("seed"),
        "tuning_version": meta.tuning,
        "code_version": meta.code,
        "dagster_run_id": meta.run_id,
        "model_version": meta.model_version,
        "week": week,
        "training_start": meta.training_start,
        "training_end": meta.training_end,
        "training_rows": meta.training_rows,
        "areas": list(meta.areas),
        "uses_weather": meta.uses_weather,
        "features": len(meta.features),
    }


def _scores(meta: ModelMeta) -> dict[str, Any]:
    """Scores as flat values: of all, by area (`DK1/mae_mwh`) and by lead bucket (`lead 01-06/mae_mwh`)."""
    whole, flat = meta.scores, dict[str, Any]()
    for one in meta.held_out:
        if ALL not in (one.area, one.lead_bucket):
            continue
        place = "" if one.area == one.lead_bucket else f"{one.area}/" if one.area != ALL else f"lead {one.lead_bucket}/"
        values = {"mae_mwh": one.mae_mwh, "wape_pct": one.wape_pct, "naive_mae_mwh": one.naive_mae_mwh, "skill": one.skill}
        flat |= {place + name: value for name, value in values.items() if value is not None}
    others = {
        "mae_mwh": whole.mae_mwh,
        "naive_mae_mwh": whole.naive_mae_mwh,
        "skill": whole.skill,
        "coverage_80_pct": 100 * whole.coverage_80,
        "rival_mae_mwh": whole.rival_mae_mwh,
        "champion_mae_mwh": whole.champion_mae_mwh,
    }
    return flat | {name: value for name, value in others.items() if value is not None}


def _score_row(one: HeldOutScore) -> Row:
    return tuple(getattr(one, column) for column in SCORE_COLUMNS)


def _charts(meta: ModelMeta) -> dict[str, Chart]:
    """How often intervals held what they say, by lead bucket, and which features the trees gain most by."""
    held = [one for one in meta.held_out if one.area == ALL]
    coverage = sorted((one.lead_bucket, float(nominal), share) for one in held for nominal, share in one.coverage_pct.items())
    gains = sorted(meta.importance.items(), key=lambda item: -item[1])[:FEATURES_SHOWN]
    charts = {"feature_importance": Chart("bars", "Share of the trees' gain", Table(("feature", "gain"), tuple(gains)))}
    if coverage:
        table = Table(("lead_bucket", "nominal_pct", "held_pct"), tuple(coverage))
        charts["calibration"] = Chart("lines", "Actuals held by central intervals, by lead", table)
    return charts


def of_tuning(tuned: Tuned, *, version: str, attempt: str, asset: str = "tuned_parameters") -> list[Experiment]:
    """The trials of a tuning, each a run of its group, and the run that sums them up.

    Args:
        tuned: what was found.
        version: under which it is kept.
        attempt: id of the Dagster run that tried first; a retry has the same.
        asset: whose it is.
    """
    group = f"{asset}-{attempt[:ATTEMPT_LETTERS]}"
    same = {"tuning_version": version, "cut": tuned.cut, "areas": list(tuned.areas), "seed": tuned.recipe.seed}
    trials = [
        Experiment(
            run_id=f"{group}-trial-{trial.number:03d}",
            name=f"trial {trial.number}",
            job_type="trial",
            group=group,
            tags=(asset, "trial"),
            config={**same, "trial": trial.number, "point": trial.point},
            summary={"error_pct": 100 * trial.error},
        )
        for trial in tuned.trials
    ]
    return [*trials, _whole_tuning(tuned, group=group, tags=(asset, "tuning"), config=same)]


def _whole_tuning(tuned: Tuned, *, group: str, tags: tuple[str, ...], config: Mapping[str, Any]) -> Experiment:
    proposed = tuple((name, tuned.start[name], value) for name, value in tuned.proposed.items())
    return Experiment(
        run_id=f"{group}-summary",
        name=f"tuning before {datetime.fromisoformat(tuned.cut):%Y-%m-%d}",
        job_type="tuning",
        group=group,
        tags=tags,
        config={**config, "recipe": tuned.recipe.to_fields()},
        summary={
            "taken": tuned.taken,
            "reason": tuned.reason,
            "trials": len(tuned.trials),
            "searched_before_pct": 100 * tuned.searched.start,
            "searched_after_pct": 100 * tuned.searched.proposed,
            "held_back_before_pct": 100 * tuned.held_back.start,
            "held_back_after_pct": 100 * tuned.held_back.proposed,
            "held_back_improvement_pct": 100 * tuned.held_back.improvement,
        },
        history=tuple(_best_so_far([trial.error for trial in tuned.trials])),
        tables={"parameters": Table(("parameter", "start", "proposed"), proposed)},
    )


def _best_so_far(errors: Sequence[float]) -> list[dict[str, float]]:
    return [
        {"trial": number, "error_pct": 100 * error, "best_error_pct": 100 * min(errors[: number + 1])}
        for number, error in enumerate(errors)
    ]
