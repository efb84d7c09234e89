"""What each fault comes to where nothing is known yet."""

import re

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import SETTLEMENT
from energy_dagster.resources.sources import TRIES
from energy_dagster.sandbox.fault_kinds import KINDS
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster_tests.faults.conftest import Strike
from energy_dagster_tests.faults.outcomes import FAULTS, ONLY_OF_THE_PORTAL, PORTAL, WEATHER, Outcome, with_effects
from energy_dagster_tests.faults.platform import Platform, told
from energy_dagster_tests.faults.replica import Replica

WEATHER_NAME = "Open-Meteo"
LONGEST_BACKOFF_SECONDS = (2, 4, 8)


def assert_refused(platform: Platform, asset: str, dataset: str, outcome: Outcome) -> None:
    result = platform.run(asset)
    error, sentence = told(result, asset)
    assert (result.success, error) == (False, "SourceError"), sentence
    assert sentence.startswith(f"{dataset}: expected {outcome.expected}, found ")
    assert re.search(f", found .*{outcome.found}", sentence), sentence
    assert ("tried 4 times" in sentence) == (outcome.asked == TRIES)
    assert platform.files() == set(), "something was written"
    kept = platform.kept()
    assert {(one.dataset, one.reason in sentence) for one in kept} == ({(dataset, True)} if outcome.kept else set())
    assert all(f"kept as {one.kept_id} for `energy quarantine`" in sentence for one in kept)


def test_every_kind_of_fault_has_a_stated_outcome() -> None:
    assert set(KINDS) <= set(FAULTS) == set(PORTAL)
    assert set(WEATHER) == set(FAULTS) - ONLY_OF_THE_PORTAL


@pytest.mark.parametrize("kind", with_effects(PORTAL, "refused"))
def test_a_refused_answer_of_the_portal_ends_in_a_sentence_and_writes_nothing(
    fresh: Platform, replica: Replica, strike: Strike, kind: str, waits: list[float]
) -> None:
    strike(fresh, kind, SETTLEMENT.name)
    assert_refused(fresh, "raw_settlement", SETTLEMENT.name, PORTAL[kind])
    assert replica.times_asked(SETTLEMENT.name) == PORTAL[kind].asked
    assert len(waits) == (TRIES - 1 if PORTAL[kind].asked == TRIES else 0)
    assert all(waited <= most for waited, most in zip(waits, LONGEST_BACKOFF_SECONDS, strict=False))


@pytest.mark.parametrize("kind", with_effects(WEATHER, "refused"))
def test_a_refused_answer_of_the_weather_ends_in_a_sentence_and_writes_nothing(fresh: Platform, strike: Strike, kind: str) -> None:
    strike(fresh, kind, *WEATHER_SERVICES)
    assert_refused(fresh, "raw_weather", WEATHER_NAME, WEATHER[kind])


@pytest.mark.parametrize("kind", with_effects(PORTAL, "same"))
def test_an_odd_answer_of_the_portal_says_the_same(
    fresh: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    strike(fresh, kind, SETTLEMENT.name)
    assert fresh.run("raw_settlement").success
    pd.testing.assert_frame_equal(fresh.values("raw_settlement"), clean["raw_settlement"])
    assert replica.times_asked(SETTLEMENT.name) == PORTAL[kind].asked
    assert fresh.kept() == []


@pytest.mark.parametrize("kind", with_effects(WEATHER, "same"))
def test_an_odd_answer_of_the_weather_says_the_same(
    fresh: Platform, strike: Strike, clean: dict[str, pd.DataFrame], kind: str
) -> None:
    strike(fresh, kind, *WEATHER_SERVICES)
    assert fresh.run("raw_weather").success
    pd.testing.assert_frame_equal(fresh.values("raw_weather"), clean["raw_weather"])
    assert fresh.kept() == []


def test_a_window_without_hours_is_warned_of(fresh: Platform, strike: Strike) -> None:
    strike(fresh, "empty", SETTLEMENT.name)
    result = fresh.run("raw_settlement")
    assert result.success
    assert fresh.rows("raw_settlement").empty
    [check] = [one for one in result.get_asset_check_evaluations() if one.check_name == "source_is_fresh"]
    assert (check.passed, check.description) == (False, "no usable hour; 2018-10-31 23:00 UTC is due")


def test_three_days_to_wait_are_an_error_at_once(fresh: Platform, strike: Strike, waits: list[float]) -> None:
    strike(fresh, "status-429-for-days", SETTLEMENT.name)
    assert not fresh.run("raw_settlement").success
    assert waits == []


@pytest.mark.parametrize("kind", ["status-429", "status-429-date"])
def test_the_wait_that_a_source_asks_for_is_kept(fresh: Platform, strike: Strike, waits: list[float], kind: str) -> None:
    strike(fresh, kind, SETTLEMENT.name)
    fresh.run("raw_settlement")
    assert waits == pytest.approx([1, 1, 1], abs=1)
    assert all(waits)
