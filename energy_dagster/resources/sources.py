"""Where HTTP requests go: the live services, or the portal replica in this process. The code that asks cannot tell which."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.resources.clock import Clock
from energy_dagster.sandbox.archive import Archive

TIMEOUT_SECONDS = 60.0
TRIES = 4
LONGEST_WAIT_SECONDS = 300.0
"""The portal has been seen to ask for 197."""

FIRST_WAIT_SECONDS = 2.0
PASSING_STATUS = frozenset({429, 500, 502, 503, 504})
USER_AGENT = "energy-dagster/0.1 (hourly consumption forecasts for Denmark)"


class SourceError(RuntimeError):
    """A source did not answer as it should; the message says which, what was expected and what came.

    `status` is that of an answer which was refused.
    """

    def __init__(self, dataset: str, expected: str, found: str, *, status: int | None = None) -> None:
        super().__init__(f"{dataset}: expected {expected}, found {found}")
        self.dataset, self.expected, self.found, self.status = dataset, expected, found, status


class Sources(ConfigurableResource):  # type: ignore[type-arg]
    """Sends requests to the live services, the sandbox or recorded data."""

    source: str = Field(description="sandbox, recorded:<folder> or live")
    seed: int = Field(default=7, description="Seed of the simulated data")
    clock: Clock

    def get(self, name: str, url: str, params: Mapping[str, str]) -> Any:
        """GET a JSON document, trying again where the fault can pass.

        Args:
            name: dataset, for messages.
            url: whole address without query.
            params: query.

        Raises:
            SourceError: the source is down, refuses the request, or answers something else than JSON.
        """
        response = self._answer(name, url, params)
        if response.status_code != httpx.codes.OK:
            found = f"status {response.status_code} from {url}: {response.text[:200]}"
            raise SourceError(name, "status 200", found, status=response.status_code)
        try:
            return response.json()
        except ValueError as error:
            kind = response.headers.get("content-type", "no content type")
            raise SourceError(name, "a JSON document", f"{kind} that is none ({error}), starting {response.text[:80]!r}") from error

    def _answer(self, name: str, url: str, params: Mapping[str, str]) -> httpx.Response:
        wait = FIRST_WAIT_SECONDS
        for attempt in range(1, TRIES + 1):
            try:
                response = self._send(url, params)
            except httpx.RequestError as error:
                if attempt == TRIES:
                    found = f"no answer from {url} in {TRIES} tries ({type(error).__name__}: {error})"
                    raise SourceError(name, "an answer", found) from error
            else:
                if response.status_code not in PASSING_STATUS or attempt == TRIES:
                    return response
                wait = _retry_after(response, wait)
            time.sleep(min(wait, LONGEST_WAIT_SECONDS))
            wait *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    def _send(self, url: str, params: Mapping[str, str]) -> httpx.Response:
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if self.source == "live":
            with httpx.Client(timeout=TIMEOUT_SECONDS, headers=headers, follow_redirects=True) as client:
                return client.get(url, params=dict(params))

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=_replica(self.source, self.seed, self.clock.now))
            async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT_SECONDS, headers=headers) as inside:
                return await inside.get(url, params=dict(params))

        return asyncio.run(ask())


@lru_cache(maxsize=4)
def archive_of(source: str, seed: int) -> Archive:
    """The data behind the replica; kept, because making or reading it takes time.

    Raises:
        NoRecordedData: the folder of a recorded source holds no dataset.
    """
    from energy_dagster.sandbox.app import open_archive  # noqa: PLC0415 - the live source does not need it

    return open_archive(source, seed=seed)


def _replica(source: str, seed: int, now: Callable[[], datetime]) -> Any:
    from energy_dagster.sandbox.app import create_replica  # noqa: PLC0415 - the live source does not need it

    return create_replica(archive_of(source, seed), clock=now)


def _retry_after(response: httpx.Response, otherwise: float) -> float:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else otherwise
