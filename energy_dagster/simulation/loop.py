"""The loop of a simulation: hour after hour, the moments at which something can happen, with what goes wrong meanwhile."""

import resource
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dagster import AssetKey, RunRequest

from energy_dagster.defs.range_requests import WHY
from energy_dagster.domain.availability import naive_utc
from energy_dagster.instance import open_instance
from energy_dagster.partitions import WEEKS
from energy_dagster.sandbox.faults_in_force import faults_in_force
from energy_dagster.settings import Settings
from energy_dagster.simulation.hand import move_to
from energy_dagster.simulation.killed_run import run_and_kill
from energy_dagster.simulation.mirror_service import be_away
from energy_dagster.simulation.mishaps import Faults, disk_is_full, going_on, poor_recipe, spoil_newest_model
from energy_dagster.simulation.planning import HOUR, Mishap
from energy_dagster.simulation.platform import Made, Platform
from energy_dagster.walk import Walk

WORSE = "a worse recipe"
"""Why a run was made that trains by a poor recipe."""

BOTH = ("hourly_issues", "automation")
MOMENTS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (4.5, BOTH),
    (7, ("new_in_raw_load",)),
    (10.5, BOTH),
    (12.5, ("late_issues",)),
    (41, ("late_issues",)),
    (51, ("revised_truth", "retraining", "missing_history")),
)
"""Minutes of an hour at which a schedule ticked or a sensor looks, and what is evaluated then; conditions also after each run."""

BY_HOUR = {3: 51, 5: 31}
"""Hours with a schedule of their own, the nightly checks and the settlement of the morning, and the minute after it."""

SETTLEMENT_EVERY_HOURS = 6
"""How often here the sensors of slow sources look; they look each hour in earnest, and see the same."""


@dataclass
class Lived:
    """What a simulation went through.

    Attributes:
        start, end: first moment, and the moment after the last.
        mishaps: what went wrong.
        made: every run.
        tick_seconds: how long each tick took.
        disk_mb, memory_mb: at the start and at the end.
    """

    start: datetime
    end: datetime
    mishaps: Sequence[Mishap]
    made: list[Made] = field(default_factory=list)
    tick_seconds: list[float] = field(default_factory=list)
    disk_mb: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def bring_up(settings: Settings, hand: Path, start: datetime, *, replay_days: int = 2) -> None:
    """History, models and some issues up to the start, by the walk of `energy forecast`.

    Raises:
        SourceError, StorageError, RunFailed: as the walk says.
    """
    move_to(hand, start)
    with open_instance(Path(settings.data)) as instance:
        walk = Walk(settings, instance, now=start)
        walk.forecast(lambda _step: None, history_days=settings.history_days, replay_days=replay_days)


def live(
    settings: Settings,
    hand: Path,
    start: datetime,
    days: float,
    mishaps: Sequence[Mishap],
    told: Callable[[datetime, int, int], None],
) -> Lived:
    """Let the platform live through some days.

    Args:
        settings: with `now_file` at the hand of the clock.
        hand: that file.
        start: the moment the folder was brought up to, aware UTC.
        days: how many.
        mishaps: what goes wrong.
        told: hears of each hour that has passed, and how many runs there were and how many of them failed.
    """
    end = start.replace(minute=0) + timedelta(days=days)
    lived = Lived(start, end, mishaps)
    platform = Platform(settings, Path(settings.data) / "simulation.json")
    _measure(lived, settings)
    with faults_in_force(Faults(mishaps)):
        platform.tick(start, BOTH)  # what the daemon sees when it is started
        hour = start.replace(minute=0) + HOUR
        while hour < end:
            _live_an_hour(platform, hand, hour, lived)
            told(hour, len(platform.made), sum(not made.succeeded for made in platform.made))
            hour += HOUR
    lived.made = platform.made
    platform.close()
    _measure(lived, settings)
    return lived


def _live_an_hour(platform: Platform, hand: Path, hour: datetime, lived: Lived) -> None:
    begin = {mishap.kind for mishap in lived.mishaps if mishap.start == hour}
    if going_on(lived.mishaps, "away", hour):
        return
    if "restart" in begin or any(mishap.kind == "away" and mishap.end == hour for mishap in lived.mishaps):
        platform.restart()
    if "bad_model" in begin:
        spoil_newest_model(Path(platform.settings.lake))
    be_away(platform.settings.data, really=going_on(lived.mishaps, "hopsworks_away", hour))
    if "worse_challenger" in begin:
        _train_a_worse_challenger(platform, hand, hour)
    platform.run = _killed_once(platform) if "killed_run" in begin else platform.run_here
    own = ((BY_HOUR[hour.hour], BOTH),) if hour.hour in BY_HOUR else ()
    for minute, sensors in sorted((*MOMENTS, *own)):
        now = hour + timedelta(minutes=minute)
        move_to(hand, now)
        watches = platform.watches() if minute > 50 and hour.hour % SETTLEMENT_EVERY_HOURS == 0 else []
        with disk_is_full(really=going_on(lived.mishaps, "disk_full", now)):
            lived.tick_seconds.append(platform.tick(now, (*sensors, *watches)))


def _train_a_worse_challenger(platform: Platform, hand: Path, hour: datetime) -> None:
    """Somebody tunes, trains the running week anew, and takes the tuning back."""
    move_to(hand, hour)
    week = WEEKS.get_partition_key_for_timestamp(hour.timestamp())
    with poor_recipe(platform.settings, naive_utc(WEEKS.time_window_for_partition_key(week).start)):
        platform.make(RunRequest(partition_key=week, asset_selection=[AssetKey("forecast_model")], tags={WHY: WORSE}), hour)


def _killed_once(platform: Platform) -> Callable[[RunRequest], bool]:
    """Makes runs, but for the first issue: its process is killed."""

    def run(request: RunRequest) -> bool:
        if AssetKey("predictions") not in (request.asset_selection or ()) or request.partition_key is None:
            return platform.run_here(request)
        platform.run = platform.run_here
        code = run_and_kill(platform.settings, asset="predictions", partition=request.partition_key)
        if code != -signal.SIGKILL:
            raise RuntimeError(f"expected a run that ends by signal {signal.SIGKILL:d}, found exit code {code}: nothing was killed")
        return False

    return run


def _measure(lived: Lived, settings: Settings) -> None:
    sizes = (path.stat().st_size for path in Path(settings.data).rglob("*") if path.is_file())
    lived.disk_mb.append(sum(sizes) / 1e6)
    lived.memory_mb.append(resident_mb())


def resident_mb() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() / 1e6 if pages else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
