"""The door: what happens to every request before it meets a route, and to every answer after."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Final
from uuid import uuid4

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from api.entity_tags import holds
from api.front.answer_cache import AnswerCache, KeptAnswer, Key
from api.front.callers import Allowance, Gate, Pace, keys_of
from api.front.headers import Headers, Origins
from api.front.negotiation import chosen_encoding, chosen_format
from api.front.outgoing import Outgoing
from api.front.telemetry import UNROUTED, Exchange, Telemetry
from api.problems import MEDIA_TYPE, Problem, ProblemDetails, details_of
from energy_dagster.access_keys import Scope, UnreadableKeys
from energy_dagster.store.errors import NoSnapshot
from energy_dagster.store.schema import SUFFIX

ROWS: Final = "/v1/"
EVENTS: Final = "/v1/events"
METRICS: Final = "/metrics"
HEALTH: Final = "/health/"

LONGEST_QUERY: Final = 4096
LARGEST_BODY: Final = 16 * 1024

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_OK: Final = 200
_VARY: Final = (b"vary", b"Accept, Accept-Encoding")


@dataclass(frozen=True, slots=True)
class Door:
    """Knows the caller, keeps the pace, answers from what is kept, compresses, counts and logs."""

    pointed: Callable[[], str]
    gate: Gate
    pace: Pace
    origins: Origins
    cache: AnswerCache
    telemetry: Telemetry
    coming: dict[Key, asyncio.Event] = field(default_factory=dict)

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send, app: ASGIApp) -> None:
        """Let one request through to the application, or answer it here."""
        started = time.perf_counter()
        headers = dict(scope["headers"])
        exchange = _exchange(scope, headers)
        extra: Headers = [(b"x-request-id", exchange.request_id.encode())]
        origin = headers.get(b"origin")
        extra += self.origins.headers(origin)
        out = Outgoing(send, exchange, encoding=chosen_encoding(_text(headers, b"accept-encoding")), extra=extra)
        try:
            if scope["method"] == "OPTIONS" and origin is not None and b"access-control-request-method" in headers:
                await _answer(out, 204, self.origins.preflight(origin))
                return
            _check_size(headers, exchange)
            self._admit(headers, exchange, extra)
            await self._through(scope, receive, app, headers=headers, exchange=exchange, out=out, extra=extra)
        except Problem as problem:
            await _refuse(out, exchange, problem)
        except UnreadableKeys as error:
            await _refuse(out, exchange, Problem("unreadable-keys", detail=str(error)))
        finally:
            self.telemetry.tell(exchange, time.perf_counter() - started)

    def _admit(self, headers: dict[bytes, bytes], exchange: Exchange, extra: Headers) -> None:
        path = exchange.path
        if path.startswith(HEALTH):
            return  # a supervisor has no key, and asks as often as it must
        try:
            caller = self.gate.caller(keys_of(headers), address=exchange.address)
        except Problem:
            self._count(f"address:{exchange.address}", extra)
            raise
        exchange.key = caller.key.key_id if caller.key else None
        self._count(caller.name, extra)
        wanted: Scope | None = "read" if path.startswith(ROWS) else "admin" if path == METRICS else None
        if wanted is not None:
            self.gate.admit(caller, wanted)

    def _count(self, caller: str, extra: Headers) -> None:
        allowance = self.pace.take(caller)
        if allowance is None:
            return
        extra += _told(allowance)
        if allowance.wait > 0:
            raise Problem(
                "too-many-requests",
                detail=f"expected at most {allowance.limit} requests a minute; ask again in {ceil(allowance.wait)} s",
                expected=f"at most {allowance.limit} requests a minute",
            )

    async def _through(
        self,
        scope: HTTPScope,
        receive: Receive,
        app: ASGIApp,
        *,
        headers: dict[bytes, bytes],
        exchange: Exchange,
        out: Outgoing,
        extra: Headers,
    ) -> None:
        if exchange.method == "HEAD":
            scope = {**scope, "method": "GET"}
        if not exchange.path.startswith(ROWS) or exchange.path == EVENTS:
            await app(scope, receive, _noting_route(scope, exchange, out))
            return
        extra.append(_VARY)
        asked = chosen_format(exchange.query, _text(headers, b"accept"))
        scope.setdefault("state", {})["format"] = asked
        key = (exchange.path, exchange.query, asked, out.encoding)
        answer = await self._kept_or_coming(key) if exchange.method in ("GET", "HEAD") else None
        if answer is not None:
            await out.kept(answer, unchanged=holds(_text(headers, b"if-none-match"), answer.etag))
            return
        with self._computes(key) as told:

            def keep(snapshot_id: str, made: KeptAnswer) -> None:
                self.cache.keep(f"{snapshot_id}{SUFFIX}", key, made)
                told()

            out.keep = keep
            await app(scope, receive, _noting_route(scope, exchange, out, on_stream=told))

    @contextmanager
    def _computes(self, key: Key) -> Iterator[Callable[[], None]]:
        """Those who ask the same meanwhile wait until this request has kept its answer, or has turned out to have none to keep.

        What is given is to be called then; who waits does not wait for the caller to read.
        """
        coming = asyncio.Event()
        mine = self.coming.setdefault(key, coming) is coming

        def told() -> None:
            if mine and self.coming.get(key) is coming:
                del self.coming[key]
            coming.set()

        try:
            yield told
        finally:
            told()

    async def _kept_or_coming(self, key: Key) -> KeptAnswer | None:
        """The answer, when it is kept, or once another request has computed it; None when this one must."""
        answer, coming = self._kept(key), self.coming.get(key)
        if answer is not None or coming is None:
            return answer
        await coming.wait()
        return self._kept(key)

    def _kept(self, key: Key) -> KeptAnswer | None:
        try:
            return self.cache.find(self.pointed(), key)
        except NoSnapshot:
            return None


def _noting_route(scope: HTTPScope, exchange: Exchange, out: Outgoing, *, on_stream: Callable[[], None] = lambda: None) -> Send:
    """Passes messages on, notes the route that was met, and tells when the answer is a stream or none that is kept."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.route = str(scope.get("path_template") or UNROUTED)
            if message["status"] != _OK:
                on_stream()
        elif message["type"] == "http.response.body" and message["more_body"]:
            on_stream()
        await out(message)

    return send


def _exchange(scope: HTTPScope, headers: dict[bytes, bytes]) -> Exchange:
    given = headers.get(b"x-request-id", b"")
    request_id = given.decode() if _REQUEST_ID.fullmatch(given) else uuid4().hex
    client = scope.get("client")
    query = scope["query_string"].decode("latin-1")
    return Exchange(request_id, str(scope["method"]), scope["path"], query, client[0] if client else "unknown")


def _check_size(headers: dict[bytes, bytes], exchange: Exchange) -> None:
    if len(exchange.query) > LONGEST_QUERY:
        expected = f"a query of at most {LONGEST_QUERY} bytes"
        raise Problem("query-too-long", detail=f"expected {expected}, found {len(exchange.query)}", expected=expected)
    length = _text(headers, b"content-length")
    if length.isdigit() and int(length) > LARGEST_BODY:
        expected = f"a body of at most {LARGEST_BODY} bytes; no route reads one"
        raise Problem("body-too-large", detail=f"expected {expected}, found {length}", expected=expected)


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _told(allowance: Allowance) -> Headers:
    told = [
        (b"ratelimit-limit", str(allowance.limit).encode()),
        (b"ratelimit-remaining", str(allowance.remaining).encode()),
    ]
    return [*told, (b"retry-after", str(ceil(allowance.wait)).encode())] if allowance.wait > 0 else told


async def _refuse(out: Outgoing, exchange: Exchange, problem: Problem) -> None:
    details: ProblemDetails = details_of(problem, instance=exchange.path)
    headers: Headers = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")]
    if details.status == 503:
        headers.append((b"retry-after", b"10"))
    if details.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="energy"'))
    await _answer(out, details.status, headers, msgspec.json.encode(details))


async def _answer(out: Outgoing, status: int, headers: Headers, body: bytes = b"") -> None:
    await out({"type": "http.response.start", "status": status, "headers": headers})
    await out({"type": "http.response.body", "body": body, "more_body": False})
