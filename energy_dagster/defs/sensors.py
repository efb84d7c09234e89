"""Sensors: they notice what the outside world changed, with one small request each, and ask for exactly the months it concerns."""

from datetime import timedelta

from dagster import (
    AssetKey,
    AssetSelection,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from energy_dagster.defs.range_requests import WHY
from energy_dagster.domain.availability import HOUR, aware_utc, naive_utc
from energy_dagster.domain.catalogue import Feed
from energy_dagster.domain.tables import TABLES
from energy_dagster.domain.watching import Look, Sighting, next_look, sightings
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import MONTHS, keys_between
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal

LOOK_FAST, LOOK_SLOWLY = timedelta(minutes=5), timedelta(hours=1)


def source_sensor(feed: Feed) -> SensorDefinition:
    """The sensor that watches a feed's first dataset.

    Every other look is at the newest days, the others go through the weeks whose values may still move. A month is asked for once
    for each state of it that is seen: the run key names the hours and values.
    """
    dataset, table = feed.datasets[0], TABLES[feed.asset]
    often = LOOK_FAST if feed.vintage == "preliminary" else LOOK_SLOWLY

    @sensor(
        name=f"new_in_{feed.asset}",
        target=AssetSelection.assets(feed.asset),
        minimum_interval_seconds=int(often.total_seconds()),
        default_status=DefaultSensorStatus.RUNNING,
        description=f"Looks at {dataset.name} for new and revised hours, and asks for the months of {feed.asset} that changed.",
    )
    def watch(
        context: SensorEvaluationContext, portal: OpenDataPortal, clock: Clock, standing: Standing
    ) -> SensorResult | SkipReason:
        tick, now = int(context.cursor or 0), clock.now()
        look = next_look(feed, tick, now=naive_utc(now))
        seen = portal.glance(dataset, look.start, look.end, now=now)
        if seen is None:
            return SkipReason(f"{dataset.name} was asked less than {portal.seconds_between:.0f} s ago; looking again later")
        held = standing.rows(table, keys_between(MONTHS, aware_utc(look.start), aware_utc(look.end - HOUR)))
        found = sightings(table, held, seen, look=look, held=standing.partitions(table))
        cursor = str(tick + 1)
        if not found:
            return SensorResult(skip_reason=f"nothing new in {_words(look)}", cursor=cursor)
        return SensorResult(run_requests=[_request(feed, sighting) for sighting in found], cursor=cursor)

    return watch


def _request(feed: Feed, sighting: Sighting) -> RunRequest:
    return RunRequest(
        run_key=f"{feed.asset}/{sighting.month}/{sighting.digest}",
        partition_key=sighting.month,
        asset_selection=[AssetKey(feed.asset)],
        tags={WHY: f"{sighting.new} new and {sighting.revised} revised hours seen"},
    )


def _words(look: Look) -> str:
    return f"the hours from {look.start:%Y-%m-%d %H:%M} to {look.end:%Y-%m-%d %H:%M} UTC"
