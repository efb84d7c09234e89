"""Missing history: what a first start on an empty folder, or one after a long pause, has to bring in before anything else."""

from collections.abc import Sequence
from datetime import timedelta

from dagster import AssetSelection, DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SensorResult, sensor

from energy_dagster.defs.range_requests import range_request, stretches, under_way
from energy_dagster.domain.tables import TABLES
from energy_dagster.io_managers.standing import Standing
from energy_dagster.partitions import MONTHS, keys_between
from energy_dagster.resources.clock import Clock


def missing_history_sensor(assets: Sequence[str], *, days: int) -> SensorDefinition:
    """The sensor that asks for months of the sources that were never read.

    Args:
        assets: names of the assets that read a source.
        days: how far back history reaches.
    """

    @sensor(
        name="missing_history",
        target=AssetSelection.assets(*assets),
        minimum_interval_seconds=300,
        default_status=DefaultSensorStatus.RUNNING,
        description=f"Asks for the months of the last {days} days that a source was never read for, a stretch in one run.",
    )
    def missing_history(context: SensorEvaluationContext, clock: Clock, standing: Standing) -> SensorResult:
        now = clock.now()
        keys = keys_between(MONTHS, now - timedelta(days=days), now)
        requests = []
        for asset in assets:
            missing = set(keys) - standing.partitions(TABLES[asset])
            if missing and not under_way(context.instance, asset, MONTHS):
                stretch = stretches(keys, missing)[-1]
                run_key = f"{asset}/{stretch[0]}/{stretch[-1]}/{now:%Y-%m-%dT%H}"  # a source that is down is asked again later
                requests.append(range_request(asset, stretch, run_key=run_key, why=f"{len(missing)} months were never read"))
        return (
            SensorResult(run_requests=requests) if requests else SensorResult(skip_reason=f"every month since {keys[0]} was read")
        )

    return missing_history
