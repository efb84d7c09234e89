"""Ingestion: raw hours as the sources published them, and the cleaned consumption."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
from dagster import AssetExecutionContext, AssetIn, AssetsDefinition, BackfillPolicy, Config, Output, asset
from pydantic import Field

from energy_dagster.defs.automation import EVERY_HOUR, EVERY_MORNING, WHEN_INPUTS_MOVE
from energy_dagster.defs.checks import Checked, blocking, found, kept_if, warning
from energy_dagster.domain.availability import naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import Feed
from energy_dagster.domain.cleaning import Published, clean_consumption
from energy_dagster.domain.quality import (
    consumption_is_fresh,
    feed_is_fresh,
    few_hours_are_flagged,
    hours_are_complete,
    services_answered,
)
from energy_dagster.partitions import HISTORY_OF_A_MONTH, MONTHS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.tso import TsoForecasts
from energy_dagster.resources.weather import Weather, WeatherReading

LOOKAHEAD = timedelta(hours=72)
"""How far ahead the running month carries weather and calendar: the horizon, and a day for the running hour."""

COMPLETE = blocking("consumption", "hours_are_complete", "Every hour between the first and the last is there once.")
FRESH = warning("consumption", "consumption_is_fresh", "The newest usable hour is at most six hours behind the newest due.")
FLAGGED = warning("consumption", "few_hours_are_flagged", "Few hours are missing, zero, stuck or otherwise of no use.")


ANSWERED = warning("raw_weather", "weather_services_answered", "None of the forecast, previous-runs and archive services failed.")


class Reading(Config):
    """Where the rows come from, when not from the source itself."""

    quarantined: str | None = Field(default=None, description="Id of a quarantined payload to read by the rules of today")


def raw_asset(feed: Feed) -> AssetsDefinition:
    """The asset that keeps what a feed's datasets say."""
    fresh = warning(feed.asset, "source_is_fresh", f"The newest hour is at most {feed.late_after} behind the newest that is due.")
    names = ", ".join(dataset.name for dataset in feed.datasets)

    @asset(
        name=feed.asset,
        description=(
            f"{feed.row}\n\nKey: area, consumer_group, hour_utc. Unit: MWh. Read from {names}. "
            "A reading is put on top of the last one: hours the source no longer has stay; a value keeps when it was first read."
        ),
        partitions_def=MONTHS,
        io_manager_key="lake",
        kinds={"python", "parquet"},
        group_name="ingestion",
        pool="open_data_portal",
        automation_condition=EVERY_HOUR if feed.vintage == "preliminary" else EVERY_MORNING,
        backfill_policy=BackfillPolicy.single_run(),
        check_specs=[fresh],
        code_version="2",
    )
    def raw(context: AssetExecutionContext, config: Reading, portal: OpenDataPortal, clock: Clock) -> Checked:
        start, end = _window(context)
        now = clock.now()
        if config.quarantined is not None:
            rows = portal.understood(portal.sources.kept(config.quarantined), now=now)
        else:
            rows = portal.read(feed, start, end, now=now)
        yield Output(rows)
        due = newest_published_hour(feed, naive_utc(now))
        yield found(fresh, feed_is_fresh(rows, due, late_after=feed.late_after, start=start, until=end))

    return raw


@asset(
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"python", "parquet"},
    group_name="ingestion",
    pool="weather",
    automation_condition=EVERY_HOUR,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[ANSWERED],
    code_version="2",
)
def raw_weather(context: AssetExecutionContext, config: Reading, weather: Weather, clock: Clock) -> Checked:
    """One hour of one price area's weather in one forecast run, or as observed (Open-Meteo).

    Key: area, hour_utc, kind, available_at. The running month also holds the forecast of the 72 hours ahead.
    """
    (start, stop), now = _window(context), clock.now()
    if config.quarantined is not None:
        reading = WeatherReading(weather.understood(weather.sources.kept(config.quarantined), now=now), ())
    else:
        ahead = naive_utc(now + LOOKAHEAD)
        end = ahead if stop > naive_utc(now) else stop
        reading = weather.read(start, max(min(end, ahead), start), now=now)
    yield Output(reading.rows)
    yield found(ANSWERED, services_answered(reading.failures))


@asset(
    partitions_def=MONTHS,
    io_manager_key="lake",
    kinds={"python", "parquet"},
    group_name="ingestion",
    pool="entsoe",
    automation_condition=EVERY_HOUR,
    backfill_policy=BackfillPolicy.single_run(),
    code_version="1",
)
def raw_tso_forecast(context: AssetExecutionContext, tso: TsoForecasts, clock: Clock) -> pd.DataFrame:
    """One hour of one price area in the transmission system operator's day-ahead forecast (ENTSO-E, A65/A01).

    Key: area, hour_utc. Unit: MWh. Exists by 10:00 Danish time on the day before; in the graph only with a token.
    """
    start, end = _window(context)
    return tso.fetch(start, max(min(end, naive_utc(clock.now() + LOOKAHEAD)), start), now=clock.now())


def consumption_asset(feeds: Sequence[Feed]) -> AssetsDefinition:
    """The asset that cleans what the feeds say."""

    @asset(
        ins={feed.asset: AssetIn(partition_mapping=HISTORY_OF_A_MONTH) for feed in feeds},
        partitions_def=MONTHS,
        io_manager_key="lake",
        kinds={"pandas", "parquet"},
        group_name="ingestion",
        automation_condition=WHEN_INPUTS_MOVE,
        backfill_policy=BackfillPolicy.single_run(),
        check_specs=[COMPLETE, FRESH, FLAGGED],
        code_version="2",
    )
    def consumption(context: AssetExecutionContext, clock: Clock, **raw: pd.DataFrame) -> Checked:
        """One hour of one series in one vintage, cleaned, with a quality flag; DK is DK1 + DK2 where both are there.

        Key: area, consumer_group, hour_utc, vintage. Unit: MWh. Exists when the raw hours do.
        """
        (start, end), now = _window(context), naive_utc(clock.now())
        due = {feed.asset: newest_published_hour(feed, now) for feed in feeds}
        published = [Published(raw[feed.asset], feed.vintage, due[feed.asset]) for feed in feeds]
        rows = clean_consumption(published, start=start, end=end)
        yield from kept_if(COMPLETE, hours_are_complete(rows), rows)
        yield found(FRESH, consumption_is_fresh(rows, due[feeds[0].asset], start=start, until=end))
        yield found(FLAGGED, few_hours_are_flagged(rows))

    return consumption


def _window(context: AssetExecutionContext) -> tuple[datetime, datetime]:
    """The run's partitions as first hour and hour after the last, naive UTC."""
    window = context.partition_time_window
    return naive_utc(window.start), naive_utc(window.end)
