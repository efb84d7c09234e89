"""Who consumes: what is delivered in a price area, shared out to consumer categories of its regions, and to its grid areas.

The parts of a price area always add up to its final settled consumption less the losses of the grid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from energy_dagster.domain.catalogue import CONSUMER_CATEGORIES, GRID_AREAS
from energy_dagster.sandbox.climate import winterness
from energy_dagster.sandbox.danish_days import DaySchedule
from energy_dagster.sandbox.history import AREAS, GROSS, TRANSMISSION_LOSS, History
from energy_dagster.sandbox.hours import FloatArray
from energy_dagster.sandbox.noise import autoregressive_noise

DISTRIBUTION_LOSS = 0.042
"""Share of the gross consumption lost below the transmission grid; with the transmission's own loss about 6 %."""

_KWH_PER_MWH = 1000.0
_OWN_WAYS = 0.02
"""Standard deviation of what a part does unlike the others, as a share."""

_HOMES_WORKDAY = (62, 56, 53, 52, 54, 62, 88, 100, 86, 78, 76, 78, 80, 78, 80, 92, 122, 158, 164, 146, 128, 114, 96, 76)
_HOMES_DAY_OFF = (70, 62, 57, 55, 55, 57, 64, 78, 98, 114, 120, 122, 120, 114, 112, 118, 138, 162, 160, 142, 124, 110, 96, 80)
_BUSINESS_WORKDAY = (80, 78, 77, 78, 82, 90, 108, 126, 134, 135, 134, 131, 129, 127, 122, 114, 106, 100, 95, 91, 88, 86, 84, 82)
_BUSINESS_DAY_OFF = (75, 73, 72, 72, 72, 73, 75, 78, 82, 86, 88, 88, 87, 86, 85, 84, 84, 84, 83, 81, 79, 78, 77, 76)
_PUBLIC_WORKDAY = (66, 65, 64, 65, 70, 84, 112, 142, 156, 158, 156, 152, 146, 138, 124, 108, 98, 94, 90, 86, 80, 74, 70, 68)
_PUBLIC_DAY_OFF = (64, 63, 62, 62, 63, 66, 72, 78, 84, 87, 88, 87, 86, 84, 83, 82, 84, 86, 84, 80, 76, 72, 68, 66)
"""Percent of a category's level by local hour."""


@dataclass(frozen=True)
class Mix:
    """How much a part of a price area consumes in homes, business and the public sector; only the proportions matter."""

    homes: float = 0.0
    business: float = 0.0
    public: float = 0.0


@dataclass(frozen=True)
class Part:
    """A part of a price area that has a series of its own, by the texts its rows carry."""

    price_area: str
    texts: Mapping[str, str]
    mix: Mix


_REGIONS: Mapping[str, tuple[str, Mix]] = {
    "Region Hovedstaden": ("DK2", Mix(homes=0.245, business=0.345, public=0.085)),
    "Region Midtjylland": ("DK1", Mix(homes=0.130, business=0.255, public=0.040)),
    "Region Nordjylland": ("DK1", Mix(homes=0.062, business=0.125, public=0.018)),
    "Region Sjælland": ("DK2", Mix(homes=0.130, business=0.165, public=0.030)),
    "Region Syddanmark": ("DK1", Mix(homes=0.118, business=0.220, public=0.032)),
}
"""Region, its price area, and its shares of that area."""

_GRID_AREAS: Mapping[str, tuple[str, float, float]] = {
    "131": ("DK1", 0.36, 0.32),
    "151": ("DK1", 0.15, 0.30),
    "244": ("DK1", 0.11, 0.26),
    "331": ("DK1", 0.04, 0.36),
    "344": ("DK1", 0.13, 0.31),
    "347": ("DK1", 0.06, 0.34),
    "384": ("DK1", 0.04, 0.22),
    "543": ("DK1", 0.11, 0.33),
    "740": ("DK2", 0.30, 0.40),
    "757": ("DK2", 0.03, 0.45),
    "791": ("DK2", 0.64, 0.35),
    "911": ("DK2", 0.03, 0.42),
}
"""Grid area, its price area, its share of that area, and the share of homes in it."""

_PUBLIC_SHARE_OF_GRID_AREA = 0.1


def _category_parts() -> list[Part]:
    parts = []
    for region, (price_area, mix) in _REGIONS.items():
        for group, finer, own in (
            ("Privat", "Privat", Mix(homes=mix.homes)),
            ("Erhverv", "Erhverv", Mix(business=mix.business)),
            ("Offentligt", "Offentlige foretagender", Mix(public=mix.public)),
        ):
            texts = {"RegionName": region, "ConsumerCategory2": group, "ConsumerCategory3": finer}
            parts.append(Part(price_area, texts, own))
    return sorted(parts, key=lambda part: [part.texts[name] for name in CONSUMER_CATEGORIES.key[1:]])


def _grid_parts() -> list[Part]:
    parts = []
    for number, (price_area, share, homes) in _GRID_AREAS.items():
        public = _PUBLIC_SHARE_OF_GRID_AREA
        mix = Mix(homes=share * homes, business=share * (1 - homes - public), public=share * public)
        texts = {"GridArea": number, "PriceArea": price_area, "GridCompanyName": f"Grid area {number}"}
        parts.append(Part(price_area, texts, mix))
    return sorted(parts, key=lambda part: [part.texts[name] for name in GRID_AREAS.key[1:]])


_CATEGORY_PARTS: Final = _category_parts()
_GRID_PARTS: Final = _grid_parts()


def consumer_categories(seed: int, history: History) -> History:
    """Consumption of every consumer category of every region, kWh."""
    return _shared_out(seed, history, parts=_CATEGORY_PARTS, measure=CONSUMER_CATEGORIES.measure)


def grid_areas(seed: int, history: History) -> History:
    """Consumption of every grid area, kWh."""
    return _shared_out(seed, history, parts=_GRID_PARTS, measure=GRID_AREAS.measure)


def delivered_mwh(history: History) -> FloatArray:
    """What reaches consumers, hours x price areas, MWh: the final settled consumption less the losses."""
    gross = history.columns[GROSS]
    return np.asarray(gross * (1 - DISTRIBUTION_LOSS) - history.columns[TRANSMISSION_LOSS], dtype=np.float64)


def _shared_out(seed: int, history: History, *, parts: Sequence[Part], measure: str) -> History:
    shapes = _shapes(history)
    weights = np.stack([_weight(seed, part, shapes=shapes) for part in parts], axis=1)
    areas = np.array([AREAS.index(part.price_area) for part in parts])
    for index in range(len(AREAS)):
        weights[:, areas == index] /= weights[:, areas == index].sum(axis=1, keepdims=True)
    kwh = np.round(delivered_mwh(history)[:, areas] * weights * _KWH_PER_MWH, 3)
    series = {name: tuple(part.texts[name] for part in parts) for name in parts[0].texts}
    return History(history.hours, series, {measure: kwh})


def _weight(seed: int, part: Part, *, shapes: Mapping[str, FloatArray]) -> FloatArray:
    weight = sum(getattr(part.mix, name) * shape for name, shape in shapes.items())
    size = shapes["homes"].size
    own = autoregressive_noise(seed, f"consumers/{'/'.join(part.texts.values())}", count=size, memory=0.97)
    return np.asarray(weight * np.exp(_OWN_WAYS * own), dtype=np.float64)


def _shapes(history: History) -> dict[str, FloatArray]:
    """Consumption of each hour as a share of the level, by field of `Mix`."""
    days = DaySchedule.of(history.hours)
    off = days.sunday + (1 - days.sunday) * days.saturday

    def shape(workday: Sequence[int], day_off: Sequence[int]) -> FloatArray:
        at_work, at_home = (np.array(profile, dtype=np.float64)[days.local_hour] for profile in (workday, day_off))
        return np.asarray((off * at_home + (1 - off) * at_work) / 100, dtype=np.float64)

    dark = winterness(history.hours.astype(np.float64))
    return {
        "homes": shape(_HOMES_WORKDAY, _HOMES_DAY_OFF) * (1 + 0.12 * dark),
        "business": shape(_BUSINESS_WORKDAY, _BUSINESS_DAY_OFF) * (1 + days.extra),
        "public": shape(_PUBLIC_WORKDAY, _PUBLIC_DAY_OFF) * (1 + 2 * days.extra) * (1 + 0.06 * dark),
    }
