"""Seeded noise whose value at an hour depends on the seed, its name and the hour only, never on what else was asked."""

from datetime import UTC, datetime
from zlib import crc32

import numpy as np
import pandas as pd

from energy_dagster.sandbox.hours import FloatArray, hour_number

ORIGIN = hour_number(datetime(2014, 1, 1, tzinfo=UTC))
"""The first hour any noise knows."""

_FIRST_KNOTS = 1024


def generator(seed: int, name: str, *more: int) -> np.random.Generator:
    """A generator of its own for each seed and name."""
    return np.random.default_rng([seed, crc32(name.encode()), *more])


def white_noise(seed: int, name: str, *, count: int) -> FloatArray:
    """Independent standard normals; the first n are the same whatever the count."""
    return generator(seed, name).standard_normal(count)


def fading_mean(values: FloatArray, *, memory: float) -> FloatArray:
    """Mean of all values so far, one hour back counting `memory` as much as the next; it starts at the first value."""
    return pd.Series(values).ewm(alpha=1 - memory, adjust=False).mean().to_numpy(dtype=np.float64)


def autoregressive_noise(seed: int, name: str, *, count: int, memory: float) -> FloatArray:
    """AR(1) noise of unit variance; `memory` is its correlation from one hour to the next."""
    gain = (1 - memory) / np.sqrt(1 - memory**2)
    shocks = white_noise(seed, name, count=count)
    shocks[:1] *= gain
    return np.asarray(fading_mean(shocks, memory=memory) / gain, dtype=np.float64)


class SmoothNoise:
    """Noise of mean 0 and variance 1 that is smooth over a few `knot_hours`: normals at knots, blended between them."""

    def __init__(self, seed: int, name: str, *, knot_hours: int) -> None:
        self._seed = seed
        self._name = name
        self._knot_hours = knot_hours
        self._knots = np.empty(0)

    def at(self, hours: FloatArray) -> FloatArray:
        """Values at hours (fractions allowed), none before ORIGIN.

        Raises:
            ValueError: an hour before ORIGIN.
        """
        position = (hours - ORIGIN) / self._knot_hours
        if position.size and position.min() < 0:
            raise ValueError(f"noise {self._name} starts at hour {ORIGIN}, asked for hour {hours.min():.0f}")
        left = np.floor(position).astype(np.int64)
        self._grow(int(left.max(initial=0)) + 2)
        share = position - left
        share = share * share * (3 - 2 * share)
        blended = self._knots[left] * (1 - share) + self._knots[left + 1] * share
        return np.asarray(blended / np.sqrt((1 - share) ** 2 + share**2), dtype=np.float64)

    def _grow(self, count: int) -> None:
        if count > self._knots.size:
            size = max(_FIRST_KNOTS, 1 << (count - 1).bit_length())
            self._knots = white_noise(self._seed, self._name, count=size)


class Field:
    """Smooth noise over Denmark: unit variance everywhere, less alike the further apart two longitudes are.

    `turn_per_degree` is the angle by which two independent noises are mixed per degree of longitude; the correlation of two
    places is the cosine of the angle between them.
    """

    def __init__(self, seed: int, name: str, *, knot_hours: int, turn_per_degree: float) -> None:
        self._noises = [SmoothNoise(seed, f"{name}/{part}", knot_hours=knot_hours) for part in ("cosine", "sine")]
        self._turn_per_degree = turn_per_degree

    def at(self, hours: FloatArray, longitude: float) -> FloatArray:
        """Values at a longitude (degrees east)."""
        angle = self._turn_per_degree * (longitude - 10.5)
        cosine, sine = (noise.at(hours) for noise in self._noises)
        return np.asarray(np.cos(angle) * cosine + np.sin(angle) * sine, dtype=np.float64)
