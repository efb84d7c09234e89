"""What tunings found, made up."""

from datetime import datetime

from energy_dagster.domain.model import Recipe
from energy_dagster.domain.recipe_space import point_of, recipe_at
from energy_dagster.domain.tuned import Compared, Trial, Tuned

CUT = datetime(2026, 6, 1)  # noqa: DTZ001 - naive UTC, as tunings say it


def tuning(*, cut: datetime = CUT, seed: int = 1, **point: float) -> Tuned:
    """A tuning that took a recipe at a point around the own one."""
    own = Recipe(seed)
    start = point_of(own, with_weather=True)
    proposed = {**start, **point}
    compared = Compared(start=0.030, proposed=0.029, low=0.01, high=0.05, forecasts=1000)
    return Tuned(
        recipe=recipe_at(proposed, own),
        taken=True,
        reason="a test",
        cut=cut.isoformat(),
        areas=("DK1", "DK2"),
        searched=compared,
        held_back=compared,
        start=start,
        proposed=proposed,
        trials=(Trial(0, 0.030, start), Trial(1, 0.028, proposed)),
    )
