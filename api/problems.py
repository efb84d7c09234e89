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
    """RFC 9457 problem details; `parameter`, `expected` and `found` are there where they say something."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = None
    expected: str | None = None
    found: str | None = None


KINDS: Final[dict[str, tuple[int, str]]] = {
    "unknown-parameter": (400, "The route takes no such parameter"),
    "missing-parameter": (400, "A required parameter is missing"),
    "repeated-parameter": (400, "A parameter is given more than once"),
    "invalid-value": (400, "A parameter has a value that is not among the possible ones"),
    "unknown-area": (400, "No such area"),
    "unknown-quantile": (400, "No such quantile"),
    "invalid-time": (400, "A time cannot be read"),
    "invalid-window": (400, "The window ends before it starts"),
    "window-too-long": (400, "The window is too long"),
    "bad-request": (400, "The request cannot be read"),
    "unknown-series": (404, "No such series"),
    "unknown-issue": (404, "No forecast was issued at that time"),
    "unknown-route": (404, "No such route"),
    "method-not-allowed": (405, "The route does not take this method"),
    "internal-error": (500, "The server failed"),
    "no-snapshot": (503, "Nothing is published"),
    "unreadable-snapshot": (503, "What is published cannot be read"),
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
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail
        self.parameter, self.expected, self.found = parameter, expected, found


def refused(kind: str, parameter: str, *, expected: str, found: str) -> Problem:
    """The problem of one parameter."""
    detail = f"{parameter}: expected {expected}, found {found}"
    return Problem(kind, detail=detail, parameter=parameter, expected=expected, found=found)


def _answer(request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str] | None = None) -> Response[ProblemDetails]:
    status, title = KINDS[problem.kind]
    body = ProblemDetails(
        type=f"/docs#{problem.kind}",
        title=title,
        status=status,
        detail=problem.detail,
        instance=request.url.path,
        parameter=problem.parameter,
        expected=problem.expected,
        found=problem.found,
    )
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _problem(request: Request[Any, Any, Any], error: Problem) -> Response[ProblemDetails]:
    return _answer(request, error)


def _no_snapshot(request: Request[Any, Any, Any], error: NoSnapshot) -> Response[ProblemDetails]:
    return _answer(request, Problem("no-snapshot", detail=str(error)), {"Retry-After": "60"})


def _unreadable(request: Request[Any, Any, Any], error: UnreadableSnapshot) -> Response[ProblemDetails]:
    LOGGER.error("the published snapshot cannot be read", exc_info=error)
    return _answer(request, Problem("unreadable-snapshot", detail=str(error)), {"Retry-After": "60"})


def _not_found(request: Request[Any, Any, Any], _error: NotFoundException) -> Response[ProblemDetails]:
    return _answer(
        request, Problem("unknown-route", detail=f"no route {request.url.path}; /docs lists them", found=request.url.path)
    )


def _method(request: Request[Any, Any, Any], _error: MethodNotAllowedException) -> Response[ProblemDetails]:
    allowed = "GET"
    detail = f"{request.url.path}: expected {allowed}, found {request.method}"
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
