"""Ingestion: raw hours as the sources published them, and the cleaned consumption."""

from datetime import timedelta

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, BackfillPolicy, asset

from energy_dagster.defs.automation import EVERY_HOUR, EVERY_MORNING, WHEN_INPUTS_MOVE
from energy_dagster.defs.checks import Checked, blocking, found, kept_if, warning
from energy_dagster.domain.availability import naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT
from energy_dagster.domain.cleaning import clean_consumption
from energy_dagster.domain.quality import consumption_is_fresh, hours_are_complete
from energy_dagster.domain.tables import Vintage
from energy_dagster.partitions import HISTORY_OF_A_MONTH, MONTHS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.weather import Weather

LOOKAHEAD = timedelta(hours=72)
"""How far ahead the running month carries weather and calendar: the horizon, and a day for the running hour."""

COMPLETE = blocking("consumption", "hours_are_complete", "Every hour between the first and the last is there once.")
FRESH = warning("consumption", "consumption_is_fresh", "The newest usable hour is at most six hours behind the newest due.")


@asset(
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"python", "parquet"},
    group_name="ingestion",
    pool="open_data_portal",
    automation_condition=EVERY_HOUR,
    backfill_policy=BackfillPolicy.single_run(),
    code_version="1",
)
def raw_load(context: AssetExecutionContext, portal: OpenDataPortal) -> pd.DataFrame:
    """One hour of one price area as the fast source published it (`GenerationProdTypeExchange`).

    Key: area, hour_utc. Unit: MWh. Exists about two hours after an hour ends; unvalidated.
    """
    window = context.partition_time_window
    return portal.fetch(LOAD, naive_utc(window.start), naive_utc(window.end))


@asset(
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"python", "parquet"},
    group_name="ingestion",
    pool="open_data_portal",
    automation_condition=EVERY_MORNING,
    backfill_policy=BackfillPolicy.single_run(),
    code_version="1",
)
def raw_settlement(context: AssetExecutionContext, portal: OpenDataPortal) -> pd.DataFrame:
    """One hour of one price area as settlement corrected it (`ProductionConsumptionSettlement`).

    Key: area, hour_utc. Unit: MWh. Exists about eight days after an hour; corrected for up to two years.
    """
    window = context.partition_time_window
    return portal.fetch(SETTLEMENT, naive_utc(window.start), naive_utc(window.end))


@asset(
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"python", "parquet"},
    group_name="ingestion",
    pool="weather",
    automation_condition=EVERY_HOUR,
    backfill_policy=BackfillPolicy.single_run(),
    code_version="1",
)
def raw_weather(context: AssetExecutionContext, weather: Weather, clock: Clock) -> pd.DataFrame:
    """One hour of one price area's weather in one forecast run, or as observed (Open-Meteo).

    Key: area, hour_utc, kind, available_at. The running month also holds the forecast of the 72 hours ahead.
    """
    window, now = context.partition_time_window, clock.now()
    ahead = naive_utc(now + LOOKAHEAD)
    end = ahead if window.end > now else naive_utc(window.end)
    start = naive_utc(window.start)
    return weather.fetch(start, max(min(end, ahead), start), now=now)


@asset(
    ins={
        "raw_load": AssetIn(partition_mapping=HISTORY_OF_A_MONTH),
        "raw_settlement": AssetIn(partition_mapping=HISTORY_OF_A_MONTH),
    },
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"pandas", "parquet"},
    group_name="ingestion",
    automation_condition=WHEN_INPUTS_MOVE,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[COMPLETE, FRESH],
    code_version="1",
)
def consumption(context: AssetExecutionContext, clock: Clock, raw_load: pd.DataFrame, raw_settlement: pd.DataFrame) -> Checked:
    """One hour of one series in one vintage, cleaned, with a quality flag; DK is DK1 + DK2 where both are there.

    Key: area, consumer_group, hour_utc, vintage. Unit: MWh. Exists when the raw hours do.
    """
    window, now = context.partition_time_window, naive_utc(clock.now())
    raw: dict[Vintage, pd.DataFrame] = {"preliminary": raw_load, "settled": raw_settlement}
    due = {dataset.vintage: newest_published_hour(dataset, now) for dataset in (LOAD, SETTLEMENT)}
    start, end = naive_utc(window.start), naive_utc(window.end)
    rows = clean_consumption(raw, start=start, end=end, known_until=due)
    yield from kept_if(COMPLETE, hours_are_complete(rows), rows)
    yield found(FRESH, consumption_is_fresh(rows, due["preliminary"], until=end))
