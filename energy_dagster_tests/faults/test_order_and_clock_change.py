"""The day of 25 hours, and answers in another order, leave the same in the lake."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.calendar import delivery_day_hours
from energy_dagster.domain.catalogue import LOAD, SETTLEMENT, Dataset
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster.sandbox.hours import hour_number
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.faults.conftest import RAW, Strike
from energy_dagster_tests.faults.platform import Platform
from energy_dagster_tests.faults.replica import NOW
from energy_dagster_tests.sandbox.asking import SEED

AUTUMN = date(2018, 10, 28)
MONTH_HOURS = range(hour_number(datetime(2018, 10, 1, tzinfo=UTC)), hour_number(datetime(2018, 11, 1, tzinfo=UTC)))


@pytest.mark.parametrize("kind", ["shuffled", "descending", "duplicates"])
def test_the_order_of_an_answer_leaves_no_trace(fresh: Platform, strike: Strike, standing: Platform, kind: str) -> None:
    strike(fresh, kind, LOAD.name, SETTLEMENT.name, *WEATHER_SERVICES)
    assert fresh.run(*RAW).success
    for asset in RAW:
        pd.testing.assert_frame_equal(fresh.rows(asset), standing.rows(asset))


@pytest.mark.parametrize(("asset", "dataset"), [("raw_load", LOAD), ("raw_settlement", SETTLEMENT)])
def test_the_lake_holds_what_was_published_hour_by_hour(clean: dict[str, pd.DataFrame], asset: str, dataset: Dataset) -> None:
    published = SimulatedArchive(SEED).rows(dataset.name, hours=MONTH_HOURS, now=NOW)
    held = clean[asset].sort_values(["hour_utc", "area"])
    assert held["hour_utc"].to_list() == published[dataset.time_column].to_list()
    assert held["area"].to_list() == published[dataset.area_column].to_list()
    assert held["consumption_mwh"].to_list() == published[dataset.measure].to_list()


def test_the_day_of_25_hours_has_each_of_them_once(known: Platform) -> None:
    assert known.run("consumption").success
    hours = [naive_utc(hour) for hour in delivery_day_hours(AUTUMN)]
    assert len(hours) == 25
    rows = known.rows("consumption")
    for series, day in rows[rows["hour_utc"].isin(hours)].groupby(["area", "vintage"]):
        assert day["hour_utc"].to_list() == hours, series
        assert set(day["quality"]) == {"ok"}, series
