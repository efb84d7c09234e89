"""The account of a simulation: which promises were kept, told from what lies in the lake at its end."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from energy_dagster.domain.availability import HOUR, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.metrics import skill
from energy_dagster.domain.tables import CONSUMPTION, ERROR_METRICS, PREDICTIONS
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.partitions import DAYS, ISSUE_HOURS, MONTHS, WEEKS, keys_between
from energy_dagster.settings import Settings
from energy_dagster.simulation.loop import Lived
from energy_dagster.simulation.mirror_service import mirror_root
from energy_dagster.simulation.planning import Mishap
from energy_dagster.storage.files import StorageError

ON_TIME = timedelta(minutes=15)
"""An issue that stands by then was asked for at ten past at the latest."""


@dataclass(frozen=True)
class Healed:
    """A mishap, and what came of it: hours on lower rungs or late until the first whole issue after it, runs that failed."""

    kind: str
    start: str
    hours: float
    failed_runs: int
    healed_after_hours: float | None


@dataclass(frozen=True)
class Account:
    """What a simulation showed.

    Attributes:
        hours: hours of the time simulated.
        on_time, late, missed: of them issued within a quarter, made up for later, without a forecast.
        issued_twice: hours with more than one version.
        rungs: hours by the lowest rung of the ladder their issue stands on.
        runs, failed_runs: of all assets.
        models: models trained, and why beyond the weekly one.
        mishaps: what went wrong, and how it healed.
        skill, coverage_80: over the judged hours of the period; None before any is judged.
        scored, to_score: forecasts of hours with a truth that are in the errors, and all there are.
        missing: partitions that are not there at the end.
        unmirrored: partitions whose mirror does not hold what the lake holds at the end.
        challengers, serving_challengers: models that were not let serve, and issues by one of them.
        leaks: issues that stand on what was not published yet.
        disk_mb, memory_mb: at the start and at the end.
        tick_seconds: mean and largest.
    """

    hours: int
    on_time: int
    late: int
    missed: int
    issued_twice: int
    rungs: dict[str, int]
    runs: int
    failed_runs: int
    models: dict[str, int]
    mishaps: list[Healed]
    skill: float | None
    coverage_80: float | None
    scored: int
    to_score: int
    missing: list[str]
    unmirrored: list[str]
    challengers: int
    serving_challengers: int
    leaks: int
    disk_mb: list[float]
    memory_mb: list[float]
    tick_seconds: dict[str, float]

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept, in words."""
        counts = {
            "hours without a forecast": self.missed,
            "hours issued twice": self.issued_twice,
            "issues that know the future": self.leaks,
            "forecasts that were not scored": self.to_score - self.scored,
            "partitions missing at the end": len(self.missing),
            "partitions not mirrored at the end": len(self.unmirrored),
            "issues by a model that may not serve": self.serving_challengers,
        }
        return [f"{count} {what}" for what, count in counts.items() if count]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def account_of(settings: Settings, lived: Lived) -> Account:
    """Look through the lake.

    Raises:
        StorageError: it cannot be read.
    """
    lake = Lake(settings.lake)
    keys = keys_between(ISSUE_HOURS, lived.start + HOUR, lived.end - HOUR)
    versions = Counter(version.partition for version in lake.versions("predictions", keys))
    issued = lake.read(PREDICTIONS, keys)
    prompt = _prompt(issued)
    errors, scored, to_score = _scores(lake, lived)
    paired = errors.dropna(subset=["naive_abs_error_mwh"])
    judged = len(paired) > 0
    challengers = _challengers(ModelStore(settings.lake))
    mae, naive, inside = (
        float(np.average(paired[name], weights=paired["issues"])) if judged else 0.0
        for name in ("abs_error_mwh", "naive_abs_error_mwh", "inside_80")
    )
    return Account(
        hours=len(keys),
        on_time=int(prompt.sum()),
        late=len(prompt) - int(prompt.sum()),
        missed=len(set(keys) - set(versions)),
        issued_twice=sum(count > 1 for count in versions.values()),
        rungs=dict(Counter(_rungs(issued).to_list())),
        runs=len(lived.made),
        failed_runs=sum(not made.succeeded for made in lived.made),
        models=dict(Counter(made.why or "weekly" for made in lived.made if made.succeeded and "forecast_model" in made.assets)),
        mishaps=[_healed(mishap, issued, lived) for mishap in lived.mishaps],
        skill=skill(mae, naive) if judged and naive > 0 else None,
        coverage_80=inside if judged else None,
        scored=scored,
        to_score=to_score,
        missing=_missing(lake, settings, lived, keys),
        unmirrored=_unmirrored(lake, settings, lived, keys),
        challengers=len(challengers),
        serving_challengers=int(issued.groupby("issued_at")["model_version"].first().isin(challengers).sum()),
        leaks=_leaks(issued),
        disk_mb=lived.disk_mb,
        memory_mb=lived.memory_mb,
        tick_seconds={"mean": float(np.mean(lived.tick_seconds)), "largest": float(np.max(lived.tick_seconds))},
    )


def _prompt(issued: pd.DataFrame) -> "pd.Series[bool]":
    """Of each issue, whether it was made live and in time."""
    first = issued.groupby("issued_at")[["created_at", "origin"]].first()
    return (first["created_at"] - first.index <= ON_TIME) & (first["origin"] == "live")


def _rungs(issued: pd.DataFrame) -> "pd.Series[str]":
    """Of each issue, the lowest rung that any of its rows stands on."""
    order = {"full": 0, "no_weather": 1, "older_lags": 2, "naive": 3}
    lowest = issued.assign(step=issued["rung"].map(order)).groupby("issued_at")["step"].max()
    return lowest.map({step: rung for rung, step in order.items()})


def _leaks(issued: pd.DataFrame) -> int:
    """Issues that know consumption or weather of after they were made."""
    moments = issued.groupby("issued_at")[["consumption_cutoff", "weather_cutoff"]].max()
    known = pd.DatetimeIndex([newest_published_hour(LOAD, moment.to_pydatetime()) for moment in moments.index])
    late_weather = moments["weather_cutoff"].to_numpy() > moments.index.to_numpy()
    return int(((moments["consumption_cutoff"].to_numpy() > known.to_numpy()) | late_weather).sum())


def _scores(lake: Lake, lived: Lived) -> tuple[pd.DataFrame, int, int]:
    """The errors of the period, how many forecasts they judge, and how many they should."""
    begin, end = (pd.Timestamp(naive_utc(moment)) for moment in (lived.start, lived.end))
    errors = lake.read(ERROR_METRICS, keys_between(DAYS, lived.start, lived.end))
    errors = errors[(errors["hour_utc"] >= begin) & (errors["hour_utc"] < end)]
    truth = lake.read(CONSUMPTION, keys_between(MONTHS, lived.start, lived.end))
    known = truth[(truth["quality"] == "ok") & (truth["vintage"] == "preliminary") & (truth["hour_utc"] >= begin)]
    issued = lake.read(PREDICTIONS, keys_between(ISSUE_HOURS, lived.start - timedelta(days=2), lived.end))
    to_score = issued.merge(known[["area", "consumer_group", "hour_utc"]], on=["area", "consumer_group", "hour_utc"])
    fast = errors[errors["vintage"] == "preliminary"]
    return fast, int(fast["issues"].sum()), len(to_score[to_score["hour_utc"] < end])


def _missing(lake: Lake, settings: Settings, lived: Lived, issues: list[str]) -> list[str]:
    wanted = {
        "predictions": issues,
        "error_metrics": keys_between(DAYS, lived.start, lived.end - 4 * HOUR),
        **dict.fromkeys(
            ("raw_load", "raw_weather", "consumption", "consumption_features"), keys_between(MONTHS, lived.start, lived.end - HOUR)
        ),
    }
    missing = [f"{asset} {key}" for asset, keys in wanted.items() for key in sorted(set(keys) - set(lake.newest(asset, keys)))]
    trained = {version.partition for version in ModelStore(settings.lake).versions()}
    weeks = keys_between(WEEKS, lived.start, lived.end - 2 * HOUR)
    return missing + [f"forecast_model {key}" for key in weeks if key not in trained]


def _unmirrored(lake: Lake, settings: Settings, lived: Lived, issues: list[str]) -> list[str]:
    mirror = Lake(str(mirror_root(settings.data)))
    wanted = {PREDICTIONS: issues, ERROR_METRICS: keys_between(DAYS, lived.start, lived.end - 4 * HOUR)}
    return [
        f"{table.name} {key}"
        for table, keys in wanted.items()
        for key in keys
        if not conform(table, mirror.read(table, [key])).equals(conform(table, lake.read(table, [key])))
    ]


def _challengers(store: ModelStore) -> set[str]:
    """Identities of the models that training did not let serve; one that is damaged is none."""
    refused = set()
    for version in store.versions():
        try:
            meta = store.read_meta(version)
        except StorageError:
            continue
        if meta.verdict == "challenger":
            refused.add(meta.model_version)
    return refused


def _healed(mishap: Mishap, issued: pd.DataFrame, lived: Lived) -> Healed:
    """When, after a mishap began, the first issue stood on everything and in time again."""
    whole = _prompt(issued) & (_rungs(issued) == "full")
    after = whole[whole & (whole.index >= pd.Timestamp(naive_utc(mishap.end)))].index
    failed = sum(not made.succeeded for made in lived.made if mishap.start <= made.at < mishap.end + HOUR)
    waited = (after[0] - pd.Timestamp(naive_utc(mishap.end))) / pd.Timedelta(hours=1) if len(after) else None
    return Healed(mishap.kind, mishap.start.isoformat(), (mishap.end - mishap.start) / HOUR, failed, waited)
