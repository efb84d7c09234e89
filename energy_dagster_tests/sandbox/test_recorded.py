import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.catalogue import DATASETS
from energy_dagster.sandbox.app import create_replica, open_archive
from energy_dagster.sandbox.hours import LOCAL_ZONE
from energy_dagster.sandbox.recorded import NoRecordedData, RecordedArchive
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.sandbox.asking import LOAD, Ask, MovableClock, asking, records

HOURS = pd.date_range("2022-03-26", periods=96, freq="h")
NOW = datetime(2022, 3, 29, 12, tzinfo=UTC)
REAL = Path(os.environ.get("ENERGY_RECORDED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def local(hours: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return hours.tz_localize("UTC").tz_convert(LOCAL_ZONE).tz_localize(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pd.DataFrame(
        {"TimeUTC": HOURS, "TimeDK": local(HOURS), "Version": "Final", "PriceArea": "DK1", "GrossCon": np.arange(96) + 2000.0}
    ).sample(frac=1, random_state=1).replace({"GrossCon": {2005.0: np.nan}}).to_parquet(
        tmp_path / "GenerationProdTypeExchange.parquet"
    )
    old = HOURS - pd.Timedelta(days=10)
    pd.DataFrame(
        {"HourUTC": old, "HourDK": local(old), "MunicipalityNo": "851", "Branche": "Privat", "ConsumptionkWh": 1.5}
    ).to_parquet(tmp_path / "ConsumptionIndustry.parquet")
    pd.DataFrame({"hour_utc": HOURS, "load_mwh": 1.0}).to_parquet(tmp_path / "load_clean.parquet")
    label = pd.date_range("2022-03-20T01:00", periods=240, freq="h")
    pd.DataFrame(
        {
            "HourLabel_probablyUTC": label,
            "temp_mean_past1h": np.arange(240) / 10,
            "humidity_past1h": 80.0,
            "wind_speed_past1h": 5.0,
        }
    ).to_parquet(tmp_path / "weather_dk_mean_observed.parquet")
    return tmp_path


def ask_at(folder: Path, now: datetime = NOW) -> Ask:
    return asking(create_replica(RecordedArchive(folder), clock=MovableClock(now)))


def test_files_with_a_time_column_are_datasets_and_no_others(folder: Path) -> None:
    assert set(RecordedArchive(folder).datasets) == {"GenerationProdTypeExchange", "ConsumptionIndustry"}
    assert ask_at(folder)("/dataset/load_clean").status_code == 404


def test_recorded_rows_come_in_order_up_to_the_clock_and_labelled(folder: Path) -> None:
    answer = ask_at(folder)(LOAD, start="2022", sort="TimeUTC")
    stamps = [row["TimeUTC"] for row in records(answer)]
    assert answer.headers["X-Energy-Source"] == "recorded"
    assert stamps == sorted(stamps)
    assert (stamps[0], stamps[-1]) == ("2022-03-26T00:00:00", "2022-03-29T09:00:00")


def test_a_missing_value_is_null(folder: Path) -> None:
    assert records(ask_at(folder)(LOAD, filter='{"TimeUTC":["2022-03-26T05:00:00"]}'))[0]["GrossCon"] is None


def test_consumer_groups_are_ten_days_late(folder: Path) -> None:
    newest = records(ask_at(folder)("/dataset/ConsumptionIndustry", limit=1))[0]
    assert newest["HourUTC"] == "2022-03-19T11:00:00"
    assert newest["MunicipalityNo"] == "851"


def test_a_dataset_is_as_late_as_the_catalogue_says_and_another_two_hours(folder: Path) -> None:
    frame = pd.DataFrame({"TimeUTC": HOURS, "PriceArea": "DK1", "Value": 1.0})
    for name in ("ConsumptionGridAreaHour", "NeverHeardOf"):
        frame.to_parquet(folder / f"{name}.parquet")
    delays = {name: dataset.publication_delay for name, dataset in RecordedArchive(folder).datasets.items()}
    assert delays.pop("NeverHeardOf") == timedelta(hours=2)
    assert delays == {name: DATASETS[name].publication_delay for name in delays}


def test_the_description_says_since_when_there_is_data(folder: Path) -> None:
    described = "/meta/dataset/GenerationProdTypeExchange"
    assert ask_at(folder)(described).json()["dataFrom"] == "2022-03-26T00:00:00"
    assert ask_at(folder, datetime(2022, 1, 1, tzinfo=UTC))(described).json()["dataFrom"] is None


def test_observed_weather_is_labelled_by_the_start_of_the_hour(folder: Path) -> None:
    where = {"latitude": "56,55", "longitude": "10,12", "start_date": "2022-03-20", "end_date": "2022-03-24"}
    one, other = ask_at(folder)("/v1/archive", **where, hourly="temperature_2m,cloud_cover").json()
    values = dict(zip(one["hourly"]["time"], one["hourly"]["temperature_2m"], strict=True))
    assert one["hourly"] == other["hourly"]
    assert values["2022-03-20T00:00"] == 0.0
    assert values["2022-03-20T07:00"] == 0.7
    assert values["2022-03-24T11:00"] is not None
    assert values["2022-03-24T12:00"] is None
    assert set(one["hourly"]["cloud_cover"]) == {None}


def test_no_weather_forecast_was_recorded(folder: Path) -> None:
    where = {"latitude": "56", "longitude": "10", "hourly": "temperature_2m,wind_speed_10m_previous_day1"}
    body = ask_at(folder)("/v1/forecast", **where).json()["hourly"]
    assert set(body["temperature_2m"]) == set(body["wind_speed_10m_previous_day1"]) == {None}


def test_observed_weather_is_null_when_none_was_recorded(folder: Path) -> None:
    (folder / "weather_dk_mean_observed.parquet").unlink()
    where = {"latitude": "56", "longitude": "10", "start_date": "2022-03-20", "end_date": "2022-03-20"}
    body = ask_at(folder)("/v1/archive", **where, hourly="temperature_2m").json()["hourly"]
    assert set(body["temperature_2m"]) == {None}


def test_the_span_is_that_of_the_total_load(folder: Path) -> None:
    assert RecordedArchive(folder).span() == (datetime(2022, 3, 26, tzinfo=UTC), datetime(2022, 3, 29, 23, tzinfo=UTC))
    (folder / "GenerationProdTypeExchange.parquet").unlink()
    assert RecordedArchive(folder).span() is None


def test_a_file_with_zoned_times_is_read_as_utc(tmp_path: Path) -> None:
    stamps = HOURS.tz_localize("UTC").tz_convert(LOCAL_ZONE)
    pd.DataFrame({"TimeUTC": stamps, "PriceArea": "DK1", "GrossCon": 1.0}).to_parquet(
        tmp_path / "GenerationProdTypeExchange.parquet"
    )
    assert records(ask_at(tmp_path)(LOAD, start="2022", sort="TimeUTC"))[0]["TimeUTC"] == "2022-03-26T00:00:00"


def test_a_folder_without_data_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoRecordedData, match="no such folder"):
        RecordedArchive(tmp_path / "nothing")
    with pytest.raises(NoRecordedData, match="no Parquet file at all"):
        RecordedArchive(tmp_path)
    pd.DataFrame({"hour_utc": HOURS}).to_parquet(tmp_path / "load_clean.parquet")
    with pytest.raises(NoRecordedData, match=r"load_clean\.parquet") as raised:
        RecordedArchive(tmp_path)
    assert str(tmp_path) in str(raised.value)
    assert raised.value.folder == tmp_path
    (tmp_path / "Broken.parquet").write_bytes(b"no parquet")
    with pytest.raises(NoRecordedData, match=r"Broken\.parquet cannot be read"):
        RecordedArchive(tmp_path)


def test_the_source_chooses_the_archive(folder: Path) -> None:
    assert isinstance(open_archive(f"recorded:{folder}", seed=1), RecordedArchive)
    assert isinstance(open_archive("sandbox", seed=1), SimulatedArchive)
    with pytest.raises(ValueError, match="live"):
        open_archive("live", seed=1)


@pytest.mark.recorded
@pytest.mark.skipif(not REAL.is_dir(), reason=f"no recorded data in {REAL}; set ENERGY_RECORDED_DATA")
def test_the_real_recording_answers() -> None:
    archive = RecordedArchive(REAL)
    ask = asking(create_replica(archive, clock=MovableClock(datetime(2021, 1, 1, tzinfo=UTC))))
    found = records(ask(LOAD, start="2019", end="2021", limit=0))
    assert archive.span() == (datetime(2017, 12, 31, 23, tzinfo=UTC), datetime(2022, 12, 31, 23, tzinfo=UTC))
    assert len({(row["TimeUTC"], row["PriceArea"]) for row in found}) == len(found) > 34_000
    assert max(row["TimeUTC"] for row in found) <= "2020-12-31T21:00:00"
