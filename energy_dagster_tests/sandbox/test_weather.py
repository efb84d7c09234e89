from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from energy_dagster.sandbox.hours import LOCAL_ZONE
from energy_dagster_tests.sandbox.asking import NOW, simulated_at

AARHUS = {"latitude": "56.16", "longitude": "10.20", "timezone": "UTC"}
BOTH = {"latitude": "56.16,55.68", "longitude": "10.20,12.57", "timezone": "UTC"}
ask = simulated_at()


def hourly(path: str, **parameters: Any) -> dict[str, list[Any]]:
    return hourly_at(NOW, path, **parameters)


def hourly_at(now: datetime, path: str, **parameters: Any) -> dict[str, list[Any]]:
    answer = simulated_at(now)(path, **(AARHUS | parameters))
    assert answer.status_code == 200, answer.text
    found: dict[str, list[Any]] = answer.json()["hourly"]
    return found


def test_one_place_is_an_object_and_several_are_a_list() -> None:
    one = ask("/v1/forecast", **AARHUS, hourly="temperature_2m").json()
    two = ask("/v1/forecast", **BOTH, hourly="temperature_2m").json()
    assert isinstance(one, dict)
    assert [place["longitude"] for place in two] == [10.20, 12.57]
    assert two[0]["hourly"] == one["hourly"]
    assert two[0]["hourly"] != two[1]["hourly"]


def test_the_reply_is_columnar_with_units() -> None:
    body = ask("/v1/forecast", **AARHUS, hourly="temperature_2m,wind_speed_10m_previous_day2", wind_speed_unit="ms").json()
    assert body["hourly_units"] == {"time": "iso8601", "temperature_2m": "°C", "wind_speed_10m_previous_day2": "m/s"}
    assert body["hourly"]["time"][0] == "2026-03-10T00:00"
    assert {len(values) for values in body["hourly"].values()} == {7 * 24}
    assert body["utc_offset_seconds"] == 0


def test_days_past_and_ahead_set_the_window() -> None:
    times = hourly("/v1/forecast", hourly="temperature_2m", past_days=92, forecast_days=16)["time"]
    assert (times[0], times[-1]) == ("2025-12-08T00:00", "2026-03-25T23:00")
    assert len(times) == 108 * 24
    assert hourly("/v1/forecast", hourly="temperature_2m", forecast_days=0)["time"] == []


def test_kilometres_per_hour_are_the_default() -> None:
    window = {"hourly": "wind_speed_10m", "start_date": "2026-03-01", "end_date": "2026-03-02"}
    in_ms = np.array(hourly("/v1/forecast", **window, wind_speed_unit="ms")["wind_speed_10m"])
    in_kmh = np.array(hourly("/v1/forecast", **window)["wind_speed_10m"])
    np.testing.assert_allclose(in_kmh, in_ms * 3.6, atol=0.03)


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("/v1/forecast", {"hourly": "temprature"}),
        ("/v1/forecast", {"hourly": "temperature_2m_previous_day8"}),
        ("/v1/archive", {"hourly": "temperature_2m_previous_day1", "start_date": "2026-01-01", "end_date": "2026-01-01"}),
        ("/v1/archive", {}),
        ("/v1/archive", {"start_date": "2026-01-01", "end_date": "2027-01-01"}),
        ("/v1/archive", {"start_date": "2026-01-02", "end_date": "2026-01-01"}),
        ("/v1/archive", {"start_date": "soon", "end_date": "2026-01-01"}),
        ("/v1/forecast", {"past_days": "93"}),
        ("/v1/forecast", {"forecast_days": "17"}),
        ("/v1/forecast", {"past_days": "1", "start_date": "2026-01-01", "end_date": "2026-01-01"}),
        ("/v1/forecast", {"start_date": "2026-03-01", "end_date": "2026-03-27"}),
        ("/v1/forecast", {"timezone": LOCAL_ZONE}),
        ("/v1/forecast", {"wind_speed_unit": "knots"}),
        ("/v1/forecast", {"latitude": "91"}),
        ("/v1/forecast", {"latitude": "nan"}),
        ("/v1/forecast", {"latitude": "north"}),
        ("/v1/forecast", {"latitude": "56,57"}),
        ("/v1/forecast", {"hourly": ""}),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(path: str, changed: dict[str, str]) -> None:
    answer = ask(path, **(AARHUS | {"hourly": "temperature_2m"} | changed))
    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert answer.json()["reason"]


def test_the_archive_is_five_days_late() -> None:
    found = hourly("/v1/archive", hourly="temperature_2m", start_date="2026-03-01", end_date="2026-03-10")
    known = [time for time, value in zip(found["time"], found["temperature_2m"], strict=True) if value is not None]
    assert known[-1] == "2026-03-05T17:00"
    assert len(known) == 4 * 24 + 18


def test_a_forecast_of_days_before_is_known_that_many_days_ahead() -> None:
    found = hourly("/v1/forecast", hourly="temperature_2m,temperature_2m_previous_day1,temperature_2m_previous_day2")
    last = {
        name: [time for time, value in zip(found["time"], values, strict=True) if value is not None][-1]
        for name, values in found.items()
    }
    assert last["temperature_2m_previous_day1"] == "2026-03-11T18:00"
    assert last["temperature_2m_previous_day2"] == "2026-03-12T18:00"
    assert last["temperature_2m"] == "2026-03-16T23:00"


def test_the_error_grows_with_the_lead() -> None:
    window = {"start_date": "2022-01-01", "end_date": "2025-12-31"}
    names = [f"{name}_previous_day{day}" for name in ("temperature_2m", "wind_speed_10m") for day in (1, 2, 3)]
    forecast = hourly("/v1/forecast", hourly=",".join(["temperature_2m", *names]), wind_speed_unit="ms", **window)
    truth = hourly("/v1/archive", hourly="temperature_2m,wind_speed_10m", wind_speed_unit="ms", **window)

    def error(name: str) -> float:
        of = name.split("_previous", maxsplit=1)[0]
        return float(np.std(np.array(forecast[name]) - np.array(truth[of])))

    temperature = [error("temperature_2m"), *(error(name) for name in names[:3])]
    assert temperature == pytest.approx([0.4, 0.8, 1.1, 1.5], rel=0.1)
    assert [error(name) for name in names[3:]] == pytest.approx([0.8, 1.1, 1.4], rel=0.1)


@pytest.mark.parametrize("days", [1, 3])
def test_a_past_run_says_what_the_forecast_said_then(days: int) -> None:
    hour = datetime(2026, 3, 8, 14, tzinfo=UTC)
    name = f"temperature_2m_previous_day{days}"
    then = hourly_at(hour - timedelta(days=days), "/v1/forecast", hourly="temperature_2m")
    now = hourly("/v1/forecast", hourly=name, past_days=5)
    at = hour.strftime("%Y-%m-%dT%H:%M")
    assert now[name][now["time"].index(at)] == then["temperature_2m"][then["time"].index(at)]


def test_a_forecast_changes_only_with_a_new_run() -> None:
    window = {"hourly": "temperature_2m", "start_date": "2026-03-12", "end_date": "2026-03-14"}
    early, later, next_run = (hourly_at(NOW.replace(hour=hour), "/v1/forecast", **window) for hour in (12, 17, 18))
    assert early == later
    assert later != next_run


def test_places_are_alike_the_nearer_they_are() -> None:
    places = {"latitude": "56.16,56.17,55.68", "longitude": "10.20,10.25,12.57"}
    window = {"start_date": "2025-01-01", "end_date": "2025-12-31", "hourly": "wind_speed_10m"}
    here, near, far = (np.array(place["hourly"]["wind_speed_10m"]) for place in ask("/v1/archive", **places, **window).json())
    assert np.corrcoef(here, near)[0, 1] > np.corrcoef(here, far)[0, 1] > 0.8


def test_values_stay_within_nature() -> None:
    found = hourly(
        "/v1/archive",
        hourly="relative_humidity_2m,cloud_cover,shortwave_radiation,apparent_temperature",
        start_date="2025-01-01",
        end_date="2025-12-31",
    )
    radiation = np.array(found["shortwave_radiation"]).reshape(365, 24)
    for name in ("relative_humidity_2m", "cloud_cover"):
        assert 0 <= min(found[name]) <= max(found[name]) <= 100
    assert radiation[:, 0].max() == 0
    assert 400 < radiation[150:200, 12].mean() < 800
