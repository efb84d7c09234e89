"""Who asks: the key of a request, what it opens, and how often it may ask."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from api.problems import Problem
from energy_dagster.access_keys import AccessKey, KeyBook, Scope

_BUCKETS: Final = 50_000
"""Callers whose pace is remembered; beyond, those longest silent start afresh."""

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's caller: its address, and its key when it gave a good one."""

    address: str
    key: AccessKey | None

    @property
    def name(self) -> str:
        """By whom requests are counted: the key, else the address."""
        return f"key:{self.key.key_id}" if self.key else f"address:{self.address}"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still ask: of `limit` per minute `remaining` now; `wait` seconds until the next when none is left."""

    limit: int
    remaining: int
    wait: float


class Pace:
    """A bucket of requests per caller that refills evenly: a minute's worth at once, then as fast as the limit says."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = per_minute, clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, caller: str) -> Allowance | None:
        """Count one request; None where there is no limit. With a `wait` above 0 the request must not be answered."""
        if not self._limit:
            return None
        now, step = self._clock(), _MINUTE / self._limit
        full_at = max(self._full_at.pop(caller, now), now) + step
        wait = full_at - now - _MINUTE
        if wait > step * 1e-6:
            self._full_at[caller] = full_at - step
            return Allowance(self._limit, 0, wait)
        self._full_at[caller] = full_at
        if len(self._full_at) > _BUCKETS:
            self._full_at.popitem(last=False)
        return Allowance(self._limit, int((_MINUTE - (full_at - now)) / step + 1e-6), 0.0)


class Gate:
    """Lets requests in: whoever asks where keys are optional, holders of a key of the scope where they are required."""

    def __init__(self, book: KeyBook, *, required: bool) -> None:
        self._book, self._required = book, required

    def caller(self, keys: Sequence[str], *, address: str) -> Caller:
        """Who asks, by the keys that were given; each of them must be good.

        Raises:
            Problem: invalid-key when one opens nothing.
            UnreadableKeys: a key is given and the file of keys cannot be understood.
        """
        now = datetime.now(UTC)
        held = [self._book.holder(text, now=now) for text in keys]
        if None in held:
            raise Problem("invalid-key", detail="the key is unknown, expired or revoked; `energy keys list` shows those there are")
        return Caller(address, held[0] if held else None)

    def admit(self, caller: Caller, scope: Scope) -> None:
        """Let the caller in.

        Raises:
            Problem: key-required or scope-missing.
        """
        if not self._required:
            return
        if caller.key is None:
            detail = "expected a key, as `Authorization: Bearer <key>` or `X-API-Key: <key>`, found none"
            raise Problem("key-required", detail=detail)
        if scope == "admin" and caller.key.scope != "admin":
            raise Problem("scope-missing", detail=f"expected a key of scope {scope}, found one of scope {caller.key.scope}")


def keys_of(headers: dict[bytes, bytes]) -> list[str]:
    """The keys that a request's headers carry: `X-API-Key`, and `Authorization: Bearer`."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    bearer = [token.strip()] if scheme.lower() == "bearer" else []
    return [headers[b"x-api-key"].decode("latin-1").strip(), *bearer] if b"x-api-key" in headers else bearer
