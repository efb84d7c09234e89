"""How what goes wrong is made to happen: in the replica's answers, on the disk, and to the files of a model."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from energy_dagster.domain.model import HALVES, TREES, Recipe
from energy_dagster.domain.recipe_space import point_of
from energy_dagster.domain.tuned import Compared, Tuned
from energy_dagster.io_managers.recipe_store import RecipeStore
from energy_dagster.sandbox.fault_kinds import KINDS, Fault
from energy_dagster.sandbox.faults import Asked
from energy_dagster.settings import Settings
from energy_dagster.simulation.planning import Kind, Mishap

_ANSWERS: dict[Kind, Fault] = {
    "source_down": KINDS["renamed"],  # an answer that is not asked for again at once: hours go by in seconds here
    "late_data": KINDS["empty"],
    "garbled_data": KINDS["missing-column"],
}


class Faults:
    """A plan of the replica's faults from the mishaps of a simulation."""

    def __init__(self, mishaps: Sequence[Mishap]) -> None:
        self._mishaps = [mishap for mishap in mishaps if mishap.kind in _ANSWERS]

    def __call__(self, asked: Asked) -> Fault | None:
        """The fault of a request: of the first mishap that holds."""
        return next((_ANSWERS[mishap.kind] for mishap in self._mishaps if mishap.holds(asked.now)), None)


def going_on(mishaps: Sequence[Mishap], kind: Kind, now: datetime) -> bool:
    """Whether a mishap of a kind holds."""
    return any(mishap.kind == kind and mishap.holds(now) for mishap in mishaps)


@contextmanager
def disk_is_full(*, really: bool) -> Iterator[None]:
    """Whatever this process writes for good is refused, as by a disk without room; Dagster's own record is not."""
    if not really:
        yield
        return
    kept: Callable[[int], None] = os.fsync

    def refuse(_handle: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    os.fsync = refuse  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = kept  # type: ignore[assignment]


@contextmanager
def poor_recipe(settings: Settings, serves_from: datetime) -> Iterator[None]:
    """As if a tuning had proposed a recipe by which trees learn next to nothing, until somebody takes it back.

    Args:
        settings: of the platform.
        serves_from: the start of the week that is trained for, naive UTC.
    """
    recipe = Recipe(settings.seed, kernel_weight=0.0, trees={**TREES, "num_iterations": 2, "learning_rate": 0.001})
    even = Compared(start=1.0, proposed=0.9, low=0.05, high=0.15, forecasts=1)
    at = point_of(Recipe(settings.seed), with_weather=True)
    tuned = Tuned(recipe, True, "a tuning that went wrong", serves_from.isoformat(), HALVES, even, even, at, at, ())
    store = RecipeStore(settings.lake)
    version = store.write(tuned, at=settings.present(), run_id="wrong")
    try:
        yield
    finally:
        store.path(version).unlink()


def spoil_newest_model(lake: Path) -> str:
    """Damage the newest model's description, as a disk may; nobody repairs it.

    Returns:
        The week of the model.
    """
    newest = max((lake / "forecast_model").rglob("meta.json"), key=lambda path: path.parent.name)
    newest.write_text("{}", encoding="utf-8")
    return newest.parent.parent.name
