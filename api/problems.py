"""What went wrong, as RFC 9457 problem details: every error the API answers with has this shape and a stable type."""

import logging
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.types import ExceptionHandlersMap
from msgspec import Struct

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot

MEDIA_TYPE: Final = "application/problem+json"
LOGGER = logging.getLogger(__name__)


class ProblemDetails(Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `parameter`, `expected`, `found` and `parts` are there where they say something."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = None
    expected: str | None = None
    found: str | None = None
    parts: dict[str, str] | None = None


KINDS: Final[dict[str, tuple[int, str]]] = {
    "unknown-parameter": (400, "The route takes no such parameter"),
    "missing-parameter": (400, "A required parameter is missing"),
    "repeated-parameter": (400, "A parameter is given more than once"),
    "invalid-value": (400, "A parameter has a value that is not among the possible ones"),
    "unknown-area": (400, "No such area"),
    "unknown-quantile": (400, "No such quantile"),
    "invalid-time": (400, "A time cannot be read"),
    "bad-request": (400, "The request cannot be read"),
    "key-required": (401, "A key is needed"),
    "invalid-key": (401, "The key opens nothing"),
    "scope-missing": (403, "The key's scope does not reach this far"),
    "unknown-series": (404, "No such series"),
    "unknown-issue": (404, "No forecast was issued at that time"),
    "unknown-model": (404, "No such model"),
    "unknown-route": (404, "No such route"),
    "method-not-allowed": (405, "The route does not take this method"),
    "not-acceptable": (406, "No format that the caller accepts"),
    "body-too-large": (413, "The request's body is too large"),
    "query-too-long": (414, "The query is too long"),
    "invalid-window": (422, "The window ends before it starts"),
    "window-too-long": (422, "The window is too long"),
    "contradiction": (422, "Parameters contradict each other"),
    "too-many-requests": (429, "Too many requests"),
    "internal-error": (500, "The server failed"),
    "no-snapshot": (503, "Nothing is published"),
    "unreadable-snapshot": (503, "What is published cannot be read"),
    "unreadable-keys": (503, "The keys cannot be read"),
    "not-ready": (503, "A part of the server cannot do its work"),
}
"""Status and title by the slug that ends the problem's `type`; the documentation page lists them under these anchors."""


class Problem(Exception):
    """A request that cannot be answered, and what the caller can do about it."""

    def __init__(
        self,
        kind: str,
        *,
        detail: str,
        parameter: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        parts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.parts = kind, detail, parts
        self.parameter, self.expected, self.found = parameter, expected, found


def refused(kind: str, parameter: str, *, expected: str, found: str) -> Problem:
    """The problem of one parameter."""
    detail = f"{parameter}: expected {expected}, found {found}"
    return Problem(kind, detail=detail, parameter=parameter, expected=expected, found=found)


def details_of(problem: Problem, *, instance: str) -> ProblemDetails:
    """The problem as it is told; `instance` is the path that was asked for."""
    status, title = KINDS[problem.kind]
    return ProblemDetails(
        type=f"/docs#{problem.kind}",
        title=title,
        status=status,
        detail=problem.detail,
        instance=instance,
        parameter=problem.parameter,
        expected=problem.expected,
        found=problem.found,
        parts=problem.parts,
    )


def _answer(request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str] | None = None) -> Response[ProblemDetails]:
    body = details_of(problem, instance=request.scope["path"])
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status_code=body.status, media_type=MEDIA_TYPE, headers=headers)


def _problem(request: Request[Any, Any, Any], error: Problem) -> Response[ProblemDetails]:
    return _answer(request, error)


def _no_snapshot(request: Request[Any, Any, Any], error: NoSnapshot) -> Response[ProblemDetails]:
    LOGGER.warning("%s", error)
    detail = "nothing is published yet; materialize `warehouse` first. /health/ready says where it is looked for"
    return _answer(request, Problem("no-snapshot", detail=detail), {"Retry-After": "60"})


def _unreadable(request: Request[Any, Any, Any], error: UnreadableSnapshot) -> Response[ProblemDetails]:
    LOGGER.error("the published snapshot cannot be read", exc_info=error)
    detail = "what is published cannot be read; /health/ready or the server's log says why"
    return _answer(request, Problem("unreadable-snapshot", detail=detail), {"Retry-After": "60"})


def _not_found(request: Request[Any, Any, Any], _error: NotFoundException) -> Response[ProblemDetails]:
    return _answer(
        request, Problem("unknown-route", detail=f"no route {request.scope['path']}; /docs lists them", found=request.scope["path"])
    )


def _method(request: Request[Any, Any, Any], _error: MethodNotAllowedException) -> Response[ProblemDetails]:
    allowed = "GET, HEAD"
    detail = f"{request.scope['path']}: expected {allowed}, found {request.method}"
    problem = Problem("method-not-allowed", detail=detail, expected=allowed, found=request.method)
    return _answer(request, problem, {"Allow": allowed})


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemDetails]:
    if error.status_code >= 500:
        return _internal(request, error)
    return _answer(request, Problem("bad-request", detail=error.detail))


def _internal(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
    LOGGER.error("%s failed", request.url.path, exc_info=error)
    return _answer(request, Problem("internal-error", detail="the failure is in the server's log"))


HANDLERS: Final[ExceptionHandlersMap] = {
    Problem: _problem,
    NoSnapshot: _no_snapshot,
    UnreadableSnapshot: _unreadable,
    NotFoundException: _not_found,
    MethodNotAllowedException: _method,
    HTTPException: _http,
    Exception: _internal,
}
"""For the application: whatever is raised becomes problem details."""
