"""How an answer travels: from one reading of one snapshot, in the format asked for, with its entity tag; and its documentation."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.response import Stream

from api.entity_tags import holds
from api.formats import fields_of, pieces
from api.front.negotiation import MEDIA_TYPES, Format
from api.pages import Page
from api.problems import MEDIA_TYPE, ProblemDetails
from api.reading_parameters import iso
from api.schemas import API_VERSION, Envelope, SnapshotBody
from energy_dagster.store.reader import Reading, Store

_REVALIDATE: Final = "no-cache"

Answered = Response[Any]
Asked = Request[Any, Any, Any]


def answer(request: Asked, store: Store, plan: Callable[[Reading], Page]) -> Answered:
    """What the plan finds, whole or as a stream; 304 without a body when the caller has it already.

    Every row comes from the snapshot that was the newest when the answer was begun.
    """
    asked: Format = request.scope["state"].get("format", "json")
    with ExitStack() as held:
        reading = held.enter_context(store.reading())
        snapshot = SnapshotBody.of(reading.snapshot())
        tag = f'W/"{API_VERSION}-{snapshot.snapshot_id}-{asked}"'
        headers = _headers(request, snapshot, tag, asked)
        page = plan(reading)
        next_page = _address(request, page.following) if page.following else None
        if next_page is not None:
            headers["Link"] = f'<{next_page}>; rel="next"'
        rows = page.chunks()
        first = next(rows, [])
        if not first and len(page.reads) <= 1:
            page.nothing()
        if holds(request.headers.get("If-None-Match", ""), tag):
            return Response(None, status_code=304, headers=headers)
        chunks = _first_and_rest(first, rows)
        body = pieces(asked, fields_of(page.kind, without=page.without), chunks, snapshot=snapshot, next_page=next_page)
        media_type = MEDIA_TYPES[asked]
        if len(page.reads) <= 1:
            return Response(b"".join(body), media_type=media_type, headers=headers)
        return Stream(_held_open(body, held.pop_all()), media_type=media_type, headers=headers)


def _first_and_rest(first: list[Any], rest: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield first
    yield from rest


def _held_open(body: Iterator[bytes], held: ExitStack) -> Iterator[bytes]:
    with held:
        yield from body


def _headers(request: Asked, snapshot: SnapshotBody, tag: str, asked: Format) -> dict[str, str]:
    headers = {
        "ETag": tag,
        "Cache-Control": _REVALIDATE,
        "Snapshot-Id": snapshot.snapshot_id,
        "Snapshot-As-Of": iso(snapshot.as_of),
    }
    if snapshot.label is not None:
        headers["Data-Label"] = snapshot.label
    if asked != "json":
        noun = request.scope["path"].removeprefix("/v1/").replace("/", "-")
        name = "".join(letter for letter in noun if letter.isascii() and (letter.isalnum() or letter in "-_"))
        headers["Content-Disposition"] = f'attachment; filename="{name}.{asked}"'
    return headers


def _address(request: Asked, changed: dict[str, str]) -> str:
    asked = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return f"{request.scope['path']}?{urlencode(asked | changed)}"


def documented(kind: type[Any], example: dict[str, Any], *problems: int) -> dict[int, ResponseSpec]:
    """The responses of a route: its answer with an example, 304 where it is conditional, its problems."""
    answer = ResponseSpec(kind, generate_examples=False, description="The answer", examples=[Example(value=example)])
    unchanged = ResponseSpec(None, generate_examples=False, description="What If-None-Match names is still the newest")
    refusals = {
        status: ResponseSpec(ProblemDetails, generate_examples=False, description="Problem details", media_type=MEDIA_TYPE)
        for status in sorted(problems)
    }
    return {200: answer, **({304: unchanged} if issubclass(kind, Envelope) else {}), **refusals}
