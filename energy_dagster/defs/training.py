"""Training: the model of each week, and whether it may serve."""

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, Output, asset

from energy_dagster.defs.automation import EVERY_WEEK
from energy_dagster.defs.checks import Checked, found, warning
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.model import Recipe, TrainedModel
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.series_history import series_histories
from energy_dagster.domain.training import train
from energy_dagster.io_managers.models import Models
from energy_dagster.partitions import FEATURES_OF_A_TRAINING, WEEKS
from energy_dagster.resources.clock import Clock

CHAMPION = warning("forecast_model", "model_is_champion", "Beats the weekly naive and holds against the serving champion.")


@asset(
    ins={"consumption_features": AssetIn(partition_mapping=FEATURES_OF_A_TRAINING)},
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

    Key: the week it serves. It learned only from what was published before that week; a challenger never serves.
    """
    histories, keys = series_histories(consumption_features), list(context.partition_keys)
    champion = model_settings.store().usable_champion(before=keys[0], tell=context.log.warning)
    trained: dict[str, TrainedModel] = {}
    for key in keys:
        start = naive_utc(WEEKS.time_window_for_partition_key(key).start)
        at = naive_utc(clock.machine_now())
        trained[key] = train(histories, serves_from=start, trained_at=at, recipe=Recipe(model_settings.seed), champion=champion)
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
        "training rows": newest.training_rows,
        "training window": f"{newest.training_start} to {newest.training_end} UTC",
    }
    yield Output(trained, metadata=metadata)
    yield found(CHAMPION, verdict)
