"""Recorded consumption of any area, in whatever shape the files of a folder have."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from energy_dagster.domain.tables import WEATHER_COLUMNS
from energy_dagster.storage.recorded_load import (
    AHEAD_HOURS,
    WEATHER,
    NoSuchRecording,
    read_load,
    read_weather,
    recorded_history,
    recordings_in,
)
from energy_dagster_tests.recorded_loads import history_of, load_of, portal_rows, write_portal, write_weather

DAYS = ("2026-01-05", "2026-02-10")
LOAD = load_of(*DAYS)
HOURS = pd.DatetimeIndex(LOAD.index)


def long_table(folder: Path) -> None:
    rows = pd.DataFrame({"hour_utc": HOURS, "area": "DK1", "load_mwh": LOAD.to_numpy()})
    other = rows.assign(area="SE4", load_mwh=1.0)
    pd.concat([rows, other]).to_parquet(folder / "load_clean.parquet", index=False)


def portal(folder: Path) -> None:
    write_portal(folder, portal_rows(LOAD, "DK1"), portal_rows(LOAD / 2, "DK2"))


def older_portal(folder: Path) -> None:
    rows = pd.DataFrame({"HourUTC": HOURS.as_unit("ns"), "HourDK": HOURS, "PriceArea": "DK1", "TotalLoad": LOAD.to_numpy()})
    rows.to_parquet(folder / "ElectricityBalanceNonv.parquet", index=False)


def one_area(folder: Path) -> None:
    pd.DataFrame({"time": HOURS, "load": LOAD.to_numpy()}).to_parquet(folder / "dk1_load.parquet", index=False)


SHAPES = pytest.mark.parametrize("write", [portal, older_portal, long_table, one_area])


@SHAPES
def test_each_shape_of_file_gives_the_same_load(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path)
    assert_series_equal(read_load(tmp_path, "DK1"), LOAD, check_names=False, check_freq=False)


@pytest.mark.parametrize(
    ("file", "area"),
    [
        ("de_lu_load_and_tso_forecast.parquet", "DE-LU"),
        ("FR_load.parquet", "FR"),
        ("north.parquet", "NORTH"),
    ],
)
def test_a_file_of_one_area_is_named_after_it(file: str, area: str, tmp_path: Path) -> None:
    pd.DataFrame({"Time": HOURS, "LoadMW": LOAD.to_numpy(), "TsoForecastMW": 1.0}).to_parquet(tmp_path / file)
    assert [recording.areas for recording in recordings_in(tmp_path)] == [(area,)]
    assert read_load(tmp_path, area).iloc[0] == LOAD.iloc[0]


def test_areas_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    portal(tmp_path)
    assert (read_load(tmp_path, "DK2") * 2).round(6).equals(read_load(tmp_path, "DK1").round(6))


def test_a_dataset_of_the_portal_speaks_before_other_files_of_the_area(tmp_path: Path) -> None:
    write_portal(tmp_path, portal_rows(LOAD * 3, "DK1"))
    pd.DataFrame({"time": HOURS, "load": LOAD.to_numpy()}).to_parquet(tmp_path / "DK1_load.parquet")
    assert read_load(tmp_path, "DK1").iloc[0] == pytest.approx(LOAD.iloc[0] * 3)


def test_a_dataset_of_consumer_groups_is_no_load_of_an_area(tmp_path: Path) -> None:
    rows = pd.DataFrame({"HourUTC": HOURS, "PriceArea": "DK1", "ConsumerType_DE35": "111", "TotalCon": 1.0, "load": 1.0})
    rows.to_parquet(tmp_path / "ConsumptionDE35Hour.parquet")
    with pytest.raises(NoSuchRecording, match=r"expected a file with a time column .* found ConsumptionDE35Hour.parquet"):
        read_load(tmp_path, "DK1")


def test_an_unknown_area_is_refused_with_those_there_are(tmp_path: Path) -> None:
    portal(tmp_path)
    long_table(tmp_path)
    with pytest.raises(NoSuchRecording, match="expected recordings of NO2, found those of DK1, DK2, SE4"):
        read_load(tmp_path, "NO2")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRecording, match="none: expected a folder of Parquet files, found no such folder"):
        read_load(tmp_path / "none", "DK1")


def test_a_folder_without_a_load_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRecording, match="found no Parquet file"):
        read_load(tmp_path, "DK1")
    pd.DataFrame({"time": ["2026-01-01"], "load": [1.0]}).to_parquet(tmp_path / "words.parquet")
    pd.DataFrame({"time": HOURS, "price": 1.0}).to_parquet(tmp_path / "prices.parquet")
    with pytest.raises(NoSuchRecording, match=r"and a load .*, found prices.parquet, words.parquet"):
        read_load(tmp_path, "DK1")


@pytest.mark.parametrize("content", [b"", b"not Parquet", b"PAR1 and no more"])
def test_a_file_that_is_no_parquet_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    portal(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(content)
    with pytest.raises(NoSuchRecording, match=r"broken.parquet: expected a Parquet file, found otherwise"):
        read_load(tmp_path, "DK1")


def test_a_file_whose_values_are_damaged_is_refused_with_its_name(tmp_path: Path) -> None:
    portal(tmp_path)
    path = tmp_path / "GenerationProdTypeExchange.parquet"
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    path.write_bytes(content)
    with pytest.raises(NoSuchRecording, match=r"GenerationProdTypeExchange.parquet: expected a Parquet file, found otherwise"):
        read_load(tmp_path, "DK1")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Copenhagen", "America/New_York"])
def test_times_with_a_zone_become_utc(zone: str, tmp_path: Path) -> None:
    rows = pd.DataFrame({"time": HOURS.tz_localize("UTC").tz_convert(zone), "load": LOAD.to_numpy()})
    rows.to_parquet(tmp_path / "dk1_load.parquet")
    assert_series_equal(read_load(tmp_path, "DK1"), LOAD, check_names=False, check_freq=False)


def test_both_hours_of_the_autumn_night_are_kept_where_times_have_a_zone(tmp_path: Path) -> None:
    load = load_of("2025-10-25", "2025-10-27")
    times = pd.DatetimeIndex(load.index).tz_localize("UTC").tz_convert("Europe/Berlin")
    pd.DataFrame({"time": times, "load": load.to_numpy()}).to_parquet(tmp_path / "de_load.parquet")
    assert_series_equal(read_load(tmp_path, "DE"), load, check_names=False, check_freq=False)


def test_quarter_hours_of_power_are_averaged_to_hours(tmp_path: Path) -> None:
    quarters = pd.date_range(HOURS[0], periods=4 * len(HOURS), freq="15min", unit="us")
    wobble = np.tile([-30.0, 10.0, 0.0, 20.0], len(HOURS))
    rows = pd.DataFrame({"timestamp": quarters, "load_mw": np.repeat(LOAD.to_numpy(), 4) + wobble})
    rows.to_parquet(tmp_path / "dk1_load.parquet")
    assert_series_equal(read_load(tmp_path, "DK1"), LOAD, check_names=False, check_freq=False)


def test_rows_in_any_order_become_complete_hours_and_gaps_stay_gaps(tmp_path: Path) -> None:
    rows = pd.DataFrame({"time": HOURS, "load": LOAD.to_numpy()}).drop(index=range(30, 40)).sample(frac=1, random_state=1)
    rows.to_parquet(tmp_path / "dk1_load.parquet", index=False)
    read = read_load(tmp_path, "DK1")
    assert read.index.equals(HOURS)
    assert np.flatnonzero(read.isna()).tolist() == list(range(30, 40))


def test_an_area_of_which_nothing_was_recorded_is_refused(tmp_path: Path) -> None:
    write_portal(tmp_path, portal_rows(LOAD, "DK1"), portal_rows(LOAD * np.nan, "DK2"))
    with pytest.raises(NoSuchRecording, match="expected loads of DK2 in GrossCon, found none"):
        read_load(tmp_path, "DK2")


def test_hours_that_cannot_be_used_only_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRecording, match=r"expected hours of DK1 that can be used, found \{'zero': 888\}"):
        history_of(LOAD * 0)


def test_the_history_of_an_area_never_seen_before_is_that_of_any_other() -> None:
    known, new, large = history_of(LOAD), history_of(LOAD, "XX9"), history_of(LOAD * 40, "DE-LU")
    assert new.area == "XX9"
    assert len(new) == len(LOAD) + AHEAD_HOURS
    np.testing.assert_array_equal(new.preliminary, known.preliminary)
    np.testing.assert_allclose(large.preliminary, known.preliminary * 40)
    assert np.isfinite(large.preliminary[: len(LOAD)]).all()


def test_holidays_of_another_country_count_in_its_areas() -> None:
    load = load_of("2026-05-20", "2026-06-20")
    danish, german = history_of(load), history_of(load, "DE-LU")
    assert (danish.calendar != german.calendar).any()


def test_hours_that_fail_the_rules_of_cleaning_are_left_out() -> None:
    load = LOAD.copy()
    load.iloc[500], load.iloc[501] = 0.0, LOAD.iloc[501] * 5
    history = history_of(load)
    assert np.flatnonzero(np.isnan(history.preliminary[: len(load)])).tolist() == [500, 501]


def test_observed_weather_is_read_by_the_start_of_its_hour(tmp_path: Path) -> None:
    write_weather(tmp_path, hours=HOURS)
    weather = read_weather(tmp_path)
    assert weather.index.equals(HOURS)
    assert tuple(weather.columns) == WEATHER_COLUMNS
    assert weather["temperature_c"].iloc[0] == pytest.approx(6.0)
    assert weather["shortwave_radiation_wm2"].isna().all()


def test_a_folder_without_weather_is_refused_with_what_to_choose(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRecording, match=r"expected observed weather in weather_dk_mean_observed.parquet, .* --weather none"):
        read_weather(tmp_path)


def test_weather_in_another_shape_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"time": HOURS, "temp": 1.0}).to_parquet(tmp_path / WEATHER)
    with pytest.raises(NoSuchRecording, match=f"{WEATHER}: expected a column HourLabel"):
        read_weather(tmp_path)
    (tmp_path / WEATHER).write_bytes(b"PAR1")
    with pytest.raises(NoSuchRecording, match=f"{WEATHER}: expected a Parquet file"):
        read_weather(tmp_path)


def test_weather_becomes_inputs_of_the_history(tmp_path: Path) -> None:
    from energy_dagster.domain.weather_errors import as_forecasts

    write_weather(tmp_path, hours=HOURS)
    history = recorded_history(LOAD, "DK1", as_forecasts(read_weather(tmp_path), "DK1", with_errors=False, seed=0))
    assert np.isfinite(history.weather[1, 100:800, 0]).all()


@pytest.mark.recorded
@pytest.mark.parametrize(("area", "hours"), [("DK1", 24 * 365), ("DK2", 24 * 365), ("DE-LU", 24 * 365)])
def test_recorded_areas_are_read_whole(recorded_data: Path, area: str, hours: int) -> None:
    load = read_load(recorded_data, area)
    assert len(load) > 2 * hours
    assert load.isna().mean() < 0.01
    assert (pd.DatetimeIndex(load.index).to_series().diff().dropna() == pd.Timedelta(hours=1)).all()
