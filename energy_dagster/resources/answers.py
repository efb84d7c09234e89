"""One answer over HTTP: streamed within bounds of time and size, unpacked, and read as strict JSON."""

import asyncio
import json
import logging
import ssl
import zlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

import httpx

HEAD_BYTES = 64 * 1024
"""What is read of an answer that is refused."""

SHOWN_BYTES = 80
"""What an error shows of a body that is no JSON."""

CONNECT_SECONDS = 10.0
CANNOT_PASS = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects)
"""Faults of an address or of the settings: asking again changes nothing."""

PASSING_STATUS = frozenset({429, 500, 502, 503, 504})
_STEP_BYTES = 64 * 1024
_GZIP = ("gzip", "x-gzip")


class NoAnswer(Exception):
    """No whole answer came; the message says what came instead, and `can_pass` whether asking again may help."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(f"{type(fault).__name__}: {fault}")
        self.can_pass = not isinstance(fault, CANNOT_PASS)


@dataclass(frozen=True)
class Bounds:
    """How long and how large an answer may be.

    Attributes:
        timeout_seconds: of silence.
        total_seconds: from the question to the last byte.
        largest_bytes: of the body, unpacked.
    """

    timeout_seconds: float
    total_seconds: float
    largest_bytes: int


@dataclass(frozen=True)
class Answer:
    """What came.

    Attributes:
        status: of the answer.
        headers: of the answer.
        body: unpacked; only a head of at most 64 kB when it was cut or the status is not 200.
        size_bytes: of the body, as far as it was read.
        cut: the body is larger than the bound.
        fault: why the body could not be unpacked; `body` is then what could be, and the bytes which could not.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    size_bytes: int
    cut: bool = False
    fault: str | None = None

    @property
    def refusal_can_pass(self) -> bool:
        """Whether asking again may help against a status other than 200."""
        return self.status in PASSING_STATUS

    @property
    def content_type(self) -> str:
        """What the answer calls itself."""
        return str(self.headers.get("content-type", "no content type"))

    def document(self) -> Any:
        """The body as JSON in UTF-8; a byte order mark is tolerated, NaN and Infinity are not.

        Raises:
            ValueError: it is none; the message says what it is, and why that is none.
        """
        kind, start = self.content_type, self.body[:SHOWN_BYTES].decode(errors="replace")
        if self.fault is not None:
            raise ValueError(f"{kind} that is none ({self.fault}), starting {start!r}")
        try:
            return json.loads(self.body.decode("utf-8-sig"), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{kind} that is none ({error}), starting {start!r}") from error

    def retry_after_seconds(self, *, now: datetime) -> float | None:
        """How long the source asks to stay away; None where it does not say, or nothing that can be read.

        Args:
            now: the present, aware UTC, for an answer with a date to wait for but without a date of its own.
        """
        told = self.headers.get("retry-after", "").strip()
        if told.isascii() and told.isdecimal():
            return float(told)
        until = _moment(told)
        if until is None:
            return None
        return max(0.0, (until - (_moment(self.headers.get("date", "")) or now)).total_seconds())


def ask(
    url: str,
    params: Mapping[str, str],
    *,
    contact: str | None,
    bounds: Bounds,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Answer:
    """GET an answer, following redirects. Little more than the bound is ever held.

    Args:
        url: whole address without query.
        params: query.
        contact: a mail or address that the source can turn to, in printable ASCII.
        bounds: of the answer.
        transport: the way to a replica in this process; None for the network.

    Raises:
        NoAnswer: no whole answer came, or not in time.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would tell whole addresses, keys included
    headers = {"User-Agent": _user_agent(contact), "Accept": "application/json", "Accept-Encoding": "gzip"}
    asking = partial(_ask, url, params, headers=headers, bounds=bounds, transport=transport)
    try:
        return _run(asking)
    except TimeoutError as error:
        raise NoAnswer(TimeoutError(f"not whole after {bounds.total_seconds:g} s")) from error
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise NoAnswer(error) from error


def _run(asking: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(asking())
    with ThreadPoolExecutor(max_workers=1) as apart:  # a notebook has a loop of its own
        return apart.submit(lambda: asyncio.run(asking())).result()


async def _ask(
    url: str, params: Mapping[str, str], *, headers: dict[str, str], bounds: Bounds, transport: httpx.AsyncBaseTransport | None
) -> Answer:
    timeout = httpx.Timeout(bounds.timeout_seconds, connect=min(CONNECT_SECONDS, bounds.timeout_seconds))
    async with (
        asyncio.timeout(bounds.total_seconds),
        httpx.AsyncClient(
            transport=transport, timeout=timeout, headers=headers, follow_redirects=True, verify=_trusted()
        ) as client,
        client.stream("GET", url, params=dict(params)) as response,
    ):
        return await _read(response, bounds.largest_bytes)


async def _read(response: httpx.Response, largest_bytes: int) -> Answer:
    wanted = response.status_code == httpx.codes.OK
    most = largest_bytes if wanted else HEAD_BYTES
    unpacking = _Unpacking(response.headers.get("content-encoding", "identity").strip().lower())
    body = bytearray()
    fault = None
    async for packet in response.aiter_raw():
        try:
            for part in unpacking.parts(packet):
                body += part
                if len(body) > most:
                    return Answer(response.status_code, response.headers, bytes(body[:HEAD_BYTES]), len(body), cut=wanted)
        except zlib.error as error:
            body += packet
            fault = f"no gzip, though it says so: {error}"
            break
    fault = fault or unpacking.fault
    return Answer(response.status_code, response.headers, bytes(body), len(body), fault=fault)


class _Unpacking:
    """Unpacks in small steps: a packet of 64 kB can hold 64 MB of blanks."""

    def __init__(self, encoding: str) -> None:
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding in _GZIP else None
        self._unknown = None if encoding in (*_GZIP, "identity", "") else encoding

    def parts(self, packet: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield packet
            return
        while not self._inflate.eof:
            part = self._inflate.decompress(packet, _STEP_BYTES)
            yield part
            packet = self._inflate.unconsumed_tail
            if not packet and len(part) < _STEP_BYTES:
                return

    @property
    def fault(self) -> str | None:
        """What is wrong with the packing when the last packet has come."""
        if self._unknown is not None:
            return f"packed as {self._unknown}, which was not asked for"
        if self._inflate is not None and not self._inflate.eof:
            return "gzip that ends too early"
        return None


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whom to trust; read once, because reading it takes longer than asking."""
    return httpx.create_ssl_context()


def _user_agent(contact: str | None) -> str:
    try:
        release = version("energy-dagster")
    except PackageNotFoundError:  # the code runs from a folder that is not installed
        release = "0"
    return f"energy-dagster/{release}" + (f" (+{contact})" if contact else "")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _moment(text: str) -> datetime | None:
    """A date of HTTP, aware UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
