"""Revised truth: days whose consumption was read anew, hours or months after they were over, are judged again."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from dagster import (
    AssetKey,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from energy_dagster.defs.automation import LATE, REVISED_FOR
from energy_dagster.defs.range_requests import PRIORITY, range_request, stretches, under_way
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.catalogue import Feed
from energy_dagster.domain.tables import ERROR_METRICS, TABLES
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import DAYS, keys_between
from energy_dagster.resources.clock import Clock

DAYS_AT_ONCE = 31


def revised_truth_sensor(feeds: Iterable[Feed]) -> SensorDefinition:
    """The sensor that watches what the given feeds have brought in."""
    raw = tuple(feed.asset for feed in feeds)

    @sensor(
        name="revised_truth",
        target=AssetSelection.assets("error_metrics"),
        minimum_interval_seconds=600,
        default_status=DefaultSensorStatus.RUNNING,
        description=(
            "Asks for the errors of days before the running one whose consumption was read for the first time or anew: the last "
            "hours of yesterday, what settlement spoke of, and what was corrected."
        ),
    )
    def revised_truth(context: SensorEvaluationContext, clock: Clock, standing: Standing) -> SensorResult:
        now = clock.now()
        state: dict[str, Any] = json.loads(context.cursor) if context.cursor else {"until": now.isoformat(), "open": {}}
        judged = standing.partitions(ERROR_METRICS)
        until, moved = _moved(context.instance, standing, raw, since=datetime.fromisoformat(state["until"]), now=now)
        made = _storage_ids(context.instance, "error_metrics")
        running = set(keys_between(DAYS, now, now))  # kept up by the automation of the errors itself
        waiting = {day: made.get(day, 0) for day in sorted((moved & judged) - running)}
        still = {day: seen for day, seen in state["open"].items() if made.get(day, 0) <= seen}
        still |= waiting
        cursor = json.dumps({"until": until.isoformat(), "open": still})
        if not still:
            return SensorResult(skip_reason=f"no truth of a judged day moved since {until:%Y-%m-%d %H:%M} UTC", cursor=cursor)
        if under_way(context.instance, "error_metrics", DAYS) & set(still):
            return SensorResult(skip_reason=f"{len(still)} days are being judged again", cursor=cursor)
        first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (min(still), max(still)))
        requests = [
            range_request(
                "error_metrics",
                days[-DAYS_AT_ONCE:],
                run_key=f"error_metrics/{days[0]}/{days[-1]}/{now:%Y-%m-%dT%H}",
                why=f"the truth of {len(days)} judged days moved",
                tags={PRIORITY: LATE},
            )
            for days in stretches(keys_between(DAYS, first, last), set(still))
        ]
        return SensorResult(run_requests=requests, cursor=cursor)

    return revised_truth


def _moved(
    instance: DagsterInstance, standing: Standing, raw: Iterable[str], *, since: datetime, now: datetime
) -> tuple[datetime, set[str]]:
    """Days of which something was read after a moment, and the moment up to which that is known.

    While a month of consumption has not followed its raw hours yet, nothing is known of later than before.
    """
    consumption, moved = _storage_ids(instance, "consumption"), set[str]()
    oldest = f"{now - REVISED_FOR:%Y-%m-%d}"
    for asset in raw:
        read = _storage_ids(instance, asset)
        for month in standing.partitions(TABLES[asset]) & set(read):
            if month < oldest:
                continue
            written = standing.written_at(TABLES[asset], [month])
            if written is None or written < since:
                continue
            if consumption.get(month, 0) < read[month]:
                return since, set()
            moved |= _days_read_after(standing.rows(TABLES[asset], [month]), naive_utc(since))
    return now, moved


def _days_read_after(rows: pd.DataFrame, since: datetime) -> set[str]:
    hours: Any = rows.loc[rows["fetched_at"] >= pd.Timestamp(since), "hour_utc"]
    return set(hours.dt.strftime("%Y-%m-%d"))


def _storage_ids(instance: DagsterInstance, asset: str) -> dict[str, int]:
    """The newest materialization of each partition, as its place in the record of events."""
    return dict(instance.get_latest_storage_id_by_partition(AssetKey(asset), DagsterEventType.ASSET_MATERIALIZATION))
