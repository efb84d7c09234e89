from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from energy_dagster.sandbox.consumers import delivered_mwh
from energy_dagster.sandbox.history import AREAS, FIRST_HOUR, GROSS
from energy_dagster.sandbox.hours import LOCAL_ZONE, FloatArray, hour_number
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster.sandbox.world import world
from energy_dagster_tests.sandbox.asking import CATEGORIES, GRID_AREAS, SEED, records, simulated_at

START, STOP = (hour_number(datetime(year, 1, 1, tzinfo=UTC)) for year in (2025, 2026))
NOW = datetime(2026, 3, 1, tzinfo=UTC)
REGIONS = {
    "DK1": ["Region Midtjylland", "Region Nordjylland", "Region Syddanmark"],
    "DK2": ["Region Hovedstaden", "Region Sjælland"],
}


def year_of(name: str) -> pd.DataFrame:
    return SimulatedArchive(SEED).rows(name, hours=range(START, STOP), now=NOW)


@pytest.fixture(scope="module")
def categories() -> pd.DataFrame:
    return year_of("ConsumptionConsumerCategoryHour")


@pytest.fixture(scope="module")
def by_local_hour(categories: pd.DataFrame) -> pd.DataFrame:
    """Mean consumption on workdays (outside of July and Christmas) and on Sundays, by category."""
    local = categories["TimeUTC"].dt.tz_localize("UTC").dt.tz_convert(LOCAL_ZONE)
    plain = categories.assign(hour=local.dt.hour, weekday=local.dt.dayofweek)[local.dt.month.isin([2, 3, 9, 10, 11])]
    kind = plain["weekday"].map({1: "workday", 2: "workday", 3: "workday", 6: "sunday"})
    means: pd.DataFrame = plain.groupby(["hour", "ConsumerCategory2", kind])["ConsumptionkWh"].mean().unstack([1, 2])  # noqa: PD010 - of a grouped series
    return means


def final_history() -> tuple[FloatArray, FloatArray]:
    """What is delivered and what is consumed gross, hours of the year x price areas."""
    history, window = world(SEED).history("", until=STOP), slice(START - FIRST_HOUR, STOP - FIRST_HOUR)
    return delivered_mwh(history)[window], history.columns[GROSS][window]


def test_there_are_fifteen_series_an_hour(categories: pd.DataFrame) -> None:
    assert set(categories["RegionName"]) == {*REGIONS["DK1"], *REGIONS["DK2"]}
    assert set(categories["ConsumerCategory2"]) == {"Privat", "Erhverv", "Offentligt"}
    assert (categories.groupby("TimeUTC").size() == 15).all()


@pytest.mark.parametrize("area", ["DK1", "DK2"])
def test_regions_add_up_to_what_is_delivered_in_their_price_area(area: str, categories: pd.DataFrame) -> None:
    delivered, _ = final_history()
    mwh = categories[categories["RegionName"].isin(REGIONS[area])].groupby("TimeUTC")["ConsumptionkWh"].sum() / 1000
    np.testing.assert_allclose(mwh, delivered[:, AREAS.index(area)], rtol=1e-6)


@pytest.mark.parametrize("area", ["DK1", "DK2"])
def test_grid_areas_add_up_to_what_is_delivered_in_their_price_area(area: str) -> None:
    delivered, _ = final_history()
    rows = year_of("ConsumptionGridAreaHour")
    mwh = rows[rows["PriceArea"] == area].groupby("TimeUTC")["ConsumptionkWh"].sum() / 1000
    np.testing.assert_allclose(mwh, delivered[:, AREAS.index(area)], rtol=1e-6)


def test_about_six_percent_are_lost_on_the_way() -> None:
    delivered, gross = final_history()
    assert 0.055 < 1 - delivered.sum() / gross.sum() < 0.065


def test_shares_of_the_categories_are_of_danish_size(categories: pd.DataFrame) -> None:
    shares = categories.groupby("ConsumerCategory2")["ConsumptionkWh"].sum() / categories["ConsumptionkWh"].sum()
    assert 0.28 < shares["Privat"] < 0.4
    assert 0.5 < shares["Erhverv"] < 0.62
    assert 0.06 < shares["Offentligt"] < 0.13


def test_households_peak_in_the_evening_and_business_on_workday_mornings(by_local_hour: pd.DataFrame) -> None:
    assert by_local_hour["Privat", "workday"].idxmax() in {17, 18}
    assert by_local_hour["Erhverv", "workday"].idxmax() in {8, 9, 10, 11}
    assert by_local_hour["Offentligt", "workday"].idxmax() in {8, 9, 10, 11}


def test_business_rests_on_sundays_and_households_do_not(by_local_hour: pd.DataFrame) -> None:
    def sunday_share(category: str) -> float:
        return float(by_local_hour[category, "sunday"].mean() / by_local_hour[category, "workday"].mean())

    assert sunday_share("Erhverv") < 0.87
    assert sunday_share("Offentligt") < 0.85
    assert sunday_share("Privat") > 0.97


def test_categories_are_ten_days_late_and_grid_areas_nine() -> None:
    ask = simulated_at(datetime(2026, 3, 11, 12, tzinfo=UTC))
    assert records(ask(CATEGORIES, limit=1))[0]["TimeUTC"] == "2026-03-01T11:00:00"
    assert records(ask(GRID_AREAS, limit=1))[0]["TimeUTC"] == "2026-03-02T11:00:00"


def test_a_grid_area_is_a_number_as_text_with_a_neutral_name() -> None:
    row = records(simulated_at()(GRID_AREAS, filter='{"GridArea":["131"]}', limit=1))[0]
    assert (row["GridArea"], row["PriceArea"], row["GridCompanyName"]) == ("131", "DK1", "Grid area 131")
    assert row["Date"] == f"{row['TimeDK'][:10]}T00:00:00"
    assert len({row["GridArea"] for row in records(simulated_at()(GRID_AREAS))}) == 12


@pytest.mark.parametrize("path", [CATEGORIES, GRID_AREAS])
def test_a_value_does_not_depend_on_the_clock(path: str) -> None:
    window = {"start": "2025-12-01", "end": "2025-12-02"}
    early, late = (simulated_at(datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 11))
    assert records(early(path, **window)) == records(late(path, **window))
