"""What can go wrong, one class per thing a caller can act on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct

_SHOWN_LETTERS: Final = 200


class ClientError(Exception):
    """Everything this package raises of itself, but for a ValueError about an argument."""


class Unreachable(ClientError):
    """The server gave no answer, or broke off in the middle of one, as often as it was asked."""


class UnexpectedAnswer(ClientError):
    """The answer is not one that this client understands; most often the address is not the API's, or one of the two is older."""


class SnapshotMoved(ClientError):
    """New snapshots were published faster than all pages of one could be read."""


class MissingExtra(ClientError, ImportError):
    """A DataFrame was asked for, and pandas or pyarrow is not installed."""


class ProblemDetails(Struct, frozen=True):
    """RFC 9457 problem details, as the API tells them."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = None
    expected: str | None = None
    found: str | None = None
    parts: dict[str, str] | None = None


class Problem(ClientError):
    """The API refused; `parameter`, `expected` and `found` are there where one parameter is to blame.

    `retry_after` are the seconds after which the server would like to be asked again, None where it did not say.
    """

    def __init__(self, details: ProblemDetails, *, retry_after: float | None = None) -> None:
        super().__init__(f"{details.status} {details.title}: {details.detail}")
        self.type, self.title, self.status, self.detail = details.type, details.title, details.status, details.detail
        self.parameter, self.expected, self.found = details.parameter, details.expected, details.found
        self.parts = details.parts or {}
        self.retry_after = retry_after


class InvalidRequest(Problem):
    """400 or 422: a parameter has a value that the route does not take."""


class KeyRefused(Problem):
    """401 or 403: a key is needed, or the one given does not open this."""


class NotFound(Problem):
    """404: there is no such series, issue or model in what is published."""


class TooManyRequests(Problem):
    """429: the pace that one caller may keep was left; wait `retry_after` seconds."""


class NotPublished(Problem):
    """503: nothing is published yet, or the server cannot read it now."""


_KINDS: Final[dict[int, type[Problem]]] = {
    400: InvalidRequest,
    401: KeyRefused,
    403: KeyRefused,
    404: NotFound,
    422: InvalidRequest,
    429: TooManyRequests,
    503: NotPublished,
}


def problem_of(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """The problem that an answer tells; one made of its status where it tells none, as a proxy's page does not."""
    try:
        details = msgspec.json.decode(body, type=ProblemDetails)
    except (msgspec.DecodeError, UnicodeDecodeError):
        title = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else "No answer of the API"
        details = ProblemDetails("about:blank", title, status, body[:_SHOWN_LETTERS].decode(errors="replace"), "")
    return _KINDS.get(status, Problem)(details, retry_after=_seconds(headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    """Retry-After, which is a number of seconds or a date."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
