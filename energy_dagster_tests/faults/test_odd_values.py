"""Values that cannot be end as flags of `consumption`, never as errors."""

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import LOAD
from energy_dagster_tests.faults.conftest import Strike
from energy_dagster_tests.faults.platform import MONTH, Platform
from energy_dagster_tests.faults.replica import Replica

MONTH_BEFORE = "2018-09-01"
FLAGS = {
    "negative-values": {"negative"},
    "too-large-values": {"spike"},
    "zeros": {"zero"},
    "conflicting-duplicates": {"duplicate"},
    "nulls": {"imputed"},
}
"""What every third hour of an area is flagged as."""


def consumption_of(platform: Platform, *, few_are_flagged: bool = True) -> pd.DataFrame:
    result = platform.run("consumption")
    assert result.success
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert (checks["hours_are_complete"], checks["few_hours_are_flagged"]) == (True, few_are_flagged)
    rows = platform.rows("consumption")
    return rows[(rows["vintage"] == "preliminary") & (rows["hour_utc"] >= pd.Timestamp(MONTH))]


@pytest.mark.parametrize("kind", FLAGS)
def test_a_value_that_cannot_be_is_flagged_warned_of_and_not_used(
    fresh: Platform, strike: Strike, replica: Replica, kind: str
) -> None:
    assert fresh.run("raw_load", month=MONTH_BEFORE).success
    strike(fresh, kind, LOAD.name)
    assert fresh.run("raw_load").success
    rows = consumption_of(fresh, few_are_flagged=False)
    halves, country = rows[rows["area"] != "DK"], rows[rows["area"] == "DK"]
    flagged = halves[halves["quality"] != "ok"]
    assert set(flagged["quality"]) == FLAGS[kind]
    assert len(flagged) == len(halves) / 3
    hit = country["hour_utc"].isin(flagged["hour_utc"])
    assert (country["quality"] != "ok").equals(hit)
    assert set(country.loc[hit, "quality"]) == FLAGS[kind]
    if kind == "nulls":
        assert flagged["published_mwh"].isna().all()
        assert rows["consumption_mwh"].notna().all(), "short gaps are estimated"
    else:
        assert flagged["consumption_mwh"].isna().all()
        assert country.loc[hit, "consumption_mwh"].isna().all()
    replica.heal()
    assert fresh.run("raw_load").success
    assert set(consumption_of(fresh)["quality"]) == {"ok"}


def test_nulls_take_no_known_hour_out_of_use(known: Platform, strike: Strike) -> None:
    before = consumption_of(known)
    strike(known, "nulls", LOAD.name)
    assert known.run("raw_load").success
    pd.testing.assert_frame_equal(consumption_of(known), before)
