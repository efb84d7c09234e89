import asyncio
import gzip
import json
import logging
import math
import tracemalloc
import zlib
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from energy_dagster.resources.clock import Clock
from energy_dagster.resources.sources import TRIES, Request, SourceError, Sources, archive_of
from energy_dagster.sandbox.recorded import NoRecordedData
from energy_dagster.storage.quarantine import Kept, Quarantine, UnknownKept
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.sandbox.asking import NOW, SEED

ANSWER = Reply({"records": []})
HALF_OF_IT = b"[1]"
MAINTENANCE = Reply(b"<html>Down for maintenance</html>", kind="text/html")
HUGE_MB = 200


def refusal(seconds: str | None = None, *, status: int = 429, headers: dict[str, str] | None = None) -> Reply:
    told = {} if seconds is None else {"Retry-After": seconds}
    return Reply({"statusCode": status, "message": "Rate limit is exceeded."}, status=status, headers=told | (headers or {}))


def as_it_is(document: Any) -> Any:
    return document


def load(server: FaultyServer, *, seconds_between: float = 0.0, **params: str) -> Request:
    return Request("Load", f"{server.url}/dataset/Load", params, seconds_between=seconds_between)


def changed(sources: Sources, **fields: Any) -> Sources:
    return Sources(**{name: getattr(sources, name) for name in Sources.model_fields} | fields)


def kept_by(sources: Sources) -> list[Kept]:
    return Quarantine(str(sources.quarantine)).listing()


def within(seconds: list[float], *bounds: float) -> bool:
    return len(seconds) == len(bounds) and all(0 <= one <= most for one, most in zip(seconds, bounds, strict=True))


# What is asked


def test_an_answer_is_understood_from_its_json(live: Sources, server: FaultyServer) -> None:
    server.will(Reply({"records": [1, 2]}))
    assert live.read(load(server, limit="0"), lambda document: sum(document["records"])) == 3
    assert server.asked == [("/dataset/Load", {"limit": "0"})]


@pytest.mark.parametrize(("contact", "said"), [(None, ""), ("grid@example.org", " (+grid@example.org)")])
def test_requests_say_who_asks_and_whom_to_turn_to(live: Sources, server: FaultyServer, contact: str | None, said: str) -> None:
    server.will(ANSWER)
    changed(live, contact=contact).read(load(server), as_it_is)
    name, _, release = server.agents[0].removesuffix(said).partition("/")
    assert (name, bool(release), server.agents[0].endswith(said)) == ("energy-dagster", True, True)


def test_a_contact_that_would_break_the_header_is_refused() -> None:
    with pytest.raises(ValueError, match="contact"):
        Sources(source="live", clock=Clock(), contact="grid@example.org\r\nX-Evil: 1")


def test_a_loop_that_runs_already_is_no_hindrance(live: Sources, server: FaultyServer) -> None:
    async def notebook() -> Any:
        return live.read(load(server), as_it_is)

    server.will(ANSWER)
    assert asyncio.run(notebook()) == {"records": []}


def test_redirects_are_followed(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b"", status=301, headers={"Location": "/moved"}), ANSWER)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert [path for path, _ in server.asked] == ["/dataset/Load", "/moved"]


# What passes for an answer


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"records": []}, kind="text/html"),
        Reply(b'\xef\xbb\xbf{"records": []}'),
        Reply(gzip.compress(b'{"records": []}'), headers={"Content-Encoding": "gzip"}),
        Reply(chunks=lambda: [b'{"rec', b'ords": []}']),
        Reply(b'{"records": []}', drip_seconds=0.01),
    ],
    ids=["wrong content type", "byte order mark", "gzip", "chunks", "slow but steady"],
)
def test_an_unusual_answer_is_understood(live: Sources, server: FaultyServer, waits: list[float], reply: Reply) -> None:
    server.will(reply)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert waits == []


NO_JSON = {
    "page": (MAINTENANCE, r"text/html that is none .*Down for maintenance"),
    "truncated": (Reply(b'{"records": [{"TimeUTC": "2026-0'), "application/json that is none .*Unterminated string"),
    "empty": (Reply(b""), "that is none .*Expecting value"),
    "no text": (Reply(b"\xff\xfe\xfd"), "that is none .*utf-8"),
    "utf-16": (Reply('{"records": []}'.encode("utf-16")), "that is none .*utf-8"),
    "not a number": (Reply(b'{"records": [NaN]}'), r"that is none \(NaN is no number of JSON\)"),
    "infinity": (Reply(b'{"records": [-Infinity]}'), r"that is none \(-Infinity is no number"),
    "nested": (Reply(b"[" * 200_000), "that is none .*(recursion|nested)"),
    "not packed": (Reply(b"not packed", headers={"Content-Encoding": "gzip"}), "no gzip, though it says so"),
    "half packed": (Reply(gzip.compress(HALF_OF_IT)[:-9], headers={"Content-Encoding": "gzip"}), "gzip that ends too early"),
    "other packing": (Reply(b"[]", headers={"Content-Encoding": "br"}), "packed as br, which was not asked for"),
}


@pytest.mark.parametrize(("reply", "message"), NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_asked_again_then_named_and_kept(
    live: Sources, server: FaultyServer, waits: list[float], reply: Reply, message: str
) -> None:
    server.will(reply)
    with pytest.raises(SourceError, match=f"Load: expected a JSON document, found .*{message}") as fault:
        live.read(load(server), as_it_is)
    [kept] = kept_by(live)
    assert str(fault.value).endswith(f"; tried {TRIES} times; kept as {kept.kept_id} for `energy quarantine`")
    assert fault.value.kept_id == kept.kept_id
    assert len(server.asked) == TRIES
    assert Quarantine(str(live.quarantine)).payload(kept.kept_id) in (reply.payload, HALF_OF_IT)


def test_a_page_for_maintenance_can_pass(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(MAINTENANCE, Reply(b'{"records": ['), ANSWER)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert within(waits, 2, 4)
    assert kept_by(live) == []


# Size


def packed_blanks() -> Iterator[bytes]:
    """200 MB of blanks in 200 kB."""
    pack = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for _ in range(HUGE_MB):
        yield from filter(None, [pack.compress(b" " * 1_000_000)])
    yield pack.flush()


def blanks() -> Iterator[bytes]:
    for _ in range(HUGE_MB * 10):
        yield b" " * 100_000


@pytest.mark.parametrize(
    "reply", [Reply(chunks=blanks), Reply(chunks=packed_blanks, headers={"Content-Encoding": "gzip"})], ids=["plain", "gzip"]
)
def test_a_huge_answer_is_refused_without_holding_it(live: Sources, server: FaultyServer, waits: list[float], reply: Reply) -> None:
    server.will(reply)
    small = changed(live, largest_answer_mb=1.0)
    tracemalloc.start()
    with pytest.raises(SourceError, match=r"Load: expected an answer of at most 1 MB, found a larger one.*; kept as Load/"):
        small.read(load(server), as_it_is)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    [kept] = kept_by(small)
    assert (kept.cut, kept.size_bytes > 1_000_000, len(server.asked)) == (True, True, 1)
    assert Quarantine(str(small.quarantine)).payload(kept.kept_id) == b" " * 65_536


def test_an_answer_just_within_the_bound_is_understood(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b"[1]" + b" " * 997))
    assert changed(live, largest_answer_mb=0.001).read(load(server), as_it_is) == [1]


# Faults that pass


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_that_passes_is_survived(live: Sources, server: FaultyServer, waits: list[float], status: int) -> None:
    server.will(refusal(status=status), ANSWER)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert within(waits, 2)


def test_a_fault_that_stays_names_dataset_expected_and_found(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"out of order", status=500))
    with pytest.raises(SourceError, match=r"Load: expected status 200, found status 500 from .*: out of order") as fault:
        live.read(load(server), as_it_is)
    assert (fault.value.dataset, fault.value.expected, fault.value.status) == ("Load", "status 200", 500)
    assert len(server.asked) == TRIES
    assert within(waits, 2, 4, 8)
    assert kept_by(live) == []


def test_a_request_for_one_try_is_not_asked_again(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(refusal("60"))
    with pytest.raises(SourceError, match="status 429"):
        live.read(Request("Load", server.url, {}, tries=1), as_it_is)
    assert (len(server.asked), waits) == (1, [])


def test_a_refused_connection_is_named(live: Sources, waits: list[float]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(SourceError, match=rf"Load: expected an answer, found no answer from {url} \(ConnectError: .*tried 4 times"):
        live.read(Request("Load", url, {}), as_it_is)
    assert len(waits) == TRIES - 1


@pytest.mark.parametrize("cut", [0, 5])
def test_a_connection_reset_in_the_middle_is_tried_again(live: Sources, server: FaultyServer, waits: list[float], cut: int) -> None:
    server.will(Reply({"records": list(range(1000))}, cut_after=cut), ANSWER)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert len(waits) == 1


def test_a_body_shorter_than_promised_is_tried_again(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"[1]", headers={"Content-Length": "100"}), Reply([1]))
    assert live.read(load(server), as_it_is) == [1]


STAYS_AWAY = {
    "reset": (Reply({"records": list(range(1000))}, cut_after=5), "(ReadError|RemoteProtocolError)"),
    "hang": (Reply([], silent_seconds=1.5), "ReadTimeout"),
    "drip": (Reply(b" " * 100, drip_seconds=0.05), r"TimeoutError: not whole after 1 s"),
}


@pytest.mark.parametrize(("reply", "message"), STAYS_AWAY.values(), ids=STAYS_AWAY)
def test_a_connection_that_always_fails_is_named(
    live: Sources, server: FaultyServer, waits: list[float], reply: Reply, message: str
) -> None:
    server.will(reply)
    hasty = changed(live, timeout_seconds=0.5, total_seconds=1.0)
    with pytest.raises(SourceError, match=rf"Load: expected an answer, found no answer from .*\({message}.*; tried 4 times$"):
        hasty.read(load(server), as_it_is)
    assert len(server.asked) == TRIES


# Faults that do not pass


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_that_cannot_pass_is_neither_asked_again_nor_kept(
    live: Sources, server: FaultyServer, waits: list[float], status: int
) -> None:
    server.will(Reply(b"no" * 1000, status=status))
    with pytest.raises(SourceError, match=f"status {status} from .*: (no){{100}}$") as fault:
        live.read(load(server), as_it_is)
    assert (len(server.asked), waits, fault.value.status, kept_by(live)) == (1, [], status, [])


@pytest.mark.parametrize("url", ["", "portal", "ftp://portal/x", "http://portal:port/"])
def test_an_address_that_is_none_is_named_at_once(live: Sources, waits: list[float], url: str) -> None:
    with pytest.raises(SourceError, match="Load: expected an answer, found no answer from"):
        live.read(Request("Load", url, {}, seconds_between=60), as_it_is)
    assert waits == []


def test_redirects_without_end_are_named(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(Reply(b"", status=302, headers={"Location": "/again"}))
    with pytest.raises(SourceError, match=r"Load: expected an answer, found no answer .*TooManyRedirects"):
        live.read(load(server), as_it_is)
    assert waits == []


def test_a_key_never_shows_in_an_error_or_the_quarantine(live: Sources, server: FaultyServer, tmp_path: Path) -> None:
    request = Request("Weather", server.url, {"apikey": "hush", "day": "1"}, secret=("apikey",))
    server.will(Reply(b"the key hush is not known", status=400))
    with pytest.raises(SourceError, match=r"the key \*\*\* is not known"):
        live.read(request, as_it_is)
    server.will(ANSWER)
    with pytest.raises(SourceError):
        live.read(request, not_understood)
    assert kept_by(live)[0].params == {"day": "1"}
    assert not any(b"hush" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


# Waiting


@pytest.mark.parametrize("seconds", [1, 60, 197])
@pytest.mark.parametrize("status", [429, 503])
def test_a_source_is_left_alone_as_long_as_it_says(
    live: Sources, server: FaultyServer, waits: list[float], status: int, seconds: int
) -> None:
    server.will(refusal(str(seconds), status=status), ANSWER)
    assert live.read(load(server), as_it_is) == {"records": []}
    assert waits == [seconds]


def test_a_date_to_wait_for_is_relative_to_the_answer_s_own(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    at = {"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    server.will(refusal("Wed, 21 Oct 2026 07:29:30 GMT", headers=at), ANSWER)
    live.read(load(server), as_it_is)
    assert waits == [90]


def test_a_date_to_wait_for_without_another_is_relative_to_the_machine_s_clock(
    live: Sources, server: FaultyServer, waits: list[float]
) -> None:
    soon = Clock().machine_now().replace(microsecond=0).timestamp() + 100
    server.will(refusal(format_datetime(NOW.fromtimestamp(soon, NOW.tzinfo), usegmt=True)), ANSWER)
    live.read(load(server), as_it_is)
    assert len(waits) == 1
    assert 95 < waits[0] <= 100


@pytest.mark.parametrize("told", [None, "soon", "-5", "0", "Wed, 21 Oct 2015 07:28:00 GMT", "²", "Wed, 99 Oct 2026"])
def test_without_a_wait_that_can_be_read_each_may_be_twice_the_last(
    live: Sources, server: FaultyServer, waits: list[float], told: str | None
) -> None:
    server.will(refusal(told), refusal(told), refusal(told), ANSWER)
    live.read(load(server), as_it_is)
    assert within(waits, 2, 4, 8)


@pytest.mark.parametrize(("told", "said"), [("301", "301 s"), ("5184000", "5184000 s"), ("9" * 400, "inf s")])
def test_to_be_told_to_wait_too_long_is_an_error_that_names_the_time(
    live: Sources, server: FaultyServer, waits: list[float], told: str, said: str
) -> None:
    server.will(refusal(told), ANSWER)
    with pytest.raises(SourceError, match=rf"Load: expected to have to wait at most 300 s, found {said}, with status 429"):
        live.read(load(server), as_it_is)
    assert (len(server.asked), waits) == (1, [])


def test_long_waits_are_logged_and_short_ones_are_not(
    live: Sources, server: FaultyServer, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    server.will(refusal("60"), refusal("3"), ANSWER)
    with caplog.at_level(logging.INFO, logger="dagster"):
        live.read(load(server), as_it_is)
    [said] = [record.getMessage() for record in caplog.records if "waiting" in record.getMessage()]
    assert said.startswith("Load: waiting 60 s, because of status 429")


# The pace


def test_a_second_request_waits_for_its_turn(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(ANSWER)
    for _ in range(3):
        live.read(load(server, seconds_between=60), as_it_is)
    assert [math.ceil(seconds) for seconds in waits] == [60, 60]


def test_datasets_and_hosts_do_not_wait_for_each_other(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(ANSWER)
    for name, url in [("Load", server.url), ("Settlement", server.url), ("Load", server.url.replace("127.0.0.1", "localhost"))]:
        live.read(Request(name, url, {}, seconds_between=60), as_it_is)
    assert waits == []


def test_each_try_takes_a_turn(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(refusal(status=500), ANSWER)
    live.read(load(server, seconds_between=60), as_it_is)
    assert len(waits) == 2
    assert sum(waits) == pytest.approx(60, abs=1)


def test_a_rate_limit_that_says_no_time_is_waited_for_as_long_as_the_pace(
    live: Sources, server: FaultyServer, waits: list[float]
) -> None:
    server.will(refusal(), ANSWER)
    live.read(load(server, seconds_between=60), as_it_is)
    assert waits[0] == 60
    assert sum(waits) == pytest.approx(60, abs=1)


def test_others_are_told_of_a_rate_limit(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(refusal("200"))
    request = load(server, seconds_between=60)
    with pytest.raises(SourceError):
        live.read(Request(request.dataset, request.url, {}, tries=1), as_it_is)
    assert not changed(live).free(request)
    server.will(ANSWER)
    changed(live).read(request, as_it_is)
    assert [math.ceil(seconds) for seconds in waits] == [200]


def test_a_turn_too_far_ahead_is_an_error_and_delays_nobody(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(ANSWER)
    hasty, request = changed(live, longest_wait_seconds=30.0), load(server, seconds_between=60)
    live.read(request, as_it_is)
    for _ in range(3):
        with pytest.raises(SourceError, match=r"Load: expected its turn within 30 s, found (59|60) s to wait"):
            hasty.read(request, as_it_is)
    live.read(request, as_it_is)
    assert [math.ceil(seconds) for seconds in waits] == [60]


def test_a_turn_is_free_once_in_a_period(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    request = load(server, seconds_between=60)
    assert [live.free(request), live.free(request)] == [True, False]
    waits.append(61)
    assert live.free(request)


def test_who_took_the_free_turn_reads_at_once(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(ANSWER)
    assert live.free(load(server, seconds_between=60))
    live.read(load(server), as_it_is)
    assert waits == []


def test_the_replica_is_always_free(replica: Sources) -> None:
    request = Request("Load", "http://portal", {}, seconds_between=60)
    assert [replica.free(request), replica.free(request)] == [True, True]


# The quarantine


def not_understood(document: Any) -> Any:
    raise SourceError("Load", "an envelope", type(document).__name__)


def test_what_is_not_understood_is_kept_as_it_came(live: Sources, server: FaultyServer) -> None:
    server.will(Reply([1, 2]))
    with pytest.raises(SourceError, match=r"Load: expected an envelope, found list; kept as Load/20260310T183000.* for `energy q"):
        live.read(load(server, limit="0"), not_understood)
    [kept] = kept_by(live)
    assert (kept.dataset, kept.url, kept.params) == ("Load", f"{server.url}/dataset/Load", {"limit": "0"})
    assert (kept.at, kept.reason, kept.content_type) == (NOW, "Load: expected an envelope, found list", "application/json")
    assert (kept.cut, json.loads(Quarantine(str(live.quarantine)).payload(kept.kept_id))) == (False, [1, 2])
    assert len(server.asked) == 1


def test_without_a_quarantine_nothing_is_kept(live: Sources, server: FaultyServer) -> None:
    server.will(ANSWER)
    sources = changed(live, quarantine=None)
    with pytest.raises(SourceError, match=r"found dict$") as fault:
        sources.read(load(server), not_understood)
    assert fault.value.kept_id is None
    with pytest.raises(UnknownKept, match="kept are: none"):
        sources.read_kept("Load/1", as_it_is)


@pytest.mark.parametrize("root", ["file", "unknown://quarantine"])
def test_a_quarantine_that_fails_does_not_hide_the_fault(live: Sources, server: FaultyServer, tmp_path: Path, root: str) -> None:
    (tmp_path / "file").write_text("in the way")
    server.will(ANSWER)
    with pytest.raises(SourceError, match=r"Load: expected an envelope, found dict; not kept: .+"):
        changed(live, quarantine=root if "://" in root else str(tmp_path / root)).read(load(server), not_understood)


def test_a_kept_answer_stays_until_it_is_dropped_even_when_it_is_understood(live: Sources, server: FaultyServer) -> None:
    server.will(Reply([1, 2]))
    with pytest.raises(SourceError) as fault:
        live.read(load(server), not_understood)
    kept_id = str(fault.value.kept_id)
    assert live.kept(kept_id).dataset == "Load"
    with pytest.raises(SourceError, match=f"found list; kept as {kept_id}"):
        live.read_kept(kept_id, not_understood)
    assert live.read_kept(kept_id, sum) == 3
    assert live.read_kept(kept_id, sum) == 3


def test_a_kept_page_is_no_json_however_often_it_is_read(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(MAINTENANCE)
    with pytest.raises(SourceError) as fault:
        live.read(load(server), as_it_is)
    with pytest.raises(SourceError, match=r"Load: expected a JSON document, found text/html that is none .*; kept as Load/"):
        live.read_kept(str(fault.value.kept_id), as_it_is)
    assert len(kept_by(live)) == 1


def test_what_was_unpacked_of_half_an_answer_is_not_understood(live: Sources, server: FaultyServer, waits: list[float]) -> None:
    server.will(NO_JSON["half packed"][0])
    with pytest.raises(SourceError) as fault:
        live.read(load(server), as_it_is)
    with pytest.raises(SourceError, match="Load: expected a whole answer, found a part of it"):
        live.read_kept(str(fault.value.kept_id), as_it_is)


def test_the_head_of_an_answer_is_not_understood(live: Sources, server: FaultyServer) -> None:
    server.will(Reply(b"[1]" + b" " * 2000))
    with pytest.raises(SourceError) as fault:
        changed(live, largest_answer_mb=0.001).read(load(server), as_it_is)
    with pytest.raises(SourceError, match="Load: expected a whole answer, found a part of it; kept as Load/"):
        live.read_kept(str(fault.value.kept_id), as_it_is)


# The replica in this process


def test_the_replica_answers_the_same_question_in_process(replica: Sources) -> None:
    request = Request("Load", "https://api.energidataservice.dk/dataset/GenerationProdTypeExchange", {"limit": "3"})
    assert len(replica.read(request, as_it_is)["records"]) == 3


def test_the_replica_answers_up_to_the_pretended_present_alone() -> None:
    early = Sources(source="sandbox", seed=SEED, clock=Clock(pretended="2026-02-01T00:00:00+00:00"))
    newest = early.read(Request("Load", "http://portal/dataset/GenerationProdTypeExchange", {"limit": "1"}), as_it_is)
    assert newest["records"][0]["TimeUTC"] == "2026-01-31T21:00:00"


def test_the_replica_s_refusals_are_errors_of_the_source(replica: Sources) -> None:
    with pytest.raises(SourceError, match="Nothing: expected status 200, found status 404"):
        replica.read(Request("Nothing", "http://portal/dataset/Nothing", {}), as_it_is)


def test_a_recorded_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRecordedData):
        archive_of(f"recorded:{tmp_path}", SEED)


def test_the_data_behind_the_replica_are_made_once() -> None:
    assert archive_of("sandbox", SEED) is archive_of("sandbox", SEED)
