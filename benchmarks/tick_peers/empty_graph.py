"""What Dagster itself costs: a graph of the same shape and under the same conditions whose assets do nothing."""

from dagster import AssetsDefinition, Definitions, asset, in_process_executor

from energy_dagster.defs.automation import (
    AUTOMATION,
    EVERY_HOUR,
    EVERY_ISSUE,
    HOURLY_ISSUES,
    WHEN_ANYTHING_MOVED,
    WHEN_INPUTS_MOVE,
    WHEN_TRUTH_ARRIVES,
)
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS

SHAPE = (
    ("raw_load", (), MONTHS, EVERY_HOUR),
    ("raw_weather", (), MONTHS, EVERY_HOUR),
    ("consumption", ("raw_load",), MONTHS, WHEN_INPUTS_MOVE),
    ("consumption_features", ("consumption", "raw_weather"), MONTHS, WHEN_INPUTS_MOVE),
    ("predictions", ("consumption_features",), ISSUE_HOURS, EVERY_ISSUE),
    ("error_metrics", ("consumption", "predictions"), DAYS, WHEN_TRUTH_ARRIVES),
    ("warehouse", ("consumption", "consumption_features", "predictions", "error_metrics"), None, WHEN_ANYTHING_MOVED),
)


def _nothing(name: str, deps: tuple[str, ...], calendar: object, condition: object) -> AssetsDefinition:
    @asset(name=name, deps=list(deps), partitions_def=calendar, automation_condition=condition)  # type: ignore[arg-type]
    def nothing() -> None: ...

    return nothing


defs = Definitions(assets=[_nothing(*one) for one in SHAPE], sensors=[HOURLY_ISSUES, AUTOMATION], executor=in_process_executor)
