"""How an answer travels: its entity tag from the snapshot, 304 for who has it, and its documentation."""

from typing import Any, Final, TypeVar

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from api.problems import MEDIA_TYPE, ProblemDetails
from api.schemas import API_VERSION, Envelope

Body = TypeVar("Body", bound=Envelope)

_REVALIDATE: Final = "no-cache"


def conditional(request: Request[Any, Any, Any], envelope: Body) -> Response[Body]:
    """The envelope with the snapshot's entity tag, or 304 without a body when the caller already has it."""
    tag = f'W/"{API_VERSION}-{envelope.snapshot.snapshot_id}"'  # weak: compression changes the bytes, not the meaning
    headers = {"ETag": tag, "Cache-Control": _REVALIDATE}
    if _holds(request.headers.get("If-None-Match", ""), tag):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]  # 304 has no body
    return Response(envelope, headers=headers)


def _holds(condition: str, tag: str) -> bool:
    held = [entry.strip().removeprefix("W/") for entry in condition.split(",")]
    return "*" in held or tag.removeprefix("W/") in held


def documented(kind: type[Any], example: dict[str, Any], *problems: int) -> dict[int, ResponseSpec]:
    """The responses of a route: its answer with an example, 304 where it is conditional, its problems."""
    answer = ResponseSpec(kind, generate_examples=False, description="The answer", examples=[Example(value=example)])
    unchanged = ResponseSpec(None, generate_examples=False, description="What If-None-Match names is still the newest")
    refusals = {
        status: ResponseSpec(ProblemDetails, generate_examples=False, description="Problem details", media_type=MEDIA_TYPE)
        for status in problems
    }
    return {200: answer, **({304: unchanged} if issubclass(kind, Envelope) else {}), **refusals}
