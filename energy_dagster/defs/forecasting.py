"""Forecasting: one issue an hour, kept for ever."""

import numpy as np
import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, asset

from energy_dagster.defs.automation import EVERY_ISSUE
from energy_dagster.defs.checks import Checked, blocking, found, kept_if, warning
from energy_dagster.domain.availability import floor_hour, naive_utc
from energy_dagster.domain.forecasting import IssueResult, make_issues
from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.quality import forecasts_stand_on_all_inputs, predictions_are_whole
from energy_dagster.partitions import FEATURES_OF_AN_ISSUE, ISSUE_HOURS, WEEKS
from energy_dagster.resources.clock import Clock

WHOLE = blocking("predictions", "predictions_are_whole", "48 hours of each series, finite, ordered, not negative, DK = DK1 + DK2.")
ALL_INPUTS = warning("predictions", "forecasts_stand_on_all_inputs", "No row stands on a lower rung of the fallback ladder.")


@asset(
    ins={
        "consumption_features": AssetIn(partition_mapping=FEATURES_OF_AN_ISSUE),
        "forecast_model": AssetIn(),
    },
    partitions_def=ISSUE_HOURS,
    io_manager_key="lake",
    kinds={"lightgbm", "parquet"},
    group_name="forecasting",
    automation_condition=EVERY_ISSUE,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[WHOLE, ALL_INPUTS],
    code_version="1",
)
def predictions(
    context: AssetExecutionContext,
    clock: Clock,
    consumption_features: pd.DataFrame,
    forecast_model: dict[str, TrainedModel | None],
) -> Checked:
    """One hour of one series as forecast by one issue: 11 quantiles for each of the next 48 hours.

    Key: issued_at, area, consumer_group, hour_utc. Unit: MWh. Exists when its hour has begun; never overwritten.
    """
    issues = [naive_utc(ISSUE_HOURS.time_window_for_partition_key(key).start) for key in context.partition_keys]
    serving = {naive_utc(WEEKS.time_window_for_partition_key(key).start): model for key, model in forecast_model.items()}
    result: IssueResult = make_issues(consumption_features, serving, issues=issues)
    now = naive_utc(clock.now())
    is_live = result.rows["issued_at"] == floor_hour(now)
    rows = result.rows.assign(
        origin=np.where(is_live, "live", "replay"), created_at=pd.Timestamp(now).as_unit("us"), run_id=context.run.run_id
    )
    for area, reason in result.left_out.items():
        context.log.warning("%s is left out: %s", area, reason)
    left_out = {f"left out {area}": reason for area, reason in result.left_out.items()}
    metadata = {"areas": ", ".join(sorted(rows["area"].unique())), **left_out}
    yield from kept_if(WHOLE, predictions_are_whole(rows), rows, metadata=metadata)
    yield found(ALL_INPUTS, forecasts_stand_on_all_inputs(rows))
