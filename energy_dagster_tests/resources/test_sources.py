import socket
from pathlib import Path

import pytest

from energy_dagster.resources.clock import Clock
from energy_dagster.resources.sources import LONGEST_WAIT_SECONDS, TRIES, SourceError, Sources, archive_of
from energy_dagster.sandbox.recorded import NoRecordedData
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.sandbox.asking import SEED

ANSWER = Reply({"records": []})


def refusal(seconds: str | None = None, *, status: int = 429) -> Reply:
    headers = {} if seconds is None else {"Retry-After": seconds}
    return Reply({"statusCode": status, "message": "Rate limit is exceeded."}, status=status, headers=headers)


def test_an_answer_is_its_json(live: Sources, server: FaultyServer) -> None:
    server.will(ANSWER)
    assert live.get("Load", f"{server.url}/dataset/Load", {"limit": "0"}) == {"records": []}
    assert server.asked == [("/dataset/Load", {"limit": "0"})]


def test_requests_say_who_asks(live: Sources, server: FaultyServer) -> None:
    server.will(ANSWER)
    live.get("Load", server.url, {})
    assert server.agents[0].startswith("energy-dagster/")


@pytest.mark.parametrize("seconds", [1, 60, 197])
def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    live: Sources, server: FaultyServer, waits: list[float], seconds: int
) -> None:
    server.will(refusal(str(seconds)), ANSWER)
    assert live.get("Load", server.url, {}) == {"records": []}
    assert waits == [seconds]


def test_a_wait_has_an_end(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(refusal("86400"), ANSWER)
    live.get("Load", server.url, {})
    assert waits == [LONGEST_WAIT_SECONDS]


@pytest.mark.parametrize("told", [None, "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-5"])
def test_without_a_readable_wait_each_is_twice_the_last(
    live: Sources, server: FaultyServer, waits: list[float], told: str | None
) -> None:
    server.will(refusal(told), refusal(told), refusal(told), ANSWER)
    live.get("Load", server.url, {})
    assert waits == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_that_passes_is_survived(live: Sources, server: FaultyServer, waits: list[float], status: int) -> None:
    server.will(refusal(status=status), ANSWER)
    assert live.get("Load", server.url, {}) == {"records": []}
    assert len(waits) == 1


def test_a_fault_that_stays_names_dataset_expected_and_found(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"out of order", status=500))
    with pytest.raises(SourceError, match=r"Load: expected status 200, found status 500 from .*: out of order") as fault:
        live.get("Load", server.url, {})
    assert (fault.value.dataset, fault.value.expected, fault.value.status) == ("Load", "status 200", 500)
    assert len(server.asked) == TRIES
    assert len(waits) == TRIES - 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_cannot_pass_is_not_asked_again(
    live: Sources, server: FaultyServer, waits: list[float], status: int
) -> None:
    server.will(refusal(status=status))
    with pytest.raises(SourceError, match=f"status {status}"):
        live.get("Load", server.url, {})
    assert (len(server.asked), waits) == (1, [])


def test_a_refused_connection_is_named(live: Sources, waits: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(SourceError, match=rf"Load: expected an answer, found no answer from {url} in {TRIES} tries \(ConnectError"):
        live.get("Load", url, {})
    assert len(waits) == TRIES - 1


@pytest.mark.parametrize("cut", [0, 5])
def test_a_connection_reset_in_the_middle_is_tried_again(live: Sources, server: FaultyServer, waits: list[float], cut: int) -> None:
    server.will(Reply({"records": list(range(1000))}, cut_after=cut), ANSWER)
    assert live.get("Load", server.url, {}) == {"records": []}
    assert len(waits) == 1


def test_a_connection_that_is_always_reset_is_named(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply({"records": list(range(1000))}, cut_after=5))
    with pytest.raises(SourceError, match="Load: expected an answer, found no answer"):
        live.get("Load", server.url, {})


def test_a_body_that_cannot_be_unpacked_is_named(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"not packed", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match=r"Load: expected an answer, found no answer .*DecodingError"):
        live.get("Load", server.url, {})


def test_redirects_without_end_are_named(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"", status=302, headers={"Location": "/again"}))
    with pytest.raises(SourceError, match=r"Load: expected an answer, found no answer .*TooManyRedirects"):
        live.get("Load", server.url, {})


def test_truncated_json_is_named(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b'{"records": [{"TimeUTC": "2026-0'))
    with pytest.raises(SourceError, match="Load: expected a JSON document, found application/json that is none"):
        live.get("Load", server.url, {})


def test_a_page_instead_of_json_is_named(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b"<html>Down for maintenance</html>", kind="text/html"))
    with pytest.raises(SourceError, match=r"expected a JSON document, found text/html .*Down for maintenance"):
        live.get("Load", server.url, {})


def test_bytes_that_are_no_text_are_named(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b"\xff\xfe\xfd"))
    with pytest.raises(SourceError, match="expected a JSON document"):
        live.get("Load", server.url, {})


def test_a_key_never_shows_in_an_error(live: Sources, server: FaultyServer) -> None:
    server.will(refusal(status=400))
    with pytest.raises(SourceError) as fault:
        live.get("Open-Meteo", server.url, {"apikey": "hush"})
    assert "hush" not in str(fault.value)


def test_the_replica_answers_the_same_question_in_process(replica: Sources) -> None:
    answer = replica.get("Load", "https://api.energidataservice.dk/dataset/GenerationProdTypeExchange", {"limit": "3"})
    assert len(answer["records"]) == 3


def test_the_replica_answers_up_to_the_pretended_present_alone() -> None:
    early = Sources(source="sandbox", seed=SEED, clock=Clock(pretended="2026-02-01T00:00:00+00:00"))
    newest = early.get("Load", "http://portal/dataset/GenerationProdTypeExchange", {"limit": "1"})
    assert newest["records"][0]["TimeUTC"] == "2026-01-31T21:00:00"


def test_the_replica_s_refusals_are_errors_of_the_source(replica: Sources) -> None:
    with pytest.raises(SourceError, match="Nothing: expected status 200, found status 404"):
        replica.get("Nothing", "http://portal/dataset/Nothing", {})


def test_a_recorded_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRecordedData):
        archive_of(f"recorded:{tmp_path}", SEED)


def test_the_data_behind_the_replica_are_made_once() -> None:
    assert archive_of("sandbox", SEED) is archive_of("sandbox", SEED)
