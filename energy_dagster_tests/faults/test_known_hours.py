"""What each fault does to hours that are known: nothing, or nothing that does not heal."""

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import SETTLEMENT
from energy_dagster.domain.tables import RAW_SETTLEMENT, RAW_WEATHER, WEATHER_COLUMNS
from energy_dagster.sandbox.fault_kinds import Changed
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster_tests.faults.conftest import Strike
from energy_dagster_tests.faults.outcomes import PORTAL, WEATHER, Effect, no_temperatures, with_effects
from energy_dagster_tests.faults.platform import Platform
from energy_dagster_tests.faults.replica import Replica

KEEPING: tuple[Effect, ...] = ("refused", "nothing", "fewer")
"""What leaves known hours as they are, besides an answer that says the same."""


def assert_everything_is_kept(platform: Platform, asset: str, *, succeeds: bool) -> None:
    rows, files = platform.rows(asset), platform.files()
    assert platform.run(asset).success == succeeds
    pd.testing.assert_frame_equal(platform.rows(asset), rows)
    assert platform.files() == files


def assert_the_next_reading_heals(platform: Platform, replica: Replica, asset: str, clean: pd.DataFrame) -> None:
    replica.heal()
    platform.timeout_seconds = 30.0
    assert platform.run(asset).success
    pd.testing.assert_frame_equal(platform.values(asset), clean)


@pytest.mark.parametrize("kind", with_effects(PORTAL, *KEEPING))
def test_known_hours_of_the_portal_stay_with_value_and_time(
    known: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    strike(known, kind, SETTLEMENT.name)
    assert_everything_is_kept(known, "raw_settlement", succeeds=PORTAL[kind].effect != "refused")
    assert_the_next_reading_heals(known, replica, "raw_settlement", clean["raw_settlement"])


@pytest.mark.parametrize("kind", with_effects(WEATHER, *KEEPING))
def test_known_hours_of_the_weather_stay_with_values_and_time(
    known: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    strike(known, kind, *WEATHER_SERVICES)
    assert_everything_is_kept(known, "raw_weather", succeeds=WEATHER[kind].effect != "refused")
    if kind == "status-503":
        assert_the_next_reading_heals(known, replica, "raw_weather", clean["raw_weather"])


@pytest.mark.parametrize("kind", with_effects(PORTAL, "other"))
def test_other_values_of_the_portal_stand_until_it_says_the_right_ones(
    known: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    before, files = known.rows("raw_settlement"), known.files()
    strike(known, kind, SETTLEMENT.name)
    assert known.run("raw_settlement").success
    hit = known.rows("raw_settlement")
    key = list(RAW_SETTLEMENT.key)
    pd.testing.assert_frame_equal(hit[key], before[key])
    moved = hit["consumption_mwh"] != before["consumption_mwh"]
    assert moved.sum() == len(before) / 3
    pd.testing.assert_frame_equal(hit[~moved], before[~moved])
    others = before["consumption_mwh"][moved] if kind == "conflicting-duplicates" else pd.Series(dtype="float64")
    assert hit["other_mwh"].dropna().to_list() == others.to_list()
    assert files < known.files(), "the version with the old values is gone"
    assert_the_next_reading_heals(known, replica, "raw_settlement", clean["raw_settlement"])


@pytest.mark.parametrize("kind", with_effects(WEATHER, "other"))
def test_other_weather_stands_until_the_service_says_the_right_one(
    known: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    before = known.rows("raw_weather")
    strike(known, kind, *WEATHER_SERVICES)
    assert known.run("raw_weather").success
    hit = known.rows("raw_weather")
    pd.testing.assert_frame_equal(hit[list(RAW_WEATHER.key)], before[list(RAW_WEATHER.key)])
    assert hit[list(WEATHER_COLUMNS)].notna().all(axis=None)
    assert_the_next_reading_heals(known, replica, "raw_weather", clean["raw_weather"])


def test_a_measure_that_the_weather_service_loses_keeps_its_known_numbers(known: Platform, replica: Replica) -> None:
    replica.will(WEATHER_SERVICES, Changed(no_temperatures))
    assert_everything_is_kept(known, "raw_weather", succeeds=True)


@pytest.mark.parametrize("kind", ["nulls", "too-large-values"])
def test_weather_that_cannot_be_is_read_as_none(fresh: Platform, strike: Strike, clean: dict[str, pd.DataFrame], kind: str) -> None:
    strike(fresh, kind, *WEATHER_SERVICES)
    assert fresh.run("raw_weather").success
    rows = fresh.values("raw_weather")
    assert len(rows) == pytest.approx(len(clean["raw_weather"]) * 2 / 3, abs=8)
    assert len(rows.merge(clean["raw_weather"])) == len(rows)
