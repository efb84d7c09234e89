"""How the server is asked: with the key, again after a while when it says so, and for a body only when there is a new one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import httpx

from energy_client.kept_replies import KeptReplies, Reply
from energy_client.problems import NotPublished, Problem, TooManyRequests, UnexpectedAnswer, Unreachable, problem_of

LONGEST_WAIT_SECONDS: Final = 60.0
"""A server that wants to be left alone for longer than this is not waited for."""

_FIRST_WAIT_SECONDS: Final = 0.5
_AGENT: Final = "energy-client/0.1.0"


class Connection:
    """Asks one server; for one thread at a time.

    A request is sent once, and at most `retries` times more: after the wait that a 429 or 503 names, or after half a second, one
    second and so on when no answer came.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None,
        timeout: float,
        retries: int,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url: expected an address like http://127.0.0.1:8000, found {base_url!r}")
        self.base_url, self._retries, self.pause = base_url.rstrip("/"), retries, pause
        headers = {"User-Agent": _AGENT} | ({} if key is None else {"Authorization": f"Bearer {key}"})
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=transport)
        self._kept = KeptReplies()

    def close(self) -> None:
        """Let go of the sockets."""
        self._http.close()

    def fetch(self, address: str, *, media_type: str) -> Reply:
        """The answer of an address, from what is kept when the server says that it is still the newest.

        Raises:
            Problem: the server refused.
            Unreachable: no answer came.
        """
        for attempt in range(self._retries + 1):
            try:
                return self._once(address, media_type)
            except (TooManyRequests, NotPublished) as problem:
                wait = problem.retry_after
                if attempt == self._retries or wait is None or wait > LONGEST_WAIT_SECONDS:
                    raise
            except Unreachable:
                wait = _FIRST_WAIT_SECONDS * 2**attempt
                if attempt == self._retries:
                    raise
            self.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, address: str, media_type: str) -> Reply:
        kept = self._kept.find(address, media_type)
        headers = {"Accept": media_type} | ({} if kept is None else {"If-None-Match": kept.headers["ETag"]})
        try:
            response = self._http.get(self._url(address), headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(f"expected an answer of {self.base_url}, found: {error!r}") from error
        except httpx.DecodingError as error:
            raise UnexpectedAnswer(f"{address}: expected a body that can be unpacked, found: {error}") from error
        if response.status_code == HTTPStatus.NOT_MODIFIED and kept is not None:
            return kept
        if response.status_code != HTTPStatus.OK:
            raise problem_of(response.status_code, response.headers, response.content)
        reply = Reply(response.headers, response.content)
        self._kept.keep(address, media_type, reply)
        return reply

    @contextmanager
    def stream(self, address: str, *, headers: dict[str, str], silence: float) -> Iterator[httpx.Response]:
        """An answer that goes on; `silence` seconds without a byte end it.

        Raises:
            Problem: the server refused.
            httpx.TransportError: the connection could not be made, or broke.
        """
        timeout = httpx.Timeout(self._http.timeout.connect, read=silence)
        with self._http.stream("GET", self._url(address), headers=headers, timeout=timeout) as response:
            if response.status_code != HTTPStatus.OK:
                raise problem_of(response.status_code, response.headers, response.read())
            yield response

    def _url(self, address: str) -> str:
        """The server's address of a path; the key never goes to another host, whatever `next` says."""
        if not address.startswith("/"):
            raise UnexpectedAnswer(f"expected an address that begins with /, found {address!r}")
        return self.base_url + address


def asks_to_wait(problem: Problem) -> float | None:
    """Seconds after which the same request may be answered, None when it will not be."""
    return problem.retry_after if isinstance(problem, TooManyRequests | NotPublished) else None
