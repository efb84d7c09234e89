"""The kernel member: for each local hour of issue and each day ahead one regression of all the day's hours.

It says the log of consumption minus the level of the issue. What it learned from is kept as the series itself, from which the
states are built again: that is small, and the weights are of no use without it.
"""

import io
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from energy_dagster.domain.catalogue import LOAD
from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.issue_plan import IssuePlan
from energy_dagster.domain.issue_states import DAYS_AHEAD, GROUPS, States, issue_states, target_hours
from energy_dagster.domain.kernel import FACTORS, KernelParameters, Regression, Scale, Scaled, fit_regression
from energy_dagster.domain.kernel_examples import Key, examples
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.series_history import SeriesHistory, delay_hours

REACH_HOURS = 63 * DAY
"""How far before an issue its state looks: four weeks, and four more for what stands in for missing hours; with a week of room."""

CACHED_REGRESSIONS = 6
"""Regressions whose learned states are held: those of two hours of issue; four years of states are megabytes each."""

LEFT_OUT_DAYS = 365
_ROUNDED_TO = 9
"""Decimals of a log forecast: the same whether one issue or a hundred are asked for."""

_NO_MEMBER = (LookupError, TypeError, OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What reading an archive raises when it is damaged or none."""


@dataclass(frozen=True, repr=False)
class LeftOut:
    """What the member would have said of hours of learned issues had the issue not been learned; positions are the history's."""

    issue: Ints
    hour: Ints
    log_mwh: Floats


@dataclass(frozen=True, repr=False)
class Learned:
    """A regression and the issues it learned from, as positions of the reference."""

    regression: Regression
    issues: Ints


@dataclass(frozen=True, repr=False)
class KernelMember:
    """Regressions of one area.

    Attributes:
        reference: what was published when it was fitted, as far back as it looks.
        parameters: it was fitted with.
        learned: by local hour of issue and day ahead.
    """

    reference: SeriesHistory
    parameters: KernelParameters
    learned: Mapping[Key, Learned]
    _cached: dict[Key, Scaled] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def _grid(self) -> ClockGrid:
        return ClockGrid(self.reference)

    def log_of(self, grid: ClockGrid, issues: Ints, leads: Ints) -> Floats:
        """The log of consumption minus the level, one per pair of issue and lead; NaN where it has no regression or no state."""
        return self._outputs(grid, issues, leads, outputs_of, ())

    def explained_of(self, grid: ClockGrid, issues: Ints, leads: Ints) -> Floats:
        """That log, and what each of `kernel.FACTORS` adds to it, (pairs, 1 + factors)."""
        return self._outputs(grid, issues, leads, _explained_outputs, (1 + len(FACTORS),))

    def _outputs(
        self,
        grid: ClockGrid,
        issues: Ints,
        leads: Ints,
        asking: Callable[[Regression, Scaled, States, KernelParameters], Floats],
        shape: tuple[int, ...],
    ) -> Floats:
        clock, target = grid.clock_of(issues), grid.clock_of(issues + leads)
        local_hour = clock % DAY
        day = np.minimum(target // DAY - clock // DAY, DAYS_AHEAD[-1])
        within = np.where(target // DAY - clock // DAY > DAYS_AHEAD[-1], DAY - 1, target % DAY)
        said = np.full((len(issues), *shape), np.nan)
        for hour, ahead in sorted(set(zip(local_hour.tolist(), day.tolist(), strict=True))):
            learned = self.learned.get((hour, ahead))
            if learned is None:
                continue
            rows = np.flatnonzero((local_hour == hour) & (day == ahead))
            asked, which = np.unique(issues[rows], return_inverse=True)
            states = issue_states(grid, asked, day_ahead=ahead)
            outputs = asking(learned.regression, self._scaled((hour, ahead)), states, self.parameters)
            hours = np.array(target_hours(hour, ahead))
            column = np.searchsorted(hours, np.clip(within[rows], hours[0], hours[-1]))
            said[rows] = outputs[which, column]
        return np.round(said, _ROUNDED_TO)

    def _scaled(self, key: Key) -> Scaled:
        """The learned states of a regression, built again from the reference when first needed."""
        if key not in self._cached:
            for oldest in list(self._cached)[: max(len(self._cached) + 1 - CACHED_REGRESSIONS, 0)]:
                del self._cached[oldest]
            learned = self.learned[key]
            self._cached[key] = learned.regression.scale.apply(issue_states(self._grid, learned.issues, day_ahead=key[1]))
        return self._cached[key]

    def to_bytes(self) -> bytes:
        """As a compressed archive of arrays, without anything that could be executed."""
        keys = sorted(self.learned)
        packed, shapes = _packed([_arrays_of(self.learned[key]) for key in keys])
        meta = {
            "area": self.reference.area,
            "start": self.reference.start.isoformat(),
            "parameters": asdict(self.parameters),
            "shapes": shapes,
        }
        arrays: dict[str, np.ndarray] = {"meta": np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)}
        arrays |= {"keys": np.array(keys, dtype=np.int64), "preliminary": self.reference.preliminary}
        arrays |= {"weather": self.reference.weather, "weather_run": self.reference.weather_run}
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **arrays, **packed)
        return stream.getvalue()

    @staticmethod
    def from_bytes(content: bytes) -> "KernelMember":
        """From what `to_bytes` gave.

        Raises:
            ValueError: the content is no such archive, or of other inputs than this code builds.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                meta = json.loads(arrays["meta"].tobytes())
                reference = _bare(
                    meta["area"],
                    pd.Timestamp(meta["start"]),
                    arrays["preliminary"],
                    weather=arrays["weather"],
                    weather_run=arrays["weather_run"],
                )
                parts = _unpacked({name: arrays[name] for name in arrays.files}, meta["shapes"])
                learned = {
                    (hour, ahead): _learned_of(part) for (hour, ahead), part in zip(arrays["keys"].tolist(), parts, strict=True)
                }
                parameters = KernelParameters(**meta["parameters"])
        except _NO_MEMBER as error:
            raise ValueError(f"expected a kernel member as an archive of arrays, found otherwise: {error}") from error
        if learned and not set(GROUPS) <= set(next(iter(learned.values())).regression.scale.middle):
            raise ValueError("a kernel member of other inputs than this code builds")
        return KernelMember(reference, parameters, learned)


_SCALE, _PART = ("middle", "spread"), ":"
"""What an archive calls the scale of a group of inputs: `middle:newest day`."""


def _arrays_of(learned: Learned) -> dict[str, np.ndarray]:
    """Everything a regression is made of, by the names of an archive."""
    one = learned.regression
    scale = {
        f"{side}{_PART}{group}": values
        for side, groups in zip(_SCALE, (one.scale.middle, one.scale.spread), strict=True)
        for group, values in groups.items()
    }
    return {"issues": learned.issues, "output_middle": one.middle, "output_width": one.width, "weights": one.weights, **scale}


def _learned_of(arrays: Mapping[str, np.ndarray]) -> Learned:
    """A regression of what `_arrays_of` gave."""
    middle, spread = (
        {name.partition(_PART)[2]: values for name, values in arrays.items() if name.startswith(f"{side}{_PART}")}
        for side in _SCALE
    )
    outputs = (arrays[name] for name in ("output_middle", "output_width", "weights"))
    return Learned(Regression(Scale(middle, spread), *outputs), arrays["issues"])


def _packed(rows: Sequence[Mapping[str, np.ndarray]]) -> tuple[dict[str, np.ndarray], dict[str, list[list[int] | None]]]:
    """The arrays of many rows end to end, by name, and by name the shape of each row's; None where a row has none.

    An archive of few long arrays is written and read in a fraction of the time of one of thousands.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    shapes = {name: [list(row[name].shape) if name in row else None for row in rows] for name in names}
    return {name: np.concatenate([row[name].ravel() for row in rows if name in row]) for name in names}, shapes


def _unpacked(packed: Mapping[str, np.ndarray], shapes: Mapping[str, list[list[int] | None]]) -> list[dict[str, np.ndarray]]:
    """The rows again."""
    rows: list[dict[str, np.ndarray]] = [{} for _ in next(iter(shapes.values()), [])]
    for name, of_rows in shapes.items():
        if len(of_rows) != len(rows) or sum(math.prod(shape) for shape in of_rows if shape is not None) != len(packed[name]):
            raise ValueError(f"{name}: expected as much as its shapes say, found {len(packed[name])}")
        first = 0
        for row, shape in zip(rows, of_rows, strict=True):
            if shape is not None:
                row[name] = packed[name][first : first + math.prod(shape)].reshape(shape)
                first += math.prod(shape)
    return rows


def outputs_of(regression: Regression, learned: Scaled, states: States, parameters: KernelParameters) -> Floats:
    """What a regression says of states, (states, outputs); NaN where the issue's newest day is not known."""
    outputs = regression.predict(learned, states, parameters)
    outputs[~np.isfinite(states[GROUPS[0]]).all(axis=1)] = np.nan
    return outputs


def _explained_outputs(regression: Regression, learned: Scaled, states: States, parameters: KernelParameters) -> Floats:
    """Those outputs, and what each factor adds to them, (states, outputs, 1 + factors)."""
    outputs = outputs_of(regression, learned, states, parameters)[..., None]
    parts = np.where(np.isfinite(outputs), regression.contributions(learned, states, parameters), np.nan)
    return np.concatenate([outputs, parts], axis=-1)


def fit_kernel(
    history: SeriesHistory,
    *,
    first: int,
    cut: int,
    plan: IssuePlan,
    parameters: KernelParameters,
    left_out: bool = False,
) -> tuple[KernelMember, LeftOut]:
    """Fit the regressions of an area.

    Args:
        history: the series.
        first: position of the first hour learned.
        cut: position of the training cut; nothing published after it is used.
        plan: issues and days ahead there are to be regressions for.
        parameters: covariances.
        left_out: also say what the learned issues of the last year would have got without themselves.

    Returns:
        The member, and what was asked for of the left-out issues (empty where it was not).
    """
    offset = max(first - REACH_HOURS, 0)
    reference = known_part(history, offset, cut)
    grid, log_truth = ClockGrid(reference), np.log(history.truth(cut)[offset:cut])
    learned, parts = {}, []
    for one in examples(grid, log_truth, first=first - offset, last=cut - offset, plan=plan):
        fitted = fit_regression(one.states, one.outputs, parameters, left_out=left_out)
        learned[one.key] = Learned(fitted.regression, one.issues)
        if fitted.left_out is not None:
            said = fitted.left_out + one.level[:, None]
            at = grid.position_of(one.clock)
            recent = (one.issues >= cut - offset - LEFT_OUT_DAYS * DAY)[:, None] & (at > one.issues[:, None])
            recent &= np.isfinite(one.outputs)  # not the hour that spring's clock skips
            issue = np.broadcast_to(one.issues[:, None], at.shape)
            parts.append(LeftOut(issue[recent] + offset, at[recent] + offset, said[recent]))
    return KernelMember(reference, parameters, learned), _joined(parts)


def _joined(parts: list[LeftOut]) -> LeftOut:
    if not parts:
        nowhere = np.zeros(0, dtype=np.int64)
        return LeftOut(nowhere, nowhere, np.zeros(0))
    columns = zip(*((part.issue, part.hour, part.log_mwh) for part in parts), strict=True)
    return LeftOut(*(np.concatenate(column) for column in columns))


def known_part(history: SeriesHistory, first: int, cut: int) -> SeriesHistory:
    """The hours of a series from `first` to the cut with what was published at it of consumption and weather, and no more."""
    part = slice(first, max(cut, first))
    newest = cut - delay_hours(LOAD.publication_delay)
    preliminary = np.where(np.arange(len(history)) <= newest, history.preliminary, np.nan)[part]
    weather, run = history.weather[:, part].copy(), history.weather_run[part]
    unknown = ~(run <= cut)
    weather[0, unknown] = np.nan
    start = history.start + pd.Timedelta(hours=first)
    return _bare(history.area, start, preliminary, weather=weather, weather_run=np.where(unknown, np.nan, run - first))


def _bare(area: str, start: pd.Timestamp, preliminary: Floats, *, weather: Floats, weather_run: Floats) -> SeriesHistory:
    """A series without the columns that the kernel member does not look at."""
    nothing = np.zeros((len(preliminary), 0))
    settled = np.full(len(preliminary), np.nan)
    return SeriesHistory(area, start, preliminary, settled, nothing, nothing, weather, weather_run)
