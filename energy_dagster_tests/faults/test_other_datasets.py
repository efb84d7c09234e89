"""While the total load's dataset fails, everything else is read, and the control room's dataset stands in for it."""

from datetime import datetime

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import BALANCE, LOAD
from energy_dagster.sandbox.faults import WEATHER_SERVICES
from energy_dagster_tests.faults.conftest import RAW, Strike
from energy_dagster_tests.faults.outcomes import FAULTS, PORTAL, with_effects
from energy_dagster_tests.faults.platform import Platform, told
from energy_dagster_tests.faults.replica import Replica

OTHERS = ("raw_settlement", "raw_weather")


@pytest.fixture(scope="module")
def balance(standing: Platform) -> pd.DataFrame:
    """What the control room's dataset says of the month: area, hour, MWh."""
    portal = (standing.definitions.resources or {})["portal"]
    rows: pd.DataFrame = portal.fetch(BALANCE, datetime(2018, 10, 1), datetime(2018, 11, 1), now=standing.now)  # noqa: DTZ001 - naive UTC
    return rows.sort_values(["area", "hour_utc"], ignore_index=True)


def assert_the_others_are_whole(platform: Platform, clean: dict[str, pd.DataFrame]) -> None:
    for asset in OTHERS:
        pd.testing.assert_frame_equal(platform.values(asset), clean[asset])


@pytest.mark.parametrize("kind", with_effects(PORTAL, "refused", "nothing"))
def test_another_dataset_stands_in_until_the_first_one_answers(
    fresh: Platform,
    replica: Replica,
    strike: Strike,
    clean: dict[str, pd.DataFrame],
    balance: pd.DataFrame,
    kind: str,
) -> None:
    strike(fresh, kind, LOAD.name)
    assert fresh.run(*RAW).success
    assert_the_others_are_whole(fresh, clean)
    instead = fresh.values("raw_load").sort_values(["area", "hour_utc"], ignore_index=True)
    assert set(instead["dataset"]) == {BALANCE.name}
    pd.testing.assert_series_equal(instead["consumption_mwh"], balance["consumption_mwh"])
    replica.heal()
    fresh.timeout_seconds = 30.0
    assert fresh.run("raw_load").success
    pd.testing.assert_frame_equal(fresh.values("raw_load"), clean["raw_load"])
    assert set(fresh.rows("raw_load")["dataset"]) == {LOAD.name}


@pytest.mark.parametrize("kind", ["status-503", "html", "other-zone"])
def test_the_other_dataset_never_replaces_hours_that_the_first_one_gave(known: Platform, strike: Strike, kind: str) -> None:
    rows = known.rows("raw_load")
    strike(known, kind, LOAD.name)
    assert known.run("raw_load").success
    pd.testing.assert_frame_equal(known.rows("raw_load"), rows)


def test_where_both_datasets_fail_the_error_names_the_first_and_the_others_are_read(
    fresh: Platform, replica: Replica, strike: Strike, clean: dict[str, pd.DataFrame]
) -> None:
    replica.will(BALANCE.name, FAULTS["renamed"])
    strike(fresh, "status-503", LOAD.name)
    result = fresh.run(*RAW)
    assert not result.success
    error, sentence = told(result, "raw_load")
    assert error == "SourceError"
    assert sentence.startswith(f"{LOAD.name}: expected status 200, found status 503")
    assert fresh.rows("raw_load").empty
    assert_the_others_are_whole(fresh, clean)


def test_a_dataset_that_is_gone_is_named_with_its_successor(fresh: Platform, strike: Strike) -> None:
    strike(fresh, "renamed", LOAD.name, BALANCE.name)
    _, sentence = told(fresh.run("raw_load"), "raw_load")
    expected = f"a dataset of that name (the catalogue says to read {BALANCE.name} when it is gone)"
    assert sentence.startswith(f"{LOAD.name}: expected {expected}, found status 404")


def test_weather_that_fails_leaves_the_portal_alone(fresh: Platform, strike: Strike, clean: dict[str, pd.DataFrame]) -> None:
    strike(fresh, "status-500", *WEATHER_SERVICES)
    result = fresh.run(*RAW)
    assert told(result, "raw_weather")[0] == "SourceError"
    for asset in ("raw_load", "raw_settlement"):
        assert told(result, asset) == ("", "")
        pd.testing.assert_frame_equal(fresh.values(asset), clean[asset])
