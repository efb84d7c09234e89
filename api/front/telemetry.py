"""What the process tells about its work: a line per request, and metrics for Prometheus."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from api.front.answer_cache import AnswerCache

ACCESS: Final = logging.getLogger("api.access")
UNROUTED: Final = "none"
"""Route of a request that met none, so that wrong paths make no new series."""

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


@dataclass(slots=True)
class Exchange:
    """One request and what became of it."""

    request_id: str
    method: str
    path: str
    query: str
    address: str
    route: str = UNROUTED
    key: str | None = None
    status: int = 0
    sent: int = 0
    kept: bool = False


class AccessLine(Struct, frozen=True, omit_defaults=True):
    """One line of the access log."""

    at: datetime
    event: str
    request_id: str
    method: str
    path: str
    query: str
    route: str
    status: int
    bytes: int
    ms: float
    address: str
    key: str | None = None
    kept: bool = False


class Telemetry:
    """Counts and logs requests; one registry per application."""

    def __init__(self, cache: AnswerCache) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "energy_api_requests", "Requests by route and status", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "energy_api_request_seconds", "Time from request to the last byte", ["route"], registry=self.registry, buckets=_SECONDS
        )
        self._kept = Counter("energy_api_kept_answers", "Requests answered with bytes kept from before", registry=self.registry)
        self._published = Gauge(
            "energy_api_snapshot_published_seconds", "When the snapshot was published, seconds since 1970", registry=self.registry
        )
        self._as_of = Gauge(
            "energy_api_snapshot_as_of_seconds", "The platform's clock at that time, seconds since 1970", registry=self.registry
        )
        self.listeners = Gauge("energy_api_event_listeners", "Open streams of events", registry=self.registry)
        Gauge("energy_api_kept_bytes", "Bytes of answers kept", registry=self.registry).set_function(lambda: cache.used)

    def tell(self, exchange: Exchange, seconds: float) -> None:
        """Count a finished request and write its line."""
        self._requests.labels(exchange.method, exchange.route, str(exchange.status)).inc()
        self._seconds.labels(exchange.route).observe(seconds)
        if exchange.kept:
            self._kept.inc()
        if ACCESS.isEnabledFor(logging.INFO):
            ACCESS.info(_line(exchange, seconds))

    def snapshot_seen(self, *, published_at: datetime, as_of: datetime) -> None:
        """Note how new what is served is."""
        self._published.set(published_at.timestamp())
        self._as_of.set(as_of.timestamp())

    def exposition(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)


def _line(exchange: Exchange, seconds: float) -> str:
    line = AccessLine(
        at=datetime.now(UTC),
        event="request",
        request_id=exchange.request_id,
        method=exchange.method,
        path=exchange.path,
        query=exchange.query,
        route=exchange.route,
        status=exchange.status,
        bytes=exchange.sent,
        ms=round(seconds * 1000, 3),
        address=exchange.address,
        key=exchange.key,
        kept=exchange.kept,
    )
    return msgspec.json.encode(line).decode()
