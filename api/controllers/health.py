"""Whether the process lives and can answer, and what it counts."""

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from api import examples
from api.answers import documented
from api.front.telemetry import Telemetry
from api.problems import Problem
from api.schemas import Health
from energy_dagster.access_keys import KeyBook, UnreadableKeys
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store

_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class HealthController(Controller):
    """For supervisors, load balancers and Prometheus."""

    tags = ("health",)

    @get(
        "/health/live",
        operation_id="getLive",
        summary="Whether the process lives",
        responses=documented(Health, examples.LIVE),
        sync_to_thread=False,
    )
    def live(self) -> Health:
        """Answers as long as the process runs, whatever is published."""
        return Health("live")

    @get(
        "/health/ready",
        operation_id="getReady",
        summary="Whether a snapshot and the keys can be read",
        responses=documented(Health, examples.READY, 503),
        sync_to_thread=True,
    )
    def ready(self, store: NamedDependency[Store], book: NamedDependency[KeyBook]) -> Health:
        """Names the snapshot that is served; a 503 problem says which part cannot do its work, and why."""
        parts, snapshot_id = {"warehouse": "ready", "keys": "ready"}, None
        try:
            snapshot_id = store.snapshot().snapshot_id
        except (NoSnapshot, UnreadableSnapshot) as error:
            parts["warehouse"] = str(error)
        try:
            book.keys()
        except UnreadableKeys as error:
            parts["keys"] = str(error)
        failing = [f"{part}: {state}" for part, state in parts.items() if state != "ready"]
        if failing:
            raise Problem("not-ready", detail="; ".join(failing), parts=parts)
        return Health("ready", snapshot_id, parts)

    @get(
        "/metrics",
        operation_id="getMetrics",
        summary="Counters for Prometheus",
        responses={
            200: ResponseSpec(str, generate_examples=False, description="Text format of Prometheus", media_type="text/plain"),
        },
        media_type=MediaType.TEXT,
        sync_to_thread=True,
    )
    def metrics(self, store: NamedDependency[Store], telemetry: NamedDependency[Telemetry]) -> Response[bytes]:
        """Requests, times, kept answers, listeners, memory and CPU of this process, and how new its snapshot is."""
        try:
            snapshot = store.snapshot()
            telemetry.snapshot_seen(published_at=snapshot.published_at, as_of=snapshot.as_of)
        except (NoSnapshot, UnreadableSnapshot):
            pass
        return Response(telemetry.exposition(), media_type=_EXPOSITION)
