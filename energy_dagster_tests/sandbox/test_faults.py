import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

import pytest
from litestar.types import Message

from energy_dagster.sandbox.app import create_replica
from energy_dagster.sandbox.fault_answers import ConnectionBrokenOff
from energy_dagster.sandbox.fault_kinds import KINDS, BrokenOff, Fault, Hang, Huge, Kind, Refused
from energy_dagster.sandbox.faults import Asked, Plan, with_faults
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster_tests.sandbox.asking import LOAD, NOW, SEED, Ask, MovableClock, asking, records, simulated_at

WINDOW = {"start": "2026-03-01", "end": "2026-03-02", "sort": "TimeUTC,PriceArea", "timezone": "UTC"}
PLACE = {"latitude": "56.16", "longitude": "10.20", "hourly": "temperature_2m,wind_speed_10m"}
good = simulated_at()


def faulty(plan: Plan, clock: MovableClock | None = None) -> Ask:
    clock = clock or MovableClock()
    return asking(with_faults(create_replica(SimulatedArchive(SEED), clock=clock), plan, clock=clock))


def always(fault: Fault) -> Ask:
    return faulty(lambda _: fault)


def of_kind(kind: Kind) -> Ask:
    return always(KINDS[kind])


def test_without_a_fault_the_replica_answers_as_ever() -> None:
    answer = faulty(lambda _: None)(LOAD, **WINDOW)
    assert answer.content == good(LOAD, **WINDOW).content
    assert answer.headers["X-Energy-Source"] == "simulated"


def test_a_plan_sees_names_numbers_and_the_clock() -> None:
    seen: list[Asked] = []
    clock = MovableClock()
    ask = faulty(seen.append, clock)
    ask(LOAD, limit=1)
    clock.now += timedelta(hours=1)
    ask(f"{LOAD}/download", limit=1)
    ask("/meta/dataset/GenerationProdTypeExchange")
    ask("/v1/forecast", **PLACE)
    ask("/v1/forecast", **(PLACE | {"hourly": "temperature_2m_previous_day1"}))
    ask("/v1/archive", **PLACE, start_date="2026-01-01", end_date="2026-01-01")
    assert [(asked.name, asked.number) for asked in seen] == [
        ("GenerationProdTypeExchange", 1),
        ("GenerationProdTypeExchange", 2),
        ("meta/GenerationProdTypeExchange", 1),
        ("weather", 1),
        ("weather-previous-runs", 1),
        ("weather-archive", 1),
    ]
    assert [asked.now for asked in seen[:2]] == [NOW, NOW + timedelta(hours=1)]
    assert seen[0].parameters == {"limit": "1"}


@pytest.mark.parametrize(("kind", "status"), [("status-429", 429), ("status-500", 500), ("status-503", 503), ("renamed", 404)])
def test_a_refusal_has_its_status_and_the_form_of_the_portal(kind: Kind, status: int) -> None:
    answer = of_kind(kind)(LOAD)
    assert answer.status_code == answer.json()["statusCode"] == status


def test_a_refusal_says_when_to_come_back_in_seconds_as_a_date_or_not_at_all() -> None:
    assert always(Refused(429, retry_after_seconds=7))(LOAD).headers["Retry-After"] == "7"
    date = always(Refused(429, retry_after_seconds=7, as_date=True))(LOAD).headers["Retry-After"]
    assert date.endswith("GMT")
    assert parsedate_to_datetime(date) == NOW + timedelta(seconds=7)
    assert "Retry-After" not in of_kind("status-429-bare")(LOAD).headers


def test_the_first_requests_can_fail_and_later_ones_succeed() -> None:
    ask = faulty(lambda asked: Refused(503) if asked.number <= 2 else None)
    assert [ask(LOAD, limit=1).status_code for _ in range(3)] == [503, 503, 200]


def test_a_hanging_answer_comes_late_and_whole() -> None:
    assert always(Hang(seconds=0.01))(LOAD, **WINDOW).content == good(LOAD, **WINDOW).content


def test_a_broken_connection_ends_in_the_middle_of_the_body() -> None:
    with pytest.raises(ConnectionBrokenOff):
        always(BrokenOff())(LOAD)


def test_truncated_json_has_a_matching_length() -> None:
    answer = of_kind("truncated-json")(LOAD, **WINDOW)
    assert int(answer.headers["content-length"]) == len(answer.content) < len(good(LOAD, **WINDOW).content)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()


def test_a_page_is_html_with_status_200() -> None:
    answer = of_kind("html")(LOAD)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<html>" in answer.text


def test_a_wrong_content_type_stands_over_good_json() -> None:
    answer = of_kind("wrong-content-type")(LOAD, **WINDOW)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.json() == good(LOAD, **WINDOW).json()


def test_a_change_of_the_content_keeps_length_and_headers_true() -> None:
    answer = of_kind("numbers-as-text")(LOAD, **WINDOW)
    assert all(isinstance(row["GrossCon"], str) for row in records(answer))
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["X-Energy-Source"] == "simulated"


def test_the_measure_asked_for_is_the_column_that_goes_missing() -> None:
    found = records(of_kind("missing-column")("/dataset/ConsumptionGridAreaHour", limit=5))
    assert all("ConsumptionkWh" not in row and "GridArea" in row for row in found)


def test_weather_is_changed_column_by_column() -> None:
    before = good("/v1/forecast", **PLACE).json()["hourly"]
    after = of_kind("nulls")("/v1/forecast", **PLACE).json()["hourly"]
    assert after["time"] == before["time"]
    assert after["temperature_2m"][::3] == [None] * len(before["time"][::3])
    assert after["temperature_2m"][1] == before["temperature_2m"][1]
    assert of_kind("missing-column")("/v1/forecast", **PLACE).json()["hourly"].keys() == {"time", "wind_speed_10m"}


def test_every_place_of_a_list_is_changed() -> None:
    places = PLACE | {"latitude": "56,55", "longitude": "10,12"}
    assert [place["hourly"]["time"] for place in of_kind("empty")("/v1/forecast", **places).json()] == [[], []]


@pytest.mark.parametrize("path", ["/dataset/Nothing", "/meta/dataset/GenerationProdTypeExchange"])
def test_an_answer_without_data_keeps_its_content(path: str) -> None:
    assert of_kind("nulls")(path).json() == good(path).json()


def test_csv_keeps_its_content() -> None:
    parameters = {**WINDOW, "format": "csv"}
    assert of_kind("nulls")(f"{LOAD}/download", **parameters).text == good(f"{LOAD}/download", **parameters).text


def test_overlapping_pages_repeat_the_end_of_the_page_before() -> None:
    whole = records(good(LOAD, **WINDOW))
    ask = of_kind("overlapping-pages")
    assert records(ask(LOAD, **WINDOW, offset=0, limit=20)) == whole[:20]
    assert records(ask(LOAD, **WINDOW, offset=20, limit=20)) == whole[10:30]


def test_every_page_is_the_first_when_the_offset_is_ignored() -> None:
    assert records(of_kind("ignored-offset")(LOAD, **WINDOW, offset=20, limit=20)) == records(good(LOAD, **WINDOW))[:20]


def test_the_whole_dataset_comes_when_the_window_is_ignored() -> None:
    found = records(of_kind("ignored-window")("/dataset/ElectricityBalanceNonv", **{**WINDOW, "sort": "HourUTC"}))
    assert found[0]["HourUTC"] == "2014-12-31T23:00:00"
    assert found[-1]["HourUTC"] == "2026-03-10T16:00:00"


def test_a_huge_answer_is_never_in_memory() -> None:
    sizes: list[int] = []

    async def send(message: Message) -> None:
        sizes.append(len(message["body"]) if message["type"] == "http.response.body" else 0)

    clock = MovableClock()
    app = with_faults(create_replica(SimulatedArchive(SEED), clock=clock), lambda _: Huge(), clock=clock)
    scope = {"type": "http", "path": LOAD, "query_string": b""}
    asyncio.run(cast("Any", app)(scope, None, send))
    assert 200_000_000 <= sum(sizes) < 201_000_000
    assert max(sizes) < 1_100_000


def test_a_huge_answer_is_well_formed() -> None:
    answer = always(Huge(megabytes=3))(LOAD).json()
    assert answer["total"] == len(answer["records"]) == 3
