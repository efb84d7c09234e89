"""Headers that every answer carries, and those that let pages of other origins read it."""

from collections.abc import Mapping
from typing import Final

Headers = list[tuple[bytes, bytes]]

SECURITY: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
"""Added where the answer does not say otherwise itself."""

_READABLE: Final = b"ETag, Link, Retry-After, X-Request-ID, Snapshot-Id, Snapshot-As-Of, Data-Label, RateLimit-Remaining"
_ACCEPTED: Final = b"Authorization, X-API-Key, If-None-Match, X-Request-ID, Last-Event-ID"
_DAY: Final = b"86400"


class Origins:
    """The origins whose pages may read answers; `*` for all."""

    def __init__(self, allowed: str) -> None:
        self._allowed = {origin.strip().rstrip("/").encode() for origin in allowed.split(",") if origin.strip()}

    def headers(self, origin: bytes | None) -> Headers:
        """What an answer to that origin carries: nothing where the origin is not allowed."""
        if not self._allowed:
            return []
        vary: Headers = [(b"vary", b"Origin")]
        if origin is None or not ({b"*", origin} & self._allowed):
            return vary
        return [*vary, (b"access-control-allow-origin", origin), (b"access-control-expose-headers", _READABLE)]

    def preflight(self, origin: bytes) -> Headers:
        """What a browser is told besides when it asks whether it may ask; nothing where the origin is not allowed."""
        if not ({b"*", origin} & self._allowed):
            return []
        return [
            (b"access-control-allow-methods", b"GET, HEAD"),
            (b"access-control-allow-headers", _ACCEPTED),
            (b"access-control-max-age", _DAY),
        ]
