"""Whether the process lives and can answer."""

from litestar import Controller, get
from litestar.di import NamedDependency

from api import examples
from api.answers import documented
from api.schemas import Health
from energy_dagster.store.reader import Store


class HealthController(Controller):
    """For supervisors and load balancers."""

    path = "/health"
    tags = ("health",)

    @get(
        "/live",
        operation_id="getLive",
        summary="Whether the process lives",
        responses=documented(Health, examples.LIVE),
        sync_to_thread=False,
    )
    def live(self) -> Health:
        """Answers as long as the process runs, whatever is published."""
        return Health("live")

    @get(
        "/ready",
        operation_id="getReady",
        summary="Whether a snapshot can be read",
        responses=documented(Health, examples.READY, 503),
        sync_to_thread=True,
    )
    def ready(self, store: NamedDependency[Store]) -> Health:
        """Names the snapshot that is served; a 503 problem says what is missing."""
        return Health("ready", store.snapshot().snapshot_id)
