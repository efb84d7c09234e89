from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.catalogue import BALANCE, LOAD
from energy_dagster.domain.contracts import TableContractError, conform, empty
from energy_dagster.domain.revisions import merged
from energy_dagster.domain.tables import RAW_LOAD, RAW_WEATHER
from energy_dagster_tests.domain.synthetic import at

FIRST, SECOND = at("2026-01-10"), at("2026-01-11")


def reading(
    values: dict[int, float], *, fetched: datetime = FIRST, version: str = "Initial", dataset: str = LOAD.name
) -> pd.DataFrame:
    """A reading of DK1: MWh by hour of the day."""
    hours = [at(f"2026-01-09T{hour:02d}") for hour in values]
    return conform(
        RAW_LOAD,
        pd.DataFrame(
            {
                "hour_utc": pd.DatetimeIndex(hours).as_unit("us"),
                "area": "DK1",
                "consumer_group": "total",
                "consumption_mwh": [float(value) for value in values.values()],
                "other_mwh": np.nan,
                "dataset": dataset,
                "source_version": version,
                "fetched_at": pd.Timestamp(fetched).as_unit("us"),
            }
        ),
    )


def known(rows: pd.DataFrame) -> dict[int, Any]:
    return {hour.hour: value for hour, value in zip(rows["hour_utc"], rows["consumption_mwh"], strict=True)}


def seen(rows: pd.DataFrame) -> dict[int, datetime]:
    return {hour.hour: when.to_pydatetime() for hour, when in zip(rows["hour_utc"], rows["fetched_at"], strict=True)}


def test_a_first_reading_is_all_new() -> None:
    result = merged(RAW_LOAD, empty(RAW_LOAD), reading({0: 1, 1: 2}))
    assert (result.moves.new, result.moves.revised, result.moves.withdrawn) == (2, 0, 0)
    assert known(result.rows) == {0: 1, 1: 2}


def test_reading_the_same_again_changes_not_even_the_fetch_time() -> None:
    before = reading({0: 1, 1: 2})
    result = merged(RAW_LOAD, before, reading({0: 1, 1: 2}, fetched=SECOND))
    assert result.moves.nothing
    pd.testing.assert_frame_equal(result.rows, before)


def test_a_value_that_moved_is_reported_with_its_size_and_gets_the_new_fetch_time() -> None:
    result = merged(RAW_LOAD, reading({0: 100, 1: 200, 2: 300}), reading({0: 100, 1: 210, 2: 280}, fetched=SECOND))
    assert (result.moves.revised, result.moves.mean_mwh, result.moves.largest_mwh) == (2, 15.0, 20.0)
    assert known(result.rows) == {0: 100, 1: 210, 2: 280}
    assert seen(result.rows) == {0: FIRST, 1: SECOND, 2: SECOND}
    assert [hour.hour for hour in result.moves.hours] == [1, 2]


def test_a_new_label_on_the_same_value_is_a_revision_of_no_size() -> None:
    result = merged(RAW_LOAD, reading({0: 100}), reading({0: 100}, fetched=SECOND, version="Final"))
    assert (result.moves.revised, result.moves.largest_mwh) == (1, 0.0)
    assert result.rows["source_version"].tolist() == ["Final"]


def test_hours_the_source_no_longer_has_stay() -> None:
    result = merged(RAW_LOAD, reading({0: 1, 1: 2, 2: 3}), reading({1: 2}, fetched=SECOND))
    assert (result.moves.withdrawn, result.moves.nothing) == (2, True)
    assert known(result.rows) == {0: 1, 1: 2, 2: 3}


def test_an_empty_answer_takes_nothing_away() -> None:
    before = reading({0: 1, 1: 2})
    pd.testing.assert_frame_equal(merged(RAW_LOAD, before, empty(RAW_LOAD)).rows, before)


def test_a_null_never_replaces_a_number_but_a_number_replaces_a_null() -> None:
    result = merged(RAW_LOAD, reading({0: 1, 1: np.nan}), reading({0: np.nan, 1: 2}, fetched=SECOND))
    assert known(result.rows) == {0: 1, 1: 2}
    assert (result.moves.withdrawn, result.moves.revised) == (1, 1)


def test_a_fallback_fills_gaps_but_replaces_nothing() -> None:
    result = merged(RAW_LOAD, reading({0: 1}), reading({0: 9, 1: 8}, fetched=SECOND, dataset=BALANCE.name))
    assert known(result.rows) == {0: 1, 1: 8}


def test_the_dataset_itself_replaces_its_fallback() -> None:
    result = merged(RAW_LOAD, reading({0: 9}, dataset=BALANCE.name), reading({0: 1}, fetched=SECOND))
    assert known(result.rows) == {0: 1}
    assert result.rows["dataset"].tolist() == [LOAD.name]


def test_weather_keeps_every_run() -> None:
    def run(started: datetime, temperature: float) -> pd.DataFrame:
        weather = {"temperature_c": temperature, "wind_speed_ms": 1.0, "relative_humidity_pct": 1.0, "shortwave_radiation_wm2": 1.0}
        times = {name: pd.Timestamp(started).as_unit("us") for name in ("available_at", "fetched_at")}
        hour = pd.Timestamp("2026-01-12").as_unit("us")
        return conform(RAW_WEATHER, pd.DataFrame([{"hour_utc": hour, "area": "DK1", "kind": "forecast", **times, **weather}]))

    result = merged(RAW_WEATHER, run(FIRST, 1.0), run(SECOND, 2.0))
    assert result.rows["temperature_c"].tolist() == [1.0, 2.0]
    assert result.moves.new == 1


def test_a_reading_that_breaks_the_contract_is_refused() -> None:
    with pytest.raises(TableContractError, match="consumption_mwh"):
        merged(RAW_LOAD, reading({0: 1}), reading({0: 1}).drop(columns="consumption_mwh"))


VALUES = st.dictionaries(st.integers(0, 23), st.sampled_from([1.0, 2.0, 3.0, np.nan]), max_size=24)


@given(VALUES, VALUES)
def test_nothing_known_is_ever_lost_and_the_newest_number_speaks(before: dict[int, float], now: dict[int, float]) -> None:
    result = known(merged(RAW_LOAD, reading(before), reading(now, fetched=SECOND)).rows)
    assert result.keys() == before.keys() | now.keys()
    for hour, value in result.items():
        numbers = [each[hour] for each in (now, before) if hour in each and not np.isnan(each[hour])]
        assert value == numbers[0] if numbers else np.isnan(value)


@given(VALUES, VALUES)
def test_putting_a_reading_on_top_twice_is_putting_it_once(before: dict[int, float], now: dict[int, float]) -> None:
    once = merged(RAW_LOAD, reading(before), reading(now, fetched=SECOND))
    twice = merged(RAW_LOAD, once.rows, reading(now, fetched=at("2026-01-12")))
    assert twice.moves.nothing
    pd.testing.assert_frame_equal(twice.rows, once.rows)
