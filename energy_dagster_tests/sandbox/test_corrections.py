from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from energy_dagster.sandbox.history import GROSS
from energy_dagster.sandbox.hours import hour_number
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.sandbox.asking import SEED

DAY = datetime(2025, 5, 1, tzinfo=UTC)
HOURS = range(hour_number(DAY), hour_number(DAY) + 14 * 24)
LATER = DAY + timedelta(days=700)


def settled(now: datetime, column: str = GROSS) -> "pd.Series[float]":
    rows = SimulatedArchive(SEED).rows("ProductionConsumptionSettlement", hours=HOURS, now=now)
    return rows.set_index(["HourUTC", "PriceArea"])[column]


@pytest.mark.parametrize("age", [23, 30, 44])
def test_a_young_value_is_about_a_tenth_of_a_percent_off(age: int) -> None:
    off = settled(DAY + timedelta(days=age)) / settled(LATER) - 1
    young = off[off.index.get_level_values("HourUTC") >= pd.Timestamp("2025-05-14")]
    assert 0.0004 < young.std() < 0.002
    assert abs(young.mean()) < 0.001


def test_a_value_older_than_corrections_reach_is_final() -> None:
    assert settled(DAY + timedelta(days=14 + 46)).equals(settled(LATER))


def test_a_later_reading_moves_values_and_adds_none() -> None:
    first, second = settled(DAY + timedelta(days=23)), settled(DAY + timedelta(days=34))
    assert first.index.equals(second.index)
    assert (first != second).mean() > 0.5


def test_a_value_stays_between_two_rounds_of_corrections() -> None:
    now = DAY + timedelta(days=32)
    first, second = settled(now), settled(now + timedelta(hours=5))
    assert (first != second).mean() < 0.05


def test_readings_of_the_same_moment_agree() -> None:
    now = DAY + timedelta(days=25)
    assert settled(now).equals(settled(now))


def test_only_the_consumption_is_corrected() -> None:
    for column in ("GridLossTransmissionMWh", "PowerToHeatMWh"):
        assert settled(DAY + timedelta(days=25), column).equals(settled(LATER, column))
