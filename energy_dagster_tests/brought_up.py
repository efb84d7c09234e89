"""A data folder brought up by the real graph on the sandbox, small enough for tests: half a year, two days of replay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_dagster import walk as walk_module
from energy_dagster.domain import model
from energy_dagster.instance import open_instance
from energy_dagster.settings import Settings
from energy_dagster.walk import Walk, Walked

NOW = datetime(2025, 10, 27, 9, 20, tzinfo=UTC)
"""A Monday morning, the day after the day of 25 hours."""

HISTORY_DAYS = 220
REPLAY_DAYS = 2
TREES = 40


@dataclass(frozen=True)
class BroughtUp:
    """A data folder, its settings, and what the walk did."""

    data: Path
    settings: Settings
    walked: Walked


@contextmanager
def small_walks() -> Iterator[None]:
    """The constants of a full walk made small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk_module, "HISTORY_DAYS", HISTORY_DAYS)
        patch.setattr(walk_module, "REPLAY_DAYS", REPLAY_DAYS)
        patch.setitem(model.TREES, "num_iterations", TREES)
        yield


def bring_up(data: Path, *, now: datetime, source: str = "sandbox") -> BroughtUp:
    """Bring a data folder up to a moment."""
    settings = Settings(source=source, data=str(data), now=now)
    with small_walks(), open_instance(data) as instance:
        walked = Walk(settings, instance, now=now).forecast(lambda _step: None)
    return BroughtUp(data, settings, walked)
