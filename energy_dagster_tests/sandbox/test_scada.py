from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from energy_dagster.sandbox.history import GROSS
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.sandbox.asking import BALANCE, SEED, records, simulated_at

YEARS = 10
NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = range(-(10**8), 10**8)


def by_hour(name: str, column: str, area: str) -> "pd.Series[float]":
    rows = SimulatedArchive(SEED).rows(name, hours=EVERYTHING, now=NOW)
    return rows[rows["PriceArea"] == area].set_index("HourUTC")[column]["2015":"2024"]


@pytest.fixture(scope="module", params=["DK1", "DK2"])
def ratio(request: pytest.FixtureRequest) -> "pd.Series[float]":
    """Measured over settled consumption; NaN where the control room has no row."""
    return by_hour("ElectricityBalanceNonv", "TotalLoad", request.param) / by_hour(
        "ProductionConsumptionSettlement", GROSS, request.param
    )


def test_the_control_room_is_an_hour_late() -> None:
    newest = records(simulated_at(datetime(2026, 3, 10, 18, 30, tzinfo=UTC))(BALANCE, limit=1))[0]
    assert newest["HourUTC"] == "2026-03-10T16:00:00"


def test_measurements_are_noisier_than_the_total_load(ratio: "pd.Series[float]") -> None:
    usual = ratio[ratio.between(0.8, 1.2)]
    assert len(usual) > 0.998 * len(ratio)
    assert usual.mean() == pytest.approx(1, abs=0.002)
    assert 0.01 < usual.std() < 0.016


def test_a_few_hours_a_year_are_spikes(ratio: "pd.Series[float]") -> None:
    assert YEARS <= (ratio > 1.5).sum() <= 2 * YEARS


def test_a_few_hours_a_year_are_zero(ratio: "pd.Series[float]") -> None:
    assert YEARS <= (ratio == 0).sum() <= 4 * YEARS


def test_a_few_short_windows_a_year_have_no_rows(ratio: "pd.Series[float]") -> None:
    missing = ratio.isna().to_numpy()
    starts = np.flatnonzero(missing[1:] & ~missing[:-1])
    assert 0.8 * YEARS <= len(starts) <= 2 * YEARS
    assert missing.sum() <= 12 * 2 * YEARS


def test_an_hour_without_a_measurement_has_no_row() -> None:
    loads = SimulatedArchive(SEED).rows("ElectricityBalanceNonv", hours=EVERYTHING, now=NOW)["TotalLoad"]
    assert loads.notna().all()
