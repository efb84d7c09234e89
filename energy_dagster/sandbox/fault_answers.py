"""Answers gone wrong, and how they are sent."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Message, Receive, Send

from energy_dagster.sandbox.fault_changes import Change, Envelope
from energy_dagster.sandbox.fault_kinds import Huge, Refused

_MEGABYTE = 1_000_000
_OK = 200
_HTML = "<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h1>Back soon</h1></body></html>"
_MESSAGES = {429: "Rate limit is exceeded. Try again later.", 500: "Internal server error", 503: "Service unavailable"}


class ConnectionBrokenOff(ConnectionError):
    """The injected end of a connection in the middle of a body; a server closes the connection on it."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; headers without the content length, which follows from the body."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(default=((b"content-type", b"application/json"),))


async def answered(app: ASGIApp, scope: HTTPScope, receive: Receive) -> Answer:
    """What the replica answers, in one piece."""
    status, headers, pieces = 0, tuple[tuple[bytes, bytes], ...](), list[bytes]()

    async def keep(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = tuple((name, value) for name, value in message["headers"] if name.lower() != b"content-length")
        elif message["type"] == "http.response.body":
            pieces.append(message["body"])

    await app(scope, receive, keep)
    return Answer(status, b"".join(pieces), headers)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as it is."""
    await _start(answer, send)
    await _piece(answer.body, send)


async def send_half(answer: Answer, send: Send) -> None:
    """Send half of a body under its full length.

    Raises:
        ConnectionBrokenOff: always: granian then closes the connection. Ending the body regularly would leave the client waiting.
    """
    await _start(answer, send)
    await _piece(answer.body[: len(answer.body) // 2], send, more=True)
    raise ConnectionBrokenOff("as the plan of faults says")


async def huge_answer(fault: Huge, send: Send) -> None:
    """Send an envelope of so many megabytes, of which one is in memory."""
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": _OK,
        "headers": [(b"content-type", b"application/json")],
    }
    await send(start)
    record = b'{"Filler":"%s"}' % (b"x" * _MEGABYTE)
    await _piece(b'{"total":%d,"records":[' % fault.megabytes, send, more=True)
    for number in range(fault.megabytes):
        await _piece(record if number == 0 else b"," + record, send, more=True)
    await _piece(b"]}", send)


async def _start(answer: Answer, send: Send) -> None:
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": answer.status, "headers": headers}
    await send(start)


async def _piece(body: bytes, send: Send, *, more: bool = False) -> None:
    piece: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": more}
    await send(piece)


def refused(fault: Refused, *, now: datetime) -> Answer:
    """A refusal in the portal's form."""
    answer = _refusal(fault.status, _MESSAGES.get(fault.status, "Refused"))
    if fault.retry_after_seconds is None:
        return answer
    again = now.astimezone(UTC) + timedelta(seconds=fault.retry_after_seconds)
    told = format_datetime(again, usegmt=True) if fault.as_date else str(fault.retry_after_seconds)
    return replace(answer, headers=(*answer.headers, (b"retry-after", told.encode())))


def renamed(name: str) -> Answer:
    """No dataset of that name, in the portal's form."""
    return _refusal(404, f"Dataset '{name}' was not found")


def page() -> Answer:
    """A page for people where a program expects data."""
    return Answer(_OK, _HTML.encode(), ((b"content-type", b"text/html; charset=utf-8"),))


def truncated(answer: Answer) -> Answer:
    """Two thirds of an answer."""
    return replace(answer, body=answer.body[: len(answer.body) * 2 // 3])


def mislabelled(answer: Answer, content_type: str) -> Answer:
    """An answer under another content type."""
    others = tuple((name, value) for name, value in answer.headers if name.lower() != b"content-type")
    return replace(answer, headers=(*others, (b"content-type", content_type.encode())))


def with_change(answer: Answer, change: Change) -> Answer:
    """An answer whose records, or hours of weather, are changed; one that holds none stays as it is."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return answer
    changed = [_changed(part, change) for part in content] if isinstance(content, list) else _changed(content, change)
    return replace(answer, body=json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode())


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"statusCode": status, "message": message}).encode())


def _changed(part: Any, change: Change) -> Any:
    if isinstance(part, dict) and isinstance(part.get("records"), list):
        return change(part)
    if isinstance(part, dict) and isinstance(part.get("hourly"), dict):
        return part | {"hourly": _as_columns(change(_as_envelope(part["hourly"])), names=tuple(part["hourly"]))}
    return part


def _as_envelope(columns: dict[str, list[Any]]) -> Envelope:
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {"total": len(records), "records": records}


def _as_columns(envelope: Envelope, *, names: tuple[str, ...]) -> dict[str, list[Any]]:
    records = envelope["records"]
    return {name: [record[name] for record in records] for name in (records[0] if records else names)}
