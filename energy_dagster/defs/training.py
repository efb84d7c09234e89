"""Training: the recipe of the models, the model of each week, and whether it may serve."""

import time
from dataclasses import replace
from typing import Any

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, Config, MetadataValue, Output, TableRecord, asset
from pydantic import Field

from energy_dagster.defs.automation import EVERY_WEEK
from energy_dagster.defs.checks import Checked, found, warning
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.model import HALVES, TrainedModel
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.series_history import series_histories
from energy_dagster.domain.training import train
from energy_dagster.domain.tuned import Trial, Tuned
from energy_dagster.domain.tuning import Budget, tune
from energy_dagster.io_managers.models import Models
from energy_dagster.partitions import FEATURES_OF_A_TRAINING, WEEKS
from energy_dagster.resources.clock import Clock

CHAMPION = warning("forecast_model", "model_is_champion", "Beats the weekly naive and holds against the serving champion.")


class Search(Config):
    """When a tuning ends: with the first of both."""

    trials: int = Field(default=60, ge=2, description="Recipes to try, the one it starts from among them")
    seconds: float = Field(default=600.0, gt=0, description="Seconds after which no further recipe is tried")


@asset(
    io_manager_key="recipes",
    kinds={"optuna", "python"},
    group_name="training",
    code_version="1",
)
def tuned_parameters(
    context: AssetExecutionContext, config: Search, clock: Clock, model_settings: Models, consumption_features: pd.DataFrame
) -> Output[Tuned]:
    """The recipe of the models: covariances, weight of the kernel member and trees, as searched for on up to two years; JSON.

    Key: none; each version is kept. It exists when somebody asked for it: nothing waits for it, and without one the models are
    made by the own recipe. It looked at nothing published after the running week began, so that the week's model may use it.
    """
    running_week = WEEKS.get_partition_key_for_timestamp(clock.now().timestamp())
    cut = naive_utc(WEEKS.time_window_for_partition_key(running_week).start)
    chosen = model_settings.recipe(known_at=cut, tell=context.log.warning)
    histories = {area: history for area, history in series_histories(consumption_features).items() if area in HALVES}

    def told(trial: Trial) -> None:
        context.log.info("trial %d: error %.3f %%", trial.number, 100 * trial.error)

    budget = Budget(config.trials, config.seconds)
    tuned = tune(histories, cut=cut, recipe=chosen.recipe, budget=budget, seed=model_settings.seed, clock=time.monotonic, told=told)
    context.log.info("%s", tuned.reason)
    return Output(tuned, metadata={**_scores_of(tuned), "started from": chosen.version})


def _scores_of(tuned: Tuned) -> dict[str, Any]:
    """What a tuning found, for its page."""
    rows = [
        TableRecord({"parameter": name, "start": tuned.start[name], "proposed": value}) for name, value in tuned.proposed.items()
    ]
    return {
        "taken": tuned.taken,
        "reason": tuned.reason,
        "trials": len(tuned.trials),
        "error before, searched [%]": 100 * tuned.searched.start,
        "error after, searched [%]": 100 * tuned.searched.proposed,
        "error before, held back [%]": 100 * tuned.held_back.start,
        "error after, held back [%]": 100 * tuned.held_back.proposed,
        "areas": ", ".join(tuned.areas),
        "cut": f"{tuned.cut} UTC",
        "parameters": MetadataValue.table(rows),
    }


@asset(
    ins={"consumption_features": AssetIn(partition_mapping=FEATURES_OF_A_TRAINING, input_manager_key="training_features")},
    deps=["tuned_parameters"],
    partitions_def=WEEKS,
    io_manager_key="models",
    kinds={"lightgbm", "python"},
    group_name="training",
    automation_condition=EVERY_WEEK,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[CHAMPION],
    code_version="1",
)
def forecast_model(
    context: AssetExecutionContext, clock: Clock, model_settings: Models, consumption_features: pd.DataFrame
) -> Checked:
    """One trained model: LightGBM text and `meta.json` with calibration, held-out scores and the verdict.

    Key: the week it serves. It learned only from what was published before that week, by the newest recipe that was tuned on no
    more than that, or else the own; a challenger never serves.
    """
    histories, keys = series_histories(consumption_features), list(context.partition_keys)
    kept = model_settings.store().usable_champion(before=keys[0], tell=context.log.warning)
    champion = None if kept is None else kept.model
    trained: dict[str, TrainedModel] = {}
    for key in keys:
        start = naive_utc(WEEKS.time_window_for_partition_key(key).start)
        at = naive_utc(clock.machine_now())
        chosen = model_settings.recipe(known_at=start, tell=context.log.warning)
        model = train(histories, serves_from=start, trained_at=at, recipe=chosen.recipe, champion=champion)
        trained[key] = replace(model, meta=replace(model.meta, tuning=chosen.version))
        champion = trained[key] if trained[key].meta.verdict == "champion" else champion
        context.log.info("%s: %s: %s", key, trained[key].meta.verdict, trained[key].meta.reason)
    newest = trained[keys[-1]].meta
    verdict = Finding(newest.verdict == "champion", newest.reason, {"MAE": newest.scores.mae_mwh})
    metadata = {
        "skill": newest.scores.skill,
        "MAE [MWh]": newest.scores.mae_mwh,
        "weekly naive MAE [MWh]": newest.scores.naive_mae_mwh,
        "verdict": newest.verdict,
        "model version": newest.model_version,
        "recipe": chosen.version,
        "training rows": newest.training_rows,
        "training window": f"{newest.training_start} to {newest.training_end} UTC",
    }
    yield Output(trained, metadata=metadata)
    yield found(CHAMPION, verdict)
