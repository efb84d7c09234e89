import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.catalogue import PLACES, WEATHER_DELAY
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import RAW_WEATHER, WEATHER_COLUMNS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.sources import Request, SourceError, Sources
from energy_dagster.resources.weather import Weather
from energy_dagster.resources.weather_rows import NAME, PATHS, VARIABLES, Question
from energy_dagster.storage.quarantine import Kept, Quarantine
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.sandbox.asking import NOW, SEED, simulated_at

PRESENT = naive_utc(NOW)
START, AHEAD = datetime(2026, 3, 1), PRESENT + timedelta(hours=72)  # noqa: DTZ001 - naive UTC, as the tables
PAST = datetime(2026, 3, 4)  # noqa: DTZ001
AARHUS, AALBORG, ODENSE, ESBJERG, COPENHAGEN, NAESTVED = range(6)
AGES = (1, 2, 3)


def weather_of(sources: Sources, url: str = "http://weather", key: str | None = None) -> Weather:
    return Weather(forecast_url=url, archive_url=url, previous_runs_url=url, api_key=key, sources=sources)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """From ten days ago to three days ahead."""
    sources = Sources(source="sandbox", seed=SEED, clock=Clock(pretended=NOW.isoformat()))
    return weather_of(sources).read(START, AHEAD, now=NOW).rows


@pytest.fixture
def faulty(live: Sources, server: FaultyServer) -> Weather:
    """The server of faults, over HTTP."""
    return weather_of(live, server.url)


def hourly(names: list[str], hours: list[str], value: Any = 10.0) -> dict[str, Any]:
    return {"hourly": {"time": list(hours), **{name: [value] * len(hours) for name in names}}}


def previous_runs(hours: list[str], values: list[Any] | None = None) -> list[dict[str, Any]]:
    """An answer of six places, each with a value of its own."""
    names = [f"{name}_previous_day{age}" for age in AGES for name in VARIABLES.values()]
    return [hourly(names, hours, value) for value in (values or [10.0] * len(PLACES))]


def fetch_one_hour(weather: Weather) -> pd.DataFrame:
    """An hour of yesterday: previous runs alone answer it."""
    start = datetime(2026, 3, 9, 12)  # noqa: DTZ001
    return weather.read(start, start + timedelta(hours=1), now=NOW).rows


HOUR = ["2026-03-09T12:00"]


def test_rows_bear_when_they_were_fetched(rows: pd.DataFrame) -> None:
    assert rows["fetched_at"].dtype == "datetime64[us]"
    assert rows["fetched_at"].unique().tolist() == [pd.Timestamp(PRESENT)]


def test_rows_keep_the_contract_of_the_raw_table(rows: pd.DataFrame) -> None:
    assert len(conform(RAW_WEATHER, rows)) == len(rows)


def test_every_hour_of_both_areas_has_a_forecast(rows: pd.DataFrame) -> None:
    forecasts = rows[rows["kind"] == "forecast"]
    hours = set(pd.date_range(START, AHEAD, freq="h", inclusive="left"))
    assert {area: set(part) for area, part in forecasts.groupby("area")["hour_utc"]} == {"DK1": hours, "DK2": hours}


def test_nothing_lies_outside_the_window(rows: pd.DataFrame) -> None:
    assert rows["hour_utc"].between(pd.Timestamp(START), pd.Timestamp(AHEAD), inclusive="left").all()


def test_nothing_says_it_can_be_read_only_after_the_present(rows: pd.DataFrame) -> None:
    assert (rows["available_at"] <= PRESENT).all()


def test_past_hours_have_a_forecast_of_each_age(rows: pd.DataFrame) -> None:
    past = rows[(rows["kind"] == "forecast") & (rows["hour_utc"] < PRESENT - timedelta(hours=6))]
    age = past["hour_utc"] + WEATHER_DELAY - past["available_at"]
    assert sorted(age.unique()) == [pd.Timedelta(days=day) for day in AGES]


def test_the_newest_run_can_be_read_since_a_sixth_hour_before_the_present(rows: pd.DataFrame) -> None:
    far = rows[rows["hour_utc"] > PRESENT + timedelta(hours=67)]
    assert far["available_at"].unique().tolist() == [pd.Timestamp("2026-03-10T18:00")]


def test_hours_ahead_are_best_known_from_the_newest_run(rows: pd.DataFrame) -> None:
    ahead = rows[rows["hour_utc"] > PRESENT]
    newest = ahead.groupby(["area", "hour_utc"])["available_at"].max()
    assert newest.unique().tolist() == [pd.Timestamp("2026-03-10T18:00")]


@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_no_run_of_an_hour_is_there_twice_at_any_time_of_day(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=0)
    sources = Sources(source="sandbox", seed=SEED, clock=Clock(pretended=now.isoformat()))
    start = naive_utc(now) - timedelta(days=1)
    fetched = weather_of(sources).read(start, start + timedelta(days=4), now=now).rows
    assert not fetched.duplicated(list(RAW_WEATHER.key)).any()


def test_where_the_newest_run_is_as_old_as_another_its_value_is_taken(live: Sources, server: FaultyServer) -> None:
    hours = ["2026-03-11T12:00"]  # its run of one day before could be read at 18:00 today, as the newest
    server.will(Reply(previous_runs(hours, [1.0] * 6)), Reply([hourly(list(VARIABLES.values()), hours, 2.0) for _ in PLACES]))
    start = datetime(2026, 3, 11, 12)  # noqa: DTZ001
    fetched = weather_of(live, server.url).read(start, start + timedelta(hours=1), now=NOW).rows
    newest = fetched[fetched["available_at"] == pd.Timestamp("2026-03-10T18:00")]
    assert newest["temperature_c"].tolist() == [2.0, 2.0]


def test_observed_hours_are_older_than_five_days(rows: pd.DataFrame) -> None:
    observed = rows[rows["kind"] == "observed"]
    assert observed["hour_utc"].max() + timedelta(hours=1) <= PRESENT - timedelta(days=5)
    assert set(pd.date_range(START, PAST, freq="h")) <= set(observed["hour_utc"])


def test_an_observed_hour_can_be_read_five_days_after_it_ends(rows: pd.DataFrame) -> None:
    observed = rows[rows["kind"] == "observed"]
    assert (observed["available_at"] - observed["hour_utc"]).unique().tolist() == [pd.Timedelta(days=5, hours=1)]


def test_an_area_is_the_weighted_mean_of_its_places(faulty: Weather, server: FaultyServer) -> None:
    values = [float(2**number) for number in range(len(PLACES))]
    server.will(Reply(previous_runs(HOUR, values)))
    rows = fetch_one_hour(faulty)
    expected = {
        area: sum(place.weight * value for place, value in zip(PLACES, values, strict=True) if place.area == area)
        for area in ("DK1", "DK2")
    }
    assert rows.groupby("area")["temperature_c"].unique().map(lambda found: float(found[0])).to_dict() == pytest.approx(expected)


@pytest.mark.parametrize("area", ["DK1", "DK2"])
def test_the_mean_of_an_area_is_that_of_the_replica_s_places(rows: pd.DataFrame, area: str) -> None:
    mine = [place for place in PLACES if place.area == area]
    asked = {"hourly": ",".join(VARIABLES.values()), "start_date": "2026-03-03", "end_date": "2026-03-03", "wind_speed_unit": "ms"}
    answers = [simulated_at()("/v1/archive", latitude=p.latitude, longitude=p.longitude, **asked).json()["hourly"] for p in mine]
    day = rows[(rows["kind"] == "observed") & (rows["area"] == area) & (rows["hour_utc"].dt.strftime("%d") == "03")]
    for ours, theirs in VARIABLES.items():
        mean = sum(place.weight * np.asarray(answer[theirs]) for place, answer in zip(mine, answers, strict=True))
        np.testing.assert_allclose(day.sort_values("hour_utc")[ours].to_numpy(), mean)


def test_radiation_is_zero_by_night_and_not_by_day(rows: pd.DataFrame) -> None:
    by_hour = rows.groupby(rows["hour_utc"].dt.hour)["shortwave_radiation_wm2"]
    assert by_hour.max()[0] == 0
    assert by_hour.mean()[12] > 50


def test_each_variable_is_plausible(rows: pd.DataFrame) -> None:
    bounds = {"temperature_c": (-25, 35), "wind_speed_ms": (0, 40), "relative_humidity_pct": (0, 100)}
    for name, (low, high) in bounds.items():
        assert rows[name].between(low, high).all()


@pytest.mark.parametrize("name", WEATHER_COLUMNS)
def test_no_variable_is_constant(rows: pd.DataFrame, name: str) -> None:
    assert rows[name].nunique() > 10


def test_an_hour_without_any_value_has_no_row(faulty: Weather, server: FaultyServer) -> None:
    server.will(Reply(previous_runs(HOUR, [None] * len(PLACES))))
    pd.testing.assert_frame_equal(fetch_one_hour(faulty), empty(RAW_WEATHER))


def test_a_place_without_a_value_leaves_its_area_without_one(faulty: Weather, server: FaultyServer) -> None:
    server.will(Reply(previous_runs(HOUR, [None, *[10.0] * 5])))
    assert fetch_one_hour(faulty)["area"].unique().tolist() == ["DK2"]


def test_a_variable_without_a_value_is_null_beside_the_others(faulty: Weather, server: FaultyServer) -> None:
    answer = previous_runs(HOUR)
    for reply in answer:
        reply["hourly"]["temperature_2m_previous_day2"] = [None]
    server.will(Reply(answer))
    rows = fetch_one_hour(faulty)
    assert len(rows) == 6
    assert int(rows["temperature_c"].isna().sum()) == 2
    assert rows["wind_speed_ms"].notna().all()


@pytest.mark.parametrize("start", [PAST, PRESENT, AHEAD])
def test_an_empty_window_is_an_empty_frame_of_the_right_types(replica: Sources, start: datetime) -> None:
    pd.testing.assert_frame_equal(weather_of(replica).read(start, start, now=NOW).rows, empty(RAW_WEATHER))


def test_a_request_asks_for_all_places_at_once_in_utc_and_metres_per_second(faulty: Weather, server: FaultyServer) -> None:
    server.will(Reply(previous_runs(HOUR)))
    fetch_one_hour(faulty)
    [(path, query)] = server.asked
    assert path == "/v1/forecast"
    assert query["latitude"].split(",") == [f"{place.latitude}" for place in PLACES]
    assert (query["timezone"], query["wind_speed_unit"]) == ("UTC", "ms")
    assert (query["start_date"], query["end_date"]) == ("2026-03-09", "2026-03-09")
    assert "apikey" not in query


def test_a_key_is_sent_when_there_is_one(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(previous_runs(HOUR)))
    fetch_one_hour(weather_of(live, server.url, key="bought"))
    assert server.asked[0][1]["apikey"] == "bought"


def test_a_window_over_new_year_is_one_request_a_year(faulty: Weather, server: FaultyServer) -> None:
    def archived(hour: str) -> Reply:
        return Reply([hourly(list(VARIABLES.values()), [hour]) for _ in PLACES])

    old, new = "2024-12-31T23:00", "2025-01-01T00:00"
    server.will(Reply(previous_runs([old])), Reply(previous_runs([new])), archived(old), archived(new))
    rows = faulty.read(datetime(2024, 12, 31, 23), datetime(2025, 1, 1, 1), now=NOW).rows  # noqa: DTZ001
    assert [(path, query["start_date"]) for path, query in server.asked] == [
        ("/v1/forecast", "2024-12-31"),
        ("/v1/forecast", "2025-01-01"),
        ("/v1/archive", "2024-12-31"),
        ("/v1/archive", "2025-01-01"),
    ]
    assert len(rows) == 2 * 2 * (len(AGES) + 1)


@pytest.mark.parametrize("body", [{}, [], None, previous_runs(HOUR)[:5], previous_runs(HOUR)[0]])
def test_an_answer_that_is_no_list_of_the_places_is_named(faulty: Weather, server: FaultyServer, body: Any) -> None:
    server.will(Reply(body))
    with pytest.raises(SourceError, match="Open-Meteo: expected a list of 6 places"):
        fetch_one_hour(faulty)


def broken_answer(place: int, change: dict[str, Any]) -> Reply:
    answer = previous_runs(HOUR)
    answer[place]["hourly"] |= change
    return Reply(answer)


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (AALBORG, {"temperature_2m_previous_day1": ["warm"]}, "times and numbers of Aalborg"),
        (ODENSE, {"time": ["noon"]}, "times and numbers of Odense"),
        (ODENSE, {"time": [None]}, "1 hours and as many values of Odense, found null times"),
        (ESBJERG, {"temperature_2m_previous_day1": []}, "1 hours .* Esbjerg, found 0 of temperature_2m_previous_day1"),
        (COPENHAGEN, {"time": [*HOUR, "2026-03-09T13:00"]}, "2 hours and as many values of Copenhagen, found 1 of"),
        (NAESTVED, {"time": ["2026-03-09T13:00"]}, "the same hours for every place"),
    ],
)
def test_values_that_do_not_fit_are_named_with_their_place(
    faulty: Weather, server: FaultyServer, place: int, change: dict[str, Any], message: str
) -> None:
    server.will(broken_answer(place, change))
    with pytest.raises(SourceError, match=message):
        fetch_one_hour(faulty)


def test_a_variable_that_is_gone_is_named_with_its_place(faulty: Weather, server: FaultyServer) -> None:
    answer = previous_runs(HOUR)
    del answer[AARHUS]["hourly"]["shortwave_radiation_previous_day3"]
    server.will(Reply(answer))
    with pytest.raises(SourceError, match="expected hourly shortwave_radiation_previous_day3 of Aarhus"):
        fetch_one_hour(faulty)


@pytest.mark.parametrize("reply", [{}, {"hourly": None}, None, "text"])
def test_a_place_without_hours_is_named(faulty: Weather, server: FaultyServer, reply: Any) -> None:
    server.will(Reply([*previous_runs(HOUR)[:5], reply]))
    with pytest.raises(SourceError, match="expected hourly values of Naestved"):
        fetch_one_hour(faulty)


def test_a_refusal_says_the_service_s_reason(faulty: Weather, server: FaultyServer) -> None:
    server.will(Reply({"error": True, "reason": "Daily API request limit exceeded"}, status=400))
    with pytest.raises(SourceError, match=r"Open-Meteo: expected status 200, found status 400 .*Daily API request limit"):
        fetch_one_hour(faulty)


# The quarantine

LATER = NOW + timedelta(days=30)
WHOLE_DAYS = (datetime(2026, 3, 3), datetime(2026, 3, 4))  # noqa: DTZ001


def kept_of(sources: Sources, question: Question, *, key: str | None = None) -> Kept:
    """The service's answer to a question, as if it had not been understood."""
    asked = question.params | ({"apikey": key} if key else {})
    url = f"http://weather{PATHS[question.service]}"
    answer = sources.read(Request(NAME, url, asked), lambda document: document)
    quarantine = Quarantine(str(sources.quarantine))
    return quarantine.keep(NAME, url=url, params=asked, payload=json.dumps(answer).encode(), reason="unknown", at=NOW)


@pytest.fixture
def keeping(tmp_path: Path) -> Sources:
    """The replica, with a quarantine."""
    return Sources(source="sandbox", seed=SEED, clock=Clock(pretended=NOW.isoformat()), quarantine=str(tmp_path / "quarantine"))


def test_an_answer_that_is_not_understood_is_kept_without_the_key(live: Sources, server: FaultyServer) -> None:
    server.will(Reply({"error": True}))
    with pytest.raises(SourceError, match="Open-Meteo: expected a list of 6 places, found dict; kept as Open-Meteo/"):
        fetch_one_hour(weather_of(live, server.url, key="bought"))
    [kept] = Quarantine(str(live.quarantine)).listing()
    assert (kept.url, kept.params["start_date"]) == (f"{server.url}/v1/forecast", "2026-03-09")
    assert "bought" not in str(kept)


def test_a_kept_answer_of_previous_runs_is_understood_as_it_would_have_been(keeping: Sources) -> None:
    start, end = WHOLE_DAYS
    kept = kept_of(keeping, Question("previous_runs", start, end, PRESENT))
    understood = weather_of(keeping).understood(kept, now=LATER)
    expected = weather_of(keeping).read(start, end, now=NOW).rows.query("kind == 'forecast'")
    pd.testing.assert_frame_equal(conform(RAW_WEATHER, understood), conform(RAW_WEATHER, expected.assign(**fetched(LATER))))
    assert Quarantine(str(keeping.quarantine)).listing() == [kept]


def test_a_kept_answer_of_the_archive_is_understood_as_it_would_have_been(keeping: Sources) -> None:
    start, end = WHOLE_DAYS
    kept = kept_of(keeping, Question("archive", start, end, PRESENT))
    understood = weather_of(keeping).understood(kept, now=LATER)
    expected = weather_of(keeping).read(start, end, now=NOW).rows.query("kind == 'observed'")
    pd.testing.assert_frame_equal(conform(RAW_WEATHER, understood), conform(RAW_WEATHER, expected.assign(**fetched(LATER))))


def test_a_kept_newest_run_is_the_one_of_the_moment_it_came(keeping: Sources) -> None:
    kept = kept_of(keeping, Question("newest_run", PRESENT, AHEAD, PRESENT))
    understood = weather_of(keeping).understood(kept, now=LATER)
    assert understood["available_at"].unique().tolist() == [pd.Timestamp("2026-03-10T18:00")]
    assert (understood["hour_utc"].min(), understood["kind"].unique().tolist()) == (pd.Timestamp("2026-03-10T19:00"), ["forecast"])
    assert understood["fetched_at"].unique().tolist() == [pd.Timestamp(naive_utc(LATER))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latitude": "56.16"}, "expected a request for the places of the catalogue"),
        ({"start_date": "yesterday"}, "expected a request with a start_date and an end_date"),
        ({"end_date": ""}, "expected a request with a start_date and an end_date"),
    ],
)
def test_a_kept_answer_to_another_question_is_refused(keeping: Sources, change: dict[str, str], message: str) -> None:
    kept = kept_of(keeping, Question("archive", *WHOLE_DAYS, PRESENT))
    with pytest.raises(SourceError, match=message):
        weather_of(keeping).understood(replace(kept, params=kept.params | change), now=LATER)
    assert len(Quarantine(str(keeping.quarantine)).listing()) == 1


def fetched(now: datetime) -> dict[str, pd.Timestamp]:
    return {"fetched_at": pd.Timestamp(naive_utc(now)).as_unit("us")}


def test_a_service_that_fails_stops_no_other_and_is_told(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    hours = ["2026-02-01T12:00"]
    server.will(Reply(previous_runs(hours)))
    weather = weather_of(live, server.url).model_copy(update={"archive_url": "http://127.0.0.1:9"})
    start = datetime(2026, 2, 1, 12)  # noqa: DTZ001
    reading = weather.read(start, start + timedelta(hours=1), now=NOW)
    assert set(reading.rows["kind"]) == {"forecast"}
    [told] = reading.failures
    assert told.startswith("Open-Meteo: expected an answer, found no answer from http://127.0.0.1:9")
