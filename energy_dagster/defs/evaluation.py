"""Evaluation: every forecast against the truth, as it arrives."""

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, Output, asset

from energy_dagster.defs.automation import WHEN_TRUTH_ARRIVES
from energy_dagster.defs.checks import Checked, found, warning
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.quality import coverage_is_in_band, forecast_beats_weekly_naive
from energy_dagster.domain.scoring import score_hours
from energy_dagster.partitions import DAYS, ISSUES_OF_A_DAY, TRUTH_OF_A_DAY

IN_BAND = warning("error_metrics", "coverage_is_in_band", "P10 to P90 held about 80 % of the judged hours.")
SKILL = warning("error_metrics", "forecast_beats_weekly_naive", "The MAE is below the weekly naive's on the same hours.")


@asset(
    ins={
        "predictions": AssetIn(partition_mapping=ISSUES_OF_A_DAY),
        "consumption": AssetIn(partition_mapping=TRUTH_OF_A_DAY),
    },
    partitions_def=DAYS,
    io_manager_key="lake",
    kinds={"pandas", "parquet"},
    group_name="evaluation",
    automation_condition=WHEN_TRUTH_ARRIVES,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[IN_BAND, SKILL],
    code_version="1",
)
def error_metrics(context: AssetExecutionContext, predictions: pd.DataFrame, consumption: pd.DataFrame) -> Checked:
    """One hour of one series in one lead bucket and vintage: error, the weekly naive's error, inside the interval or not.

    Key: area, consumer_group, hour_utc, lead_bucket, vintage. Unit: MWh. Exists when the hour's truth does.
    """
    window = context.partition_time_window
    start, end = pd.Timestamp(naive_utc(window.start)), pd.Timestamp(naive_utc(window.end))
    rows = score_hours(predictions, consumption[(consumption["hour_utc"] >= start) & (consumption["hour_utc"] < end)])
    yield Output(rows)
    yield found(IN_BAND, coverage_is_in_band(rows))
    yield found(SKILL, forecast_beats_weekly_naive(rows))
