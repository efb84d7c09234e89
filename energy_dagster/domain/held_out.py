"""Scores of a model in the held-out weeks by area and lead bucket, and how often its intervals held what they say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from energy_dagster.domain.calibration import lead_bucket_number
from energy_dagster.domain.metrics import inside, skill
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, QUANTILES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALL = "all"
NOMINALS: dict[str, tuple[float, float]] = {
    f"{round(100 * (high - low))}": (low, high) for low, high in zip(QUANTILES[:5], QUANTILES[:5:-1], strict=True)
}
"""Central intervals by the share of actuals that they are to hold, percent: the quantiles at their ends."""


@dataclass(frozen=True)
class JudgedHours:
    """Held-out hours of an area that the forecast, the naive and the truth all have: lead, and MWh.

    `bands` are the quantiles, (rows, quantiles), each half of the weeks as wide as the other asks for.
    """

    lead: Ints
    line: Floats
    actual: Floats
    naive: Floats
    bands: Floats


@dataclass(frozen=True)
class HeldOutScore:
    """Scores of one area, or of all together, at one lead bucket, or at all.

    Attributes:
        area: a price area, or `all`.
        lead_bucket: as in `tables.LEAD_BUCKET_NAMES`, or `all`.
        hours: how many were judged.
        mae_mwh: of the forecast line.
        wape_pct: sum of its absolute errors as a share of the sum of the actuals, percent.
        naive_mae_mwh: of the weekly naive on the same hours.
        coverage_pct: share of actuals within each of `NOMINALS`, percent.
    """

    area: str
    lead_bucket: str
    hours: int
    mae_mwh: float
    wape_pct: float
    naive_mae_mwh: float
    coverage_pct: Mapping[str, float]

    @property
    def skill(self) -> float | None:
        """Against the weekly naive; None where that made no error at all."""
        return skill(self.mae_mwh, self.naive_mae_mwh) if self.naive_mae_mwh > 0 else None


def held_out_scores(judged: Mapping[str, JudgedHours]) -> tuple[HeldOutScore, ...]:
    """A score of each area and lead bucket that has an hour, of their sums, and of all."""
    return tuple(_scores(judged))


def _scores(judged: Mapping[str, JudgedHours]) -> Iterator[HeldOutScore]:
    for area, bucket in product((ALL, *judged), (ALL, *LEAD_BUCKET_NAMES)):
        parts = [_of_bucket(part, bucket) for name, part in judged.items() if area in (ALL, name)]
        hours = JudgedHours(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))
        if len(hours.lead):
            yield _score(area, bucket, hours)


def _columns(part: JudgedHours) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    return part.lead, part.line, part.actual, part.naive, part.bands


def _of_bucket(part: JudgedHours, bucket: str) -> JudgedHours:
    if bucket == ALL:
        return part
    rows = lead_bucket_number(part.lead) == LEAD_BUCKET_NAMES.index(bucket)
    return JudgedHours(part.lead[rows], part.line[rows], part.actual[rows], part.naive[rows], part.bands[rows])


def _score(area: str, bucket: str, hours: JudgedHours) -> HeldOutScore:
    error = np.abs(hours.line - hours.actual)
    return HeldOutScore(
        area=area,
        lead_bucket=bucket,
        hours=len(error),
        mae_mwh=float(error.mean()),
        wape_pct=float(100 * error.sum() / np.abs(hours.actual).sum()),
        naive_mae_mwh=float(np.abs(hours.naive - hours.actual).mean()),
        coverage_pct={
            nominal: float(100 * inside(hours.actual, hours.bands, low, high).mean()) for nominal, (low, high) in NOMINALS.items()
        },
    )
