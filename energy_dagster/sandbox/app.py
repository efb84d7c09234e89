"""The replica of the portal and the weather service: one ASGI app that speaks both protocols."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from energy_dagster.sandbox.archive import Archive
from energy_dagster.sandbox.portal import PORTAL_REFUSALS, portal_routes
from energy_dagster.sandbox.recorded import RecordedArchive
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster.sandbox.throttle import Throttle
from energy_dagster.sandbox.weather import WEATHER_REFUSALS, weather_routes
from energy_dagster.settings import RECORDED_PREFIX

SOURCE_HEADER = "X-Energy-Source"
"""Header of every answer: `simulated` or `recorded`."""


def create_replica(archive: Archive, *, clock: Callable[[], datetime], one_request_per: timedelta | None = None) -> Litestar:
    """The replica over an archive.

    It never answers with an hour that would not have been published at `clock()`, an aware moment which may move between
    requests. With `one_request_per`, a dataset asked again within that time of the clock answers 429, as the real portal does.
    """

    async def label(message: Message, _: Scope) -> None:
        if message["type"] == "http.response.start":
            MutableScopeHeaders.from_message(message)[SOURCE_HEADER] = archive.source

    throttle = Throttle(one_request_per, clock=clock)
    return Litestar(
        route_handlers=[*portal_routes(archive, clock=clock, throttle=throttle), *weather_routes(archive, clock=clock)],
        exception_handlers={**PORTAL_REFUSALS, **WEATHER_REFUSALS},
        before_send=[label],
        openapi_config=None,
        logging_config=None,
    )


def open_archive(source: str, *, seed: int) -> Archive:
    """The data that a source's replica answers from.

    Args:
        source: sandbox or recorded:<folder>.
        seed: of the simulated data.

    Raises:
        NoRecordedData: the recorded folder is missing or holds no dataset.
        ValueError: the source is another, such as live, which needs no replica.
    """
    if source.startswith(RECORDED_PREFIX):
        return RecordedArchive(Path(source.removeprefix(RECORDED_PREFIX)))
    if source == "sandbox":
        return SimulatedArchive(seed)
    raise ValueError(f"expected source sandbox or recorded:<folder> for the replica, found {source!r}")
