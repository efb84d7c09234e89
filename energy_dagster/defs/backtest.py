"""The backtest as assets, made when somebody asks for months of it."""

from datetime import datetime, timedelta

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, Output, asset

from energy_dagster.defs.checks import Checked, blocking, found, kept_if, warning
from energy_dagster.domain.backtest_quality import backtest_beats_weekly_naive, backtest_days_are_whole
from energy_dagster.domain.model import Recipe
from energy_dagster.domain.monthly_backtest import backtest_months, newest_delivery_day, score_months
from energy_dagster.domain.series_history import series_histories
from energy_dagster.io_managers.models import Models
from energy_dagster.partitions import FEATURES_OF_A_BACKTEST, HISTORY_OF_A_MONTH, MONTHS
from energy_dagster.resources.clock import Clock

WHOLE = blocking(
    "backtest_forecasts", "backtest_days_are_whole", "Every delivery day has all of its hours; quantiles are finite and in order."
)
SKILL = warning("backtest_scores", "backtest_beats_weekly_naive", "The MAE is below the weekly naive's in each month and area.")


@asset(
    ins={"consumption_features": AssetIn(partition_mapping=FEATURES_OF_A_BACKTEST)},
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"lightgbm", "parquet"},
    group_name="evaluation",
    pool="backtest",
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[WHOLE],
    code_version="1",
)
def backtest_forecasts(
    context: AssetExecutionContext, clock: Clock, model_settings: Models, consumption_features: pd.DataFrame
) -> Checked:
    """One hour of DK1 or DK2 as forecast at 10:00 local on the day before, by an engine taught at the first issue of its month.

    Key: issued_at, area, consumer_group, hour_utc; a partition holds the local days of its month. Unit: MWh. It exists when
    somebody asked for it. Nothing was known to an issue that had not been published at it: the same as `energy backtest` says.
    """
    window = context.partition_time_window
    last = newest_delivery_day((window.end - timedelta(days=1)).date(), clock.now())

    def recipe_at(moment: datetime) -> Recipe:
        return model_settings.recipe(known_at=moment, tell=context.log.warning).recipe

    made = backtest_months(series_histories(consumption_features), first=window.start.date(), last=last, recipe_at=recipe_at)
    for area, reason in made.left_out.items():
        context.log.warning("%s is left out: %s", area, reason)
    metadata = {"engines taught": made.fits, **{f"left out {area}": reason for area, reason in made.left_out.items()}}
    yield from kept_if(WHOLE, backtest_days_are_whole(made.rows), made.rows, metadata=metadata)


@asset(
    ins={"backtest_forecasts": AssetIn(), "consumption": AssetIn(partition_mapping=HISTORY_OF_A_MONTH)},
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"pandas", "parquet"},
    group_name="evaluation",
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[SKILL],
    code_version="1",
)
def backtest_scores(model_settings: Models, backtest_forecasts: pd.DataFrame, consumption: pd.DataFrame) -> Checked:
    """Scores of a month of `backtest_forecasts` in one area: overall and by lead, hour, kind and length of the local day.

    Key: month, area, breakdown, group_name. Unit: MWh, %, shares; with 95 % intervals from four weeks of days on. It exists when
    somebody asked for it and the month's truth is known.
    """
    rows = score_months(backtest_forecasts, consumption, seed=model_settings.seed)
    yield Output(rows)
    yield found(SKILL, backtest_beats_weekly_naive(rows))
