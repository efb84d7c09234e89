"""Features: what is known of each hour before anybody forecasts it."""

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, asset

from energy_dagster.defs.automation import WHEN_INPUTS_MOVE_OR_TIME_DOES
from energy_dagster.defs.checks import Checked, blocking, kept_if
from energy_dagster.defs.ingestion import LOOKAHEAD
from energy_dagster.domain.availability import floor_hour, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.features import hourly_features
from energy_dagster.domain.quality import features_are_from_the_past
from energy_dagster.partitions import HISTORY_OF_A_MONTH, MONTHS
from energy_dagster.resources.clock import Clock

FROM_THE_PAST = blocking(
    "consumption_features", "features_are_from_the_past", "No consumption is younger than what the source has published."
)


@asset(
    ins={
        "consumption": AssetIn(partition_mapping=HISTORY_OF_A_MONTH),
        "raw_weather": AssetIn(partition_mapping=HISTORY_OF_A_MONTH),
    },
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"pandas", "parquet"},
    group_name="features",
    automation_condition=WHEN_INPUTS_MOVE_OR_TIME_DOES,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[FROM_THE_PAST],
    code_version="1",
)
def consumption_features(
    context: AssetExecutionContext, clock: Clock, consumption: pd.DataFrame, raw_weather: pd.DataFrame
) -> Checked:
    """One hour of one series: calendar, holidays, daylight, lags, weekly profile, and weather by the age of its forecast.

    Key: area, consumer_group, hour_utc. The running month also holds the 72 hours ahead, whose consumption is not known yet.
    """
    window, now = context.partition_time_window, naive_utc(clock.now())
    start, end = naive_utc(window.start), naive_utc(window.end)
    stop = floor_hour(now + LOOKAHEAD) if end > now else end
    hours = pd.date_range(start, stop, freq="h", unit="us", inclusive="left")
    rows = hourly_features(consumption, raw_weather, hours=hours)
    yield from kept_if(FROM_THE_PAST, features_are_from_the_past(rows, newest_published_hour(LOAD, now)), rows)
