"""Server-sent events: each new snapshot, as it is published."""

import time
from collections.abc import Generator, Iterable, Iterator
from math import ceil
from typing import Final

import httpx
import msgspec

from energy_client.connection import Connection, asks_to_wait
from energy_client.problems import Problem, UnexpectedAnswer, Unreachable
from energy_client.rows import Snapshot

_PATH: Final = "/v1/events"
_EVENT: Final = "snapshot"
_SILENCE_SECONDS: Final = 45.0
"""Three of the server's comments; who hears none of them has lost the connection."""

_LONGEST_ASKED_SECONDS: Final = 3600
_WAIT_SECONDS: Final = 2.0
_LONGEST_WAIT_SECONDS: Final = 60.0


def listen(connection: Connection, *, known: str | None, seconds: float | None, attempts: int) -> Generator[Snapshot, None, None]:
    """The snapshot that is published now, unless it is `known`, then each new one; for `seconds`, or without an end.

    When the stream ends or breaks it connects again and names the last event it saw, so that none is told twice. Of several
    snapshots published while it was away the newest is told.

    Raises:
        Problem: the server refused, and not just for a while.
        Unreachable: `attempts` connections in a row failed.
        UnexpectedAnswer: an event cannot be understood.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    failed, wait = 0, _WAIT_SECONDS
    while ends is None or time.monotonic() < ends:
        try:
            with connection.stream(_address(ends), headers=_headers(known), silence=_SILENCE_SECONDS) as response:
                failed, wait = 0, _WAIT_SECONDS
                for message in _messages(response.iter_lines()):
                    wait = _told_wait(message, otherwise=wait)
                    if message.get("event") == _EVENT:
                        snapshot = _snapshot(message)
                        known = message.get("id", snapshot.snapshot_id)
                        yield snapshot
        except httpx.TransportError as error:
            failed += 1
            if failed >= attempts:
                raise Unreachable(f"expected events of {connection.base_url}, found: {error!r}") from error
            wait = min(_WAIT_SECONDS * 2 ** (failed - 1), _LONGEST_WAIT_SECONDS)
        except Problem as problem:
            failed += 1
            asked = asks_to_wait(problem)
            if asked is None or asked > _LONGEST_WAIT_SECONDS or failed >= attempts:
                raise
            wait = asked
        left = wait if ends is None else min(wait, ends - time.monotonic())
        if left > 0:
            connection.pause(left)


def _address(ends: float | None) -> str:
    if ends is None:
        return _PATH
    left = min(max(ceil(ends - time.monotonic()), 1), _LONGEST_ASKED_SECONDS)
    return f"{_PATH}?seconds={left}"


def _headers(known: str | None) -> dict[str, str]:
    return {"Accept": "text/event-stream"} | ({} if known is None else {"Last-Event-ID": known})


def _messages(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Each message's fields; several lines of data are joined, comments are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if fields:
                yield fields
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in fields:
            value = f"{fields['data']}\n{value}"
        if name:
            fields[name] = value


def _told_wait(message: dict[str, str], *, otherwise: float) -> float:
    told = message.get("retry", "")
    return min(int(told) / 1000, _LONGEST_WAIT_SECONDS) if told.isdigit() else otherwise


def _snapshot(message: dict[str, str]) -> Snapshot:
    try:
        return msgspec.json.decode(message.get("data", ""), type=Snapshot)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(f"{_PATH}: expected a snapshot, found {message.get('data', 'nothing')!r}: {error}") from error
