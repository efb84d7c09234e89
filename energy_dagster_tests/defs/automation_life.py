"""A platform whose runs succeed at once, whose conditions are evaluated at chosen moments."""

from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetMaterialization,
    AssetSelection,
    DagsterInstance,
    DagsterRunStatus,
    EvaluateAutomationConditionsResult,
    evaluate_automation_conditions,
)

from energy_dagster.definitions import build_definitions
from energy_dagster.settings import Settings

BACKTESTED = ("2025-08-01",)
MONTHLY = ("raw_load", "raw_settlement", "raw_weather", "consumption", "consumption_features")
MONTHS = tuple(f"2025-{month:02d}-01" for month in range(4, 11))
Asked = dict[str, set[str | None]]
"""Partitions asked for, by asset."""

HELD = {
    **dict.fromkeys(MONTHLY, MONTHS),
    "forecast_model": ("2025-10-20", "2025-10-27"),
    "predictions": tuple(f"2025-10-{day}T{hour:02d}" for day in (24, 25, 26, 27) for hour in range(24) if (day, hour) <= (27, 9)),
    "error_metrics": ("2025-10-25", "2025-10-26", "2025-10-27"),
    **dict.fromkeys(("backtest_forecasts", "backtest_scores"), BACKTESTED),
    "warehouse": (None,),
}


class Life:
    """A platform whose runs succeed at once: evaluates at a time, and reports what was requested as made."""

    def __init__(self, *, until: tuple[int, int] = (27, 9), without: tuple[str, str] | None = None) -> None:
        self.instance = DagsterInstance.ephemeral()
        self.definitions = build_definitions(Settings())
        self.cursor: Any = None  # dagster does not export its type
        issued = tuple(f"2025-10-{day}T{hour:02d}" for day in range(24, 31) for hour in range(24) if (day, hour) <= until)
        for asset, partitions in {**HELD, "predictions": issued}.items():
            for partition in partitions:
                if (asset, partition) != without:
                    self.make(asset, partition)

    def make(self, asset: str, partition: str | None) -> None:
        self.instance.report_runless_asset_event(AssetMaterialization(AssetKey(asset), partition=partition))

    def begin(self, asset: str, partition: str) -> None:
        """A run of a partition that is under way."""
        job, key = self.definitions.resolve_implicit_global_asset_job_def(), AssetKey(asset)
        self.instance.create_run_for_job(
            job.get_subset(asset_selection={key}),
            status=DagsterRunStatus.STARTED,
            tags={"dagster/partition": partition},
            asset_selection=frozenset({key}),
        )

    def checked(self, asset: str, hour: int, minute: int, *, name: str = "datasets_are_as_declared") -> bool:
        """Whether a check, that of a source's description by default, is requested, on the day after."""
        key = AssetCheckKey(AssetKey(asset), name)
        results = self.evaluated(hour, minute, day=28).results
        return any(one.key == key and not one.true_subset.is_empty for one in results)

    def evaluated(self, hour: int, minute: int, *, day: int) -> EvaluateAutomationConditionsResult:
        result = evaluate_automation_conditions(
            self.definitions,
            self.instance,
            asset_selection=AssetSelection.all(),
            evaluation_time=datetime(2025, 10, day, hour, minute, tzinfo=UTC),
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        return result

    def requested(self, hour: int, minute: int, *, day: int = 27) -> Asked:
        result = self.evaluated(hour, minute, day=day)
        wanted: Asked = {}
        for name in (*HELD, "tuned_parameters"):
            keys = result.get_requested_partitions(AssetKey(name))
            if keys:
                wanted[name] = set(keys)
        return wanted

    def tick(self, hour: int, minute: int, *, day: int = 27, down: frozenset[str] = frozenset()) -> Asked:
        """What is asked for; all of it is made but what is down."""
        wanted = self.requested(hour, minute, day=day)
        for asset, partitions in wanted.items():
            for partition in partitions if asset not in down else ():
                self.make(asset, partition)
        return wanted


def union_of(ticks: list[Asked], name: str) -> set[str | None]:
    return set().union(*(tick.get(name, set()) for tick in ticks))
