"""How settlement is corrected: a young value is about 0.1 % off, moves with every round, and ends as the final one."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from energy_dagster.sandbox.history import AREAS
from energy_dagster.sandbox.hours import FloatArray, HourArray, published_before
from energy_dagster.sandbox.noise import SmoothNoise

CORRECTED_FOR = timedelta(days=45)
"""Age up to which a settled value moves."""

_ROUNDS = (CORRECTED_FOR, timedelta(days=31), timedelta(days=17))
"""Ages at which values are corrected, the oldest first."""

_OFF_BY = 0.001
"""Standard deviation of what is still wrong, as a share."""

_ALIKE_FOR_HOURS = 6
_NEVER = 10**9


class Corrections:
    """What settlement still has wrong, decided by the seed, the hour and the round of corrections it is in."""

    def __init__(self, seed: int) -> None:
        self._noises = [
            [SmoothNoise(seed, f"settlement/{area}/{number}", knot_hours=_ALIKE_FOR_HOURS) for area in AREAS]
            for number in range(len(_ROUNDS))
        ]

    def as_settled(self, final: FloatArray, *, hours: HourArray, now: datetime) -> FloatArray:
        """Final values (hours x areas) as settlement had them at `now`; hours ascend."""
        settled = final.copy()
        edges = np.searchsorted(hours, [*(published_before(now, age) for age in _ROUNDS), _NEVER])
        for noises, (first, stop) in zip(self._noises, pairwise(edges), strict=True):
            if first < stop:
                at = hours[first:stop].astype(np.float64)
                off = np.stack([noise.at(at) for noise in noises], axis=1)
                settled[first:stop] = np.round(settled[first:stop] * (1 + _OFF_BY * off), 6)
        return settled
