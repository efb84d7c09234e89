"""Faults that only show on a wire, from a replica that runs as a server of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from energy_dagster_tests.ports import free_port

LOAD, SETTLEMENT, BALANCE = "GenerationProdTypeExchange", "ProductionConsumptionSettlement", "ElectricityBalanceNonv"
CATEGORIES, GRID_AREAS = "ConsumptionConsumerCategoryHour", "ConsumptionGridAreaHour"
FAULTS = (
    *(f"{LOAD}=status-503:2", f"{LOAD}=status-429:1", f"{SETTLEMENT}=reset:1", f"{BALANCE}=hang"),
    *(f"{CATEGORIES}=truncated-json:1", f"{GRID_AREAS}=huge-answer", "weather=reset", "weather-archive=html"),
)
PLACE = {"latitude": "56", "longitude": "10", "hourly": "temperature_2m"}
SECONDS_TO_START = 60


def run(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "energy_dagster.sandbox", *arguments]


def wait_for(url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx.get(f"{url}/meta/dataset/{LOAD}")
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the server never listened"
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    options = [part for fault in FAULTS for part in ("--fault", fault)]
    command = run("--source", "sandbox", "--now", "2026-03-01T12:00:00+00:00", "--port", str(port), *options)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()  # a hanging answer would hold up its end


def test_the_first_requests_fail_and_then_the_server_answers(url: str) -> None:
    answers = [httpx.get(f"{url}/dataset/{LOAD}?limit=1", timeout=SECONDS_TO_START) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 429, 200]
    assert answers[2].headers["Retry-After"] == "1"
    assert answers[3].headers["X-Energy-Source"] == "simulated"


def test_a_reset_connection_ends_before_the_length_it_announced(url: str) -> None:
    address = f"{url}/dataset/{SETTLEMENT}"
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection without sending complete message body"):
        httpx.get(address, timeout=SECONDS_TO_START)
    assert len(httpx.get(address, timeout=SECONDS_TO_START).json()["records"]) == 100


def test_the_weather_service_breaks_off_too(url: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/v1/forecast", params=PLACE, timeout=SECONDS_TO_START)


def test_a_hanging_answer_outlasts_the_client(url: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{url}/dataset/{BALANCE}", timeout=0.5)


def test_truncated_json_looks_whole_to_the_transport(url: str) -> None:
    answer = httpx.get(f"{url}/dataset/{CATEGORIES}", timeout=SECONDS_TO_START)
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()


def test_a_page_for_people_comes_where_data_was_asked_for(url: str) -> None:
    answer = httpx.get(f"{url}/v1/archive", params=PLACE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_huge_answer_arrives_in_pieces(url: str) -> None:
    with httpx.stream("GET", f"{url}/dataset/{GRID_AREAS}", timeout=SECONDS_TO_START) as answer:
        assert sum(len(piece) for piece in answer.iter_raw()) > 200_000_000


@pytest.mark.parametrize(
    ("fault", "said"), [(f"{LOAD}=fire", "found 'fire'"), ("Generation=html", "found 'Generation'"), ("html", "expected NAME=KIND")]
)
def test_a_fault_that_is_not_understood_ends_the_server_with_a_sentence(fault: str, said: str) -> None:
    done = subprocess.run(run("--source", "sandbox", "--fault", fault), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_help_lists_every_kind_of_fault() -> None:
    told = subprocess.run(run("--help"), capture_output=True, text=True, check=True).stdout
    assert "status-429-date" in told
    assert "ignored-window" in told
